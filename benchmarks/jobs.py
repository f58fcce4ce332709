"""Jobs: a thousand of three steps, and going on after `kill -9`. `python -m benchmarks.jobs`.

The engine's queue, its log and its records against DBOS alone, which only keeps steps: the same database with the same
settings, as many at a time, the same poll. On Postgres two processes work. A round of ours and one of DBOS alternate.
"""

import json
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import ground
from benchmarks.figures import Figure, main, median

_JOBS, _QUICK_JOBS = 1000, 200
_GOAL = 0.8
_RESUME_S = 2.0


@contextmanager
def working(*arguments: str) -> Generator["subprocess.Popen[str]"]:
    """Run a process of `benchmarks.jobs_work` that is ready."""
    started = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.jobs_work", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ground.ROOT,
    )
    try:
        heard(started, "ready")
        yield started
    finally:
        if started.poll() is None:
            tell(started)
        try:
            started.wait(ground.STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        for pipe in (started.stdin, started.stdout):
            if pipe is not None:
                pipe.close()


def heard(started: "subprocess.Popen[str]", name: str) -> Any:
    """Return what a process says under a name."""
    assert started.stdout is not None
    for line in started.stdout:
        said = json.loads(line)
        if name in said:
            return said[name]
    raise RuntimeError(f"{started.args} ended without a word")


def tell(started: "subprocess.Popen[str]") -> None:
    """Let a process go on."""
    assert started.stdin is not None
    started.stdin.write("\n")
    started.stdin.flush()


def seconds(who: str, jobs: int, addresses: Sequence[str], folders: Sequence[Path]) -> float:
    """Return how long jobs took; one process for each folder, the first of them starts the jobs."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                working(
                    who,
                    *("--folder", str(folder), "--jobs", str(jobs), "--executor", f"{folder.name}", *addresses),
                    *(["--worker"] if number else []),
                )
            )
            for number, folder in enumerate(folders)
        ]
        for started in reversed(processes):
            tell(started)
        return float(heard(processes[0], "seconds"))


def on_sqlite(jobs: int, rounds: int) -> list[Figure]:
    """Measure one process on files."""
    ours, bare = list[float](), list[float]()
    for _round in range(rounds):
        with ground.folder() as folder:
            bare.append(seconds("bare", jobs, ["--queue", f"sqlite:///{folder}/bare.db"], [folder]))
            ours.append(seconds("ours", jobs, ["--queue", f"sqlite:///{folder}/jobs.db"], [folder]))
    return figures("SQLite", jobs, ours, bare)


def on_postgres(jobs: int, rounds: int) -> list[Figure]:
    """Measure two processes on a server of their own, where Debian's PostgreSQL is installed."""
    from tests import postgres_server

    if postgres_server.programs() is None:
        return []
    ours, bare = list[float](), list[float]()
    with postgres_server.running(is_durable=True) as server:
        for _round in range(rounds):
            with ground.folder() as folder:
                folders = [folder / name for name in ("one", "two")]
                for each in folders:
                    each.mkdir()
                queue = server.database().replace("postgresql://", "postgresql+psycopg://")
                bare.append(seconds("bare", jobs, ["--queue", queue], folders))
                store = server.database()
                queue = store.replace("postgresql://", "postgresql+psycopg://")
                ours.append(seconds("ours", jobs, ["--queue", queue, "--store", store], folders))
    return figures("Postgres, two workers", jobs, ours, bare)


def figures(where: str, jobs: int, ours: Sequence[float], bare: Sequence[float]) -> list[Figure]:
    """Return what a series of rounds shows."""
    speed, floor = jobs / median(ours), jobs / median(bare)
    return [
        Figure(
            name=f"jobs of three steps, {where}",
            value=speed,
            unit="jobs/s",
            better="higher",
            baseline=floor,
            baseline_name="DBOS alone, same settings",
        ),
        Figure(
            name=f"jobs of three steps, {where}, share of DBOS alone",
            value=speed / floor,
            unit="x",
            goal=_GOAL,
            better="higher",
        ),
    ]


def resuming(rounds: int) -> list[Figure]:
    """Measure how long a gateway that was killed takes from its start until its run works again."""
    found = [_resumed() for _round in range(rounds)]
    return [
        Figure(
            name="run goes on after kill -9, from the start of the gateway",
            value=median(found),
            unit="s",
            goal=_RESUME_S,
        )
    ]


def _resumed() -> float:
    with ground.folder() as folder, ground.server("benchmarks.floor", "model") as upstream:
        home = folder / "home"
        ground.write_config(home, upstream, models=("paced",))
        started = subprocess.Popen(ground.gateway_command(home), stderr=subprocess.DEVNULL)
        gateway = ground.Gateway(home, started.pid)
        job = gateway.ask("POST", "/api/v1/jobs", {"schedule": "every 1d", "say": "Talk at length.", "name": "talk"})
        run = gateway.ask("POST", f"/api/v1/jobs/{job['job']['job_id']}/run")["run"]["run_id"]
        _until(gateway, run, 1)
        started.kill()
        started.wait()
        began = time.perf_counter()
        with ground.process(ground.gateway_command(home)) as again:
            _until(ground.Gateway(home, again.pid), run, 2)
            return time.perf_counter() - began


def _until(gateway: ground.Gateway, run: str, times: int) -> None:
    """Wait until a run has begun so often."""
    limit = time.perf_counter() + ground.START_LIMIT_S
    while time.perf_counter() < limit:
        events = gateway.ask("GET", f"/api/v1/events?turn={run}&after=0")["events"]
        begun = [one for one in events if one["kind"] == "run.changed" and one["body"].get("state") == "running"]
        if len(begun) >= times:
            return
        time.sleep(0.01)
    raise TimeoutError(f"{run} did not begin")


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Measure everything."""
    jobs, rounds = (_QUICK_JOBS, 1) if is_quick else (_JOBS, 1)
    return [*on_sqlite(jobs, rounds), *on_postgres(jobs, rounds), *resuming(1 if is_quick else 3)]


if __name__ == "__main__":
    sys.exit(main(measure))
