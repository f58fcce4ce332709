"""The way in: a message is written down under (channel, external id), and only then acknowledged."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from homarus.domain import codec
from homarus.domain.content import Image, Part
from homarus.domain.errors import UsageError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey, TurnId, fresh
from homarus.domain.ports import Store
from homarus.domain.turns import Inbound

_KEPT_INLINE_CHARS = 4096
_BLOB = "blob:"


class Blobs(Protocol):
    """Where pictures are kept, by their SHA-256."""

    async def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256."""
        ...

    async def get(self, digest: str) -> bytes:
        """Return the bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A message that is written down."""

    turn: TurnId
    session: SessionKey
    is_new: bool
    """False when the same (channel, external id) was accepted before; `turn` is the first one then."""


class Intake:
    """Writes messages down and hands their turns to the lanes."""

    def __init__(self, store: Store, blobs: Blobs, *, on_accepted: Callable[[Inbound, TurnId], None]) -> None:
        self._store = store
        self._blobs = blobs
        self._on_accepted = on_accepted

    async def accept(self, inbound: Inbound) -> Accepted:
        """Write a message down and start its turn; the same message twice is one turn.

        Raises:
            UsageError: when there is nothing in it.
            DiskFullError: when it cannot be written down; nothing is started then.
        """
        if not inbound.text.strip() and not inbound.attachments:
            raise UsageError(
                _("The message is empty."), hint=_('Write something, for example: homarus ask "What can you do?"')
            )
        turn = TurnId(fresh("turn"))
        kept = replace(inbound, attachments=tuple([await self._keep(part) for part in inbound.attachments]))
        new = NewEvent(
            kind=Kind.INBOUND_ACCEPTED,
            body={"inbound": codec.dump(kept)},
            session=inbound.session,
            turn=turn,
            dedupe=f"in:{inbound.channel}:{inbound.external_id}",
        )
        (event,) = await self._store.append(new)
        is_new = event.turn == turn
        if is_new:
            self._on_accepted(inbound, turn)
        return Accepted(turn=event.turn or turn, session=event.session or inbound.session, is_new=is_new)

    async def known(self, channel: str, external_id: str) -> TurnId | None:
        """Return the turn of a message that was accepted before."""
        event = await self._store.find(f"in:{channel}:{external_id}")
        return event.turn if event is not None else None

    async def read(self, event: Event) -> Inbound:
        """Return the message of an `inbound.accepted` event, pictures included."""
        inbound = codec.load(Inbound, event.body["inbound"])
        return replace(inbound, attachments=tuple([await self._fetch(part) for part in inbound.attachments]))

    async def _keep(self, part: Part) -> Part:
        if not isinstance(part, Image) or len(part.data_b64) <= _KEPT_INLINE_CHARS:
            return part
        return replace(part, data_b64=_BLOB + await self._blobs.put(part.data_b64.encode("ascii")))

    async def _fetch(self, part: Part) -> Part:
        if not isinstance(part, Image) or not part.data_b64.startswith(_BLOB):
            return part
        return replace(part, data_b64=(await self._blobs.get(part.data_b64.removeprefix(_BLOB))).decode("ascii"))
