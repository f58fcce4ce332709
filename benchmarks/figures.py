"""What a benchmark returns, and how it is shown: figures with their goals, and a bare baseline of the same run."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    better: Literal["lower", "higher"] = "lower"
    baseline: float | None = None
    """The same thing done by the barest code, in the same run."""
    baseline_name: str = ""
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; `None` without one."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal

    @property
    def ratio(self) -> float | None:
        """How many times the baseline this is."""
        return self.value / self.baseline if self.baseline else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where and when figures were measured."""

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    load: float
    """How many programs wanted a core in the last minute; above the number of cores, times are too long."""
    date: str
    commit: str


def machine() -> Machine:
    """Describe this machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        memory_gib=round(pages / 1024**3, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 1),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=_commit(),
    )


def median(values: Iterable[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share (0..1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Measure(Protocol):
    """A benchmark."""

    def __call__(self, *, is_quick: bool) -> Iterable[Figure]:
        """Return its figures; quickly, they are rougher."""
        ...


def main(measure: Measure) -> int:
    """Run one benchmark as a command: a table, or one JSON object with `--json`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher figures")
    options = parser.parse_args()
    figures = list(measure(is_quick=options.quick))
    if options.json:
        print(as_json(figures))
    else:
        print(table(figures))
    return 0


def as_json(figures: Iterable[Figure]) -> str:
    """Return figures with the machine they were measured on."""
    rows = [{**asdict(figure), "ratio": figure.ratio, "is_met": figure.is_met} for figure in figures]
    return json.dumps({"machine": asdict(machine()), "figures": rows}, indent=2)


def table(figures: Sequence[Figure]) -> str:
    """Return figures as text, with what is met and what is not."""
    width = max((len(figure.name) for figure in figures), default=0)
    return "\n".join([_where(machine()), *(_row(figure, width) for figure in figures)])


def markdown(figures: Sequence[Figure]) -> str:
    """Return figures as a table for a page, without those that have neither goal nor baseline."""
    rows = ["| | measured | goal | | against |", "|---|---:|---:|---|---|"]
    for figure in figures:
        if figure.goal is not None or figure.baseline is not None:
            cells = (figure.name, f"{_value(figure)} {figure.unit}", _goal(figure), _verdict(figure), _against(figure))
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, "", f"{_where(machine())}; by `make bench`."])


def _where(here: Machine) -> str:
    return (
        f"{here.cpu}, {here.cores} cores, {here.memory_gib} GiB, {here.system}, Python {here.python}, "
        f"load {here.load}, {here.date}, {here.commit}"
    )


def _value(figure: Figure) -> str:
    return f"{figure.value:,.3g}" if abs(figure.value) < 1000 else f"{figure.value:,.0f}"


def _goal(figure: Figure) -> str:
    sign = "<=" if figure.better == "lower" else ">="
    return f"{sign} {figure.goal:g} {figure.unit}" if figure.goal is not None else ""


def _verdict(figure: Figure) -> str:
    return {True: "met", False: "NOT MET", None: ""}[figure.is_met]


def _against(figure: Figure) -> str:
    return f"{figure.ratio:.2f}x {figure.baseline_name}" if figure.ratio is not None else ""


def _row(figure: Figure, width: int) -> str:
    start = f"{figure.name:<{width}}  {_value(figure):>10} {figure.unit:<8}"
    return f"{start} {_goal(figure):<20} {_verdict(figure):<8} {_against(figure)} {figure.note}".rstrip()


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "no commit"


if __name__ == "__main__":
    sys.exit("This is no benchmark; try: python -m benchmarks")
