"""Join heartbeats with the house: what they read, and how a run is made of one."""

from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.ids import AgentId
from homarus.domain.jobs import Delivery, Trigger, Work, WorkKind
from homarus.gateway.answering import workspace_of
from homarus.gateway.jobs.beating import NAME, Heartbeats
from homarus.gateway.jobs.ground import Ground
from homarus.gateway.jobs.notes import Notes
from homarus.state.records import StoredRecords

if TYPE_CHECKING:
    from homarus.gateway.house import House

_LOOKED_AT = 50


def heartbeats_of(house: "House", ground: Ground) -> Heartbeats:
    """Return what notices when there is something to look at."""
    records = StoredRecords(ground.store)

    def workspace(agent: AgentId) -> Path:
        return workspace_of(house.home, house.settings(), agent)

    async def start(work: Work, delivery: Delivery) -> bool:
        from homarus.state.jobs.runs import OPEN

        runs = house.jobs().runs
        if any(run.work.kind is WorkKind.HEARTBEAT for run in await runs.list(states=OPEN, limit=_LOOKED_AT)):
            return False
        await runs.start(work, name=NAME, trigger=Trigger.CLOCK, delivery=delivery, priority="heartbeat")
        return True

    return Heartbeats(
        settings=house.settings,
        workspace=workspace,
        store=house.store,
        records=records,
        notes=Notes(records=records),
        clock=house.clock,
        start=start,
    )
