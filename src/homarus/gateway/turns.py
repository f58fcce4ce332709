"""What can be done to a turn: look at it, stop it, run its message again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from homarus.domain import codec
from homarus.domain.errors import NotFoundError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey, TurnId, fresh
from homarus.domain.ports import Store
from homarus.domain.turns import Reply
from homarus.gateway.approvals import Approvals
from homarus.gateway.intake import Accepted, Intake
from homarus.gateway.lanes import Lanes


class TurnState(StrEnum):
    """Where a turn is."""

    QUEUED = "queued"
    RUNNING = "running"
    PARKED = "parked"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """A turn as a face shows it."""

    turn_id: TurnId
    session: SessionKey
    state: TurnState
    ahead: int
    """Turns of the same session that come first."""
    reply: Reply | None


class Turns:
    """Looks at turns, stops them, and runs a message again."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        lanes: Lanes,
        approvals: Approvals,
        *,
        end_stopped: Callable[[TurnId], None],
    ) -> None:
        self._store = store
        self._intake = intake
        self._lanes = lanes
        self._approvals = approvals
        self._end_stopped = end_stopped

    async def reply(self, turn: TurnId) -> Reply | None:
        """Return the reply of a turn, `None` while it has none."""
        event = await self._store.find(f"{turn}:reply")
        return codec.load(Reply, event.body["reply"]) if event is not None else None

    async def view(self, turn: TurnId) -> TurnView:
        """Return where a turn is.

        Raises:
            NotFoundError: when there is no such turn.
        """
        events = await self._known(turn)
        reply = await self.reply(turn)
        state = TurnState.ENDED if reply is not None else self._state(turn, events)
        session = events[0].session
        assert session is not None
        return TurnView(turn_id=turn, session=session, state=state, ahead=self._lanes.ahead_of(turn), reply=reply)

    async def stop(self, turn: TurnId, *, by: str) -> None:
        """Stop a turn wherever it is; a turn that has ended stays as it is.

        Raises:
            NotFoundError: when there is no such turn.
        """
        events = await self._known(turn)
        if await self.reply(turn) is not None or await self._store.find(f"{turn}:stopped") is not None:
            return
        await self._store.append(
            NewEvent(
                kind=Kind.TURN_STOPPED,
                body={"by": by},
                session=events[0].session,
                turn=turn,
                dedupe=f"{turn}:stopped",
            )
        )
        if self._lanes.cancel(turn):
            return
        self._lanes.drop(turn)
        if not await self._approvals.withdraw(turn, by=by):
            self._end_stopped(turn)

    async def was_stopped(self, turn: TurnId) -> bool:
        """Whether somebody stopped a turn."""
        return await self._store.find(f"{turn}:stopped") is not None

    async def retry(self, turn: TurnId) -> Accepted:
        """Send the message of a turn again, as a new turn of the same session.

        Raises:
            NotFoundError: when there is no such turn.
        """
        events = await self._known(turn)
        inbound = await self._intake.read(events[0])
        again = replace(inbound, external_id=fresh("retry"), retry_of=turn)
        return await self._intake.accept(again)

    async def _known(self, turn: TurnId) -> tuple[Event, ...]:
        events = await self._store.of_turn(turn)
        if not events:
            raise NotFoundError(
                _("There is no turn {turn!r}.").format(turn=turn), hint=_("See the sessions: homarus sessions list")
            )
        return events

    def _state(self, turn: TurnId, events: tuple[Event, ...]) -> TurnState:
        if self._lanes.is_running(turn):
            return TurnState.RUNNING
        started = any(event.kind is Kind.TURN_STARTED for event in events)
        return TurnState.PARKED if started else TurnState.QUEUED
