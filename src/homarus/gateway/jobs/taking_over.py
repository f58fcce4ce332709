"""What a retry takes over from the run before: everything that was written down before the step that is done anew."""

from collections.abc import Iterator, Sequence

from homarus.domain.errors import NotFoundError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.jobs import JobRun
from homarus.gateway.jobs.steps import INTENT, key_of
from homarus.state.jobs.runs import session_of

_STAYS = frozenset({Kind.RUN_QUEUED, Kind.RUN_CHANGED, Kind.RUN_SPENT, Kind.RUN_SAID, Kind.RUN_ENDED, Kind.RUN_TOLD})
"""What is said of one run and not of another; what was paid for then is not paid for again."""
_STAYS_WITH = ("parked:", "sleep:", "spent:", "ended:")


def taken_over(events: Sequence[Event], run: JobRun, *, is_continued: bool) -> tuple[NewEvent, ...]:
    """Return the outcomes that a run begins with; `run.from_step` and what came after it are not among them.

    A run that is continued gets them all. An intent without an outcome is taken over as well: nobody knows whether
    that happened, and a retry must not make it happen twice.

    Raises:
        NotFoundError: when the run before has no such step.
    """
    old = str(run.retry_of)
    kept = events if is_continued else _before(events, old, run.from_step)
    return tuple(_copies(kept, old, run))


def _before(events: Sequence[Event], old: str, step: str) -> Sequence[Event]:
    for place, event in enumerate(events):
        if key_of(old, event) in {step, f"{step}{INTENT}"}:
            return events[:place]
    raise NotFoundError(
        _("The run {run!r} has no step {step!r}.").format(run=old, step=step),
        hint=_("See its steps: homarus jobs show {run}").format(run=old),
    )


def _copies(events: Sequence[Event], old: str, run: JobRun) -> Iterator[NewEvent]:
    head = f"{old}:"
    for event in events:
        if event.kind in _STAYS or event.dedupe is None or not event.dedupe.startswith(head):
            continue
        key = event.dedupe.removeprefix(head)
        if key.startswith(_STAYS_WITH):
            continue
        yield NewEvent(
            kind=event.kind,
            body={**event.body, "taken_over_from": old},
            session=session_of(run),
            turn=TurnId(run.run_id),
            dedupe=f"{run.run_id}:{key}",
            owner_id=event.owner_id,
        )
