"""Runs: one row each, and each change of it a fact in the log, in the same transaction.

A change names the states that it may start from, and the leg: of two processes that want the same run, one gets it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import AgentId, JobId, RunId, SessionKey, TurnId
from homarus.domain.jobs import JobRun, RunState, SlotTaken, Spent
from homarus.state.database import Database
from homarus.state.jobs.rows import Value, moment, names_in, rows, stamp
from homarus.state.ledger import Pen

SCHEMA = 1
"""Of how runs are worked: a run of another number is not gone on with by itself. Raise it when steps change names."""
OPEN = (RunState.QUEUED, RunState.WAITING, RunState.RUNNING, RunState.PARKED, RunState.PAUSED)
"""States in which something may still happen."""
_COLUMNS = (
    "run_id, job_id, slot, state, body, leg, schema_number, executor, boot, attempt, waits_for, due_at, deadline_at, "
    "started_at, ended_at, told_at, spent, models, report, summary, error, hint"
)
_ADD = (
    f"INSERT INTO runs (owner_id, {_COLUMNS}) "  # noqa: S608 - a constant
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', ?, '', ?, ?, ?, ?, NULL, ?, '[]', '', ?, ?, ?) "
    "ON CONFLICT DO NOTHING RETURNING run_id"
)
_SELECT = f"SELECT {_COLUMNS} FROM runs WHERE owner_id = ?"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a run stands, and who has it."""

    run: JobRun
    leg: int
    """Counts how often it was taken up; each leg is one piece of work of the engine."""
    schema: int
    boot: str
    """Which life of the executor has it: a process that comes back is the same executor in another one."""
    due_at: datetime | None
    """When it goes on by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of a run."""

    run_id: RunId
    came_from: Sequence[RunState]
    """It happens only while the run is in one of these."""
    leg: int | None = None
    """And only while this is its leg."""
    boot: str | None = None
    """And only while this life of an executor has it."""
    columns: Mapping[str, Value] = field(default_factory=dict[str, Value])
    kind: Kind = Kind.RUN_CHANGED
    because: str = ""
    cause: str = ""
    """The same for programs: `crash`, `window`, `retry`, `owner`, `decided`, `time`."""
    body: JsonObject | None = None
    """What the fact says, where it is not the usual."""
    is_synced: bool = True


class StoredRuns:
    """The table of runs."""

    def __init__(self, store: Database) -> None:
        self._store = store

    async def add(self, run: JobRun) -> SlotTaken:
        """Write a run down; of a slot that has one already, return that.

        Raises:
            DiskFullError: when there is no room.
        """

        def write(pen: Pen) -> bool:
            if pen.sql.execute(_ADD, (self._store.owner_id, *_values(run, pen))).fetchone() is None:
                return False
            is_over = run.state.has_ended
            pen.append(_fact(run, Kind.RUN_ENDED if is_over else Kind.RUN_QUEUED, ended_body(run) if is_over else None))
            return True

        if await self._store.writer.write(write):
            return SlotTaken(run=run, is_new=True)
        return SlotTaken(run=await self._taken(run), is_new=False)

    async def get(self, run_id: RunId) -> Standing | None:
        """Return where a run stands."""
        found = await rows(self._store, f"{_SELECT} AND run_id = ?", (self._store.owner_id, run_id))
        return _standing(found[0]) if found else None

    async def list(
        self,
        *,
        job: JobId | None = None,
        states: Sequence[RunState] = (),
        limit: int = 50,
        before: RunId | None = None,
    ) -> tuple[JobRun, ...]:
        """Return runs, newest first."""
        query, values = _SELECT, list[Value]([self._store.owner_id])
        if job is not None:
            query, values = f"{query} AND job_id = ?", [*values, job]
        if before is not None:
            query, values = f"{query} AND run_id < ?", [*values, before]
        query = f"{query}{_among(states)} ORDER BY run_id DESC LIMIT ?"
        return tuple(_standing(row).run for row in await rows(self._store, query, [*values, limit]))

    async def open(self) -> tuple[Standing, ...]:
        """Return the runs that have not ended, oldest first."""
        query = f"{_SELECT} AND ended_at IS NULL ORDER BY run_id"
        return tuple(_standing(row) for row in await rows(self._store, query, (self._store.owner_id,)))

    async def waiting_for(self, topic: str) -> tuple[Standing, ...]:
        """Return the runs that are parked until there is a decision for a topic."""
        query = f"{_SELECT} AND ended_at IS NULL AND waits_for = ?"
        return tuple(_standing(row) for row in await rows(self._store, query, (self._store.owner_id, topic)))

    async def next_due(self) -> datetime | None:
        """Return when the next run goes on by itself."""
        query = "SELECT MIN(due_at) FROM runs WHERE owner_id = ? AND ended_at IS NULL AND due_at IS NOT NULL"
        found = (await rows(self._store, query, (self._store.owner_id,)))[0][0]
        return moment(cast("str | None", found))

    async def due(self, now: datetime) -> tuple[Standing, ...]:
        """Return the runs whose time to go on has come."""
        query = f"{_SELECT} AND ended_at IS NULL AND due_at <= ? ORDER BY due_at"
        return tuple(_standing(row) for row in await rows(self._store, query, (self._store.owner_id, stamp(now))))

    async def move(self, move: Move) -> Standing | None:
        """Change a run and write down that it happened; `None` when it is not where the change starts from.

        Raises:
            DiskFullError: when there is no room.
        """
        update = _update(move)

        def write(pen: Pen) -> Standing | None:
            row = pen.sql.execute(update.query, (*update.changes, self._store.owner_id, *update.conditions)).fetchone()
            if row is None:
                return None
            standing = _standing(row)
            pen.append(_fact(standing.run, move.kind, _body(standing.run, move), leg=standing.leg))
            return standing

        return await self._store.writer.write(write, synced=move.is_synced)

    async def spend(self, run_id: RunId, fact: NewEvent, *, spent: Spent, models: Sequence[str]) -> bool:
        """Write down what a step used, once for its key, and what that makes in all; tell whether it was new."""
        query = "UPDATE runs SET spent = ?, models = ? WHERE owner_id = ? AND run_id = ?"

        def write(pen: Pen) -> bool:
            newest = pen.head.seq
            is_new = pen.append(fact).seq > newest
            if is_new:
                totals = (pen.encoded(codec.dump(spent)), json.dumps(list(models)))
                pen.sql.execute(query, (*totals, self._store.owner_id, run_id))
            return is_new

        return await self._store.writer.write(write, synced=False)

    async def _taken(self, run: JobRun) -> JobRun:
        query = f"{_SELECT} AND (run_id = ? OR (job_id = ? AND slot = ?))"
        slot = stamp(run.slot) if run.slot else None
        found = await rows(self._store, query, (self._store.owner_id, run.run_id, run.job_id, slot))
        return _standing(found[0]).run


def session_of(run: JobRun) -> SessionKey:
    """Return the session that a run's events stand in."""
    return SessionKey(f"agent:{run.work.agent or AgentId('main')}:job:{run.run_id}")


def ended_body(run: JobRun) -> JsonObject:
    """Return what a `run.ended` says."""
    return {
        "name": run.name,
        "job": run.job_id,
        "state": run.state.value,
        "summary": run.summary,
        "report": run.report,
        "error": run.error,
        "hint": run.hint,
        "slot": run.slot.isoformat() if run.slot else None,
    }


def _values(run: JobRun, pen: Pen) -> tuple[Value, ...]:
    return (
        run.run_id,
        run.job_id,
        stamp(run.slot) if run.slot else None,
        run.state.value,
        pen.encoded(codec.dump(run)),
        1,
        SCHEMA,
        run.attempt,
        None,
        stamp(run.deadline_at) if run.deadline_at else None,
        stamp(run.started_at) if run.started_at else None,
        stamp(run.ended_at) if run.ended_at else None,
        pen.encoded(codec.dump(run.spent)),
        run.summary,
        run.error,
        run.hint,
    )


def _standing(row: Sequence[Value]) -> Standing:
    names: list[str] = [*_COLUMNS.split(", ")]
    at = dict(zip(names, row, strict=True))

    def text(name: str) -> str:
        return str(at[name] or "")

    run = replace(
        codec.load(JobRun, json.loads(text("body"))),
        state=RunState(text("state")),
        executor=text("executor"),
        attempt=int(at["attempt"] or 0),
        waits_for=text("waits_for"),
        deadline_at=moment(text("deadline_at")),
        started_at=moment(text("started_at")),
        ended_at=moment(text("ended_at")),
        told_at=moment(text("told_at")),
        spent=codec.load(Spent, json.loads(text("spent"))),
        models=names_in(text("models")),
        report=text("report"),
        summary=text("summary"),
        error=text("error"),
        hint=text("hint"),
    )
    return Standing(
        run=run,
        leg=int(at["leg"] or 0),
        schema=int(at["schema_number"] or 0),
        boot=text("boot"),
        due_at=moment(text("due_at")),
    )


def _among(states: Sequence[RunState]) -> str:
    # States are our own constants, never words from outside.
    return f" AND state IN ({', '.join(repr(state.value) for state in states)})" if states else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Update:
    query: str
    changes: tuple[Value, ...]
    conditions: tuple[Value, ...]


def _update(move: Move) -> _Update:
    changes = ", ".join(f"{name} = ?" for name in move.columns)
    conditions: list[Value] = [move.run_id]
    query = f"UPDATE runs SET {changes} WHERE owner_id = ? AND run_id = ?{_among(move.came_from)}"  # noqa: S608 - names of ours
    if move.leg is not None:
        query, conditions = f"{query} AND leg = ?", [*conditions, move.leg]
    if move.boot is not None:
        query, conditions = f"{query} AND boot = ?", [*conditions, move.boot]
    return _Update(
        query=f"{query} RETURNING {_COLUMNS}", changes=tuple(move.columns.values()), conditions=tuple(conditions)
    )


def _body(run: JobRun, move: Move) -> JsonObject:
    if move.body is not None:
        return move.body
    if move.kind is Kind.RUN_ENDED:
        return ended_body(run)
    known: JsonObject = {"state": run.state.value, "because": move.because, "cause": move.cause}
    return {**known, "waits_for": run.waits_for, "executor": run.executor}


def _fact(run: JobRun, kind: Kind, body: JsonObject | None, *, leg: int = 1) -> NewEvent:
    known = {"run": codec.dump(run)} if body is None else body
    dedupe = f"{run.run_id}:ended:{leg}" if kind is Kind.RUN_ENDED else None
    return NewEvent(kind=kind, body=known, session=session_of(run), turn=TurnId(run.run_id), dedupe=dedupe)
