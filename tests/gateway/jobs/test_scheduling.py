from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homarus.domain.ids import JobId
from homarus.domain.jobs import Clockwork, Job, Missed, Schedule, Work, WorkKind
from homarus.gateway.jobs.missed import MOST
from homarus.gateway.jobs.schedules import moments
from homarus.gateway.jobs.scheduling import Scheduling, lag_of
from homarus.testing.records import FakeRecords

pytestmark = pytest.mark.anyio
BEGIN = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
HOURLY = Schedule(kind=Clockwork.CRON, zone="Europe/Berlin", cron="30 * * * *")


class Crash(Exception):  # noqa: N818 - stands for kill -9
    pass


@dataclass
class Hands:
    """A clock that is moved by hand."""

    at: datetime = BEGIN

    def now(self) -> datetime:
        return self.at

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo("Europe/Berlin")


@dataclass
class Table:
    """Records by slot, as the table of runs keeps them: whoever is first."""

    rows: dict[datetime, str] = field(default_factory=dict[datetime, str])
    writes: list[datetime] = field(default_factory=list[datetime])
    is_going: bool = False
    crash_in: int = -1

    async def begin(self, job: Job, slot: datetime) -> bool:
        del job
        return self._write(slot, "run")

    async def skip(self, job: Job, slot: datetime, because: str) -> bool:
        del job
        assert because
        return self._write(slot, "skipped")

    async def is_busy(self, job_id: JobId) -> bool:
        del job_id
        return self.is_going

    def _write(self, slot: datetime, state: str) -> bool:
        if self.crash_in == 0:
            raise Crash
        self.crash_in -= 1
        if slot in self.rows:
            return False
        self.rows[slot] = state
        self.writes.append(slot)
        return True


@dataclass
class Plan:
    planned: list[Job]

    async def jobs(self) -> tuple[Job, ...]:
        return tuple(self.planned)


def job(schedule: Schedule = HOURLY, missed: Missed = Missed.ONCE) -> Job:
    return Job(
        job_id=JobId("job_1"),
        name="look",
        work=Work(kind=WorkKind.NOTE, text="look"),
        schedule=replace(schedule, missed=missed),
        made_at=BEGIN,
    )


@dataclass
class Place:
    """One house with a clock; `restart` loses everything but what is on disk."""

    plan: Plan = field(default_factory=lambda: Plan([job()]))
    table: Table = field(default_factory=Table)
    records: FakeRecords = field(default_factory=FakeRecords)
    hands: Hands = field(default_factory=Hands)
    is_on: bool = True

    def scheduling(self) -> Scheduling:
        return Scheduling(self.plan, self.table, self.records, self.hands, is_on=lambda: self.is_on)

    async def look_after(self, hours: float) -> datetime | None:
        self.hands.at += timedelta(hours=hours)
        return await self.scheduling().look()

    def states(self) -> Sequence[str]:
        return [self.table.rows[slot] for slot in sorted(self.table.rows)]


async def test_a_time_that_comes_is_worked_once() -> None:
    place = Place()
    coming = await place.look_after(0.4)
    assert (place.states(), coming) == ([], BEGIN + timedelta(hours=0.5))
    await place.look_after(0.1)
    await place.look_after(0.1)
    assert place.states() == ["run"]


@pytest.mark.parametrize(
    ("missed", "wanted"),
    [
        (Missed.SKIP, ["skipped", "skipped", "skipped"]),
        (Missed.ONCE, ["skipped", "skipped", "run"]),
        (Missed.ALL, ["run", "run", "run"]),
    ],
)
async def test_times_that_passed_while_the_house_was_down_follow_the_policy(missed: Missed, wanted: list[str]) -> None:
    place = Place(plan=Plan([job(missed=missed)]))
    await place.look_after(3.2)
    assert place.states() == wanted


async def test_a_time_on_which_the_run_before_still_works_is_written_down_as_skipped() -> None:
    place = Place(table=Table(is_going=True))
    await place.look_after(0.5)
    assert place.states() == ["skipped"]


async def test_what_passed_during_a_pause_is_no_concern_of_the_schedule() -> None:
    place = Place(plan=Plan([replace(job(), is_enabled=False)]))
    await place.look_after(5)
    place.plan.planned = [job()]
    await place.scheduling().begin_anew(JobId("job_1"))
    await place.look_after(0.2)
    assert place.states() == []


async def test_schedules_that_were_switched_off_make_up_for_nothing() -> None:
    place = Place(is_on=False)
    scheduling = place.scheduling()
    place.hands.at += timedelta(hours=5)
    await scheduling.look()
    place.is_on = True
    await scheduling.look()
    assert place.states() == []


async def test_a_job_starts_later_than_its_time_by_its_own_lag() -> None:
    late = job(replace(HOURLY, stagger_s=300.0))
    assert timedelta() < lag_of(late) <= timedelta(minutes=5)
    place = Place(plan=Plan([late]))
    coming = await place.look_after(0.5)
    assert (place.states(), coming) == ([], BEGIN + timedelta(minutes=30) + lag_of(late))
    await place.look_after(lag_of(late).total_seconds() / 3600)
    assert list(place.table.rows) == [BEGIN + timedelta(minutes=30)]


async def test_a_schedule_that_cannot_be_read_does_not_keep_the_others_from_their_times() -> None:
    broken = replace(job(Schedule(kind=Clockwork.CRON, zone="Europe/Berlin", cron="nonsense")), job_id=JobId("job_0"))
    place = Place(plan=Plan([broken, job()]))
    await place.look_after(0.5)
    assert place.states() == ["run"]


async def test_a_machine_that_slept_for_long_writes_down_a_thousand_times_at_most() -> None:
    place = Place(plan=Plan([job(replace(HOURLY, cron="* * * * *"))]))
    await place.look_after(24 * 30)
    assert len(place.states()) == MOST
    assert place.states()[-1] == "run"


async def test_two_gateways_on_one_table_make_one_record_for_each_time() -> None:
    place = Place()
    other = Place(plan=place.plan, table=place.table, hands=place.hands)
    for _hour in range(5):
        await place.look_after(0.5)
        await other.scheduling().look()
    assert place.table.writes == sorted(set(place.table.writes))


async def test_it_looks_again_as_soon_as_a_job_is_added() -> None:
    place = Place(plan=Plan([]))
    scheduling = place.scheduling()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scheduling.run)
        await anyio.wait_all_tasks_blocked()
        place.plan.planned = [job()]
        place.hands.at += timedelta(hours=0.5)
        scheduling.look_again()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert place.states() == ["run"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("wait", "down", "jump back", "jump ahead", "crash")),
        st.integers(1, 60 * 30),
    ),
    max_size=12,
)
SCHEDULES = st.sampled_from(
    (
        HOURLY,
        replace(HOURLY, cron="15 2,3 * * *"),
        Schedule(kind=Clockwork.EVERY, zone="UTC", every_s=5400.0, anchor=BEGIN),
        Schedule(kind=Clockwork.AT, zone="UTC", at=BEGIN + timedelta(hours=9)),
    )
)


@settings(deadline=None)
@given(steps=STEPS, schedule=SCHEDULES, missed=st.sampled_from(Missed))
async def test_whatever_happens_each_time_has_exactly_one_record(
    steps: list[tuple[str, int]], schedule: Schedule, missed: Missed
) -> None:
    place = Place(plan=Plan([job(schedule, missed)]))
    farthest = place.hands.at
    for what, minutes in steps:
        if what == "jump back":
            place.hands.at = max(place.hands.at - timedelta(minutes=minutes), BEGIN)
        else:
            place.hands.at += timedelta(minutes=minutes)
        place.table.crash_in = minutes % 4 if what == "crash" else -1
        farthest = max(farthest, place.hands.at)
        try:
            await place.scheduling().look()
        except Crash:
            place.table.crash_in = -1
    await place.scheduling().look()
    place.hands.at = farthest
    await place.scheduling().look()
    wanted: list[datetime] = []
    for slot in moments(schedule, BEGIN):
        if slot > farthest:
            break
        wanted.append(slot)
    assert sorted(place.table.rows) == wanted
    assert len(place.table.writes) == len(wanted)
