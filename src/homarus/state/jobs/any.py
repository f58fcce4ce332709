"""Whether there is anything to do: asked at each start, so that nothing of jobs is loaded where there are none."""

import json
from dataclasses import dataclass

from homarus.state.database import Database
from homarus.state.jobs.naming import ONLY
from homarus.state.jobs.rows import rows

_COUNT = (
    "SELECT (SELECT COUNT(*) FROM jobs WHERE owner_id = ?), "
    "(SELECT COUNT(*) FROM runs WHERE owner_id = ? AND ended_at IS NULL), "
    "(SELECT COUNT(*) FROM runs WHERE owner_id = ?), "
    "(SELECT MAX(seq) FROM events WHERE owner_id = ? AND kind = 'run.ended'), "
    "(SELECT body FROM records WHERE owner_id = ? AND kind = ? AND key = ?)"
)
READ = "jobs"
"""The kind of the small facts that say how far the log was read for runs that ended, by `place_of` a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How much there is."""

    jobs: int
    open_runs: int
    runs: int
    """Also those that have ended."""
    is_untold: bool
    """Whether the last process was cut off between the end of a run and the telling of it."""


def place_of(executor: str) -> str:
    """Return the key under which a process keeps how far it read."""
    return f"ended:{executor}"


async def count(store: Database, *, executor: str = ONLY) -> Count:
    """Return how many jobs there are, and runs that have not ended.

    Raises:
        StateError: when the tables cannot be read.
    """
    values = [*[store.owner_id] * 5, READ, place_of(executor)]
    (found,) = await rows(store, _COUNT, values)
    read = json.loads(str(found[4]))["seq"] if found[4] else None
    return Count(
        jobs=int(found[0] or 0),
        open_runs=int(found[1] or 0),
        runs=int(found[2] or 0),
        is_untold=read is not None and int(read) < int(found[3] or 0),
    )
