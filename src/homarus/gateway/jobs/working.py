"""Work one leg of a run: from its log to its end, or to where it waits. The same code after a crash as before.

This is one of the three places where everything is caught: whatever breaks, the owner gets words and the log a trace.
"""

import asyncio
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from homarus.domain import codec
from homarus.domain.errors import HomarusError, StateError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import RunId, TurnId
from homarus.domain.jobs import JobRun, RunState, WorkKind
from homarus.domain.ports import Blobs, Clock, Parked, Store
from homarus.domain.running import Performer
from homarus.gateway.jobs import ends
from homarus.gateway.jobs.ends import Ended, Waits
from homarus.gateway.jobs.gated import GatedRun
from homarus.gateway.jobs.purse import KeptPurse
from homarus.gateway.jobs.saying import Saying
from homarus.gateway.jobs.windows import LOOK_AGAIN_S, is_open, next_opening
from homarus.state.jobs.executors import Executor
from homarus.state.jobs.rows import Value, stamp
from homarus.state.jobs.runs import Move, Standing, StoredRuns, session_of
from homarus.state.journal import Journal

_LOG = logging.getLogger(__name__)
_HELD = "held"
_CRASHES = {"crash": 1, "stopped": -1}
"""A house that goes down in good order looks like one that crashed to whoever takes the run up."""
_GRACE_S = 30.0
"""How long a run may take to hand over what it has once its deadline has come."""


@dataclass(slots=True, kw_only=True)
class _Leg:
    """A leg that works here now."""

    standing: Standing
    task: "asyncio.Task[None]"
    journal: GatedRun | None = None
    hold: Waits | None = None
    """Set when it is to stop before its next step."""
    is_asked_for: bool = False
    """Whether a person let it go on now: then its hours do not hold it."""
    is_taken: bool = False
    """Whether it was cancelled, or is somebody else's by now: nothing more is written about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a leg works with."""

    store: Store
    stored: StoredRuns
    clock: Clock
    blobs: Blobs
    me: Executor
    performers: Mapping[WorkKind, Callable[[], Performer]]
    is_idle: Callable[[], bool]
    """Whether no person waits for anything here."""
    redacted: Callable[[str], str]
    again_s: float = 5.0
    """How long to wait before what could not be written down is tried again."""


class Working:
    """Works legs; `work` is what the engine calls."""

    def __init__(
        self,
        around: Surroundings,
        *,
        ended: Callable[[JobRun], Awaitable[None]],
        look_again: Callable[[], None],
    ) -> None:
        """Take what legs need; `ended` is told of each end, `look_again` whenever a run waits for a time."""
        self._around = around
        self._ended = ended
        self._look_again = look_again
        self._legs: dict[RunId, _Leg] = {}

    async def work(self, run_id: RunId, leg: int) -> None:
        """Bring a run to its end, or to where it waits; a leg that somebody else has is left to them."""
        standing = await self._claim(run_id, leg)
        if standing is None:
            return
        task = asyncio.current_task()
        assert task is not None
        mine = self._legs[run_id] = _Leg(standing=standing, task=task)
        try:
            moved = await self._settle(standing, await self._perform(mine))
        except asyncio.CancelledError:
            if not mine.is_taken:
                await asyncio.shield(self._note_stop(standing))
                raise  # the process goes down; the next one goes on
            task.uncancel()
            return
        finally:
            if self._legs.get(run_id) is mine:
                del self._legs[run_id]
        if moved is not None and moved.run.state.has_ended:
            await self._ended(moved.run)
        else:
            self._look_again()

    async def _note_stop(self, standing: Standing) -> None:
        """Write down that the house went down in good order, so that this does not count as a crash."""
        same = {"state": RunState.RUNNING.value}
        move = Move(
            run_id=standing.run.run_id,
            came_from=(RunState.RUNNING,),
            leg=standing.leg,
            boot=standing.boot,
            columns=same,
            cause="stopped",
            is_synced=False,
        )
        try:
            await self._around.stored.move(move)
        except StateError as error:
            _LOG.warning("that %s was interrupted could not be written down: %s", standing.run.run_id, error.message)

    def hold(self, run_id: RunId, waits: Waits) -> bool:
        """Stop a run before its next step; tell whether it works here."""
        mine = self._legs.get(run_id)
        if mine is not None:
            mine.hold = waits
        return mine is not None

    def interrupt(self, run_id: RunId) -> bool:
        """Stop a run at once, because it is not ours any more; tell whether it worked here."""
        mine = self._legs.get(run_id)
        if mine is None:
            return False
        mine.is_taken = True
        mine.task.cancel()
        return True

    def under_way(self, run_id: RunId) -> Mapping[str, datetime]:
        """Return the steps of a run that go on here right now, and since when."""
        mine = self._legs.get(run_id)
        return {} if mine is None or mine.journal is None else dict(mine.journal.under_way)

    @property
    def running(self) -> tuple[Standing, ...]:
        """The runs that work here."""
        return tuple(mine.standing for mine in self._legs.values())

    async def _claim(self, run_id: RunId, leg: int) -> Standing | None:
        standing = await self._around.stored.get(run_id)
        if standing is None or standing.leg != leg:
            return None
        run, me = standing.run, self._around.me
        columns: dict[str, Value] = {"state": RunState.RUNNING.value, "executor": me.name, "boot": me.boot}
        columns |= {"waits_for": "", "due_at": None}
        if run.started_at is None:
            columns["started_at"] = stamp(self._around.clock.now())
        return await self._around.stored.move(
            Move(run_id=run_id, came_from=(RunState.QUEUED,), leg=leg, columns=columns, is_synced=False)
        )

    async def _perform(self, mine: _Leg) -> Ended | Waits:
        run, around = mine.standing.run, self._around
        factory = around.performers.get(run.work.kind)
        if factory is None:
            return ends.no_performer(run.work.kind.value)
        known = await around.store.of_turn(TurnId(run.run_id))
        if _is_stuck(known):
            return ends.crashed()
        mine.is_asked_for = _is_asked_for(known)
        if (closed := self._outside(mine)) is not None:
            return closed
        purse = KeptPurse(run, mine.standing.leg, around.stored, around.clock, known=known)
        journal = Journal(
            around.store, TurnId(run.run_id), session_of(run), clock=around.clock, known=known, is_timed=True
        )
        mine.journal = GatedRun(journal, lambda: self._gate(mine, purse))
        saying = Saying(run, around.store)
        try:
            end = await self._performed(mine, factory(), purse, saying)
            # Whoever paused it does not want it to go on by itself, whatever it waits for by now.
            return mine.hold if isinstance(end, Waits) and mine.hold is not None else end
        finally:
            await asyncio.shield(self._close(purse, saying))

    async def _performed(self, mine: _Leg, perform: Performer, purse: KeptPurse, saying: Saying) -> Ended | Waits:
        run = mine.standing.run
        assert mine.journal is not None
        try:
            async with asyncio.timeout(self._time_left_s(run)):
                return Ended(outcome=await perform(run, mine.journal, purse, saying))
        except Parked as parked:
            return _parked(run, parked, self._around.clock.now())
        except TimeoutError as error:
            if run.deadline_at is None or self._around.clock.now() < run.deadline_at:
                return await self._broken(run, error)
            return ends.too_late()
        except HomarusError as error:
            return ends.after(error, run, self._around.clock.now())
        except Exception as error:  # noqa: BLE001 - a run never ends without words
            return await self._broken(run, error)

    async def _gate(self, mine: _Leg, purse: KeptPurse) -> None:
        """Let the next step begin, unless the run is held or its hours are over."""
        if mine.hold is None:
            mine.hold = self._outside(mine)
        if mine.hold is not None:
            raise Parked(_HELD)
        await purse.note_time()

    def _outside(self, mine: _Leg) -> Waits | None:
        run, now = mine.standing.run, self._around.clock.now()
        window = run.window
        if window is None or mine.is_asked_for or (run.deadline_at is not None and now >= run.deadline_at):
            return None
        zone = ZoneInfo(run.zone)
        if not is_open(window, now, zone):
            opening = next_opening(window, now, zone)
            words = f"{window.start}-{window.end}"
            return Waits(state=RunState.WAITING, because=words, cause="window", due_at=opening)
        if window.only_idle and not self._around.is_idle():
            due_at = now + timedelta(seconds=LOOK_AGAIN_S)
            return Waits(state=RunState.WAITING, because="", cause="idle", due_at=due_at)
        return None

    def _time_left_s(self, run: JobRun) -> float | None:
        if run.deadline_at is None:
            return None
        return max((run.deadline_at - self._around.clock.now()).total_seconds(), 0.0) + _GRACE_S

    @staticmethod
    async def _close(purse: KeptPurse, saying: Saying) -> None:
        try:
            await saying.end()
            await purse.note_time(is_over=True)
        except StateError as error:
            _LOG.warning("how long a leg worked could not be written down: %s", error.message)

    async def _settle(self, standing: Standing, end: Ended | Waits) -> Standing | None:
        """Write down how a leg ended, however long the disk takes to have room for it."""
        while True:
            try:
                return await self._written(standing, end)
            except StateError as error:
                _LOG.warning("the end of %s cannot be written down yet: %s", standing.run.run_id, error.message)
                await asyncio.sleep(self._around.again_s)

    async def _written(self, standing: Standing, end: Ended | Waits) -> Standing | None:
        run, columns = standing.run, dict[str, Value]()
        if isinstance(end, Ended):
            columns = ended_columns(end, self._around.clock.now())
            if end.outcome.report is not None:
                content = json.dumps(codec.dump(end.outcome.report), ensure_ascii=False).encode()
                columns["report"] = await self._around.blobs.put(content)
        else:
            columns = waiting_columns(run, end)
        return await self._around.stored.move(
            Move(
                run_id=run.run_id,
                came_from=(RunState.RUNNING,),
                leg=standing.leg,
                boot=standing.boot,
                columns=columns,
                kind=Kind.RUN_ENDED if isinstance(end, Ended) else Kind.RUN_CHANGED,
                because="" if isinstance(end, Ended) else end.because,
                cause="" if isinstance(end, Ended) else end.cause,
            )
        )

    async def _broken(self, run: JobRun, error: Exception) -> Ended:
        _LOG.exception("run %s broke", run.run_id)
        trace = "".join(traceback.format_exception(error))
        redacted = self._around.redacted
        body = {"where": "job", "error": redacted(repr(error)), "trace": redacted(trace)[-8000:]}
        await self._around.store.append(
            NewEvent(kind=Kind.FAILED, body=body, session=session_of(run), turn=TurnId(run.run_id))
        )
        return ends.unexpected(error)


def ended_columns(end: Ended, now: datetime) -> dict[str, Value]:
    """Return how a run that is over stands in its table."""
    outcome = end.outcome
    return {
        "state": outcome.state.value,
        "ended_at": stamp(now),
        "waits_for": "",
        "due_at": None,
        "summary": outcome.summary,
        "error": outcome.error,
        "hint": outcome.hint,
    }


def waiting_columns(run: JobRun, waits: Waits) -> dict[str, Value]:
    """Return how a run that waits stands in its table; its deadline wakes it in any case."""
    times = [when for when in (waits.due_at, run.deadline_at) if when is not None]
    return {
        "state": waits.state.value,
        "waits_for": waits.waits_for,
        "due_at": stamp(min(times)) if times else None,
        "attempt": run.attempt + (1 if waits.is_another_try else 0),
    }


def _parked(run: JobRun, parked: Parked, now: datetime) -> Ended | Waits:
    if run.deadline_at is not None and now >= run.deadline_at:
        return ends.too_late(is_parked=True)
    return Waits(
        state=RunState.PARKED, because=parked.topic, cause="parked", waits_for=parked.topic, due_at=parked.deadline
    )


def _is_stuck(known: Sequence[Event]) -> bool:
    """Whether the run was cut off again and again without one more outcome in between."""
    crashes = 0
    for event in reversed(known):
        if event.kind is Kind.RUN_CHANGED:
            crashes += _CRASHES.get(str(event.body.get("cause")), 0)
        elif event.kind not in (Kind.RUN_SPENT, Kind.RUN_SAID, Kind.RUN_QUEUED):
            break
    return crashes >= ends.MOST_CRASHES


def _is_asked_for(known: Sequence[Event]) -> bool:
    """Whether it was a person who let the run go on."""
    changes = (event.body for event in reversed(known) if event.kind is Kind.RUN_CHANGED)
    queued = next((body for body in changes if body.get("state") == RunState.QUEUED.value), None)
    return queued is not None and queued.get("cause") == "owner"
