"""The facts of one run: short ids, each name and value once, and nothing that contradicts itself unseen."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from homarus.domain.books import Entry
from homarus.domain.findings import Fact, FactValue, Grounds

_STEP: ContextVar[str] = ContextVar("step", default="")


@contextmanager
def within(step: str) -> Generator[None]:
    """Note that what is stated in here belongs to a step: its facts are known even when it is not done again."""
    token = _STEP.set(step)
    try:
        yield
    finally:
        _STEP.reset(token)


class Ledger:
    """Facts in the order in which they were stated.

    What an earlier leg of the run wrote sleeps until it is stated anew: a replay knows at each point exactly what the
    first pass knew there, under the same ids.
    """

    def __init__(self, written: Iterable[Entry] = ()) -> None:
        """Begin with what the books have of this run."""
        self._awake: dict[str, Fact] = {}
        self._by_value: dict[tuple[str, str], Entry] = {}
        self._asleep: dict[str, list[Fact]] = {}
        self._new: list[Entry] = []
        self._last = 0
        for entry in written:
            self._by_value[_value_of(entry.fact)] = entry
            self._asleep.setdefault(entry.step, []).append(entry.fact)
            self._last = max(self._last, int(entry.fact.fact_id[1:]))

    def state(self, name: str, value: FactValue, *, unit: str, grounds: Grounds) -> Fact:
        """Return the fact of this name, value and unit, a new one if there is none."""
        fact = Fact(fact_id="", name=name, value=value, unit=unit, grounds=grounds)
        known = self._by_value.get(_value_of(fact))
        if known is None:
            self._last += 1
            known = Entry(fact=replace(fact, fact_id=f"f{self._last}"), step=_STEP.get())
            self._by_value[_value_of(fact)] = known
            self._new.append(known)
        self._awake.setdefault(known.fact.fact_id, known.fact)
        return known.fact

    def wake(self, step: str) -> None:
        """Know again what a step stated that is not done again."""
        for fact in self._asleep.pop(step, []):
            self._awake.setdefault(fact.fact_id, fact)

    def facts(self) -> tuple[Fact, ...]:
        """Return what is known, in the order in which it was stated."""
        return tuple(self._awake.values())

    def contradictions(self) -> dict[str, tuple[Fact, ...]]:
        """Return the names that have more than one value, each with its facts."""
        named: dict[str, list[Fact]] = {}
        for fact in self._awake.values():
            named.setdefault(fact.name, []).append(fact)
        return {name: tuple(facts) for name, facts in named.items() if len({_value_of(one) for one in facts}) > 1}

    def unwritten(self) -> tuple[Entry, ...]:
        """Return what is not in the books yet."""
        return tuple(self._new)

    def written(self, entries: Iterable[Entry]) -> None:
        """Note that these are in the books now."""
        done = {entry.fact.fact_id for entry in entries}
        self._new = [entry for entry in self._new if entry.fact.fact_id not in done]


def _value_of(fact: Fact) -> tuple[str, str]:
    value = fact.value
    as_text = f"{type(value).__name__}:{value}" if isinstance(value, str | bool) else f"number:{float(value)!r}"
    return fact.name, f"{as_text} {fact.unit}"
