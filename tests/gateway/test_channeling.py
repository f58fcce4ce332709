"""A channel may be anybody's code: whatever it does, the house goes on and says what happened."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from homarus.domain.errors import ConnectionFailedError, DiskFullError, Stage, UsageError
from homarus.domain.events import Kind
from homarus.domain.ids import AgentId
from homarus.domain.ports import Health
from homarus.domain.turns import Inbound, Reply
from homarus.gateway.attendant import Attendant
from homarus.gateway.channel_settings import ChannelSettings
from homarus.gateway.guarded import GuardedChannel
from homarus.gateway.senders import KnownAgents
from homarus.testing.channel import FakeChannel
from homarus.testing.channel_suite import reply_of
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio
LENA = ChannelSettings.model_validate({"owner": ["lena"]})


class Broken(FakeChannel):
    """Breaks in everything it does."""

    def receive(self) -> AsyncIterator[Inbound]:
        raise KeyError("token")

    async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
        raise KeyError(to, idempotency_key, reply)

    async def probe(self) -> Health:
        raise KeyError("token")


class Intake:
    """Takes messages, or fails as told."""

    def __init__(self, *fails: Exception) -> None:
        self.fails = list(fails)
        self.taken: list[Inbound] = []

    async def __call__(self, inbound: Inbound) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.taken.append(inbound)


@asynccontextmanager
async def attended(
    channel: FakeChannel, intake: Intake, settings: ChannelSettings = LENA, store: FakeStore | None = None
) -> AsyncGenerator[Attendant]:
    attendant = Attendant(
        name="fake",
        settings=settings,
        place=GuardedChannel("fake", channel),
        accept=intake,
        agents=lambda: KnownAgents(agents=frozenset({AgentId("main")}), default_agent=AgentId("main")),
        store=store or FakeStore(),
        pauses_s=(0.001,),
    )
    task = asyncio.create_task(attendant.run())
    try:
        async with asyncio.timeout(10):
            yield attendant
            assert not task.done()
    finally:
        task.cancel()


async def until(holds: object) -> None:
    assert callable(holds)
    while not holds():
        await asyncio.sleep(0.001)


async def test_a_message_is_asked_for_again_until_it_is_written_down() -> None:
    channel, intake = FakeChannel(), Intake(DiskFullError("Full.", hint="Make room."))
    channel.arrive("one")
    channel.arrive("two")
    async with attended(channel, intake):
        await until(lambda: len(intake.taken) == 2)
    assert [inbound.text for inbound in intake.taken] == ["one", "two"]


async def test_an_empty_message_is_left_out() -> None:
    channel, intake = FakeChannel(), Intake(UsageError("Empty.", hint="Write."))
    channel.arrive(" ")
    channel.arrive("two")
    async with attended(channel, intake):
        await until(lambda: intake.taken)
    assert [inbound.text for inbound in intake.taken] == ["two"]


async def test_a_channel_that_hangs_up_is_asked_again() -> None:
    channel, intake = FakeChannel(), Intake()
    channel.hang_up()
    channel.arrive("one")
    async with attended(channel, intake) as attendant:
        await until(lambda: intake.taken)
    assert [health.is_well for health in attendant.said()] == [False]


async def test_a_channel_that_breaks_takes_nobody_with_it() -> None:
    store = FakeStore()
    async with attended(Broken(), Intake(), store=store) as attendant:
        await until(lambda: attendant.trouble.times > 2)
    assert "KeyError: 'token'" in attendant.said()[0].sentence
    assert {event.kind for event in store.events} == {Kind.FAILED}


async def test_a_message_that_can_never_be_taken_is_trouble_of_its_channel() -> None:
    channel = FakeChannel()
    channel.arrive("one")
    async with attended(channel, Intake(ValueError("odd"))) as attendant:
        await until(lambda: attendant.trouble.receiving)
    assert "odd" in attendant.said()[0].sentence


async def test_strangers_are_counted_and_named_once() -> None:
    channel, intake, store = FakeChannel(), Intake(), FakeStore()
    for sender in ("eve", "eve", "bob"):
        channel.arrive("hello", sender=sender)
    channel.arrive("hello")
    async with attended(channel, intake, store=store) as attendant:
        await until(lambda: intake.taken)
    assert [event.body["sender"] for event in store.events] == ["eve", "bob"]
    (said,) = attendant.said()
    assert "2 senders who are not known" in said.sentence
    assert """channels.fake.allowFrom '["bob"]'""" in said.hint


async def test_who_was_let_in_is_no_stranger_any_more() -> None:
    channel, intake = FakeChannel(), Intake()
    channel.arrive("hello")
    async with attended(channel, intake) as attendant:
        attendant.trouble.strangers.update({"lena": "Lena", "eve": ""})
        await until(lambda: intake.taken)
    assert list(attendant.trouble.strangers) == ["eve"]


async def test_a_name_of_a_stranger_cannot_drive_a_terminal() -> None:
    channel, intake = FakeChannel(), Intake()
    channel.arrive("hello", sender="\x1b[2J'; rm -r ~ #")
    channel.arrive("hello")
    async with attended(channel, intake) as attendant:
        await until(lambda: intake.taken)
    assert "\x1b" not in attendant.said()[0].sentence + attendant.said()[0].hint


async def test_a_channel_where_nobody_may_talk_says_so() -> None:
    async with attended(FakeChannel(), Intake(), settings=ChannelSettings()) as attendant:
        assert "Nobody may talk" in attendant.said()[0].sentence


async def test_what_a_send_raises_is_never_taken_for_not_sent() -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        await GuardedChannel("fake", Broken()).send(reply_of("hi"), to="lena", idempotency_key="k")
    assert caught.value.stage is Stage.CUT


async def test_a_probe_that_breaks_is_not_well() -> None:
    health = await GuardedChannel("fake", Broken()).probe()
    assert (health.is_well, bool(health.hint)) == (False, True)


async def test_a_channel_that_is_switched_off_does_not_cut_a_message_in_the_middle() -> None:
    began, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Slow(Intake):
        async def __call__(self, inbound: Inbound) -> None:
            began.set()
            await go.wait()
            await super().__call__(inbound)
            done.set()

    channel, intake = FakeChannel(), Slow()
    channel.arrive("one")
    async with attended(channel, intake):
        await began.wait()
    go.set()
    async with asyncio.timeout(10):
        await done.wait()
    assert len(intake.taken) == 1
