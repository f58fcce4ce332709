"""A gateway among others that share its house: what they write reaches what this one keeps in memory."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.domain import codec
from homarus.domain.acts import Approval
from homarus.domain.events import Event, Kind
from homarus.domain.turns import Asked, Ended, Reply, Route, Routed
from homarus.gateway.following import Following
from homarus.gateway.keeping import logged
from homarus.gateway.sharing import SharedLanes

if TYPE_CHECKING:
    from homarus.gateway.crossings import Crossings
    from homarus.gateway.moments import Moments
    from homarus.gateway.outbox import Outbox
    from homarus.gateway.reminding import Reminding
    from homarus.gateway.selection import Selection
    from homarus.state.access import Access
    from homarus.state.database import Database
    from homarus.state.postgres.shared import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What of a gateway must hear of the others."""

    shared: "Shared"
    store: "Database"
    tasks: asyncio.TaskGroup
    lanes: SharedLanes
    moments: "Moments"
    access: "Access"
    selection: "Selection"
    reminding: "Reminding"
    crossings: "Crossings"
    outbox: "Outbox"

    async def run(self) -> None:
        """Follow what the others do, until cancelled."""
        following = Following(self.store, self.shared)
        following.hear(Kind.INBOUND_ACCEPTED, tell=self._accepted)
        following.hear(Kind.APPROVAL_DECIDED, tell=self._decided)
        following.hear(Kind.TURN_STOPPED, tell=self._stopped)
        following.hear(Kind.ROUTE_CHOSEN, Kind.APPROVAL_ASKED, Kind.REPLY_WRITTEN, tell=self._show)
        following.hear(
            Kind.DEVICE_PAIRED, Kind.DEVICE_REVOKED, Kind.KEY_ADDED, Kind.KEY_REVOKED, tell=self._look_who_may_come_in
        )
        following.hear(Kind.MODEL_SELECTED, tell=lambda event: self.selection.forget(event.session))
        following.hear(Kind.REMINDER_SET, Kind.REMINDER_CANCELLED, tell=lambda _event: self.reminding.look_again())
        following.hear(Kind.EGRESS, tell=self.crossings.heard)
        following.sweep(self.lanes.sweep)
        following.sweep(self.outbox.recover)
        self.shared.on_reborn(self.lanes.let_go_of_everything)
        await following.run()

    def _accepted(self, event: Event) -> None:
        if event.session is not None and self.lanes.holds(event.session):
            self._soon("claim", self.lanes.claim(event.session))

    def _decided(self, event: Event) -> None:
        if event.turn is not None and event.session is not None and self.lanes.holds(event.session):
            self.lanes.resume(event.turn)

    def _stopped(self, event: Event) -> None:
        if event.turn is not None and event.session is not None:
            self._soon("stop", self.lanes.stopped_elsewhere(event.session, event.turn))

    def _show(self, event: Event) -> None:
        """Let whoever watches a turn here see what happens to it elsewhere."""
        turn = event.turn
        if turn is None or not self.moments.has(turn) or self.lanes.is_running(turn):
            return
        match event.kind:
            case Kind.ROUTE_CHOSEN:
                self.moments.publish(turn, Routed(route=codec.load(Route, event.body["route"])))
            case Kind.APPROVAL_ASKED:
                self.moments.publish(turn, Asked(approval=codec.load(Approval, event.body["approval"])))
            case _:
                self.moments.publish(turn, Ended(reply=codec.load(Reply, event.body["reply"])))

    def _look_who_may_come_in(self, _event: Event) -> None:
        self._soon("access", self.access.reload())

    def _soon(self, name: str, work: Awaitable[object]) -> None:
        self.tasks.create_task(logged(name, work), name=name)
