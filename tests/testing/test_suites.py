"""The conformance suites hold for our own fakes and rooms, and fail for what does not conform."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.events import Event
from homarus.domain.ids import TurnId
from homarus.domain.ports import Channel, Health, Records, Run, Store
from homarus.domain.turns import Reply
from homarus.gateway.discover import discover
from homarus.state.records import StoredRecords
from homarus.state.store import open_store
from homarus.testing import channel_suite, records_suite, run_suite, store_suite, tool_suite
from homarus.testing.channel import FakeChannel, Fault
from homarus.testing.clock import FakeClock
from homarus.testing.records import FakeRecords
from homarus.testing.run import FakeRun
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio

DISCOVERED = discover(Path("/nowhere"))


def name(claim: Callable[..., object]) -> str:
    return claim.__name__


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield FakeStore()
        return
    async with await open_store(home) as opened:
        yield opened


@pytest.mark.parametrize("claim", store_suite.CLAIMS, ids=name)
async def test_a_store_conforms(claim: Callable[[Store], Awaitable[None]], store: Store) -> None:
    await claim(store)


@pytest.fixture(params=["memory", "sqlite"])
async def records(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[Records]:
    if request.param == "memory":
        yield FakeRecords()
        return
    async with await open_store(home) as opened:
        yield StoredRecords(opened)


@pytest.mark.parametrize("claim", records_suite.CLAIMS, ids=name)
async def test_records_conform(claim: Callable[[Records], Awaitable[None]], records: Records) -> None:
    await claim(records)


class FakeRunBench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = FakeStore(self.clock)
        self.run = FakeRun(store=self.store, clock=self.clock)

    def again(self) -> Run:
        return self.run.again()

    async def decide(self, topic: str, body: JsonObject) -> None:
        await self.run.decide(topic, body)

    async def events(self) -> tuple[Event, ...]:
        return await self.store.of_turn(TurnId("turn_1"))

    def now(self) -> datetime:
        return self.clock.now()

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by.total_seconds())


@pytest.mark.parametrize("claim", run_suite.CLAIMS, ids=name)
async def test_a_fake_run_is_a_durable_run(claim: run_suite.Claim) -> None:
    await claim(FakeRunBench())


class FakeChannelBench:
    person = "lena"

    def __init__(self, *, has_keys: bool) -> None:
        self.fake = FakeChannel(has_keys=has_keys)

    @property
    def channel(self) -> Channel:
        return self.fake

    async def write(self, text: str) -> None:
        self.fake.arrive(text, sender=self.person)

    async def seen(self) -> list[str]:
        return [sent.reply.text for sent in self.fake.sent]

    async def break_it(self) -> None:
        self.fake.health = Health(is_well=False, sentence="Nobody is there.", hint="Plug it in.")
        self.fake.fail_next(Fault.BEFORE)


@pytest.mark.parametrize("has_keys", [True, False])
@pytest.mark.parametrize("claim", channel_suite.CLAIMS, ids=name)
async def test_a_fake_channel_conforms(
    claim: Callable[[channel_suite.ChannelBench], Awaitable[None]], *, has_keys: bool
) -> None:
    await claim(FakeChannelBench(has_keys=has_keys))


@pytest.mark.parametrize("claim", tool_suite.CLAIMS, ids=name)
@pytest.mark.parametrize("tool", DISCOVERED.names("tool"))
def test_every_tool_of_the_house_conforms(claim: Callable[[tool_suite.Function], None], tool: str) -> None:
    function = DISCOVERED.thing("tool", tool)
    assert callable(function)
    claim(function)


class LyingBench(FakeChannelBench):
    """Its channel drops nothing, and promises to."""

    class Lying(FakeChannel):
        async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
            return await super().send(reply, to=to, idempotency_key=f"{idempotency_key} {self.attempts}")

    def __init__(self) -> None:
        super().__init__(has_keys=True)
        self.fake = self.Lying()


async def test_a_channel_that_does_not_keep_its_promise_is_found_out() -> None:
    with pytest.raises(AssertionError):
        await channel_suite.a_key_is_honoured_where_it_is_promised(LyingBench())
