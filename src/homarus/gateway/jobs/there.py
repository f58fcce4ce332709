"""What the house knows of its jobs: how many there are, and how to get them."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from homarus.gateway.jobs.house import Jobs
    from homarus.state.jobs.any import Count


class JobsThere(Protocol):
    """Jobs that are loaded when somebody asks for them."""

    def __call__(self) -> "Jobs":
        """Return the jobs, loaded."""
        ...

    async def count(self) -> "Count":
        """Return how many there are, loading nothing."""
        ...
