"""Notes for an agent that wait for its next heartbeat."""

from dataclasses import dataclass
from datetime import datetime

from homarus.domain import codec
from homarus.domain.ids import AgentId
from homarus.domain.labels import OWNER, Label
from homarus.domain.ports import Records

_KIND = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence for an agent."""

    note_id: str
    agent: AgentId
    text: str
    label: Label = OWNER
    at: datetime
    material: str = ""
    """What others said, which came with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What waits."""

    records: Records

    async def add(self, note: Note) -> None:
        """Keep a note; the same id is one note."""
        await self.records.put(_KIND, note.note_id, codec.dump(note))

    async def waiting(self, agent: AgentId) -> tuple[Note, ...]:
        """Return what waits for an agent, oldest first."""
        found = [codec.load(Note, body) for body in (await self.records.all(_KIND)).values()]
        return tuple(sorted((note for note in found if note.agent == agent), key=lambda note: (note.at, note.note_id)))

    async def drop(self, note_ids: "tuple[str, ...]") -> None:
        """Forget notes that were read."""
        for note_id in note_ids:
            await self.records.drop(_KIND, note_id)
