"""Lanes of a house that several gateways share: one turn at a time per session over all of them.

A gateway holds a session from its first waiting turn to its last. It runs everything that is to be done there, in the
order of the log, also what came in at another gateway. It cannot let go while there is something to do: that is decided
in the same transaction, so that no message falls between two gateways. A session whose gateway has died is free, and
whoever looks next takes it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from homarus.domain import codec
from homarus.domain.errors import StateError
from homarus.domain.events import Event
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Store
from homarus.domain.sharing import Leases
from homarus.domain.turns import Inbound
from homarus.gateway.keeping import logged
from homarus.gateway.lanes import Lanes

_LOG = logging.getLogger(__name__)
_AGAIN_S = 0.2
"""How soon to look again at what another gateway is just beginning."""
_LONGEST_PAUSE_S = 60.0


class SharedLanes(Lanes):
    """Runs the turns of the sessions that this gateway holds."""

    def __init__(
        self,
        run_one: Callable[[TurnId], Awaitable[None]],
        tasks: asyncio.TaskGroup,
        *,
        leases: Leases,
        store: Store,
        passes: Callable[[Inbound], bool],
        on_place: Callable[[TurnId, int], None] | None = None,
    ) -> None:
        """Take what runs a turn; `passes` tells which messages go past lanes, on the gateway where they came in."""
        super().__init__(run_one, tasks, on_place=on_place, on_empty=self._emptied)
        self._leases = leases
        self._store = store
        self._passes = passes
        self._session_locks: dict[SessionKey, asyncio.Lock] = {}
        """Held while a session is taken or let go of, so that the two do not cross."""
        self._mine: set[SessionKey] = set()
        self._beside: dict[TurnId, SessionKey] = {}
        """Turns that run past their lane, or are about to."""
        self._tries: dict[TurnId, int] = {}

    # --- what the house asks for ---

    def enqueue(self, session: SessionKey, turn: TurnId) -> None:
        """Put a turn at the end of its session's lane, wherever that session is run."""
        self._soon(f"claim {turn}", self.claim(session))

    def resume(self, turn: TurnId) -> None:
        """Run a turn that was parked or is about to be, past the lanes; where its session is held elsewhere, there."""
        if self.is_running(turn):
            super().resume(turn)
        else:
            self._soon(f"resume {turn}", self._resume(turn))

    # --- what the log says of others ---

    def holds(self, session: SessionKey) -> bool:
        """Whether this gateway runs the turns of a session."""
        return session in self._mine

    async def claim(self, session: SessionKey, *, past: TurnId | None = None) -> bool:
        """Take a session unless another gateway has it, and line up what is to be done there, except one turn."""
        async with self._lock_of(session):
            left = await self._leases.take_session(session)
            if left is None:
                return False
            self._mine.add(session)
            for event in left:
                if event.turn != past:
                    self._admit(session, event)
        if not self._is_busy(session):
            self._emptied(session)
        return True

    async def stopped_elsewhere(self, session: SessionKey, turn: TurnId) -> None:
        """End a turn that somebody has stopped at another gateway."""
        if not self.cancel(turn) and self.drop(turn) and self.holds(session):
            super().resume(turn)

    async def sweep(self) -> None:
        """Take up what nobody has: its gateway has died, or could not write for a while."""
        for event in await self._leases.left_turns():
            if event.turn is None or event.session is None or self.knows(event.turn):
                continue
            if self._passes(_inbound(event)):
                await self._resume(event.turn)
            else:
                await self.claim(event.session)

    def let_go_of_everything(self) -> None:
        """Stop what runs: the other gateways have taken it over, because this one was silent for too long."""
        self._mine.clear()
        for lane in self._lanes.values():
            lane.waiting.clear()
        for task in self._by_turn.values():
            task.cancel()

    # --- inside ---

    async def _resume(self, turn: TurnId) -> None:
        events = await self._store.of_turn(turn)
        session = events[0].session if events else None
        if session is None:
            return
        if self._passes(_inbound(events[0])):
            await self._run_command(turn)
            return
        self._beside[turn] = session
        if not await self.claim(session, past=turn) or self._is_waiting(turn):
            self._beside.pop(turn, None)
        else:
            super().resume(turn)

    async def _run_command(self, turn: TurnId) -> None:
        name = f"turn:{turn}"
        if await self._leases.take(name):
            try:
                await self._run(turn)
            finally:
                with suppress(StateError):  # the server is away: the lease ends with the process
                    await self._leases.release(name)

    async def _run(self, turn: TurnId) -> None:
        self._tries[turn] = self._tries.get(turn, 0) + 1
        try:
            await super()._run(turn)
        finally:
            session = self._beside.pop(turn, None)
            if session is not None:
                self._emptied(session)

    def _admit(self, session: SessionKey, event: Event) -> None:
        turn = event.turn
        if turn is None or self.knows(turn) or self._passes(_inbound(event)):
            return
        tries = self._tries.get(turn, 0)
        if tries == 0:
            super().enqueue(session, turn)
        else:  # it ended without a reply, because that could not be written down
            pause_s = min(2.0**tries, _LONGEST_PAUSE_S)
            _LOG.warning("turn %s is tried again in %.0f s", turn, pause_s)
            asyncio.get_running_loop().call_later(pause_s, self._try_again, session, turn)

    def _try_again(self, session: SessionKey, turn: TurnId) -> None:
        if self.holds(session) and not self.knows(turn):
            super().enqueue(session, turn)

    def _emptied(self, session: SessionKey) -> None:
        self._soon(f"let go of {session}", self._let_go(session))

    async def _let_go(self, session: SessionKey) -> None:
        async with self._lock_of(session):
            if not self.holds(session) or self._is_busy(session):
                return
            left = await self._leases.release_session(session)
            open_turns = {event.turn for event in left}
            for turn in tuple(self._tries):
                if turn not in open_turns and not self.knows(turn):
                    del self._tries[turn]
            if not left:
                self._mine.discard(session)
                return
            for event in left:
                self._admit(session, event)
        if not self._is_busy(session):
            asyncio.get_running_loop().call_later(_AGAIN_S, self._emptied, session)

    def _is_busy(self, session: SessionKey) -> bool:
        return session in self._lanes or session in self._beside.values()

    def _is_waiting(self, turn: TurnId) -> bool:
        return self.knows(turn) and not self.is_running(turn)

    def _lock_of(self, session: SessionKey) -> asyncio.Lock:
        return self._session_locks.setdefault(session, asyncio.Lock())

    def _soon(self, name: str, work: Awaitable[object]) -> None:
        self._tasks.create_task(logged(name, work), name=name)


def _inbound(event: Event) -> Inbound:
    return codec.load(Inbound, event.body["inbound"])
