import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from homarus.domain import codec
from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.events import Kind
from homarus.domain.findings import ActionItem, Missing, Report
from homarus.domain.ids import JobId, RunId
from homarus.domain.job_settings import JobSettings
from homarus.domain.jobs import Delivery, DeliveryMode, JobRun, RunState, Trigger, Work, WorkKind
from homarus.gateway.jobs.places import Place
from homarus.gateway.jobs.telling import Telling, message_of
from homarus.testing.clock import FakeClock
from homarus.testing.door import FakeAnswer, FakeDoor
from homarus.testing.records import FakeRecords
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio
THEN = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def run(number: int = 1, **fields: Any) -> JobRun:
    given: dict[str, Any] = {
        "run_id": RunId(f"run_{number}"),
        "name": "Briefing",
        "work": Work(kind=WorkKind.PLAYBOOK, playbook="briefing"),
        "trigger": Trigger.CLOCK,
        "state": RunState.DONE,
        "job_id": JobId("job_1"),
        "queued_at": THEN,
        "ended_at": THEN,
        "zone": "Europe/Berlin",
        "report": "digest",
    }
    return JobRun(**{**given, **fields})


REPORT = Report(
    title="Briefing",
    summary="Three mails.",
    text="...",
    actions=(ActionItem(key="a", title="Call Lena", because="", due="2026-11-21"),),
    missing=(Missing(what="calendar", because="no answer"),),
)


@dataclass
class Around:
    """Everything that telling needs, as far as it is asked."""

    clock: FakeClock = field(default_factory=FakeClock)
    records: FakeRecords = field(default_factory=FakeRecords)
    ended: list[JobRun] = field(default_factory=list[JobRun])
    sent: list[str] = field(default_factory=list[str])
    told: list[RunId] = field(default_factory=list[RunId])
    place: Place | None = None
    door: FakeDoor = field(default_factory=lambda: FakeDoor(otherwise=lambda _out: FakeAnswer()))

    def __post_init__(self) -> None:
        self.store = FakeStore(self.clock)

    async def get(self, _digest: str) -> bytes:
        return json.dumps(codec.dump(REPORT)).encode()

    async def list(self, *, limit: int, **_given: object) -> Sequence[JobRun]:
        return self.ended[::-1][:limit]

    async def of(self, delivery: Delivery) -> Place | None:
        return self.place if delivery.mode is DeliveryMode.ANNOUNCE else None

    def deliver(self, reply: Any, *, channel: str, to: str) -> None:
        self.sent.append(f"{channel}:{to} {reply.text}")

    async def note_told(self, run_id: RunId, **_where: str) -> None:
        self.told.append(run_id)

    async def end(self, ended: JobRun) -> None:
        self.ended.append(ended)
        me = cast("Any", self)
        async with asyncio.TaskGroup() as tasks:
            telling = Telling(
                store=self.store,
                records=self.records,
                blobs=me,
                clock=self.clock,
                door=self.door,
                outbox=me,
                places=me,
                runs=me,
                slots=me,
                settings=JobSettings,
                tasks=tasks,
                pauses_s=(0.0, 0.0),
            )
            await telling(ended)

    async def replies(self) -> Sequence[str]:
        events = await self.store.since(0, kinds=(Kind.REPLY_WRITTEN,))
        return [str(cast("Any", event.body["reply"])["text"]) for event in events]


def test_what_is_told_has_the_time_at_which_it_happened_on_its_own_clock() -> None:
    said = message_of(run(), REPORT)
    assert said.startswith("Briefing, Fri 20 Nov 2026, 07:30 CET")
    assert "- Call Lena (2026-11-21)" in said
    assert "Missing: calendar (no answer)" in said
    failed = message_of(run(state=RunState.FAILED, error="No model.", hint="homarus doctor", report=""), None)
    assert failed == "Briefing failed, Fri 20 Nov 2026, 07:30 CET: No model.\nNext: homarus doctor"


async def test_an_outcome_is_told_once_where_the_job_says() -> None:
    around = Around(place=Place(channel="telegram", to="123"))
    await around.end(run())
    await around.end(run())  # the telling before was cut off behind the reply
    assert len(await around.replies()) == 1
    assert around.sent[0].startswith("telegram:123 Briefing")
    await around.end(run(2, told_at=THEN))
    assert len(await around.replies()) == 1


async def test_without_a_channel_the_pages_have_it() -> None:
    around = Around()
    await around.end(run())
    assert (around.sent, around.told, len(await around.replies())) == ([], [RunId("run_1")], 1)


@pytest.mark.parametrize("state", [RunState.SKIPPED, RunState.CANCELLED])
async def test_what_did_not_happen_is_not_told(state: RunState) -> None:
    around = Around()
    await around.end(run(state=state))
    assert await around.replies() == []


async def test_a_job_that_is_told_nowhere_is_quiet_when_it_goes_well() -> None:
    around = Around()
    await around.end(run(delivery=Delivery(mode=DeliveryMode.NONE)))
    assert await around.replies() == []


async def test_failures_are_told_from_the_second_in_a_row_and_not_again_within_an_hour() -> None:
    around = Around(ended=[run(0)])
    failed = run(state=RunState.FAILED, error="No model.", report="")
    await around.end(failed)
    assert await around.replies() == []
    await around.end(replace(failed, run_id=RunId("run_2")))
    assert len(await around.replies()) == 1
    await around.end(replace(failed, run_id=RunId("run_3")))
    assert len(await around.replies()) == 1
    around.clock.advance(timedelta(hours=1, seconds=1).total_seconds())
    await around.end(replace(failed, run_id=RunId("run_4")))
    assert len(await around.replies()) == 2


@pytest.mark.parametrize("before", [[], [run(0, ended_at=THEN - timedelta(days=1))]])
async def test_the_first_failure_of_a_job_that_runs_seldom_is_told(before: list[JobRun]) -> None:
    around = Around(ended=before)
    await around.end(run(state=RunState.FAILED, error="No model.", report=""))
    assert len(await around.replies()) == 1


async def test_a_failure_after_a_success_begins_to_count_anew() -> None:
    around = Around(ended=[run(9)])
    for number, state in enumerate((RunState.FAILED, RunState.DONE, RunState.FAILED)):
        report = "digest" if state is RunState.DONE else ""
        await around.end(run(number, state=state, error="x", report=report, delivery=Delivery(mode=DeliveryMode.NONE)))
    assert await around.replies() == []


async def test_a_run_without_a_job_that_fails_is_told_at_once() -> None:
    around = Around()
    await around.end(run(job_id=None, state=RunState.FAILED, error="No model.", report=""))
    assert len(await around.replies()) == 1


async def test_a_webhook_gets_the_outcome_once_with_a_key() -> None:
    around = Around()
    hooked = run(delivery=Delivery(mode=DeliveryMode.WEBHOOK, channel="webhook", to="https://example.org/in"))
    await around.end(hooked)
    await around.end(hooked)  # nobody knows whether the first one arrived, so it is not sent blindly again
    (sent,) = around.door.opened
    assert (sent.url, sent.headers["Idempotency-Key"]) == ("https://example.org/in", "run_1")
    assert json.loads(sent.body or b"")["at"].startswith("2026-11-20T07:30:00+01:00")
    assert around.told == ["run_1"]


async def test_a_webhook_that_refuses_is_not_counted_as_told() -> None:
    around = Around(door=FakeDoor(otherwise=lambda _out: FakeAnswer(status=500)))
    await around.end(run(delivery=Delivery(mode=DeliveryMode.WEBHOOK, channel="webhook", to="https://example.org/in")))
    assert around.told == []


@pytest.mark.parametrize(
    ("stage", "calls"), [(Stage.CONNECT, 2), (Stage.RESOLVE, 2), (Stage.FIRST_BYTE, 1), (Stage.CUT, 1)]
)
async def test_a_webhook_is_called_again_only_when_no_connection_was_opened(stage: Stage, calls: int) -> None:
    failures = iter([ConnectionFailedError(stage, "no", hint="")])
    around = Around(door=FakeDoor(otherwise=lambda _out: next(failures, FakeAnswer())))
    await around.end(run(delivery=Delivery(mode=DeliveryMode.WEBHOOK, channel="webhook", to="https://example.org/in")))
    assert len(around.door.opened) == calls
    assert around.told == (["run_1"] if calls == 2 else [])
