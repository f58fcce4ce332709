"""The way out: a reply is written down, sent, marked as delivered; a send that was cut off is never repeated blindly.

Faces that read the log themselves (web, cli, api) have their reply when it is written. For the others the log says
`sending` before the channel is asked, and `delivered` after; a send that stands at `sending` after a crash is repeated
only where the other side drops a second message with the same key, and becomes `unknown` elsewhere.
"""

import asyncio
from collections.abc import Callable, Mapping

from homarus.domain import codec
from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Channel, Store
from homarus.domain.turns import Reply

_SURELY_NOT_SENT = frozenset({Stage.RESOLVE, Stage.CONNECT})
_PAUSES_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
SEND_LIMIT_S = 60.0


class Outbox:
    """Delivers replies to the channels that must be told."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        tasks: asyncio.TaskGroup,
        *,
        pauses_s: tuple[float, ...] = _PAUSES_S,
        on_trouble: Callable[[str, str], None] = lambda _channel, _sentence: None,
    ) -> None:
        self._store = store
        self._channels = channels
        self._tasks = tasks
        self._pauses_s = pauses_s
        self._on_trouble = on_trouble

    def deliver(self, reply: Reply, *, channel: str, to: str) -> None:
        """Send a reply that is written down; faces that read the log need nothing more."""
        place = self._channels.get(channel)
        if place is not None:
            self._tasks.create_task(self._send(place, reply, channel=channel, to=to), name=f"send {reply.turn_id}")

    async def recover(self) -> None:
        """Go on where the last process stopped: send what was not sent, and mark what nobody knows of."""
        if not self._channels:
            return
        for written in await self._undelivered():
            reply = codec.load(Reply, written.body["reply"])
            channel, to = str(written.body.get("channel", "")), str(written.body.get("to", ""))
            place = self._channels.get(channel)
            if place is None:
                continue
            was_sending = await self._store.find(_key(reply.turn_id, "sending")) is not None
            if was_sending and not place.has_keys:
                await self._mark(reply, Kind.REPLY_UNKNOWN, channel, state="unknown")
            else:
                self.deliver(reply, channel=channel, to=to)

    async def _undelivered(self) -> list[Event]:
        waiting: dict[TurnId | None, Event] = {}
        after = 0
        kinds = (Kind.REPLY_WRITTEN, Kind.REPLY_DELIVERED, Kind.REPLY_UNKNOWN)
        while events := await self._store.since(after, kinds=kinds):
            for event in events:
                if event.kind is not Kind.REPLY_WRITTEN:
                    waiting.pop(event.turn, None)
                elif event.body.get("channel") in self._channels:
                    waiting[event.turn] = event
            after = events[-1].seq
        return list(waiting.values())

    async def _send(self, place: Channel, reply: Reply, *, channel: str, to: str) -> None:
        await self._mark(reply, Kind.REPLY_SENDING, channel, state="sending", to=to)
        for pause_s in (*self._pauses_s, None):
            try:
                async with asyncio.timeout(SEND_LIMIT_S):
                    sent = await place.send(reply, to=to, idempotency_key=reply.turn_id)
            except ConnectionFailedError as error:
                may_repeat = place.has_keys or error.stage in _SURELY_NOT_SENT
                self._on_trouble(channel, error.message)
            except TimeoutError:
                may_repeat = place.has_keys
            else:
                await self._mark(reply, Kind.REPLY_DELIVERED, channel, state="delivered", delivery_id=sent)
                return
            if not may_repeat:
                await self._mark(reply, Kind.REPLY_UNKNOWN, channel, state="unknown")
                return
            await asyncio.sleep(pause_s if pause_s is not None else self._pauses_s[-1])
        self._on_trouble(channel, "")
        # Still written and not delivered: the next start tries again.

    async def _mark(self, reply: Reply, kind: Kind, channel: str, *, state: str, **more: str) -> None:
        session: SessionKey = reply.session
        await self._store.append(
            NewEvent(
                kind=kind,
                body={"channel": channel, **more},
                session=session,
                turn=reply.turn_id,
                dedupe=_key(reply.turn_id, state),
            )
        )


def _key(turn: TurnId, state: str) -> str:
    return f"out:{turn}:{state}"
