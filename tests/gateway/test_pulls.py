"""Downloads of models run in the background, and take themselves up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from homarus.domain.engines import PullProgress
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.inference import ModelRef
from homarus.gateway.pulls import KIND, Pull, Pulls, PullState
from homarus.testing.records import FakeRecords

pytestmark = pytest.mark.anyio

REF = ModelRef(provider="ollama", model_id="qwen3:8b")
GIB = 1024**3


@dataclass
class Server:
    """Hands out a model in steps; each time it is asked, it does the next thing on its list; `None` is a pause."""

    does: list[list[PullProgress | Exception | None]]
    asked: int = 0
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    closed: int = 0

    def __post_init__(self) -> None:
        self.goes_on.set()

    async def download(self, ref: ModelRef) -> AsyncIterator[PullProgress]:
        assert ref == REF
        steps = self.does[min(self.asked, len(self.does) - 1)]
        self.asked += 1
        try:
            for step in steps:
                await (self.goes_on if step is not None else asyncio.Event()).wait()
                if isinstance(step, Exception):
                    raise step
                if step is not None:
                    yield step
        finally:
            self.closed += 1


def part(done: int, *, is_done: bool = False) -> PullProgress:
    return PullProgress(status="pulling", done_bytes=done * GIB, total_bytes=5 * GIB, is_done=is_done)


def failed(failure: Failure) -> ModelCallError:
    return ModelCallError(failure, "It did not go well.", hint="Try again.")


async def ended(pulls: Pulls) -> Pull:
    return [pull async for pull in pulls.watch(REF)][-1]


def clock() -> Callable[[], float]:
    ticks = iter(range(10_000))
    return lambda: float(next(ticks))


async def test_a_download_is_watched_to_its_end_with_speed_and_time_left() -> None:
    server = Server([[part(1), part(2), part(3), part(5, is_done=True)]])
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, FakeRecords(), tasks, clock=clock())
        server.goes_on.clear()
        await pulls.begin(REF)
        seen: list[Pull] = []
        async for pull in pulls.watch(REF):
            seen.append(pull)
            server.goes_on.set()

    assert seen[-1].state is PullState.DONE
    assert seen[-1].done_bytes == seen[-1].total_bytes == 5 * GIB


async def test_speed_is_taken_over_the_last_seconds() -> None:
    server = Server([[part(1), part(2), part(3), failed(Failure.MODEL_MISSING)]])
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, FakeRecords(), tasks, clock=clock())
        await pulls.begin(REF)
        told = [pull.left_s async for pull in pulls.watch(REF)]

    assert pulls.listing()[0].done_bytes == 3 * GIB
    assert set(told) <= {None, 2.0, 3.0}


async def test_two_who_ask_for_the_same_get_one_download() -> None:
    server = Server([[part(5, is_done=True)]])
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, FakeRecords(), tasks)
        await pulls.begin(REF)
        await pulls.begin(REF)
        ends = await asyncio.gather(ended(pulls), ended(pulls))

    assert server.asked == 1
    assert [end.state for end in ends] == [PullState.DONE] * 2


async def test_a_line_that_breaks_is_taken_up_again() -> None:
    server = Server([[part(1), failed(Failure.CUT_OFF)], [part(2), failed(Failure.STALLED)], [part(5, is_done=True)]])
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, FakeRecords(), tasks, pauses_s=(0.0, 0.0))
        await pulls.begin(REF)
        end = await ended(pulls)

    assert (end.state, server.asked) == (PullState.DONE, 3)


async def test_a_download_that_ends_without_being_whole_is_taken_up_again() -> None:
    server = Server([[part(1)], [part(5, is_done=True)]])
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, FakeRecords(), tasks, pauses_s=(0.0,))
        await pulls.begin(REF)
        end = await ended(pulls)

    assert end.state is PullState.DONE


@pytest.mark.parametrize("failure", [Failure.MODEL_MISSING, Failure.SERVER_DOWN])
async def test_what_cannot_be_had_is_said_at_once(failure: Failure) -> None:
    server, records = Server([[failed(failure)]]), FakeRecords()
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, records, tasks, pauses_s=(60.0,))
        await pulls.begin(REF)
        end = await ended(pulls)

    assert (end.state, end.because, end.hint) == (PullState.FAILED, "It did not go well.", "Try again.")
    assert await records.all(KIND) == {}


async def test_a_line_that_stays_broken_ends_the_download() -> None:
    server = Server([[part(1), failed(Failure.CUT_OFF)], [failed(Failure.SERVER_DOWN)]])
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, FakeRecords(), tasks, pauses_s=(0.0, 0.0))
        await pulls.begin(REF)
        end = await ended(pulls)

    assert (end.state, server.asked) == (PullState.FAILED, 3)


async def test_a_download_is_stopped_and_the_server_is_let_go() -> None:
    server, records = Server([[part(1), None, part(2)]]), FakeRecords()
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, records, tasks)
        await pulls.begin(REF)
        async for pull in pulls.watch(REF):
            if pull.done_bytes:
                break
        stopped = await pulls.stop(REF)

    assert stopped is not None
    assert (stopped.state, server.closed) == (PullState.STOPPED, 1)
    assert await records.all(KIND) == {}
    assert await pulls.stop(REF) is None


async def test_what_was_under_way_goes_on_after_a_restart() -> None:
    records = FakeRecords()
    await records.put(KIND, str(REF), {})
    server = Server([[failed(Failure.SERVER_DOWN)], [part(5, is_done=True)]])
    done: list[ModelRef] = []
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, records, tasks, pauses_s=(0.0,), on_done=done.append)
        await pulls.take_up()
        end = await ended(pulls)

    assert (end.state, done) == (PullState.DONE, [REF])


async def test_a_gateway_that_ends_remembers_what_was_wanted() -> None:
    server, records = Server([[part(1), part(2)]]), FakeRecords()
    server.goes_on.clear()
    async with asyncio.TaskGroup() as tasks:
        await Pulls(server.download, records, tasks).begin(REF)
        await asyncio.sleep(0)
        (running,) = [task for task in asyncio.all_tasks() if task.get_name().startswith("pull ")]
        running.cancel()

    assert set(await records.all(KIND)) == {str(REF)}


async def test_many_downloads_leave_only_the_last_in_the_list() -> None:
    async def download(_ref: ModelRef) -> AsyncIterator[PullProgress]:
        yield part(5, is_done=True)

    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(download, FakeRecords(), tasks)
        for number in range(40):
            ref = ModelRef(provider="ollama", model_id=f"m{number}")
            await pulls.begin(ref)
            assert [pull async for pull in pulls.watch(ref)]

    assert len(pulls.listing()) <= 22
    assert [pull async for pull in pulls.watch(REF)] == []


async def test_what_nobody_expected_ends_one_download_and_not_the_house(caplog: pytest.LogCaptureFixture) -> None:
    records = FakeRecords()
    server = Server([[part(1), OverflowError("cannot convert float infinity to integer")]])
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(server.download, records, tasks, clock=clock())
        await pulls.begin(REF)
        last = await ended(pulls)
    assert last.state is PullState.FAILED
    assert "homarus logs" in last.hint
    assert await records.all(KIND) == {}, "it would break the next start as well"
    assert "infinity" in caplog.text
