"""Jobs that are planned: a table that is quickly read, and each change of it a fact in the log."""

import json
from typing import cast

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import JobId
from homarus.domain.jobs import Job
from homarus.state.database import Database
from homarus.state.jobs.rows import Value, rows, stamp
from homarus.state.ledger import Pen, clean, from_us, now_us

_PUT = (
    "INSERT INTO jobs (owner_id, job_id, name, is_enabled, body, changed_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_id, job_id) DO UPDATE SET name = excluded.name, is_enabled = excluded.is_enabled, "
    "body = excluded.body, changed_at = excluded.changed_at"
)
_GET = "SELECT body FROM jobs WHERE owner_id = ? AND job_id = ?"
_ALL = "SELECT body FROM jobs WHERE owner_id = ? ORDER BY job_id"
_DROP = "DELETE FROM jobs WHERE owner_id = ? AND job_id = ? RETURNING body"


class StoredJobs:
    """The table of jobs."""

    def __init__(self, store: Database) -> None:
        self._store = store

    async def put_job(self, job: Job, *, by: str = "owner", change: str = "changed") -> Job:
        """Write a job down, in place of what it was; `change` says what happened to it.

        Raises:
            DiskFullError: when there is no room.
        """

        def write(pen: Pen) -> None:
            body = codec.dump(job)
            values = (job.job_id, clean(job.name), int(job.is_enabled), pen.encoded(body), stamp(from_us(now_us())))
            pen.sql.execute(_PUT, (self._store.owner_id, *values))
            pen.append(_changed(body, by=by, change=change))

        await self._store.writer.write(write)
        return job

    async def job(self, job_id: JobId) -> Job | None:
        """Return a job, if there is one."""
        found = await rows(self._store, _GET, (self._store.owner_id, job_id))
        return _job(found[0][0]) if found else None

    async def jobs(self) -> tuple[Job, ...]:
        """Return all jobs, oldest first."""
        return tuple(_job(row[0]) for row in await rows(self._store, _ALL, (self._store.owner_id,)))

    async def drop_job(self, job_id: JobId, *, by: str = "owner") -> bool:
        """Forget a job; its runs stay. Tell whether there was one."""

        def write(pen: Pen) -> bool:
            dropped = pen.sql.execute(_DROP, (self._store.owner_id, job_id)).fetchone()
            if dropped is not None:
                pen.append(_changed(cast("JsonObject", json.loads(dropped[0])), by=by, change="removed"))
            return dropped is not None

        return await self._store.writer.write(write)


def _changed(job: JsonObject, *, by: str, change: str) -> NewEvent:
    return NewEvent(kind=Kind.JOB_CHANGED, body={"job": job, "by": by, "change": change})


def _job(body: Value) -> Job:
    return codec.load(Job, json.loads(str(body)))
