"""The way out: a reply is written down, sent, marked as delivered; a send that was cut off is never repeated blindly.

Faces that read the log themselves (web, cli, api) have their reply when it is written. For the others the log says
`sending` before the channel is asked, and `delivered` after; a send that stands at `sending` after a crash is repeated
only where the other side drops a second message with the same key, and becomes `unknown` elsewhere.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, repeat

from homarus.domain import codec
from homarus.domain.acts import Approval
from homarus.domain.errors import ConnectionFailedError, InterruptedEffectError, NotAcceptedError, Stage, StateError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId, fresh
from homarus.domain.ports import Channel, Store
from homarus.domain.seats import Asking
from homarus.domain.sharing import Neighbourhood
from homarus.domain.turns import Inbound, Reply
from homarus.gateway.in_words import in_words, question_of
from homarus.gateway.keeping import logged

_LOG = logging.getLogger(__name__)
_SURELY_NOT_SENT = frozenset({Stage.RESOLVE, Stage.CONNECT})
_PAUSES_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
_NOTHING = "nothing to say"
SEND_LIMIT_S = 60.0


class Outbox:
    """Delivers replies to the channels that must be told."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        tasks: asyncio.TaskGroup,
        *,
        undelivered: Callable[[], Awaitable[Sequence[Event]]],
        pauses_s: tuple[float, ...] = _PAUSES_S,
        on_trouble: Callable[[str, str], None] = lambda _channel, _sentence: None,
        neighbours: Neighbourhood | None = None,
    ) -> None:
        """Take the channels as they are now; others may come and go. `on_trouble` gets "" when all is well again.

        With `neighbours`, a reply is sent by whichever of them takes it first.
        """
        self._store = store
        self._channels = channels
        self._tasks = tasks
        self._undelivered = undelivered
        self._pauses_s = pauses_s
        self._on_trouble = on_trouble
        self._neighbours = neighbours
        self._under_way: set[str] = set()
        self._born_seq: int | None = None

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that run now."""
        return self._channels

    def deliver(self, reply: Reply, *, channel: str, to: str) -> None:
        """Send a reply that is written down; faces that read the log need nothing more."""
        if channel in self._channels and reply.turn_id not in self._under_way:
            self._under_way.add(reply.turn_id)
            work = self._send(reply, channel=channel, to=to)
            self._tasks.create_task(logged(f"send {reply.turn_id}", work), name=f"send {reply.turn_id}")

    def ask(self, approval: Approval, inbound: Inbound) -> None:
        """Show a question where the message came from; it is answered by the owner alone, there or elsewhere."""
        if inbound.channel in self._channels and approval.approval_id not in self._under_way:
            self._under_way.add(approval.approval_id)
            work = self._show(approval, inbound)
            self._tasks.create_task(logged(f"ask {approval.approval_id}", work), name=f"ask {approval.approval_id}")

    async def recover(self) -> None:
        """Go on where the last process stopped: send what was not sent, and mark what nobody knows of."""
        if self._born_seq is None:
            self._born_seq = await self._store.last_seq()
        if not self._channels:
            return
        for written in await self._undelivered():
            reply = codec.load(Reply, written.body["reply"])
            channel, to = str(written.body.get("channel", "")), str(written.body.get("to", ""))
            place = self._channels.get(channel)
            if place is None or reply.turn_id in self._under_way or not await self._take(reply.turn_id):
                continue
            sending = await self._store.find(_key(reply.turn_id, "sending"))
            was_cut_off = sending is not None and not self._is_ours(sending.seq)
            if await self._is_settled(reply.turn_id):
                await self._release(reply.turn_id)
            elif was_cut_off and not place.has_keys:
                await self._mark(reply, Kind.REPLY_UNKNOWN, channel, state="unknown")
                await self._release(reply.turn_id)
            else:
                self.deliver(reply, channel=channel, to=to)

    async def _send(self, reply: Reply, *, channel: str, to: str) -> None:
        try:
            if not await self._take(reply.turn_id) or await self._is_settled(reply.turn_id):
                return
            await self._mark(reply, Kind.REPLY_SENDING, channel, state="sending", to=to)
            if channel not in self._channels:
                return  # switched off meanwhile: it is still written and not delivered
            whole = in_words(reply)
            # An agent may have nothing to say; then nobody is sent an empty message.
            try:
                has_words = bool(whole.text.strip())
                sent = await self._try(whole, channel=channel, to=to, key=reply.turn_id) if has_words else _NOTHING
            except NotAcceptedError as error:
                await self._mark(reply, Kind.REPLY_REFUSED, channel, state="refused", because=error.message)
                return
            if sent is None:
                await self._mark(reply, Kind.REPLY_UNKNOWN, channel, state="unknown")
            elif sent:
                await self._mark(reply, Kind.REPLY_DELIVERED, channel, state="delivered", delivery_id=sent)
        finally:
            self._under_way.discard(reply.turn_id)
            await self._release(reply.turn_id)

    async def _take(self, turn: TurnId) -> bool:
        """Hold a reply among the gateways of the house; tell whether it is this one's to send."""
        return self._neighbours is None or await self._neighbours.leases.take(f"reply:{turn}")

    async def _release(self, turn: TurnId) -> None:
        if self._neighbours is not None:
            with suppress(StateError):  # the server is away: the lease ends with the process
                await self._neighbours.leases.release(f"reply:{turn}")

    def _is_ours(self, sending_seq: int) -> bool:
        """Whether a send was begun by this process, in this life."""
        if self._neighbours is not None:
            return self._neighbours.wrote(sending_seq)
        return self._born_seq is not None and sending_seq > self._born_seq

    async def _show(self, approval: Approval, inbound: Inbound) -> None:
        """Send a question; again after a crash only where the other side drops the second one."""
        channel, mark = inbound.channel, fresh("mark")
        body = {"approval_id": approval.approval_id, "channel": channel, "to": inbound.reply_to, "mark": mark}
        try:
            event = await self._write(
                NewEvent(
                    kind=Kind.QUESTION_SENT,
                    body=body,
                    session=approval.session,
                    turn=approval.turn_id,
                    dedupe=f"question:{approval.approval_id}",
                )
            )
            place = self._channels.get(channel)
            if place is not None and (event.body.get("mark") == mark or place.has_keys):
                question = question_of(approval, inbound)
                await self._try(
                    question, channel=channel, to=inbound.reply_to, key=approval.approval_id, approval=approval
                )
        except NotAcceptedError as error:
            _LOG.warning("%s %s", error.message, error.hint)
        finally:
            self._under_way.discard(approval.approval_id)

    async def _try(
        self, reply: Reply, *, channel: str, to: str, key: str, approval: Approval | None = None
    ) -> str | None:
        """Return the other side's id once it has the reply, `None` when nobody knows, "" when the channel is gone.

        Raises:
            NotAcceptedError: when the other side will never take it.
        """
        for pause_s in self._pauses():
            place = self._channels.get(channel)
            if place is None:
                return ""
            try:
                async with asyncio.timeout(SEND_LIMIT_S):
                    sent = await _sent(place, reply, approval, to=to, key=key)
            except NotAcceptedError as error:
                self._on_trouble(channel, error.message)
                raise
            except InterruptedEffectError as error:  # keys or not: the channel looked and cannot tell
                self._on_trouble(channel, error.message)
                return None
            except ConnectionFailedError as error:
                may_repeat = place.has_keys or error.stage in _SURELY_NOT_SENT
                self._on_trouble(channel, error.message)
            except TimeoutError:
                may_repeat = place.has_keys
                self._on_trouble(channel, _("Sending took longer than {limit} s.").format(limit=int(SEND_LIMIT_S)))
            else:
                self._on_trouble(channel, "")
                return sent or key
            if not may_repeat:
                return None
            await asyncio.sleep(pause_s)
        raise AssertionError  # the pauses have no end

    async def _is_settled(self, turn: TurnId) -> bool:
        states = [await self._store.find(_key(turn, state)) for state in ("delivered", "unknown", "refused")]
        return any(states)

    async def _mark(self, reply: Reply, kind: Kind, channel: str, *, state: str, **more: str) -> None:
        await self._write(
            NewEvent(
                kind=kind,
                body={"channel": channel, **more},
                session=reply.session,
                turn=reply.turn_id,
                dedupe=_key(reply.turn_id, state),
            )
        )

    async def _write(self, new: NewEvent) -> Event:
        """Write a fact down, however long that takes: a full disk must not lose what became of a reply."""
        for pause_s in self._pauses():
            try:
                return (await self._store.append(new))[0]
            except StateError as error:
                _LOG.warning("%s %s", error.message, error.hint)
            await asyncio.sleep(pause_s)
        raise AssertionError  # the pauses have no end

    def _pauses(self) -> Iterator[float]:
        return chain(self._pauses_s, repeat(self._pauses_s[-1]))


async def _sent(place: Channel, reply: Reply, approval: Approval | None, *, to: str, key: str) -> str:
    if approval is not None and isinstance(place, Asking):
        return await place.ask(reply, approval, to=to, idempotency_key=key)
    return await place.send(reply, to=to, idempotency_key=key)


def _key(turn: TurnId, state: str) -> str:
    return f"out:{turn}:{state}"
