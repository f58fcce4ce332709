"""The parts of a house while it is put together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.domain.sharing import Leases
from homarus.gateway.approvals import Approvals
from homarus.gateway.channeling import Channeling
from homarus.gateway.crossings import Crossings
from homarus.gateway.engines import Engines
from homarus.gateway.errands import ErrandDesk
from homarus.gateway.house import House
from homarus.gateway.intake import Intake
from homarus.gateway.jobs_later import JobsLater
from homarus.gateway.lanes import Lanes
from homarus.gateway.machine import Here
from homarus.gateway.moments import Moments
from homarus.gateway.outbox import Outbox
from homarus.gateway.pulls import Pulls
from homarus.gateway.reminding import Reminding
from homarus.gateway.selection import Selection
from homarus.gateway.toolbox import Toolbox
from homarus.gateway.turns import Turns
from homarus.models.desk import Desk
from homarus.models.embedded import Embedded
from homarus.models.warmup import Warmup
from homarus.net.door import OpenDoor
from homarus.state.access import Access
from homarus.state.database import Database

if TYPE_CHECKING:
    from homarus.gateway.company import Company
    from homarus.gateway.fitting import Fitting
    from homarus.gateway.setup import Setup
    from homarus.net.neighbours import Neighbours
    from homarus.state.postgres.shared import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """The house and what `running` starts in it."""

    house: House
    company: "Company | None"
    """The other gateways of the house, where there may be any."""
    store: Database
    lanes: Lanes
    outbox: Outbox
    reminding: Reminding
    toolbox: Toolbox
    embedded: Embedded
    channeling: Channeling
    warmup: Warmup
    jobs: JobsLater


@dataclass(frozen=True, slots=True, kw_only=True)
class Groundwork:
    """What everything else stands on."""

    store: Database
    shared: "Shared | None"
    crossings: Crossings
    door: OpenDoor
    embedded: Embedded
    desk: Desk
    reminding: Reminding
    access: Access

    @property
    def leases(self) -> Leases | None:
        """What this process holds among others, where there may be any."""
        return None if self.shared is None else self.shared.leases


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRooms:
    """What faces may ask about models and machines."""

    engines: Engines
    pulls: Pulls
    machine: Here
    fitting: "Callable[[], Fitting]"
    setup: "Callable[[], Setup]"
    neighbours: "Callable[[], Neighbours]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What moves messages through the house."""

    later: JobsLater
    lanes: Lanes
    approvals: Approvals
    intake: Intake
    moments: Moments
    turns: Turns
    outbox: Outbox
    channeling: Channeling
    selection: Selection
    toolbox: Toolbox
    errands: ErrandDesk
