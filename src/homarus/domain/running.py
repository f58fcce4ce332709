"""How a run's work is done: whoever performs it gets the journal and the purse, and says what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from homarus.domain.findings import Report
from homarus.domain.jobs import Budget, JobRun, RunState, Spent
from homarus.domain.ports import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What came of a run."""

    state: RunState
    summary: str
    report: Report | None = None
    error: str = ""
    hint: str = ""


class Purse(Protocol):
    """What a run may still use. It is kept with the run: after a crash it is as empty as before."""

    @property
    def spent(self) -> Spent:
        """All that was used, in every process that had the run."""
        ...

    def left(self) -> Budget:
        """What is left of each limit; `None` where there is none."""
        ...

    def check(self) -> None:
        """Pass while there is something left and time until the deadline.

        Raises:
            LimitReachedError: when a limit or the deadline is reached, naming which.
        """
        ...

    async def spend(self, key: str, spent: Spent, *, model: str = "") -> None:
        """Note what a step used; the same key counts once."""
        ...


class Performer(Protocol):
    """Does one kind of work."""

    async def __call__(
        self, run: JobRun, journal: Run, purse: Purse, say: Callable[[str, int, int], None]
    ) -> RunOutcome:
        """Do it, and say what came of it; called again from the start after a crash or a wait.

        Raises:
            Parked: while a person must decide, or until a time.
            LimitReachedError: when it ran out and has nothing to hand over.
            NoDataError: when there is nothing to work with.
        """
        ...
