"""Dispatch on top of the policy: swaps, loads that are told, words for those who wait; all in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from homarus.domain.errors import Failure, ModelCallError
from homarus.models.dispatch import Dispatch, Priority, Queued, Seen, Wishes
from models.virtual_time import in_virtual_time

LOAD_S, ANSWER_S, FIRST_S = 8.0, 4.0, 1.0
MODELS = ("coder", "general", "small")


@dataclass
class Gpu:
    """A server that keeps one model loaded and swaps by itself; what was asked of it, and how it went."""

    dispatch: Dispatch
    loaded: str = ""
    swaps: int = 0
    busy: int = 0
    order: list[str] = field(default_factory=list[str])
    evicted_in_flight: int = 0

    async def answer(self, model: str) -> None:
        if model != self.loaded:
            self.evicted_in_flight += self.busy
            self.swaps += 1
            self.loaded = model
            await asyncio.sleep(LOAD_S)
        self.busy += 1
        try:
            await asyncio.sleep(FIRST_S)
        finally:
            self.busy -= 1
        self.order.append(model)

    async def ask(
        self, model: str, priority: Priority = Priority.JOB, *, slots: int = 1, told: list[Queued] | None = None
    ) -> None:
        async with self.dispatch.ticket("gpu", slots=slots, priority=priority, model=model, is_swapping=True) as ticket:
            async for queued in ticket.wait():
                if told is not None:
                    told.append(queued)
            assert len(self.dispatch.view("gpu").held) <= slots
            await self.answer(model)
            ticket.began()
            self.busy += 1
            try:
                await asyncio.sleep(ANSWER_S - FIRST_S)
            finally:
                self.busy -= 1


def play(work: Callable[[Gpu], Awaitable[None]]) -> Gpu:
    async def run() -> Gpu:
        gpu = Gpu(Dispatch(asyncio.get_running_loop().time))
        await work(gpu)
        assert gpu.dispatch.view("gpu").held == gpu.dispatch.view("gpu").waiting == ()
        return gpu

    return in_virtual_time(run())


def test_those_who_want_the_same_model_are_served_together() -> None:
    async def work(gpu: Gpu) -> None:
        async with asyncio.TaskGroup() as group:
            for model in ("coder", "general", "coder", "general", "coder"):
                group.create_task(gpu.ask(model))

    gpu = play(work)
    assert gpu.order == ["coder", "coder", "coder", "general", "general"]
    assert gpu.swaps == 2


def test_who_waits_hears_how_many_come_first_and_how_long_that_takes() -> None:
    told: list[Queued] = []

    async def work(gpu: Gpu) -> None:
        for model in ("coder", "coder", "general", "general"):
            await gpu.ask(model)
        async with asyncio.TaskGroup() as group:
            group.create_task(gpu.ask("general"))
            await asyncio.sleep(0)
            group.create_task(gpu.ask("coder", told=told))

    play(work)
    assert told[0] == Queued(position=1, expected_wait_s=ANSWER_S + LOAD_S)
    assert told[-1] == Queued(position=0, expected_wait_s=LOAD_S, phase="loading")


def test_three_before_you() -> None:
    told: list[Queued] = []

    async def work(gpu: Gpu) -> None:
        await gpu.ask("coder")
        await gpu.ask("coder")
        async with asyncio.TaskGroup() as group:
            for _again in range(3):
                group.create_task(gpu.ask("coder"))
            await asyncio.sleep(0)
            group.create_task(gpu.ask("coder", told=told))

    play(work)
    assert [(queued.position, queued.expected_wait_s) for queued in told] == [(3, 12.0), (2, 8.0), (1, 4.0)]


def test_a_person_who_comes_while_a_swarm_works_is_next() -> None:
    async def work(gpu: Gpu) -> None:
        async with asyncio.TaskGroup() as group:
            for _again in range(3):
                group.create_task(gpu.ask("coder", Priority.SWARM))
            await asyncio.sleep(1)
            group.create_task(gpu.ask("small", Priority.PERSON))

    assert play(work).order == ["coder", "small", "coder", "coder"]


def test_a_model_is_kept_for_a_job_that_runs_a_tool_and_given_away_when_that_takes_long() -> None:
    async def steps(gpu: Gpu, tool_s: float) -> None:
        await gpu.ask("coder", Priority.JOB)
        await asyncio.sleep(tool_s)
        await gpu.ask("coder", Priority.JOB)

    async def work(gpu: Gpu, tool_s: float) -> None:
        await gpu.ask("general", Priority.SWARM)
        async with asyncio.TaskGroup() as group:
            group.create_task(steps(gpu, tool_s))
            await asyncio.sleep(0.1)
            group.create_task(gpu.ask("general", Priority.SWARM))

    assert play(lambda gpu: work(gpu, 1.0)).order == ["general", "coder", "coder", "general"]
    assert play(lambda gpu: work(gpu, 60.0)).order == ["general", "coder", "general", "coder"]


def test_hanging_up_in_the_middle_of_a_swap_frees_the_slot_at_once() -> None:
    async def work(gpu: Gpu) -> None:
        swapping = asyncio.create_task(gpu.ask("coder"))
        await asyncio.sleep(LOAD_S / 2)
        swapping.cancel()
        await asyncio.gather(swapping, return_exceptions=True)
        assert not gpu.dispatch.view("gpu").held
        gpu.loaded = ""
        await gpu.ask("general")

    assert play(work).order == ["general"]


asked = st.tuples(
    st.sampled_from(MODELS),
    st.sampled_from(Priority),
    st.sampled_from([0.0, 0.5, 5.0]),
    st.none() | st.sampled_from([0.0, 0.5, 3.0, 11.0]),
)


@given(st.lists(asked, min_size=1, max_size=15), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_whoever_comes_and_hangs_up_no_slot_is_lost_and_nothing_is_evicted_in_flight(
    crowd: list[tuple[str, Priority, float, float | None]], slots: int
) -> None:
    async def one(gpu: Gpu, model: str, priority: Priority, hangs_up_s: float | None) -> None:
        async with asyncio.timeout(hangs_up_s):
            await gpu.ask(model, priority, slots=slots)

    async def work(gpu: Gpu) -> None:
        tasks: list[asyncio.Task[None]] = []
        for model, priority, pause_s, hangs_up_s in crowd:
            tasks.append(asyncio.create_task(one(gpu, model, priority, hangs_up_s)))
            await asyncio.sleep(pause_s)
        for came in await asyncio.gather(*tasks, return_exceptions=True):
            assert came is None or isinstance(came, TimeoutError)
        assert not any(hangs_up_s is None for *_rest, hangs_up_s in crowd) or gpu.order

    gpu = play(work)
    assert gpu.busy == 0
    assert gpu.evicted_in_flight == 0


# --- servers that have to be told ---


async def told_to_load(
    dispatch: Dispatch, loads: list[str], *, fails: bool = False, max_loaded: int = 1, loads_itself: bool = False
) -> None:
    async def load(model: str) -> None:
        loads.append(model)
        await asyncio.sleep(LOAD_S)
        if fails:
            raise ModelCallError(Failure.OUT_OF_MEMORY, "It does not fit.", hint="")

    await asyncio.sleep(0)
    dispatch.sees("gpu", Seen(loaded=frozenset(), max_loaded=max_loaded, loads_itself=loads_itself, load=load))


def with_loader(work: Callable[[Dispatch, list[str]], Awaitable[None]]) -> list[str]:
    async def run() -> list[str]:
        loads: list[str] = []
        dispatch = Dispatch(asyncio.get_running_loop().time)
        running = asyncio.create_task(dispatch.run())
        await work(dispatch, loads)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return loads

    return in_virtual_time(run())


async def ask(dispatch: Dispatch, model: str, told: list[Queued] | None = None) -> float:
    async with dispatch.ticket("gpu", slots=1, priority=Priority.JOB, model=model) as ticket:
        async for queued in ticket.wait():
            if told is not None:
                told.append(queued)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(ANSWER_S)
        return began


def test_a_server_that_must_be_told_is_told_once_and_the_slot_is_free_meanwhile() -> None:
    told: list[Queued] = []

    async def work(dispatch: Dispatch, loads: list[str]) -> None:
        await told_to_load(dispatch, loads)
        asking = asyncio.create_task(ask(dispatch, "coder", told))
        await asyncio.sleep(1)
        assert not dispatch.view("gpu").held
        assert await asking == LOAD_S

    assert with_loader(work) == ["coder"]
    assert told[0].phase == "loading"


def test_a_load_that_fails_lets_the_request_hear_it_from_the_server() -> None:
    async def work(dispatch: Dispatch, loads: list[str]) -> None:
        await told_to_load(dispatch, loads, fails=True)
        assert await ask(dispatch, "coder") == LOAD_S

    assert with_loader(work) == ["coder"]


def test_what_was_announced_is_ready_when_it_is_wanted() -> None:
    async def work(dispatch: Dispatch, loads: list[str]) -> None:
        await told_to_load(dispatch, loads, max_loaded=2)
        computing = asyncio.create_task(ask(dispatch, "coder"))
        await asyncio.sleep(LOAD_S + 0.1)
        dispatch.announce("gpu", "general")
        await computing
        await asyncio.sleep(LOAD_S)
        asked_at = asyncio.get_running_loop().time()
        assert await ask(dispatch, "general") == asked_at

    assert with_loader(work) == ["coder", "general"]


def test_a_server_that_swaps_by_itself_is_told_to_load_only_what_has_room() -> None:
    async def work(dispatch: Dispatch, loads: list[str]) -> None:
        await told_to_load(dispatch, loads, max_loaded=1, loads_itself=True)
        await ask(dispatch, "coder")
        dispatch.announce("gpu", "general")
        await asyncio.sleep(60)

    assert with_loader(work) == []


# --- what was seen, and what is shown ---


def test_a_queue_can_be_looked_at() -> None:
    async def work(gpu: Gpu) -> None:
        await gpu.ask("coder")
        await gpu.ask("coder")
        async with asyncio.TaskGroup() as group:
            group.create_task(gpu.ask("coder"))
            await asyncio.sleep(1)
            group.create_task(gpu.ask("coder", Priority.HEARTBEAT))
            await asyncio.sleep(1)
            view = gpu.dispatch.view("gpu")
            assert (view.slots, view.loaded) == (1, ("coder",))
            assert [(held.model, held.priority, held.since_s) for held in view.held] == [("coder", "job", 2.0)]
            (waits,) = view.waiting
            assert (waits.priority, waits.since_s, waits.expected_wait_s) == ("heartbeat", 1.0, 2.0)

    play(work)


def test_a_pinned_model_stays_while_others_take_turns() -> None:
    async def work(gpu: Gpu) -> None:
        dispatch = gpu.dispatch
        dispatch.wants(Wishes(pins_smallest=True))
        sizes = {"small": 6, "coder": 20, "general": 20}
        dispatch.sees("gpu", Seen(loaded=frozenset({"small"}), memory_bytes=30, sizes=sizes))
        for model in ("coder", "general", "coder"):
            await gpu.ask(model)
            assert set(dispatch.view("gpu").loaded) == {"small", model}

    play(work)


def test_an_engine_with_room_for_all_keeps_nobody_waiting_for_a_model() -> None:
    async def work(gpu: Gpu) -> None:
        dispatch = gpu.dispatch
        async with (
            dispatch.ticket("lab", slots=2, priority=Priority.JOB, model="a") as one,
            dispatch.ticket("lab", slots=2, priority=Priority.JOB, model="b") as two,
        ):
            assert one.is_held
            assert two.is_held

    play(work)


def test_of_two_ways_to_one_server_the_more_careful_counts_until_the_configuration_is_read_again() -> None:
    async def work(gpu: Gpu) -> None:
        dispatch = gpu.dispatch
        for slots in (64, 1, 64):
            dispatch.ticket("lab", slots=slots, priority=Priority.JOB)
        assert dispatch.view("lab").slots == 1
        dispatch.wants(Wishes())
        dispatch.ticket("lab", slots=4, priority=Priority.JOB)
        assert dispatch.view("lab").slots == 4

    play(work)
