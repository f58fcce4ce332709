"""A channel without another side: what comes in is told by the test, what goes out is kept for it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.ids import AgentId, SessionKey, fresh
from homarus.domain.labels import OWNER, Label
from homarus.domain.ports import Health
from homarus.domain.turns import Inbound, Reply

WELL = Health(is_well=True, sentence="The fake channel works.")


class Fault(StrEnum):
    """What goes wrong with one send."""

    BEFORE = "before"
    """The other side cannot be reached: it surely did not arrive."""
    LOST = "lost"
    """Cut off after the message left; it did not arrive."""
    ARRIVED = "arrived"
    """Cut off after the message left; it did arrive, but nobody said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A reply that the other side has."""

    reply: Reply
    to: str
    idempotency_key: str
    delivery_id: str


@dataclass(slots=True, kw_only=True)
class FakeChannel:
    """A `domain.ports.Channel` with a receive queue, a list of what was sent, and faults to order."""

    name: str = "fake"
    has_keys: bool = True
    """Whether the other side drops a second message with the same key."""
    health: Health = WELL
    sent: list[Sent] = field(default_factory=list[Sent])
    """What the other side has, in order; a person sees these."""
    attempts: int = 0
    """How often it was asked to send, arrived or not."""
    _faults: deque[Fault] = field(default_factory=deque[Fault])
    _waiting: "asyncio.Queue[Inbound | None]" = field(default_factory=asyncio.Queue["Inbound | None"])

    def arrive(
        self,
        text: str,
        *,
        external_id: str | None = None,
        sender: str = "lena",
        label: Label = OWNER,
        times: int = 1,
    ) -> Inbound:
        """Let a message come in, `times` over with the same id, as channels do that deliver at least once."""
        inbound = Inbound(
            channel=self.name,
            external_id=external_id or fresh("message"),
            session=SessionKey(f"agent:main:{self.name}:{sender}"),
            agent=AgentId("main"),
            text=text,
            label=label,
            reply_to=sender,
            sender=sender,
        )
        for _ in range(times):
            self._waiting.put_nowait(inbound)
        return inbound

    def hang_up(self) -> None:
        """End `receive` after what has arrived so far."""
        self._waiting.put_nowait(None)

    def fail_next(self, *faults: Fault) -> None:
        """Order one fault for each of the next sends."""
        self._faults.extend(faults)

    async def receive(self) -> AsyncIterator[Inbound]:
        """Yield what arrived, in order, until `hang_up`."""
        while (inbound := await self._waiting.get()) is not None:
            yield inbound

    async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
        """Keep a reply as sent, or fail as ordered.

        Raises:
            ConnectionFailedError: at `Stage.CONNECT` for `Fault.BEFORE`, at `Stage.CUT` for the others.
        """
        self.attempts += 1
        fault = self._faults.popleft() if self._faults else None
        if fault is Fault.BEFORE:
            raise ConnectionFailedError(Stage.CONNECT, f"{self.name!r} cannot be reached.", hint="Try again later.")
        if fault is Fault.LOST:
            raise self._cut()
        delivery_id = self._deliver(reply, to, idempotency_key)
        if fault is Fault.ARRIVED:
            raise self._cut()
        return delivery_id

    async def probe(self) -> Health:
        """Return the health that the test set."""
        return self.health

    def _deliver(self, reply: Reply, to: str, idempotency_key: str) -> str:
        if self.has_keys:
            for sent in self.sent:
                if sent.idempotency_key == idempotency_key:
                    return sent.delivery_id
        delivery_id = f"{self.name}-{len(self.sent) + 1}"
        self.sent.append(Sent(reply=reply, to=to, idempotency_key=idempotency_key, delivery_id=delivery_id))
        return delivery_id

    def _cut(self) -> ConnectionFailedError:
        return ConnectionFailedError(
            Stage.CUT, f"{self.name!r} broke off while sending.", hint="Look there whether it arrived."
        )
