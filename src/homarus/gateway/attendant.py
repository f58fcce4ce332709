"""Look after one channel: take what comes in, in order, and start it again when it breaks."""

import asyncio
import json
import logging
import shlex
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING, cast

from homarus.domain.errors import ConnectionFailedError, StateError, UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.i18n import _, ngettext
from homarus.domain.ids import TurnId, fresh
from homarus.domain.ports import Health, Store
from homarus.domain.turns import Inbound, Reply
from homarus.gateway.channel_settings import ChannelSettings
from homarus.gateway.guarded import BrokenChannelError, GuardedChannel, accepted
from homarus.gateway.introductions import Introductions
from homarus.gateway.senders import NOBODY, KnownAgents, admitted
from homarus.policy.show import visible

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_LOG = logging.getLogger(__name__)
_STEADY_S = 60.0
"""How long a channel that broke must run before it counts as well again."""
_MOST_STRANGERS = 100
"""Of whom the log has an event each, per start: the world is large."""
_LONGEST_NAME = 64
_WRITE_LIMIT_S = 10.0


@dataclass(slots=True, kw_only=True)
class Trouble:
    """What went wrong last."""

    receiving: Health | None = None
    sending: str = ""
    times: int = 0
    at_s: float = 0.0
    """On the monotonic clock."""
    strangers: dict[str, str] = field(default_factory=dict[str, str])
    """Ids that are not allowed, with the names they give themselves; the last one came last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendant:
    """Receives for one channel, until cancelled."""

    name: str
    settings: ChannelSettings
    place: GuardedChannel
    accept: Callable[[Inbound], Awaitable[object]]
    """Writes a message down and starts its turn."""
    agents: Callable[[], KnownAgents]
    store: Store
    introductions: Introductions | None = None
    """Who was let in besides those whom the configuration names."""
    pauses_s: tuple[float, ...]
    trouble: Trouble = field(default_factory=Trouble)

    async def run(self) -> None:
        """Receive; when the channel breaks, wait longer each time and start it again."""
        while True:
            try:
                async with aclosing(cast("AsyncGenerator[Inbound]", self.place.receive())) as coming:
                    async for inbound in coming:
                        await self._take(inbound)
            except BrokenChannelError as broken:
                await self._broke(broken)
            await asyncio.sleep(self.pauses_s[min(self.trouble.times, len(self.pauses_s)) - 1])

    def said(self) -> tuple[Health, ...]:
        """Return what its owner must know, from what is known without asking the channel."""
        return tuple(part for part in (self._receiving(), self._sending(), self._nobody(), self._strangers()) if part)

    async def _take(self, inbound: Inbound) -> None:
        """Write a message down before the next one is asked for, however long there is no room."""
        let_in = NOBODY if self.introductions is None else await self.introductions.known(self.name)
        known = admitted(inbound, channel=self.name, settings=self.settings, house=self.agents(), let_in=let_in)
        if known is not None:
            self.trouble.strangers.pop(inbound.sender, None)  # who was let in since is none any more
        for pause_s in chain(self.pauses_s, repeat(self.pauses_s[-1])):
            try:
                await _to_its_end(accepted(self.name, self._refuse(inbound) if known is None else self.accept(known)))
            except UsageError:
                return  # there is nothing in it
            except StateError as error:
                _LOG.warning("channel %s waits: %s %s", self.name, error.message, error.hint)
                await asyncio.sleep(pause_s)
            else:
                return

    async def _refuse(self, inbound: Inbound) -> None:
        await self._greet(inbound)
        strangers = self.trouble.strangers
        is_new = strangers.pop(inbound.sender, None) is None
        strangers[inbound.sender] = inbound.sender_name[:_LONGEST_NAME]
        if not is_new or len(strangers) > _MOST_STRANGERS:
            if len(strangers) > _MOST_STRANGERS:
                strangers.pop(next(iter(strangers)))
            return
        body = {"channel": self.name, "sender": inbound.sender, "name": inbound.sender_name[:_LONGEST_NAME]}
        dedupe = f"stranger:{self.name}:{inbound.sender}"
        await self.store.append(NewEvent(kind=Kind.SENDER_REFUSED, body=body, dedupe=dedupe), synced=False)

    async def _greet(self, inbound: Inbound) -> None:
        """Tell a stranger who writes directly how to be let in, where that is how it goes."""
        policy = self.settings.dm_policy or ("pairing" if self.place.greets_strangers else "allowlist")
        is_direct = inbound.reply_to in {"", inbound.sender}
        if self.introductions is None or policy not in {"pairing", "open"} or not is_direct:
            return
        if not self.place.greets_strangers:
            return
        code = await self.introductions.code_for(self.name, inbound)
        if code is None:
            return
        greeting = Reply(
            turn_id=TurnId(fresh("turn")), session=inbound.session, text=_greeting(self.name, code), route=None
        )
        try:
            async with asyncio.timeout(_WRITE_LIMIT_S):
                await self.place.send(greeting, to=inbound.sender, idempotency_key=greeting.turn_id)
        except (ConnectionFailedError, TimeoutError) as error:
            _LOG.warning("channel %s: a code could not be told: %s", self.name, error)

    async def _broke(self, broken: BrokenChannelError) -> None:
        trouble, now_s = self.trouble, time.monotonic()
        trouble.times = 1 if now_s - trouble.at_s > _STEADY_S + self._pause_s() else trouble.times + 1
        trouble.receiving = Health(is_well=False, sentence=broken.sentence, hint=broken.hint)
        trouble.at_s = now_s
        _LOG.warning("channel %s: %s", self.name, broken.sentence)
        if broken.trace:
            body = {"where": f"channel {self.name}", "error": broken.sentence, "trace": broken.trace}
            try:
                await self.store.append(NewEvent(kind=Kind.FAILED, body=body), synced=False)
            except StateError as error:
                _LOG.warning("%s %s", error.message, error.hint)

    def _pause_s(self) -> float:
        return self.pauses_s[min(max(self.trouble.times, 1), len(self.pauses_s)) - 1]

    def _receiving(self) -> Health | None:
        told = self.trouble.receiving
        if told is None or time.monotonic() - self.trouble.at_s > _STEADY_S + self._pause_s():
            return None
        again = ngettext(
            "It was started again {count} time.", "It was started again {count} times.", self.trouble.times
        ).format(count=self.trouble.times)
        return Health(is_well=False, sentence=f"{told.sentence} {again}", hint=told.hint)

    def _sending(self) -> Health | None:
        if not self.trouble.sending:
            return None
        sentence = _("A reply could not be sent: {said}").format(said=self.trouble.sending)
        return Health(is_well=False, sentence=sentence, hint=_("What surely did not arrive is sent again."))

    def _nobody(self) -> Health | None:
        if self.settings.owner or self.settings.allow_from or self.trouble.strangers:
            return None
        sentence = _("Nobody may talk to an agent there.")
        hint = _("Write something there; then `homarus doctor channels` names the id to allow.")
        return Health(is_well=False, sentence=sentence, hint=hint)

    def _strangers(self) -> Health | None:
        strangers = self.trouble.strangers
        if not strangers:
            return None
        sender, shown = next(reversed(strangers.items()))
        sentence = ngettext(
            "{count} sender who is not known got no answer: {sender} {shown}",
            "{count} senders who are not known got no answer; the last was {sender} {shown}",
            len(strangers),
        ).format(count=len(strangers), sender=visible(repr(sender)), shown=visible(f"({shown})" if shown else ""))
        if not sender:
            return Health(
                is_well=False,
                sentence=_("A message without the id of its sender came in; nobody can be known by that."),
                hint=_("The channel must set `sender`; update its file."),
            )
        allowed = json.dumps([*self.settings.allow_from, sender])
        command = f"homarus config set channels.{self.name}.allowFrom {shlex.quote(allowed)}"
        hint = _("If you know who that is: {command} (or `owner`, when it is you)").format(command=visible(command))
        return Health(is_well=False, sentence=sentence.rstrip(), hint=hint)


def _greeting(channel: str, code: str) -> str:
    return _(
        "I answer only people whom my owner knows. Your code is {code}; it holds for an hour.\n\n"
        "If this is your own house, run there: homarus channels pair {channel} {code}"
    ).format(channel=channel, code=code)


async def _to_its_end(work: Coroutine[object, object, None]) -> None:
    """Wait for work that must not be cut in the middle: what is written down has its turn begun as well."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=_WRITE_LIMIT_S)
        if task.done() and not task.cancelled() and task.exception() is not None:
            _LOG.info("a message was not taken: %s", task.exception())
        raise
