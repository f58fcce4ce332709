"""Let memory keep where words came from: what was saved after untrusted reading stays untrusted."""

from dataclasses import dataclass
from datetime import date

from homarus.domain.labels import Label, strictest_reach
from homarus.domain.ports import Found, Memory
from homarus.policy.taint import sources, untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledMemory:
    """A `Memory` for one tool call; a tool cannot give an entry a better label than its context has.

    Without this, one poisoned page could write itself into memory and come back in a clean session as the house's own
    knowledge.
    """

    memory: Memory
    labels: tuple[Label, ...]
    """Of everything that the context has read."""

    async def save(self, text: str, *, label: Label) -> str:
        """Add an entry and return where it stands."""
        reach = strictest_reach((label, *self.labels))
        foreign = untrusted(self.labels)
        if foreign:
            source = f"saved after reading {', '.join(sources(foreign))}"
            label = Label(origin=foreign[0].origin, source=source, reach=reach, region=label.region)
        elif label.reach > reach:
            label = Label(origin=label.origin, source=label.source, reach=reach, region=label.region)
        return await self.memory.save(text, label=label)

    async def search(self, query: str, *, limit: int = 8) -> tuple[Found, ...]:
        """Return the entries that fit best."""
        return await self.memory.search(query, limit=limit)

    async def of_day(self, day: date) -> tuple[Found, ...]:
        """Return what was noted on a day."""
        return await self.memory.of_day(day)
