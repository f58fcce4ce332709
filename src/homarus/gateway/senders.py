"""Decide who is answered: by the immutable id of the sender alone, and whoever is not named is not answered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from homarus.domain.content import Part
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.labels import Label, Origin
from homarus.domain.turns import Inbound
from homarus.gateway.channel_settings import ChannelSettings

NOBODY: Mapping[str, Origin] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgents:
    """The agents of the house, by name."""

    agents: frozenset[AgentId]
    default_agent: AgentId


def admitted(
    inbound: Inbound,
    *,
    channel: str,
    settings: ChannelSettings,
    house: KnownAgents,
    let_in: Mapping[str, Origin] = NOBODY,
) -> Inbound | None:
    """Return the message as the house takes it, `None` when its sender is not known.

    What the channel says of label, channel and agent does not count: the label follows from the settings, an agent must
    be one of the house, and a session lies below the channel's own, so that nobody gets into another conversation.
    """
    is_group = bool(inbound.reply_to) and inbound.reply_to != inbound.sender
    origin = origin_of(inbound.sender, channel, settings, let_in=let_in, is_group=is_group)
    if origin is None:
        return None
    source = "" if origin is Origin.OWNER else f"{channel} {inbound.sender}"
    told = inbound.label
    agent = _agent(inbound.agent, settings, house)
    return replace(
        inbound,
        channel=channel,
        agent=agent,
        session=_session(inbound, channel, agent),
        label=Label(origin=origin, source=source, reach=told.reach, region=told.region),
        attachments=tuple(_untrusted(part) for part in inbound.attachments),
        reply_to=inbound.reply_to or inbound.sender,
    )


def origin_of(
    sender: str,
    channel: str,
    settings: ChannelSettings,
    *,
    let_in: Mapping[str, Origin] = NOBODY,
    is_group: bool = False,
) -> Origin | None:
    """Return who a sender is. An id is compared letter by letter; no id, or a `*` in a list, is nobody."""
    if not sender or sender == "*":
        return None
    names = {sender, f"{channel}:{sender}"}
    if not names.isdisjoint(settings.owner):
        return Origin.OWNER
    allowed = (*settings.allow_from, *(settings.group_allow_from if is_group else ()))
    is_allowed = not names.isdisjoint(allowed)
    return let_in.get(sender) or (Origin.ALLOWED if is_allowed else None)


def _agent(told: AgentId, settings: ChannelSettings, house: KnownAgents) -> AgentId:
    wanted = AgentId(settings.agent) if settings.agent else told
    return wanted if wanted in house.agents else house.default_agent


def _session(inbound: Inbound, channel: str, agent: AgentId) -> SessionKey:
    prefix = f"agent:{inbound.agent}:{channel}:"
    place = inbound.session.removeprefix(prefix) if inbound.session.startswith(prefix) else ""
    return SessionKey(f"agent:{agent}:{channel}:{place or inbound.sender}")


def _untrusted(part: Part) -> Part:
    if not part.label.is_trusted:
        return part
    return replace(part, label=replace(part.label, origin=Origin.FILE))
