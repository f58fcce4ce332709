"""How a leg of a run can end, and what each of its errors makes of the run."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from homarus.domain.errors import ConnectionFailedError, Failure, HomarusError, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.jobs import JobRun, RunState
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.running import RunOutcome
from homarus.domain.sources import NoDataError

BACKOFF_S = (30.0, 60.0, 300.0, 900.0, 3600.0)
"""How long a run waits before it is tried again, when a server does not answer."""
MOST_CRASHES = 3
"""How often a run may be cut off at the same place before nobody takes it up any more."""
_PASSING = frozenset(
    {
        Failure.SERVER_DOWN,
        Failure.CONNECT_TIMEOUT,
        Failure.FIRST_TOKEN_TIMEOUT,
        Failure.STALLED,
        Failure.CUT_OFF,
        Failure.LOADING,
        Failure.RATE_LIMITED,
        Failure.OVERLOADED,
        Failure.SERVER_ERROR,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run is over."""

    outcome: RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """The run goes on in another leg."""

    state: RunState
    because: str
    cause: str
    waits_for: str = ""
    due_at: datetime | None = None
    is_another_try: bool = False


def passes(error: HomarusError) -> bool:
    """Whether an error may be gone in a while without anybody doing anything."""
    if isinstance(error, ModelCallError):
        return error.failure in _PASSING
    return isinstance(error, ConnectionFailedError)


def ended_by(error: HomarusError) -> Ended:
    """Return what an error makes of a run that is not tried again."""
    state = RunState.FAILED
    if isinstance(error, LimitReachedError):
        state = RunState.PARTIAL
    elif isinstance(error, NoDataError):
        state = RunState.NO_DATA
    return Ended(
        outcome=RunOutcome(state=state, summary=error.message, error=error.message, hint=error.hint),
    )


def after(error: HomarusError, run: JobRun, now: datetime) -> Ended | Waits:
    """Return what comes after an error: another try in a while, or the end in words."""
    if not passes(error) or run.attempt > len(BACKOFF_S):
        return ended_by(error)
    asked_s = error.retry_after_s if isinstance(error, ModelCallError) else None
    due_at = now + timedelta(seconds=max(BACKOFF_S[run.attempt - 1], asked_s or 0.0))
    if run.deadline_at is not None and due_at >= run.deadline_at:
        return ended_by(error)
    return Waits(state=RunState.WAITING, because=error.message, cause="retry", due_at=due_at, is_another_try=True)


def unexpected(error: Exception) -> Ended:
    """Return the words for what nobody expected."""
    sentence = _("Something broke that should not: {error}").format(error=type(error).__name__)
    hint = _("`homarus logs` has the details; then try again.")
    return Ended(outcome=RunOutcome(state=RunState.FAILED, summary=sentence, error=sentence, hint=hint))


def crashed() -> Ended:
    """Return the words for a run that ends its process each time."""
    sentence = _("The process ended {count} times at the same step of this run.").format(count=MOST_CRASHES)
    hint = _("Look at the last step and at `homarus logs`; then try again.")
    return Ended(outcome=RunOutcome(state=RunState.FAILED, summary=sentence, error=sentence, hint=hint))


def no_performer(kind: str) -> Ended:
    """Return the words for work that nobody here can do."""
    sentence = _("Nobody here does work of the kind {kind!r}.").format(kind=kind)
    hint = _("Update homarus, or remove the job.")
    return Ended(outcome=RunOutcome(state=RunState.FAILED, summary=sentence, error=sentence, hint=hint))


def too_late(*, is_parked: bool = False) -> Ended:
    """Return the words for a run that had nothing to hand over when its deadline came."""
    waited, worked = _("The deadline came while it waited for you."), _("The deadline came before it was done.")
    sentence = waited if is_parked else worked
    hint = _("Start it again, with an earlier start or a later deadline.")
    return Ended(outcome=RunOutcome(state=RunState.PARTIAL, summary=sentence, error=sentence, hint=hint))
