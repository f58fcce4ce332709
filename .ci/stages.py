"""Run the stages of .ci/run: each has a name, a command and a time budget, and writes a log of its own.

.ci/run              all stages
.ci/run form types   only these, after the environment
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".ci" / "logs"
BIN = ".venv/bin"
LIMIT_S = 900.0
"""For all stages together."""
TAIL_LINES = 60
OUT_OF_TIME = 124


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One thing that must be true."""

    name: str
    command: str
    budget_s: int
    shows: int = 0
    """How many last lines of the log are shown when it went well."""


CODE_ONLY = "grep -vE 'unused (variable|attribute)'"
"""Fields are read by faces, serialisers and libraries, which vulture cannot see; functions and classes are ours."""
VENV = """if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! python3 -c 'import ensurepip' 2>/dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv
fi"""
"""A fresh Debian has no python3-venv; `make` tells people, and installs nothing into their system."""

STAGES = (
    Stage(name="environment", command=f"{VENV}\nmake dev", budget_s=300),
    Stage(name="form", command=f"{BIN}/ruff format --check . && {BIN}/ruff check .", budget_s=30),
    Stage(name="types", command=f"{BIN}/basedpyright", budget_s=180),
    Stage(name="rooms", command=f"{BIN}/lint-imports", budget_s=60),
    Stage(name="dependencies", command=f"{BIN}/deptry . && ! {BIN}/vulture | {CODE_ONLY}", budget_s=60),
    Stage(name="licences", command=f"{BIN}/python scripts/check_locks.py", budget_s=30, shows=1),
    Stage(name="docs", command="make docs", budget_s=60),
    Stage(name="tests", command="make test", budget_s=780, shows=3),
    Stage(name="wheel", command=f"make wheel && {BIN}/pytest tests/shipping", budget_s=120, shows=3),
)


def main() -> int:
    """Run the stages that were asked for; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description="Check this checkout.")
    parser.add_argument("stages", nargs="*", help="only these (the environment is always made)")
    wanted = set(parser.parse_args().stages)
    if unknown := wanted - {stage.name for stage in STAGES}:
        print(f"no such stage: {', '.join(sorted(unknown))}; there are: {', '.join(stage.name for stage in STAGES)}")
        return 2
    LOGS.mkdir(exist_ok=True)
    started = time.monotonic()
    failed = [
        stage.name
        for place, stage in enumerate(STAGES)
        if (place == 0 or not wanted or stage.name in wanted) and not passes(stage, until=started + LIMIT_S)
    ]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "all stages passed"
    print(f"{verdict} ({time.monotonic() - started:.0f} s); logs in .ci/logs", flush=True)
    return 1 if failed else 0


def passes(stage: Stage, *, until: float) -> bool:
    """Run one stage, tell how it went, and end the whole run when there is no environment to go on in."""
    log = LOGS / f"{stage.name}.log"
    print(f"{stage.name:<13} ...", flush=True)
    started = time.monotonic()
    budget_s = min(stage.budget_s, max(until - started, 0.0))
    code = carry_out(stage, log, budget_s)
    took = f"{time.monotonic() - started:.0f} s of {budget_s:.0f} s"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    shows = TAIL_LINES if code else stage.shows
    for line in lines[len(lines) - min(shows, len(lines)) :]:
        print(f"    {line}")
    verdict = {0: "ok", OUT_OF_TIME: "OUT OF TIME"}.get(code, f"FAILED (exit code {code})")
    print(f"{stage.name:<13} {verdict}, {took}", flush=True)
    if code != 0 and stage is STAGES[0]:
        sys.exit(1)
    return code == 0


def carry_out(stage: Stage, log: Path, budget_s: float) -> int:
    """Run a stage's command within a time, everything it says in the log; return its exit code."""
    environment = {**os.environ, "CI": "true"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", stage.command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(budget_s)
        except subprocess.TimeoutExpired:
            return OUT_OF_TIME
        finally:
            if process.poll() is None:
                # The whole session: a stage that hangs, or was interrupted, has children.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
