"""One GPU and five models: homarus' queue against first come, first served, in virtual time. No server is asked.

The policy is the one that the gateway uses (`homarus.models.queueing`); engine and trace stand in `dispatch_play` and
`dispatch_trace.json`, twelve seeds of 120 chains of three to five dependent steps. `python -m benchmarks.dispatch`.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks.dispatch_play import TRACE, Fifo, Play, Played, drawn
from benchmarks.figures import Figure, main, median, percentile
from homarus.models.queueing import Limits, Line

_PINNED = frozenset({"small-7b"})
_QUICK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """All seeds of one mix, through one kind of line."""

    played: tuple[Played, ...]

    @property
    def makespan_h(self) -> float:
        """How long it took, hours."""
        return sum(one.makespan_s for one in self.played) / len(self.played) / 3600

    @property
    def swaps(self) -> float:
        """How many models were loaded."""
        return sum(one.swaps for one in self.played) / len(self.played)

    @property
    def longest_s(self) -> float:
        """How long the step waited that waited longest, seconds."""
        return sum(max(one.waits_s) for one in self.played) / len(self.played)

    @property
    def people_s(self) -> list[float]:
        """How long the person waited each time, seconds."""
        return [wait_s for one in self.played for wait_s in one.people_s]


def play(
    mix: str,
    slots: int,
    seeds: Sequence[int],
    *,
    kind: Callable[[Limits], Line] = Line,
    batch_cost: float | None = None,
    ageing_s: float = 600.0,
) -> Runs:
    """Play a mix with some slots; first come, first served pins nothing, as servers do by themselves."""
    played: list[Played] = []
    for seed in seeds:
        trace = drawn(mix, seed)
        if batch_cost is not None:
            trace = replace(trace, batch_cost=batch_cost)
        limits = trace.limits(slots=slots, pinned=frozenset() if kind is Fifo else _PINNED)
        played.append(Play(trace, kind(replace(limits, ageing_s=ageing_s))).run())
    return Runs(played=tuple(played))


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Yield the figures; quickly, those of three seeds."""
    seeds: list[int] = json.loads(TRACE.read_text(encoding="utf-8"))["seeds"]
    seeds = seeds[:_QUICK] if is_quick else seeds
    for mix, slots, goal in (("heavy", 4, 1.6), ("short", 4, 2.5), ("heavy", 1, 1.1), ("short", 1, 1.1)):
        ours, fifo = play(mix, slots, seeds), play(mix, slots, seeds, kind=Fifo)
        yield from _compared(f"dispatch, {mix} mix, {slots} slot{'s' if slots > 1 else ''}", ours, fifo, goal)
    dear = [play("heavy", 4, seeds, kind=kind, batch_cost=0.4) for kind in (Line, Fifo)]
    yield Figure(
        name="dispatch, heavy mix, 4 slots, answers side by side cost twice as much: throughput",
        value=dear[1].makespan_h / dear[0].makespan_h,
        unit="x",
        better="higher",
    )
    for ageing_s in (120.0, 1800.0):
        aged = play("heavy", 4, seeds, ageing_s=ageing_s)
        name = f"dispatch, heavy mix, 4 slots, bound {ageing_s:.0f} s"
        yield Figure(name=f"{name}: makespan", value=aged.makespan_h, unit="h")
        yield Figure(name=f"{name}: longest wait", value=aged.longest_s, unit="s")


def _compared(name: str, ours: Runs, fifo: Runs, goal: float) -> Iterable[Figure]:
    by = "first come, first served"
    yield Figure(
        name=f"{name}: throughput",
        value=fifo.makespan_h / ours.makespan_h,
        unit="x",
        goal=goal,
        better="higher",
        note=f"against {by}",
    )
    rows = (
        ("makespan", "h", ours.makespan_h, fifo.makespan_h),
        ("models loaded", "", ours.swaps, fifo.swaps),
        ("longest wait of a step", "s", ours.longest_s, fifo.longest_s),
        ("wait of a person, p50", "s", median(ours.people_s), median(fifo.people_s)),
        ("wait of a person, p95", "s", percentile(ours.people_s, 0.95), percentile(fifo.people_s, 0.95)),
    )
    for what, unit, value, baseline in rows:
        yield Figure(name=f"{name}: {what}", value=value, unit=unit, baseline=baseline, baseline_name=by)
    shorter = median(fifo.people_s) / max(median(ours.people_s), 1e-9)
    yield Figure(name=f"{name}: a person waits shorter, p50", value=shorter, unit="x", goal=20, better="higher")


if __name__ == "__main__":
    sys.exit(main(measure))
