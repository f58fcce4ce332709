"""One turn at a time per session, in the order the messages were accepted.

A turn that parks returns from `run_one`, so its lane goes on with the next message; when its answer is there it runs
again beside the lane, because it sees the past as it was when it began.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from homarus.domain.ids import SessionKey, TurnId


@dataclass(slots=True)
class _Lane:
    waiting: deque[TurnId] = field(default_factory=deque[TurnId])
    running: TurnId | None = None


class Lanes:
    """Runs the turns of all sessions; one lane per session."""

    def __init__(
        self,
        run_one: Callable[[TurnId], Awaitable[None]],
        tasks: asyncio.TaskGroup,
        *,
        on_place: Callable[[TurnId, int], None] | None = None,
        on_empty: Callable[[SessionKey], None] | None = None,
    ) -> None:
        """Take what runs a turn; `on_place` is told how many come before a turn that waits, whenever that changes.

        `on_empty` is told of a session in which nothing waits any more.
        """
        self._run_one = run_one
        self._on_place = on_place
        self._on_empty = on_empty
        self._tasks = tasks
        self._lanes: dict[SessionKey, _Lane] = {}
        self._by_turn: dict[TurnId, asyncio.Task[None]] = {}
        self._again: set[TurnId] = set()
        """Turns whose answer came while they were still on their way to park: they run once more."""

    def enqueue(self, session: SessionKey, turn: TurnId) -> None:
        """Put a turn at the end of its session's lane."""
        lane = self._lanes.get(session)
        if lane is None:
            lane = self._lanes[session] = _Lane()
            lane.waiting.append(turn)
            self._tasks.create_task(self._drain(session, lane), name=f"lane {session}")
        else:
            lane.waiting.append(turn)
            self._tell(lane, after=len(lane.waiting) - 1)

    def resume(self, turn: TurnId) -> None:
        """Run a turn that was parked or is about to be, past the lanes."""
        if turn in self._by_turn:
            self._again.add(turn)
        else:
            self._tasks.create_task(self._run(turn), name=f"resumed {turn}")

    def drop(self, turn: TurnId) -> bool:
        """Take a turn that has not begun out of its lane; tell whether it was there."""
        for lane in self._lanes.values():
            if turn in lane.waiting:
                place = lane.waiting.index(turn)
                lane.waiting.remove(turn)
                self._tell(lane, after=place)
                return True
        return False

    def cancel(self, turn: TurnId) -> bool:
        """Interrupt a turn that runs; tell whether it did."""
        task = self._by_turn.get(turn)
        return task.cancel() if task is not None else False

    def is_running(self, turn: TurnId) -> bool:
        """Whether the turn runs now."""
        return turn in self._by_turn

    def knows(self, turn: TurnId) -> bool:
        """Whether the turn runs now or waits in a lane."""
        return turn in self._by_turn or any(
            turn in lane.waiting or turn == lane.running for lane in self._lanes.values()
        )

    def ahead_of(self, turn: TurnId) -> int:
        """Return how many turns of the same session come before this one."""
        for lane in self._lanes.values():
            if turn in lane.waiting:
                return lane.waiting.index(turn) + (lane.running is not None)
        return 0

    @property
    def running(self) -> int:
        """How many turns run now."""
        return len(self._by_turn)

    @property
    def queued(self) -> int:
        """How many turns wait in lanes."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def _tell(self, lane: _Lane, *, after: int = 0) -> None:
        """Tell those who wait where they stand, from a place on."""
        if self._on_place is None:
            return
        first = 1 if lane.running is not None else 0
        for place, turn in enumerate(lane.waiting):
            if place >= after and place + first:
                self._on_place(turn, place + first)

    async def _drain(self, session: SessionKey, lane: _Lane) -> None:
        has_waited = False
        while lane.waiting:
            lane.running = lane.waiting.popleft()
            if has_waited and self._on_place is not None:
                self._on_place(lane.running, 0)
            self._tell(lane)
            # The turn is a task of its own: stopping it must not end the lane.
            await asyncio.wait([self._tasks.create_task(self._run(lane.running), name=f"turn {lane.running}")])
            lane.running, has_waited = None, True
        del self._lanes[session]
        if self._on_empty is not None:
            self._on_empty(session)

    async def _run(self, turn: TurnId) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._by_turn[turn] = task
        try:
            await self._run_one(turn)
        finally:
            del self._by_turn[turn]
        if turn in self._again:
            self._again.discard(turn)
            await self._run(turn)
