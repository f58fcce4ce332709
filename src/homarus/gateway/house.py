"""The gateway, wired: everything that a face may ask for, by name."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.ports import Clock, Door, Store
from homarus.domain.settings import Settings
from homarus.gateway.approvals import Approvals
from homarus.gateway.intake import Intake
from homarus.gateway.moments import Moments
from homarus.gateway.turns import Turns

if TYPE_CHECKING:
    from homarus.gateway.configure import Configuration
    from homarus.gateway.engines import Engines
    from homarus.gateway.errands import ErrandDesk
    from homarus.gateway.facts import Facts
    from homarus.gateway.fitting import Fitting
    from homarus.gateway.jobs.there import JobsThere
    from homarus.gateway.machine import Here
    from homarus.gateway.outbox import Outbox
    from homarus.gateway.playing.playing import Playing
    from homarus.gateway.pulls import Pulls
    from homarus.gateway.reached import Channels
    from homarus.gateway.redacting import Redacting
    from homarus.gateway.reminding import Reminding
    from homarus.gateway.replaying import Replaying
    from homarus.gateway.selection import Selection
    from homarus.gateway.setup import Setup
    from homarus.models.desk import Desk
    from homarus.net.neighbours import Neighbours
    from homarus.state.access import Access
    from homarus.state.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One gateway of one state folder."""

    home: Path
    configuration: "Configuration"
    store: Store
    clock: Clock
    intake: Intake
    moments: Moments
    turns: Turns
    approvals: Approvals
    sessions: "Sessions"
    access: "Access"
    desk: "Desk"
    door: Door
    engines: "Engines"
    """Model servers, and what they are told to do."""
    pulls: "Pulls"
    """Downloads of models."""
    machine: "Here"
    fitting: "Callable[[], Fitting]"
    """Which models would fit; like the three that follow, it is loaded and made when somebody asks."""
    setup: "Callable[[], Setup]"
    neighbours: "Callable[[], Neighbours]"
    """The owner's network, looked into when told to."""
    replaying: "Callable[[], Replaying] | None"
    """Plays turns again; a house without agents cannot."""
    jobs: "JobsThere"
    """Work that starts without a message; loaded when somebody asks."""
    playing: "Callable[[], Playing]"
    """Playbooks, what they read and wrote; loaded when somebody asks."""
    selection: "Selection"
    """Which model the owner chose, for a session or for all."""
    notices: "Reminding"
    """What came due, and which face has shown it."""
    facts: "Facts"
    """`status()` and `doctor()`."""
    redacting: "Redacting"
    """Takes the configuration's secrets out of what is written down."""
    stopping: asyncio.Event
    browsing: asyncio.Event = field(default_factory=asyncio.Event)
    """A browser is here or known: its pages are made ready before it asks for them."""
    outbox: "Outbox | None" = None
    """The way out to channels; a house that has none tells its pages."""
    channels: "Channels | None" = None
    """Channels and the people on their other side; a house without them has none."""
    errands: "ErrandDesk | None" = None
    """Turns that runs and agents send out; a house without agents has none."""
    plugins_at_start: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path and SHA-256 of what was approved when this process began; nothing else of the folder can run in it."""

    def ask_to_stop(self) -> None:
        """End the process in good order."""
        self.stopping.set()

    def settings(self) -> Settings:
        """Return the configuration as it is now."""
        return self.configuration.current
