"""Whether there is anything to do: asked at each start, so that nothing of jobs is loaded where there are none."""

from dataclasses import dataclass

from homarus.state.database import Database
from homarus.state.jobs.rows import rows

_COUNT = (
    "SELECT (SELECT COUNT(*) FROM jobs WHERE owner_id = ?), "
    "(SELECT COUNT(*) FROM runs WHERE owner_id = ? AND ended_at IS NULL), "
    "(SELECT COUNT(*) FROM runs WHERE owner_id = ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How much there is."""

    jobs: int
    open_runs: int
    runs: int
    """Also those that have ended."""


async def count(store: Database) -> Count:
    """Return how many jobs there are, and runs that have not ended.

    Raises:
        StateError: when the tables cannot be read.
    """
    (found,) = await rows(store, _COUNT, (store.owner_id, store.owner_id, store.owner_id))
    return Count(jobs=int(found[0] or 0), open_runs=int(found[1] or 0), runs=int(found[2] or 0))
