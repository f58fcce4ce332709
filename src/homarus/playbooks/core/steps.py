"""The lasting part of a house: steps that happen once, and branches that run side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError, UsageError
from homarus.domain.findings import Missing, Report
from homarus.domain.i18n import _
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.playing import Play, Ports
from homarus.domain.ports import Parked
from homarus.playbooks.core.known import Known
from homarus.playbooks.core.ledger import Ledger, within

S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")
MISHAPS = (HomarusError, ValueError, LookupError, ArithmeticError, OSError)
"""What the world can cause in a branch; everything else is a mistake in the playbook and ends the run."""
SAID = "said"
"""Where the words of a step stand beside its outcome, for `StepView.said`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A watermark that this run has moved."""

    place: str
    was: JsonObject | None
    now: JsonObject


class Steps(Generic[S]):
    """Runs steps through the journal, within the purse."""

    def __init__(self, play: Play, ports: Ports, settings: S, ledger: Ledger) -> None:
        """Stand at the beginning of a play, with the ledger as earlier legs of the run left it."""
        self._play = play
        self._ports = ports
        self._settings = settings
        self._ledger = ledger
        self._known = Known()
        self._keys: set[str] = set()
        self._missing: list[Missing] = []
        self._moved: list[Moved] = []
        self._partial: Report | None = None

    @property
    def run_id(self) -> str:
        """The run."""
        return self._play.run_id

    @property
    def settings(self) -> S:
        """What the owner set for this playbook, checked."""
        return self._settings

    @property
    def is_dry(self) -> bool:
        """Whether effects are only shown."""
        return self._play.is_dry

    @property
    def is_degraded(self) -> bool:
        """Whether only the embedded model answers."""
        return self._play.is_degraded

    @property
    def began_at(self) -> datetime:
        """When the run was for, with the owner's zone."""
        return self._play.began_at

    async def step(
        self, key: str, fn: Callable[[], Awaitable[JsonObject]], *, is_repeatable: bool = True, said: str = ""
    ) -> JsonObject:
        """Do something once, and return what came of it at every replay; `said` is what it did in words.

        Raises:
            InterruptedEffectError: when it was cut off and is not repeatable.
            LimitReachedError: when the budget is used up or the deadline has come.
        """
        return await self._once(key, fn, is_repeatable=is_repeatable, said=(lambda _outcome: said) if said else None)

    async def parallel(
        self, branches: Sequence[Callable[[], Awaitable[T]]], *, at_once: int = 4
    ) -> list[T | Exception]:
        """Do several things at a time, results in order; one that fails is an exception in its place.

        A limit or a wait for a person in one of them stops the run when the others are through.
        """
        slots = asyncio.Semaphore(max(at_once, 1))
        results: list[T | Exception] = [LookupError()] * len(branches)

        is_over = False

        async def branch(number: int, do: Callable[[], Awaitable[T]]) -> None:
            nonlocal is_over
            async with slots:
                if is_over:
                    return  # the slot is free because the run ends: whoever waited for it begins nothing any more
                try:
                    results[number] = await do()
                except (*MISHAPS, Parked) as error:
                    results[number] = error
                except BaseException:
                    is_over = True
                    raise

        try:
            async with asyncio.TaskGroup() as tasks:
                for number, do in enumerate(branches):
                    tasks.create_task(branch(number, do))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        _pass_on(results)
        return results

    async def _once(
        self,
        key: str,
        fn: Callable[[], Awaitable[JsonObject]],
        *,
        is_repeatable: bool = True,
        said: Callable[[JsonObject], str] | None = None,
    ) -> JsonObject:
        """Do a step; with `said`, its words are kept beside its outcome and are no part of it."""
        self._take(key)
        was_done = False

        async def do() -> JsonObject:
            nonlocal was_done
            was_done = True
            self._ports.purse.check()
            with within(key):
                outcome = await fn()
            await self._write_facts()
            return outcome if said is None else {**outcome, SAID: said(outcome)}

        intent: JsonObject | None = None if is_repeatable else {"step": key}
        outcome = await self._ports.journal.step(key, do, intent=intent, is_repeatable=is_repeatable)
        if not was_done:
            self._ledger.wake(key)
        return outcome if said is None else {name: value for name, value in outcome.items() if name != SAID}

    def _take(self, key: str) -> None:
        if key in self._keys:
            raise UsageError(
                _("The playbook uses the step {key!r} twice in a run.").format(key=key),
                hint=_("Give each step a key of its own, as `mail:4711`: the key is how it is found after a crash."),
            )
        self._keys.add(key)

    async def _write_facts(self) -> None:
        """Put new facts into the books before anything that names them is journaled."""
        if entries := self._ledger.unwritten():
            await self._ports.books.findings.put_facts(self.run_id, entries)
            self._ledger.written(entries)


def _pass_on(results: Sequence[object]) -> None:
    """Raise the limit that a branch met, else the wait that ends first."""
    for result in results:
        if isinstance(result, LimitReachedError):
            raise result
    waits = [result for result in results if isinstance(result, Parked)]
    if waits:
        raise min(waits, key=lambda wait: (wait.deadline is None, wait.deadline.timestamp() if wait.deadline else 0.0))
