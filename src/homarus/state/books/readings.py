"""How far sources were read by each playbook, and how they are."""

import json
from datetime import datetime

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.sources import SourceState
from homarus.state.books.pages import Page, body_of, object_of, same, stamp
from homarus.state.ledger import Pen, clean

_WATERMARK = "SELECT watermark FROM source_watermarks WHERE owner_id = ? AND playbook = ? AND source = ?"
_ADVANCE = (
    "UPDATE source_watermarks SET watermark = ?, moved_at = ? "
    "WHERE owner_id = ? AND playbook = ? AND source = ? AND watermark = ?"
)
_HERE = "WHERE owner_id = ? AND playbook = ? AND source = ? AND watermark = ?"
_BACK = f"UPDATE source_watermarks SET watermark = ? {_HERE}"  # noqa: S608 - a constant
_DROP = f"DELETE FROM source_watermarks {_HERE}"  # noqa: S608 - a constant
_FIRST = (
    "INSERT INTO source_watermarks (watermark, moved_at, owner_id, playbook, source) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_id, playbook, source) DO NOTHING"
)
_STATE = "SELECT body FROM source_states WHERE owner_id = ? AND source = ?"
_PUT_STATE = (
    "INSERT INTO source_states (owner_id, source, body) VALUES (?, ?, ?) "
    "ON CONFLICT (owner_id, source) DO UPDATE SET body = excluded.body"
)


class StoredReadings(Page):
    """Implements `domain.books.Readings`."""

    async def watermark(self, playbook: str, source: str) -> JsonObject | None:
        """Return how far a playbook has read a source."""
        found = await self.rows(_WATERMARK, clean(playbook), clean(source))
        return object_of(found[0][0]) if found else None

    async def advance(
        self, playbook: str, source: str, *, was: JsonObject | None, now: JsonObject, at: datetime
    ) -> bool:
        """Move a watermark, if it still is where it was; tell whether it moved."""

        def write(pen: Pen) -> bool:
            row = (same(now), stamp(at), self.owner, clean(playbook), clean(source))
            if was is None:
                return pen.sql.execute(_FIRST, row).rowcount > 0
            return pen.sql.execute(_ADVANCE, (*row, same(was))).rowcount > 0

        return await self.write(write)

    async def give_back(self, playbook: str, source: str, *, was: JsonObject | None, now: JsonObject) -> bool:
        """Put a watermark back to where it was, if it still is where a run moved it."""
        key = (self.owner, clean(playbook), clean(source), same(now))

        def write(pen: Pen) -> bool:
            if was is None:
                return pen.sql.execute(_DROP, key).rowcount > 0
            return pen.sql.execute(_BACK, (same(was), *key)).rowcount > 0

        return await self.write(write)

    async def state(self, source: str) -> SourceState:
        """Return how a source is; of one that was never read, nothing is known."""
        found = await self.rows(_STATE, clean(source))
        return body_of(SourceState, found[0][0]) if found else SourceState(name=source)

    async def put_state(self, state: SourceState) -> None:
        """Write down how a source is."""
        row = (self.owner, clean(state.name))
        await self.write(
            lambda pen: pen.sql.execute(_PUT_STATE, (*row, json.dumps(codec.dump(state), allow_nan=False))),
            synced=False,
        )
