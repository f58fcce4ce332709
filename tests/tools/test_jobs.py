from dataclasses import dataclass, field, replace

import pytest

from homarus.domain.errors import RefusedError, ToolArgumentError, ToolFailedError, UsageError
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.tooling import PlannedJob, ToolContext
from homarus.testing.rooms import FakeRooms
from homarus.tools import jobs, remind

pytestmark = pytest.mark.anyio


@dataclass
class Plan:
    """Jobs that were asked for, and whether they were reminders."""

    asked: list[str] = field(default_factory=list[str])
    was_there: bool = False

    async def add(self, when: str, text: str, *, agent: AgentId, session: SessionKey, is_reminder: bool) -> PlannedJob:
        del agent, session
        if "moon" in when:
            raise UsageError("When is that?", hint='Write "every day at 9".')
        self.asked.append(f"{when}|{text}|{is_reminder}")
        return self._job()

    async def all(self) -> tuple[PlannedJob, ...]:
        return (self._job(),) if self.asked else ()

    async def cancel(self, job: str, *, agent: AgentId) -> PlannedJob:
        del agent
        if job == "mine":
            raise RefusedError("Your owner planned it.", hint="Ask the owner.")
        return self._job()

    def _job(self) -> PlannedJob:
        return PlannedJob(
            job_id="job_1",
            name="pills",
            when="weekdays at 07:00 (Europe/Berlin)",
            next=("Mon", "Tue", "Wed"),
            was_there=self.was_there,
        )


@pytest.fixture
def plan() -> Plan:
    return Plan()


@pytest.fixture
def context(rooms: FakeRooms, plan: Plan) -> ToolContext:
    return replace(rooms.context(), jobs=plan)


async def test_work_that_is_planned_is_confirmed_with_its_next_three_times(context: ToolContext, plan: Plan) -> None:
    done = await jobs.add(context, schedule="every weekday at 7", what="Say what is new")
    assert plan.asked == ["every weekday at 7|Say what is new|False"]
    assert done.text == ("Planned, weekdays at 07:00 (Europe/Berlin): Say what is new (next: Mon; Tue; Wed).")


async def test_the_same_work_twice_says_that_it_is_there(context: ToolContext, plan: Plan) -> None:
    plan.was_there = True
    done = await jobs.add(context, schedule="every weekday at 7", what="x")
    assert done.text.startswith("Already planned")


async def test_a_reminder_that_repeats_is_planned_as_one(context: ToolContext, plan: Plan) -> None:
    await remind.set_reminder(context, text="take the pills", when="every weekday at 7")
    assert plan.asked == ["every weekday at 7|take the pills|True"]


async def test_a_schedule_that_is_not_clear_goes_back_with_an_example(context: ToolContext) -> None:
    with pytest.raises(ToolArgumentError) as caught:
        await jobs.add(context, schedule="every blue moon", what="x")
    assert "every day at 9" in caught.value.hint


async def test_jobs_are_listed_with_their_ids(context: ToolContext) -> None:
    assert (await jobs.listing(context)).text == "[nothing is planned]"
    await jobs.add(context, schedule="every weekday at 7", what="x")
    assert (await jobs.listing(context)).text.startswith("job_1: pills: weekdays at 07:00")


async def test_what_the_owner_planned_is_not_taken_back_by_an_agent(context: ToolContext) -> None:
    assert "Removed" in (await jobs.cancel(context, id="job_1")).text
    with pytest.raises(ToolArgumentError):
        await jobs.cancel(context, id="mine")


async def test_without_jobs_nothing_is_claimed(rooms: FakeRooms) -> None:
    with pytest.raises(ToolFailedError):
        await jobs.add(rooms.context(), schedule="every day at 9", what="x")
    with pytest.raises(ToolArgumentError):
        await remind.set_reminder(rooms.context(), text="x", when="every day at 9")
