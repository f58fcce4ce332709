"""Channels for whoever asks after them: the API and pages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.domain.i18n import _
from homarus.domain.labels import Origin
from homarus.domain.ports import Health
from homarus.gateway.channeling import Channeling
from homarus.gateway.introductions import Introductions
from homarus.gateway.senders import origin_of

if TYPE_CHECKING:
    from homarus.gateway.facts import ChannelState
    from homarus.state.secrets import Secrets


def channels_of(channeling: Channeling, secrets: "Secrets") -> "Channels | None":
    """Return what faces may ask of channels; nothing where channels are lent nothing."""
    if channeling.seating is None:
        return None
    return Channels(channeling=channeling, introductions=channeling.seating.introductions, secrets=secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What can be asked of all channels."""

    channeling: "Channeling"
    introductions: Introductions
    secrets: "Secrets"

    def names(self) -> tuple[str, ...]:
        """Return the names of the channels that can be set up."""
        return tuple(sorted(self.channeling.discovery.names("channel")))

    def states(self) -> "tuple[ChannelState, ...]":
        """Return how those are that are switched on."""
        return self.channeling.states()

    def follow(self) -> None:
        """Bring what runs in line with the configuration."""
        self.channeling.follow()

    async def probe(self, name: str) -> Health:
        """Ask a channel how it is."""
        place = self.channeling.places.get(name)
        if place is not None:
            return await place.probe()
        told = next((state.sentence for state in self.channeling.states() if state.name == name), "")
        hint = _("Set it up: homarus channels add {name}").format(name=name)
        return Health(is_well=False, sentence=told or _("It is not set up, or switched off."), hint=hint)

    async def knows(self, name: str, who: str) -> bool:
        """Whether somebody is answered there: as the owner, as one of those who are named, or after a code."""
        settings = self.channeling.settings_of(name)
        let_in = await self.introductions.known(name)
        return settings is not None and origin_of(who, name, settings, let_in=let_in, is_group=True) is not None

    async def has_owner(self, name: str) -> bool:
        """Whether somebody's words count as the owner's there already."""
        settings = self.channeling.settings_of(name)
        let_in = await self.introductions.known(name)
        return bool(settings is not None and settings.owner) or Origin.OWNER in let_in.values()
