"""A run that hands nothing over has read for nothing: the next one must read the same again.

What a run read stands in its log, so that this holds as well for one that is cancelled while it waits, or in a process
that is gone. It may be done twice: a watermark that is not where the run left it stays.
"""

from collections.abc import Mapping
from typing import cast

from homarus.domain.books import Readings
from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind
from homarus.domain.ids import TurnId
from homarus.domain.jobs import JobRun, WorkKind
from homarus.domain.ports import Store


def has_read_for_nothing(run: JobRun) -> bool:
    """Say whether a run is over without a report: it failed, was cancelled, or its time came too early."""
    is_real = run.work.kind is WorkKind.PLAYBOOK and not run.is_dry and run.started_at is not None
    return is_real and run.state.has_ended and not run.report


async def give_back(run: JobRun, store: Store, readings: Readings) -> None:
    """Put every watermark that a run moved back to where it was, the last one first."""
    for event in reversed(await store.of_turn(TurnId(run.run_id))):
        read = _read_in(event)
        if read is not None:
            was, now = cast("JsonObject | None", read["since"]), cast("JsonObject", read["watermark"])
            await readings.give_back(run.work.playbook, str(read["place"]), was=was, now=now)


def _read_in(event: Event) -> JsonObject | None:
    """Return what a step wrote down of reading a source."""
    outcome = event.body.get("outcome") if event.kind is Kind.STEP_FINISHED else None
    if not isinstance(outcome, Mapping) or not {"place", "since", "watermark"} <= set(outcome):
        return None
    return cast("JsonObject", outcome)
