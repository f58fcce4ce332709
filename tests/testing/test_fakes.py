from datetime import timedelta
from pathlib import Path

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.errors import ConnectionFailedError, DiskFullError, InterruptedEffectError, Stage
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.labels import OWNER
from homarus.domain.ports import Outbound, Parked, Purpose
from homarus.domain.turns import Reply
from homarus.testing.channel import FakeChannel, Fault
from homarus.testing.clock import FakeClock
from homarus.testing.door import FakeAnswer, FakeDoor
from homarus.testing.rooms import fake_rooms
from homarus.testing.run import FakeRun, Killed
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio

REPLY = Reply(turn_id=TurnId("turn_1"), session=SessionKey("agent:main:fake:lena"), text="Done.", route=None)


async def outcome() -> JsonObject:
    return {"answer": 42}


def test_a_clock_stands_still_until_told() -> None:
    clock = FakeClock()
    before = clock.now()
    assert clock.now() == before
    assert clock.advance(90) - before == timedelta(seconds=90)


async def test_a_store_writes_a_key_once_and_finds_the_first() -> None:
    store = FakeStore()
    first, second = [(await store.append(NewEvent(kind=Kind.FAILED, body={"n": n}, dedupe="same")))[0] for n in (1, 2)]
    assert second == first
    assert await store.last_seq() == 1


async def test_a_full_store_writes_nothing() -> None:
    store = FakeStore()
    store.is_full = True
    with pytest.raises(DiskFullError):
        await store.append(NewEvent(kind=Kind.FAILED))
    assert store.events == []


async def test_a_step_runs_once_over_restarts() -> None:
    run = FakeRun()
    await run.step("ask", outcome)
    replay = run.again()
    assert await replay.step("ask", outcome) == {"answer": 42}
    assert (run.ran, replay.ran) == (["ask"], [])


async def test_a_killed_effect_without_keys_is_not_repeated() -> None:
    run = FakeRun()
    run.die_after.add("send")
    with pytest.raises(Killed):
        await run.step("send", outcome, intent={"to": "lena"}, is_repeatable=False)
    with pytest.raises(InterruptedEffectError):
        await run.again().step("send", outcome, intent={"to": "lena"}, is_repeatable=False)


async def test_a_run_is_parked_until_somebody_decides() -> None:
    run = FakeRun()
    with pytest.raises(Parked, match="approval:1"):
        await run.wait("approval:1")
    await run.decide("approval:1", {"decision": "once"})
    assert await run.again().wait("approval:1") == {"decision": "once"}


async def test_a_fact_is_emitted_once_over_restarts() -> None:
    store = FakeStore()
    for run in (FakeRun(store=store), FakeRun(store=store)):
        await run.emit(Kind.ENGINE_CHANGED, {"state": "up"})
    assert len(store.events) == 1


async def test_a_channel_with_keys_drops_a_second_message() -> None:
    channel = FakeChannel()
    ids = [await channel.send(REPLY, to="lena", idempotency_key="k") for _ in range(2)]
    assert ids == ["fake-1", "fake-1"]
    assert len(channel.sent) == 1


@pytest.mark.parametrize(
    ("fault", "stage", "arrived"),
    [(Fault.BEFORE, Stage.CONNECT, 0), (Fault.LOST, Stage.CUT, 0), (Fault.ARRIVED, Stage.CUT, 1)],
)
async def test_a_channel_fails_as_ordered(fault: Fault, stage: Stage, arrived: int) -> None:
    channel = FakeChannel()
    channel.fail_next(fault)
    with pytest.raises(ConnectionFailedError) as caught:
        await channel.send(REPLY, to="lena", idempotency_key="k")
    assert caught.value.stage is stage
    assert len(channel.sent) == arrived


async def test_a_channel_delivers_the_same_message_as_often_as_told() -> None:
    channel = FakeChannel()
    channel.arrive("hello", times=3)
    channel.hang_up()
    came = [inbound async for inbound in channel.receive()]
    assert [inbound.text for inbound in came] == ["hello"] * 3
    assert len({inbound.external_id for inbound in came}) == 1


async def test_a_door_answers_by_its_script_and_remembers() -> None:
    door = FakeDoor({"http://a.test/": FakeAnswer(body=(b"he", b"llo"), headers={"Content-Type": "text/plain"})})
    outbound = Outbound(method="GET", url="http://a.test/", purpose=Purpose.TOOL)
    async with door.open(outbound) as inlet:
        assert (inlet.headers["content-type"], await inlet.read(4)) == ("text/plain", b"hell")
    assert (door.opened, door.closed) == ([outbound], 1)


async def test_a_door_without_an_answer_cannot_be_reached() -> None:
    with pytest.raises(ConnectionFailedError, match=r"b\.test"):
        async with FakeDoor().open(Outbound(method="GET", url="http://b.test/", purpose=Purpose.TOOL)):
            pass


async def test_rooms_are_ready_for_a_tool(tmp_path: Path) -> None:
    rooms = fake_rooms(tmp_path)
    context = rooms.context()
    place = await context.memory.save("Lena likes tea", label=OWNER)
    (found,) = await context.memory.search("tea")
    assert place == f"{found.file}:{found.line}"
    await context.sandbox.run(["ls"], workspace=tmp_path, timeout_s=1)
    assert rooms.sandbox.commands[0].argv == ("ls",)


async def test_the_same_key_gives_the_same_reminder(tmp_path: Path) -> None:
    rooms = fake_rooms(tmp_path)
    for text in ("call", "call again"):
        await rooms.reminders.add(
            text, due_at=rooms.clock.now(), session=SessionKey("agent:main:main"), idempotency_key="k"
        )
    assert [reminder.text for reminder in rooms.reminders.by_key.values()] == ["call"]
