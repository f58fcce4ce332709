"""A channel as the house uses it: whatever its code raises becomes words, and nothing of it takes the gateway down.

This is one of the places where everything is caught: a channel may be anybody's code.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

from homarus.domain.acts import Approval
from homarus.domain.errors import (
    ConnectionFailedError,
    EgressRefusedError,
    HomarusError,
    InterruptedEffectError,
    Stage,
    StateError,
    UsageError,
)
from homarus.domain.i18n import _
from homarus.domain.ports import Channel, Health
from homarus.domain.seats import Asking, Greeting, Lively
from homarus.domain.turns import Inbound, Reply

PROBE_LIMIT_S = 10.0
_LONGEST_SENTENCE = 400


class BrokenChannelError(Exception):
    """A channel does not receive any more; says why, for its owner."""

    def __init__(self, sentence: str, *, hint: str, trace: str = "") -> None:
        """Keep what to say, and the trace where it is not the channel's own words."""
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        self.trace = trace


class GuardedChannel:
    """Implements `domain.ports.Channel` around one that may break."""

    def __init__(self, name: str, channel: Channel) -> None:
        self._name = name
        self._channel = channel

    @property
    def has_keys(self) -> bool:
        """Whether the other side drops a second message with the same key; not when that cannot be told."""
        try:
            return bool(self._channel.has_keys)
        except Exception:  # noqa: BLE001 - code of anybody; without an answer nothing is repeated
            return False

    async def receive(self) -> AsyncIterator[Inbound]:
        """Yield messages as they come in.

        Raises:
            BrokenChannelError: when there will be no more.
        """
        try:
            coming = self._channel.receive()
            try:
                async for inbound in coming:
                    yield _checked(inbound)
            finally:
                close = cast("Callable[[], Awaitable[None]] | None", getattr(coming, "aclose", None))
                if close is not None:  # an iterator that is no generator has nothing to close
                    await close()
        except Exception as error:
            raise broken_by(self._name, error) from error
        raise BrokenChannelError(_("It stopped receiving."), hint=_("It is started again; see `homarus logs`."))

    async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
        """Send a reply and return the other side's id of it.

        Raises:
            ConnectionFailedError: at a late stage for everything that the channel did not foresee.
        """
        return await self._sent(self._channel.send(reply, to=to, idempotency_key=idempotency_key))

    async def _sent(self, work: Awaitable[str]) -> str:
        try:
            return str(await work)
        except (ConnectionFailedError, InterruptedEffectError, TimeoutError):
            raise
        except EgressRefusedError as error:
            raise ConnectionFailedError(Stage.CONNECT, error.message, hint=error.hint) from error
        except Exception as error:
            broken = broken_by(self._name, error)
            raise ConnectionFailedError(Stage.CUT, broken.sentence, hint=broken.hint) from error

    async def ask(self, question: Reply, approval: Approval, *, to: str, idempotency_key: str) -> str:
        """Show a question with buttons where the channel can, as a message elsewhere.

        Raises:
            ConnectionFailedError: as `send` does.
        """
        asking = self._channel
        if not isinstance(asking, Asking):
            return await self.send(question, to=to, idempotency_key=idempotency_key)
        work = asking.ask(question, approval, to=to, idempotency_key=idempotency_key)
        return await self._sent(work)

    async def working(self, to: str) -> bool:
        """Show that an answer is being worked on; tell whether the channel can."""
        if not isinstance(self._channel, Lively):
            return False
        try:
            async with asyncio.timeout(PROBE_LIMIT_S):
                await self._channel.working(to)
        except Exception:  # noqa: BLE001 - code of anybody, and nothing depends on it
            return False
        return True

    @property
    def greets_strangers(self) -> bool:
        """Whether a stranger is told how to be let in."""
        return isinstance(self._channel, Greeting) and self._channel.greets_strangers

    async def probe(self) -> Health:
        """Say whether the channel works; one that does not answer does not."""
        try:
            async with asyncio.timeout(PROBE_LIMIT_S):
                return await self._channel.probe()
        except TimeoutError:
            sentence = _("It did not say within {limit} s how it is.").format(limit=int(PROBE_LIMIT_S))
            return Health(is_well=False, sentence=sentence, hint="homarus logs")
        except Exception as error:  # noqa: BLE001 - code of anybody: it becomes words
            broken = broken_by(self._name, error)
            return Health(is_well=False, sentence=broken.sentence, hint=broken.hint)


def built(name: str, build: Callable[[], Channel]) -> GuardedChannel:
    """Build a channel.

    Raises:
        BrokenChannelError: when it cannot be.
    """
    try:
        return GuardedChannel(name, build())
    except Exception as error:
        raise broken_by(name, error) from error


async def accepted(name: str, work: Awaitable[object]) -> None:
    """Wait until a message of a channel is written down.

    Raises:
        UsageError: when there is nothing in it.
        StateError: when it cannot be written now.
        BrokenChannelError: when it is such that it never can be.
    """
    try:
        await work
    except (UsageError, StateError):
        raise
    except Exception as error:
        raise broken_by(name, error) from error


def broken_by(name: str, error: Exception) -> BrokenChannelError:
    """Return what to say of an error that came out of a channel."""
    if isinstance(error, HomarusError):
        return BrokenChannelError(error.message, hint=error.hint)
    said = f"{type(error).__name__}: {error}".split("\n", 1)[0][:_LONGEST_SENTENCE]
    trace = "".join(traceback.format_exception(error))[-8000:]
    hint = _("The trace is in `homarus events`; mend the file of the channel {name!r}.").format(name=name)
    return BrokenChannelError(_("It broke: {said}").format(said=said), hint=hint, trace=trace)


def _checked(inbound: object) -> Inbound:
    if not isinstance(inbound, Inbound):
        raise TypeError(_("receive() yielded {kind}, not an Inbound.").format(kind=type(inbound).__name__))
    texts = (inbound.external_id, inbound.session, inbound.text, inbound.reply_to, inbound.sender, inbound.sender_name)
    if not all(isinstance(text, str) for text in cast("tuple[object, ...]", texts)):
        raise TypeError(_("An Inbound holds something that is not text where text belongs."))
    return inbound
