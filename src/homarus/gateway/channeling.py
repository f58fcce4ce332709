"""The channels of a running house: built when the configuration has them, each in a task of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from homarus.domain import agents
from homarus.domain.i18n import _
from homarus.domain.ports import Channel, Health, Store
from homarus.domain.sharing import Leases
from homarus.domain.turns import Inbound
from homarus.gateway.channel_settings import (
    ChannelSettings,
    NotLoadedSettings,
    common_of,
    is_switched_on,
)
from homarus.gateway.discover import Discovery
from homarus.gateway.facts import ChannelState, Finding
from homarus.gateway.guarded import BrokenChannelError, GuardedChannel, built
from homarus.gateway.holding import while_held
from homarus.gateway.senders import KnownAgents

if TYPE_CHECKING:
    from homarus.gateway.attendant import Attendant
    from homarus.gateway.configure import Configuration
    from homarus.gateway.seating import Seating

TOPIC = "channels"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    attendant: "Attendant"
    task: "asyncio.Task[None]"


@dataclass(slots=True)
class Channeling:
    """Starts and stops channels as the configuration says, and tells how they are."""

    discovery: Discovery
    configuration: "Configuration"
    store: Store
    tasks: asyncio.TaskGroup
    accept: Callable[[Inbound], Awaitable[object]]
    seating: "Seating | None" = None
    """What channels of ours are lent besides their settings."""
    pauses_s: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
    places: dict[str, Channel] = field(default_factory=dict[str, Channel])
    """The channels that run now, for whoever sends; the same dictionary for the whole life of the house."""
    leases: Leases | None = None
    """Of several gateways that share a house, one receives from a channel."""
    _running: dict[str, _Running] = field(default_factory=dict[str, _Running])
    _refused: dict[str, Health] = field(default_factory=dict[str, Health])

    def follow(self) -> bool:
        """Bring what runs in line with the configuration; tell whether a channel was started."""
        wanted, odd = self._wanted(), self._odd()
        for name, running in tuple(self._running.items()):
            if wanted.get(name, running.attendant.settings if name in odd else None) != running.attendant.settings:
                running.task.cancel()
                del self._running[name], self.places[name]
        self._refused = {name: health for name, health in self._refused.items() if name in wanted}
        new = [name for name in wanted if name not in self._running]
        for name in new:
            self._start(name, wanted[name])
        return any(name in self._running for name in new)

    def note_trouble(self, channel: str, sentence: str) -> None:
        """Keep why sending failed; an empty sentence says that it works."""
        running = self._running.get(channel)
        if running is not None:
            running.attendant.trouble.sending = sentence

    def states(self) -> tuple[ChannelState, ...]:
        """Return every channel that the configuration switches on, from what is known without asking it."""
        found: list[ChannelState] = []
        for name, said in self._said().items():
            is_well = all(health.is_well for health in said)
            sentence = said[0].sentence if said else _("It receives.")
            found.append(ChannelState(name=name, is_running=name in self._running, is_well=is_well, sentence=sentence))
        return tuple(found)

    async def known(self) -> Sequence[Finding]:
        """Return what is not well, without asking any channel."""
        return [_finding(name, health) for name, said in self._said().items() for health in said]

    async def probed(self) -> Sequence[Finding]:
        """Ask every channel how it is."""
        running = tuple(self._running.items())
        asked = await asyncio.gather(*(one.attendant.place.probe() for _name, one in running))
        return [_finding(name, health) for (name, _one), health in zip(running, asked, strict=True)]

    def _said(self) -> dict[str, tuple[Health, ...]]:
        running = {name: one.attendant.said() for name, one in self._running.items()}
        refused = {name: (health,) for name, health in self._refused.items()}
        hint = "homarus doctor configuration"
        odd = {
            name: (*running.get(name, ()), Health(is_well=False, sentence=_("Its settings do not fit."), hint=hint))
            for name in self._odd()
        }
        missing = {name: (health,) for name in self._missing() if (health := self._why(name))}
        return dict(sorted({**missing, **refused, **running, **odd}.items()))

    def _wanted(self) -> dict[str, ChannelSettings]:
        extra = self.configuration.loaded.reading.extra
        return {
            name.removeprefix("channels."): common_of(section)
            for name, section in extra.items()
            if name.startswith("channels.")
            and not isinstance(section, NotLoadedSettings)
            and common_of(section).enabled
        }

    def _odd(self) -> list[str]:
        """Return what is switched on with settings that do not fit; what runs with earlier ones goes on."""
        extra = self.configuration.loaded.reading.extra
        return [
            name
            for name, section in self.configuration.current.channels.items()
            if ("channel", name) in self.discovery.spots and f"channels.{name}" not in extra and is_switched_on(section)
        ]

    def _missing(self) -> list[str]:
        """Return what is switched on in the configuration, stands in a file that we know, and could not be loaded."""
        extra = self.configuration.loaded.reading.extra
        return [
            name
            for name, section in self.configuration.current.channels.items()
            if isinstance(extra.get(f"channels.{name}"), NotLoadedSettings) and is_switched_on(section)
        ]

    def _why(self, name: str) -> Health | None:
        key = ("channel", name)
        spot = self.discovery.spots.get(key) or self.discovery.left_out.get(key)
        told = next((problem for problem in self.discovery.problems if spot and problem.file == str(spot.file)), None)
        return Health(is_well=False, sentence=told.sentence, hint=told.hint) if told else None

    def _start(self, name: str, settings: ChannelSettings) -> None:
        try:
            seat = None if self.seating is None else self.seating.seat(name, lambda: self.settings_of(name))
            place = built(name, lambda: self.discovery.channel(name, settings, seat=seat))
        except BrokenChannelError as broken:
            self._refused[name] = Health(is_well=False, sentence=broken.sentence, hint=broken.hint)
            return
        from homarus.gateway.attendant import Attendant

        attendant = Attendant(
            name=name,
            settings=settings,
            place=place,
            accept=self._accepting(place),
            agents=self._agents,
            store=self.store,
            introductions=self.seating.introductions if self.seating is not None else None,
            pauses_s=self.pauses_s,
        )
        self.places[name] = place
        alone = attendant.run() if self.leases is None else while_held(self.leases, f"channel:{name}", attendant.run)
        task = self.tasks.create_task(alone, name=f"channel {name}")
        self._running[name] = _Running(attendant=attendant, task=task)

    def _accepting(self, place: GuardedChannel) -> Callable[[Inbound], Awaitable[object]]:
        """Return what takes a message and then shows where it came from that it is worked on."""

        async def accept(inbound: Inbound) -> object:
            taken = await self.accept(inbound)
            if self.seating is not None:
                self.seating.show_work(place, inbound, taken, self.tasks)
            return taken

        return accept

    def settings_of(self, name: str) -> ChannelSettings | None:
        """Return what a channel that runs was told."""
        running = self._running.get(name)
        return running.attendant.settings if running is not None else None

    def _agents(self) -> KnownAgents:
        settings = self.configuration.current
        return KnownAgents(agents=frozenset(agents.agent_ids(settings)), default_agent=agents.default_agent(settings))


def _finding(name: str, health: Health) -> Finding:
    sentence = _("{name}: {sentence}").format(name=name, sentence=health.sentence)
    return Finding(topic=TOPIC, is_well=health.is_well, sentence=sentence, hint=health.hint)
