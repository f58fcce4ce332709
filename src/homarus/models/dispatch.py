"""One queue per engine, which knows that there is one GPU: who may ask next is decided in `queueing`, here it happens.

A ticket is a place in line and then a lease of one model call; nobody holds a slot while a tool runs. Where a server
loads models when they are asked for (Ollama, LM Studio, llama-server's router), order alone decides what it swaps: the
first request for a model that is not loaded goes alone and the others wait until it has begun. Where it must be told,
`run` does that, and it also loads what was announced while others still compute.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from homarus.domain.errors import HomarusError
from homarus.domain.sharing import EnginePlace, EnginePlaces
from homarus.models.forecast import Expected, forecast
from homarus.models.lease_times import LeaseTimes
from homarus.models.queue_views import InLine, Queued, QueueView, Seen, Wishes, plain
from homarus.models.queueing import Grant, Limits, Line, Load, Priority, Request, Takes, Wait

__all__ = ["Dispatch", "Priority", "Queued", "Seen", "Takes", "Ticket", "Wishes"]

_LOAD_LIMIT_S = 900.0
_ANNOUNCED_S = 120.0
_TOLD_AGAIN = 0.2
"""A wait that is this much longer or shorter than what was said is said again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    engine: "_Engine"
    model: str


@dataclass(slots=True)
class _Engine:
    """The queue of one engine, what is known of it, and the tickets that wait."""

    key: str
    line: Line
    slots: int = 1
    is_swapping: bool = False
    is_new: bool = True
    """Whether nobody has said anything of it since the configuration was read."""
    seen: Seen = field(default_factory=Seen)
    most_loaded: int = 1
    """How many models it was ever seen to have loaded."""
    times: LeaseTimes = field(default_factory=LeaseTimes)
    tickets: "dict[int, Ticket]" = field(default_factory=dict[int, "Ticket"])
    expected: dict[int, Expected] | None = None
    """What those who wait can expect; `None` when that has to be found out anew."""
    timer: asyncio.TimerHandle | None = None

    def told(self, slots: int, *, is_swapping: bool) -> None:
        """Take what a way to the engine says of it; of several ways (two protocols, two names) the most careful."""
        self.slots = slots if self.is_new else min(self.slots, slots)
        self.is_swapping = is_swapping if self.is_new else self.is_swapping or is_swapping
        self.is_new = False

    def renew(self, wishes: Wishes, *, has_loader: bool) -> None:
        """Bring the limits in line with what is known now."""
        seen = self.seen
        is_unknown = seen.max_loaded is None and seen.memory_bytes is None
        can_be_told = has_loader and seen.load is not None
        self.line.limits = Limits(
            slots=max(1, seen.slots or self.slots),
            model_slots=seen.model_slots,
            max_loaded=self.most_loaded if is_unknown and self.is_swapping else seen.max_loaded,
            memory_bytes=seen.memory_bytes,
            sizes=seen.sizes,
            load_s=self.times.loads,
            pinned=wishes.pinned_on(self.key, seen.sizes),
            ageing_s=wishes.ageing_s,
            loads_itself=seen.loads_itself or not can_be_told,
            can_be_told=can_be_told,
        )


class Dispatch:
    """The queues of all engines."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, new_line: Callable[[Limits], Line] = Line
    ) -> None:
        """Take the clock that lease times are measured with; another kind of line is for measuring against it."""
        self._engines: dict[str, _Engine] = {}
        self._clock = clock
        self._new_line = new_line
        self._count = 0
        self._wishes = Wishes()
        self._orders: asyncio.Queue[_Order] | None = None
        self.places: EnginePlaces | None = None
        """The lines over all processes of the house, where there are others; one stands in those first."""

    def ticket(
        self, engine: str, *, slots: int, priority: Priority, model: str = "", is_swapping: bool = False
    ) -> "Ticket":
        """Return a ticket for an engine; it lines up when it is entered and frees its place when it is left.

        `is_swapping` says that the engine keeps one model loaded, as long as nobody has seen what it keeps.
        """
        self._count += 1
        found = self._met(engine, slots, is_swapping=is_swapping)
        return Ticket(self, found, self._count, plain(model), priority)

    def wants(self, wishes: Wishes) -> None:
        """Take what the owner wants, from now on."""
        self._wishes = wishes
        for engine in self._engines.values():
            engine.is_new = True
            self._renew(engine)
            self.advance(engine)

    def sees(self, engine: str, seen: Seen) -> None:
        """Take what was seen of an engine: slots, room, what is loaded."""
        found = self._engine(engine)
        found.seen = seen
        if seen.loaded is not None:
            found.most_loaded = max(found.most_loaded, len(seen.loaded))
        self._renew(found)
        if seen.loaded is not None:
            found.line.look(seen.loaded, self._clock())
        self.advance(found)

    def announce(
        self, engine: str, model: str, *, slots: int = 1, is_swapping: bool = False, takes: Takes = Takes.CHOSEN
    ) -> None:
        """Say which model will be wanted next; it is loaded meanwhile, where the server can be told to.

        `takes` says for what it may make room; what is in use stays in any case.
        """
        found = self._met(engine, slots, is_swapping=is_swapping)
        if found.line.limits.can_be_told:
            found.line.announced[plain(model)] = self._clock() + _ANNOUNCED_S
            found.line.takes[plain(model)] = takes
            self.advance(found)

    def view(self, engine: str) -> QueueView:
        """Return one queue as it is now; an engine that nobody asked yet has an empty one."""
        found = self._engines.get(engine)
        if found is None:
            return QueueView(engine=engine)
        now, line = self._clock(), found.line
        expected = forecast(line, found.times, now)
        return QueueView(
            engine=engine,
            slots=line.limits.slots,
            loaded=tuple(kept.model for kept in line.residents.values() if not kept.is_loading),
            loading=tuple(kept.model for kept in line.residents.values() if kept.is_loading),
            held=tuple(InLine.of(request, now) for request in line.held.values()),
            waiting=tuple(
                InLine.of(request, now, expected.get(request.number))
                for request in sorted(line.waiting.values(), key=lambda waits: _place(expected, waits.number))
            ),
        )

    async def run(self) -> None:
        """Tell servers to load what is wanted, for those that have to be told; runs until it is cancelled."""
        self._orders = asyncio.Queue()
        for engine in self._engines.values():
            self._renew(engine)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(self._carry_out(await self._orders.get()))
        finally:
            self._orders = None
            for engine in self._engines.values():
                self._renew(engine)

    # --- for tickets ---

    def now(self) -> float:
        """Return the time by which leases are measured."""
        return self._clock()

    def advance(self, engine: _Engine) -> None:
        """Do whatever can be done now, and let those who wait see their new place."""
        line, orders = engine.line, self._orders
        engine.expected = None
        if not line.waiting and not line.announced:
            return
        while not isinstance(step := line.next(self._clock()), Wait):
            match step:
                case Grant():
                    engine.tickets.pop(step.number).serve()
                case Load():
                    if step.number is not None:
                        engine.tickets.pop(step.number).serve()
                    elif orders is not None:
                        orders.put_nowait(_Order(engine=engine, model=step.model))
        if engine.timer is not None:
            engine.timer.cancel()
            engine.timer = None
        if step.until is not None:
            delay_s = max(0.0, step.until - self._clock())
            engine.timer = asyncio.get_running_loop().call_later(delay_s, self.advance, engine)
        for ticket in engine.tickets.values():
            ticket.move_up()

    def queued(self, engine: _Engine, request: Request) -> Queued:
        """Return what somebody who waits is told."""
        found = self._expected(engine)[request.number]
        phase = "loading" if engine.line.is_loading(request.model) else "queued"
        return Queued(position=found.position, expected_wait_s=found.wait_s, phase=phase)

    def learned(self, engine: _Engine) -> None:
        """Go on after a model was loaded, knowing better how long that takes."""
        self._renew(engine)
        self.advance(engine)

    # --- inside ---

    def _met(self, key: str, slots: int, *, is_swapping: bool) -> _Engine:
        """Return an engine, with what a way to it says of it taken in."""
        found = self._engine(key)
        if found.is_new or slots < found.slots or is_swapping > found.is_swapping:
            found.told(slots, is_swapping=is_swapping)
            self._renew(found)
        return found

    def _engine(self, key: str) -> _Engine:
        found = self._engines.get(key)
        if found is None:
            found = self._engines[key] = _Engine(key=key, line=self._new_line(Limits()))
            self._renew(found)
        return found

    def _renew(self, engine: _Engine) -> None:
        engine.renew(self._wishes, has_loader=self._orders is not None)

    def _expected(self, engine: _Engine) -> Mapping[int, Expected]:
        if engine.expected is None:
            engine.expected = forecast(engine.line, engine.times, self._clock())
        return engine.expected

    async def _carry_out(self, order: _Order) -> None:
        engine, began = order.engine, self._clock()
        assert engine.seen.load is not None
        try:
            async with asyncio.timeout(_LOAD_LIMIT_S):
                await engine.seen.load(order.model)
        except (HomarusError, TimeoutError):
            # Whoever wants the model asks for it now, and hears from the server itself what is wrong.
            is_wanted = any(request.model == order.model for request in engine.line.waiting.values())
            if is_wanted:
                engine.line.ready(order.model, self._clock())
            else:
                engine.line.gone(order.model)
        else:
            engine.times.saw_load(order.model, self._clock() - began)
            engine.line.ready(order.model, self._clock())
            self._renew(engine)
        self.advance(engine)


def _place_among(places: EnginePlaces | None, engine: _Engine, request: Request) -> EnginePlace | None:
    """Return a place before an engine among the processes of the house, where there are others that ask it."""
    if places is None:
        return None
    return places.place(
        engine.key,
        slots=engine.line.limits.slots,
        priority=request.priority,
        model=request.model,
        is_swapping=engine.is_swapping,
    )


def _place(expected: Mapping[int, Expected], number: int) -> int:
    found = expected.get(number)
    return found.position if found is not None else number


class Ticket:
    """A place in line, then a lease.

    Used as `async with dispatch.ticket(...) as ticket: async for queued in ticket.wait(): ...`; after the loop the
    slot is held until the block is left. `began` is called when the model gives its first sign.
    """

    __slots__ = ("_changed", "_dispatch", "_engine", "_has_begun", "_held_since", "_loaded_s", "_place", "_request")

    def __init__(self, dispatch: Dispatch, engine: _Engine, number: int, model: str, priority: Priority) -> None:
        """Belong to an engine."""
        self._dispatch, self._engine = dispatch, engine
        self._request = Request(number=number, model=model, priority=priority, since=dispatch.now())
        self._changed: asyncio.Event | None = None
        self._held_since: float | None = None
        self._has_begun = False
        self._place = _place_among(dispatch.places, engine, self._request)
        self._loaded_s: float | None = None
        """How much of the lease was loading, if any was."""

    @property
    def is_held(self) -> bool:
        """Whether this ticket has its slot."""
        return self._held_since is not None

    async def __aenter__(self) -> Self:
        if self._place is None:
            self._line_up()
        return self

    def _line_up(self) -> None:
        line = self._engine.line
        if line.take(self._request):
            self._held_since = self._request.since
            return
        self._changed = asyncio.Event()
        self._engine.tickets[self._request.number] = self
        line.join(self._request)
        self._dispatch.advance(self._engine)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        engine, number, now = self._engine, self._request.number, self._dispatch.now()
        engine.tickets.pop(number, None)
        if self._place is not None:
            self._place.leave()
        if kind is None and self._held_since is not None:
            lasted_s = now - self._held_since - (self._loaded_s or 0.0)
            engine.times.saw_answer(self._request.model, lasted_s, has_swapped=self._loaded_s is not None)
        engine.line.leave(number, now, has_loaded=self._has_begun or kind is None)
        self._dispatch.advance(engine)

    async def wait(self) -> AsyncGenerator[Queued]:
        """Yield the place in line, again whenever it changes, until the slot is held."""
        if self._place is not None:
            async for ahead in self._place.wait():
                yield Queued(position=ahead + 1)
            self._line_up()
        told: Queued | None = None
        while self._held_since is None and self._changed is not None:
            queued = self._dispatch.queued(self._engine, self._request)
            if told is None or is_news(queued, told):
                told = queued
                yield queued
                continue
            await self._changed.wait()
            self._changed.clear()
        if self._is_loading():
            yield Queued(position=0, expected_wait_s=self._engine.times.load_s(self._request.model), phase="loading")

    def began(self) -> None:
        """Note the first sign of an answer: the model is loaded, whatever came before."""
        if self._has_begun or self._held_since is None:
            return
        self._has_begun = True
        engine, model, now = self._engine, self._request.model, self._dispatch.now()
        if not self._is_loading():
            engine.times.saw_first_word(model, now - self._held_since)
            return
        self._loaded_s = engine.times.saw_swap(model, now - self._held_since)
        engine.line.ready(model, now)
        self._dispatch.learned(engine)

    def serve(self) -> None:
        """Hold a slot from now on."""
        self._held_since = self._dispatch.now()
        self.move_up()

    def move_up(self) -> None:
        """Look at the place in line again."""
        if self._changed is not None:
            self._changed.set()

    def _is_loading(self) -> bool:
        return self._engine.line.carriers.get(self._request.model) == self._request.number


def is_news(now: Queued, told: Queued) -> bool:
    """Whether somebody who was told one thing should be told another."""
    if (now.position, now.phase) != (told.position, told.phase):
        return True
    if now.expected_wait_s is None or told.expected_wait_s is None:
        return now.expected_wait_s is not told.expected_wait_s
    return abs(now.expected_wait_s - told.expected_wait_s) > max(2.0, _TOLD_AGAIN * told.expected_wait_s)
