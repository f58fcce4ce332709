"""Strangers who ask to be let in: each is told a code, and the owner says it to the house, never to a channel.

Codes hold for an hour, three at most wait per channel (as in OpenClaw), and what is kept of one is its hash: who sees
the list of those who wait cannot let anybody in by mistake, because the code stands in the stranger's chat alone.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from homarus.domain.content import JsonObject
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.domain.labels import Origin
from homarus.domain.ports import Clock, Records
from homarus.domain.turns import Inbound

VALID = timedelta(hours=1)
MOST_WAITING = 3
_MOST_TRIES = 10
"""Wrong codes in a row, after which every code of the channel is worthless."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 8
_WAITING, _KNOWN = "channel.waiting", "channel.known"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody who wrote and waits to be let in."""

    channel: str
    sender: str
    name: str
    """What they call themselves; anybody can call themselves anything."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """Somebody whom the owner let in."""

    channel: str
    sender: str
    name: str
    origin: Origin
    """`OWNER`: what they write counts as the owner's own words; `ALLOWED` otherwise."""
    since: str


@dataclass(slots=True, kw_only=True)
class Introductions:
    """Who waits and who is known, by channel."""

    records: Records
    clock: Clock
    _wrong: dict[str, int] = field(default_factory=dict[str, int])
    """By channel, how many wrong codes were said in a row."""

    async def code_for(self, channel: str, inbound: Inbound) -> str | None:
        """Return a code to tell a stranger; nothing when one was told already, or too many wait."""
        waiting = await self.waiting(channel)
        if not inbound.sender or any(one.sender == inbound.sender for one in waiting) or len(waiting) >= MOST_WAITING:
            return None
        code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        until = self.clock.now() + VALID
        body: JsonObject = {
            "channel": channel,
            "sender": inbound.sender,
            "name": inbound.sender_name[:_LONGEST_NAME],
            "until": until.isoformat(),
            "code": _hashed(channel, code),
        }
        await self.records.put(_WAITING, f"{channel}:{inbound.sender}", body)
        return code

    async def waiting(self, channel: str = "") -> tuple[Stranger, ...]:
        """Return who waits, in this channel or in all; whose code has expired is forgotten."""
        found: list[Stranger] = []
        for key, body in (await self.records.all(_WAITING)).items():
            stranger = _stranger(body)
            if stranger.until <= self.clock.now():
                await self.records.drop(_WAITING, key)
            elif channel in ("", stranger.channel):
                found.append(stranger)
        return tuple(found)

    async def let_in(self, channel: str, code: str, *, origin: Origin) -> Acquaintance:
        """Let in whoever was told this code.

        Raises:
            NotFoundError: when nobody was, or it has expired; after ten wrong ones in a row every code is worthless.
        """
        wanted = _hashed(channel, code.strip().upper().replace("-", ""))
        for stranger in await self.waiting(channel):
            key = f"{channel}:{stranger.sender}"
            body = await self.records.get(_WAITING, key)
            if body is not None and secrets.compare_digest(str(body["code"]), wanted):
                self._wrong.pop(channel, None)
                await self.records.drop(_WAITING, key)
                return await self._remember(stranger, origin)
        self._wrong[channel] = self._wrong.get(channel, 0) + 1
        if self._wrong[channel] >= _MOST_TRIES:
            await self._forget_codes(channel)
        raise NotFoundError(
            _("No code {code!r} waits in {channel!r}; codes hold for an hour.").format(code=code, channel=channel),
            hint=_("Write anything there to be told a new one; see who waits: homarus channels list"),
        )

    async def known(self, channel: str) -> Mapping[str, Origin]:
        """Return who was let in, by id."""
        return {one.sender: one.origin for one in await self.acquaintances(channel)}

    async def acquaintances(self, channel: str = "") -> tuple[Acquaintance, ...]:
        """Return who was let in, in this channel or in all."""
        bodies = (await self.records.all(_KNOWN)).values()
        everybody = (_acquaintance(body) for body in bodies)
        return tuple(one for one in everybody if channel in ("", one.channel))

    async def let_go(self, channel: str, sender: str) -> None:
        """Forget somebody who was let in.

        Raises:
            UsageError: when nobody of that id was.
        """
        if not await self.records.drop(_KNOWN, f"{channel}:{sender}"):
            raise UsageError(
                _("Nobody with the id {sender!r} was let in through {channel!r}.").format(
                    sender=sender, channel=channel
                ),
                hint=_("See who was: homarus channels list. Ids in the configuration are taken out there."),
            )

    async def _remember(self, stranger: Stranger, origin: Origin) -> Acquaintance:
        known = Acquaintance(
            channel=stranger.channel,
            sender=stranger.sender,
            name=stranger.name,
            origin=origin,
            since=self.clock.now().isoformat(),
        )
        body: JsonObject = {
            "channel": known.channel,
            "sender": known.sender,
            "name": known.name,
            "origin": origin.value,
            "since": known.since,
        }
        await self.records.put(_KNOWN, f"{known.channel}:{known.sender}", body)
        return known

    async def _forget_codes(self, channel: str) -> None:
        for stranger in await self.waiting(channel):
            await self.records.drop(_WAITING, f"{channel}:{stranger.sender}")
        self._wrong.pop(channel, None)


def _hashed(channel: str, code: str) -> str:
    return hashlib.sha256(f"{channel}\0{code}".encode()).hexdigest()


def _stranger(body: JsonObject) -> Stranger:
    return Stranger(
        channel=str(body["channel"]),
        sender=str(body["sender"]),
        name=str(body["name"]),
        until=datetime.fromisoformat(str(body["until"])),
    )


def _acquaintance(body: JsonObject) -> Acquaintance:
    return Acquaintance(
        channel=str(body["channel"]),
        sender=str(body["sender"]),
        name=str(body["name"]),
        origin=Origin(str(body["origin"])),
        since=str(body["since"]),
    )
