"""Runs are started, held, taken up again and looked at."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.jobs.job_house import MESSAGE, Doing, JobHouse, open_jobs
from homarus.domain.content import JsonObject
from homarus.domain.errors import Failure, ModelCallError, NotFoundError, UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import JobId, RunId
from homarus.domain.jobs import Job, JobRun, RunState, Trigger, Window
from homarus.domain.running import RunOutcome
from homarus.domain.sources import NoDataError
from homarus.gateway.jobs.ends import BACKOFF_S
from homarus.testing.clock import FakeClock

pytestmark = pytest.mark.anyio
DONE = RunOutcome(state=RunState.DONE, summary="All counted.")


class Steps:
    """Does three steps, and can be held in the middle of the second."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def __call__(self, doing: Doing) -> RunOutcome:
        for key in ("read", "think", "write"):
            await doing.journal.step(key, lambda key=key: self._do(key))
        return DONE

    async def _do(self, key: str) -> JsonObject:
        self.ran.append(key)
        if key == "think":
            self.reached.set()
            await self.go.wait()
        return {"said": key}


async def asks(doing: Doing) -> RunOutcome:
    """Waits for the owner's answer."""
    answer = await doing.journal.wait("approval:a1")
    return RunOutcome(state=RunState.DONE, summary=str(answer["decision"]) if answer else "nobody")


async def answer(house: JobHouse, topic: str) -> None:
    event = NewEvent(kind=Kind.APPROVAL_DECIDED, body={"approval_id": "a1", "decision": "once"}, dedupe=topic)
    await house.store.append(event)


async def test_a_run_is_worked_to_its_end(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        started = await house.start()
        run = await house.until(started.run_id)
        assert (run.state, run.summary) == (RunState.DONE, "All counted.")
        assert [view.key for view in await house.jobs.runs.steps(run.run_id)] == ["look"]
        assert [ended.run_id for ended in house.ended] == [run.run_id]


async def test_a_slot_has_one_run_whoever_is_first(tmp_path: Path) -> None:
    slot = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    async with open_jobs(tmp_path) as house:
        job = await house.jobs.stored.put_job(a_job())
        runs = await asyncio.gather(*(house.start(job=job, slot=slot) for _ in range(5)))
        assert len({run.run_id for run in runs}) == 1
        assert await house.jobs.slots.skip(job, slot, "late") is False
        assert len(await house.jobs.runs.list(job=job.job_id)) == 1


async def test_a_paused_run_stops_before_its_next_step_and_goes_on_there(tmp_path: Path) -> None:
    steps = Steps()
    steps.go.clear()
    async with open_jobs(tmp_path, script=steps) as house:
        run = await house.start()
        await steps.reached.wait()
        await house.jobs.runs.pause(run.run_id)
        steps.go.set()
        assert (await house.until(run.run_id, RunState.PAUSED)).state is RunState.PAUSED
        assert steps.ran == ["read", "think"]
        await house.jobs.runs.resume(run.run_id)
        assert (await house.until(run.run_id)).state is RunState.DONE
        assert steps.ran == ["read", "think", "write"]


async def test_a_cancelled_run_ends_in_the_middle_of_a_step(tmp_path: Path) -> None:
    steps = Steps()
    steps.go.clear()
    async with open_jobs(tmp_path, script=steps) as house:
        run = await house.start()
        await steps.reached.wait()
        assert [view.state for view in await house.jobs.runs.steps(run.run_id)] == ["done", "running"]
        await house.jobs.runs.cancel(run.run_id, by="cli")
        steps.go.set()
        ended = await house.until(run.run_id)
        assert (ended.state, steps.ran) == (RunState.CANCELLED, ["read", "think"])
        with pytest.raises(UsageError):
            await house.jobs.runs.cancel(run.run_id)


async def test_a_parked_run_holds_nothing_and_goes_on_when_it_is_answered(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, script=asks) as house:
        run = await house.start()
        parked = await house.until(run.run_id, RunState.PARKED)
        assert parked.waits_for == "approval:a1"
        await answer(house, "approval:a1")
        await house.jobs.runs.wake("approval:a1")
        assert (await house.until(run.run_id)).summary == "once"


async def test_an_answer_that_came_while_the_house_was_down_is_found(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, script=asks) as house:
        run = await house.start()
        await house.until(run.run_id, RunState.PARKED)
        await answer(house, "approval:a1")
    async with open_jobs(tmp_path, script=asks) as house:
        await house.jobs.take_up()
        assert (await house.until(run.run_id)).summary == "once"


async def test_a_run_goes_on_after_the_house_went_down_in_a_step(tmp_path: Path) -> None:
    steps = Steps()
    steps.go.clear()
    async with open_jobs(tmp_path, script=steps) as house:
        run = await house.start()
        await steps.reached.wait()
    again = Steps()
    async with open_jobs(tmp_path, script=again) as house:
        await house.jobs.take_up()
        assert (await house.until(run.run_id)).state is RunState.DONE
        assert again.ran == ["think", "write"]


async def test_what_ends_the_house_again_and_again_at_one_step_is_not_taken_up_for_ever(tmp_path: Path) -> None:
    run_id = RunId("")
    for life in range(4):
        steps = Steps()
        steps.go.clear()
        async with open_jobs(tmp_path, script=steps) as house:
            if life == 0:
                run_id = (await house.start()).run_id
            await house.jobs.take_up()
            if life < 3:
                await steps.reached.wait()
                house.dies()
            else:
                run = await house.until(run_id)
                assert (run.state, bool(run.hint), steps.ran) == (RunState.FAILED, True, [])


async def test_a_house_that_is_stopped_in_good_order_does_not_count_against_a_run(tmp_path: Path) -> None:
    run_id = RunId("")
    for life in range(6):
        steps = Steps()
        if life < 5:
            steps.go.clear()
        async with open_jobs(tmp_path, script=steps) as house:
            if life == 0:
                run_id = (await house.start()).run_id
            await house.jobs.take_up()
            await steps.reached.wait()
            if life == 5:
                assert (await house.until(run_id)).state is RunState.DONE


async def test_a_model_server_that_is_down_is_tried_again_later_and_later(tmp_path: Path) -> None:
    clock, tries = FakeClock(), list[datetime]()

    async def fails(_doing: Doing) -> RunOutcome:
        tries.append(clock.now())
        raise ModelCallError(Failure.SERVER_DOWN, "Nobody answers.", hint="Start the server.")

    async with open_jobs(tmp_path, script=fails, clock=clock) as house:
        run = await house.start()
        for delay_s in BACKOFF_S:
            assert (await house.until(run.run_id, RunState.WAITING)).attempt == len(tries) + 1
            before = len(tries)
            clock.advance(delay_s + 1)
            house.jobs.deadlines.look_again()
            while len(tries) == before:
                await asyncio.sleep(0.01)
        ended = await house.until(run.run_id)
        assert (ended.state, ended.error, ended.hint) == (RunState.FAILED, "Nobody answers.", "Start the server.")
        assert len(tries) == len(BACKOFF_S) + 1


async def test_no_data_is_an_end_of_its_own(tmp_path: Path) -> None:
    async def finds_nothing(_doing: Doing) -> RunOutcome:
        raise NoDataError("No mailbox is set up.", hint="Add one.")

    async with open_jobs(tmp_path, script=finds_nothing) as house:
        run = await house.until((await house.start()).run_id)
        assert (run.state, run.summary) == (RunState.NO_DATA, "No mailbox is set up.")


async def test_what_nobody_expected_is_said_in_words_and_kept_with_its_trace(tmp_path: Path) -> None:
    async def breaks(_doing: Doing) -> RunOutcome:
        raise ZeroDivisionError

    async with open_jobs(tmp_path, script=breaks) as house:
        run = await house.until((await house.start()).run_id)
        assert (run.state, bool(run.summary), bool(run.hint)) == (RunState.FAILED, True, True)
        (failed,) = await house.store.since(0, kinds=(Kind.FAILED,))
        assert "ZeroDivisionError" in str(failed.body["trace"])


async def test_outside_its_hours_a_run_waits_and_goes_on_inside_them(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("UTC")))
    async with open_jobs(tmp_path, clock=clock) as house:
        run = await house.start(window=Window(start="22:00", end="07:00"), zone="UTC")
        await house.until(run.run_id, RunState.WAITING)
        clock.advance(timedelta(hours=10).total_seconds())
        house.jobs.deadlines.look_again()
        assert (await house.until(run.run_id)).state is RunState.DONE


async def test_the_owner_lets_a_run_go_on_outside_its_hours(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("UTC")))
    async with open_jobs(tmp_path, clock=clock) as house:
        run = await house.start(window=Window(start="22:00", end="07:00"), zone="UTC")
        await house.until(run.run_id, RunState.WAITING)
        await house.jobs.runs.resume(run.run_id)
        assert (await house.until(run.run_id)).state is RunState.DONE


async def test_the_hours_of_a_job_hold_what_its_clock_starts_and_not_what_a_person_does(tmp_path: Path) -> None:
    job = replace(a_job(), window=Window(start="22:00", end="07:00"))
    async with open_jobs(tmp_path) as house:
        by_hand = await house.start(job=job)
        by_clock = await house.jobs.runs.start(MESSAGE, name="count", trigger=Trigger.CLOCK, job=job)
        assert (by_hand.window, by_clock.window) == (None, job.window)


async def test_a_run_that_is_paused_on_its_way_to_a_question_does_not_go_on_with_the_answer(tmp_path: Path) -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def asks_late(doing: Doing) -> RunOutcome:
        reached.set()
        await go.wait()
        return await asks(doing)

    async with open_jobs(tmp_path, script=asks_late) as house:
        run = await house.start()
        await reached.wait()
        await house.jobs.runs.pause(run.run_id)
        go.set()
        assert (await house.until(run.run_id, RunState.PAUSED, RunState.PARKED)).state is RunState.PAUSED
        await answer(house, "approval:a1")
        await house.jobs.runs.wake("approval:a1")
        await house.jobs.runs.resume(run.run_id)
        assert (await house.until(run.run_id)).summary == "once"


async def test_a_run_for_a_quiet_house_waits_while_somebody_writes(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 20, 23, 0, tzinfo=ZoneInfo("UTC")))
    async with open_jobs(tmp_path, clock=clock) as house:
        house.is_idle = False
        run = await house.start(window=Window(start="22:00", end="07:00", only_idle=True), zone="UTC")
        await house.until(run.run_id, RunState.WAITING)
        house.is_idle = True
        clock.advance(61)
        house.jobs.deadlines.look_again()
        assert (await house.until(run.run_id)).state is RunState.DONE


async def test_a_parked_run_whose_deadline_comes_hands_over_what_it_has(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_jobs(tmp_path, clock=clock, script=asks) as house:
        run = await house.start(deadline_at=clock.now() + timedelta(hours=1))
        await house.until(run.run_id, RunState.PARKED)
        clock.advance(3601)
        house.jobs.deadlines.look_again()
        ended = await house.until(run.run_id)
        assert (ended.state, bool(ended.hint)) == (RunState.PARTIAL, True)


async def test_a_retry_takes_over_what_came_before_the_step(tmp_path: Path) -> None:
    steps = Steps()
    async with open_jobs(tmp_path, script=steps) as house:
        first = await house.until((await house.start()).run_id)
        steps.ran.clear()
        retry = await house.jobs.runs.retry(first.run_id, "think")
        await house.until(retry.run_id)
        assert (retry.retry_of, steps.ran) == (first.run_id, ["think", "write"])
        views = await house.jobs.runs.steps(retry.run_id)
        assert [view.state for view in views] == ["taken over", "done", "done"]
        assert [view.began_at is None for view in views] == [True, False, False]  # it took no time in this run


async def test_what_a_hook_began_stays_what_a_hook_began(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        first = await house.jobs.runs.start(MESSAGE, name="count", trigger=Trigger.HOOK)
        by_hand = await house.start()
        for run in (first, by_hand):
            await house.until(run.run_id)
        again = [await house.jobs.runs.retry(run.run_id) for run in (first, by_hand)]
    assert [run.trigger for run in again] == [Trigger.HOOK, Trigger.RETRY]


async def test_a_run_that_was_cancelled_goes_on_behind_its_last_step_when_it_is_retried(tmp_path: Path) -> None:
    steps = Steps()
    steps.go.clear()
    async with open_jobs(tmp_path, script=steps) as house:
        run = await house.start()
        await steps.reached.wait()
        await house.jobs.runs.cancel(run.run_id)
        steps.go.set()
        steps.ran.clear()
        await house.until((await house.jobs.runs.retry(run.run_id)).run_id)
        assert steps.ran == ["think", "write"]


async def test_a_step_that_a_run_does_not_have_cannot_be_retried_from(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        run = await house.until((await house.start()).run_id)
        with pytest.raises(NotFoundError, match="no step"):
            await house.jobs.runs.retry(run.run_id, "nowhere")
        with pytest.raises(NotFoundError):
            await house.jobs.runs.get(RunId("run_none"))


async def test_a_run_of_an_older_house_is_shown_as_interrupted(tmp_path: Path) -> None:
    async with open_jobs(tmp_path, script=asks) as house:
        run = await house.start()
        await house.until(run.run_id, RunState.PARKED)
        await house.store.writer.write(lambda pen: pen.sql.execute("UPDATE runs SET schema_number = 0"))
    async with open_jobs(tmp_path, script=asks) as house:
        await house.jobs.take_up()
        ended = await house.until(run.run_id)
        assert ended.state is RunState.INTERRUPTED
        assert run.run_id in ended.hint


def a_job() -> Job:
    return Job(job_id=JobId("job_1"), name="count", work=MESSAGE, made_at=datetime(2026, 11, 1, tzinfo=UTC))


async def test_an_end_is_told_once_more_when_the_house_went_down_before_it_was_noted(tmp_path: Path) -> None:
    async with open_jobs(tmp_path) as house:
        run = await house.until((await house.start()).run_id)
        await house.jobs.ends.catch_up()
        later = await house.until((await house.start()).run_id)
    async with open_jobs(tmp_path) as house:
        await house.jobs.ends.catch_up()
        await house.jobs.ends.catch_up()
        assert [ended.run_id for ended in house.ended] == [later.run_id]
        assert run.run_id != later.run_id


async def test_a_listener_that_breaks_keeps_no_other_from_being_told(tmp_path: Path) -> None:
    async def breaks(_run: JobRun) -> None:
        raise ZeroDivisionError

    async with open_jobs(tmp_path) as house:
        house.jobs.ends.listeners.insert(0, breaks)
        run = await house.until((await house.start()).run_id)
        async with asyncio.timeout(10):
            while not house.ended:
                await asyncio.sleep(0.01)
        assert house.ended[0].run_id == run.run_id
