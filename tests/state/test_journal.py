"""A turn's journal is a durable run."""

from datetime import datetime, timedelta

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Parked
from homarus.state.journal import Journal
from homarus.state.store import SqliteStore
from homarus.testing import run_suite
from homarus.testing.clock import FakeClock
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio
TURN, MAIN = TurnId("turn_1"), SessionKey("agent:main:main")


class Bench:
    """Opens the journal of one turn again and again."""

    def __init__(self, store: SqliteStore, clock: FakeClock) -> None:
        self._store = store
        self._clock = clock

    def again(self) -> Journal:
        return Journal(self._store, TURN, MAIN, clock=self._clock)

    async def decide(self, topic: str, body: JsonObject) -> None:
        await self._store.append(NewEvent(kind=Kind.APPROVAL_DECIDED, body=body, turn=TURN, dedupe=topic))

    async def events(self) -> tuple[Event, ...]:
        return await self._store.of_turn(TURN)

    def now(self) -> datetime:
        return self._clock.now()

    def advance(self, by: timedelta) -> None:
        self._clock.advance(by.total_seconds())


@pytest.fixture
def bench(store: SqliteStore, clock: FakeClock) -> Bench:
    return Bench(store, clock)


@pytest.mark.parametrize("claim", run_suite.CLAIMS, ids=run_suite.name_of)
async def test_a_journal_is_a_durable_run(claim: run_suite.Claim, bench: Bench) -> None:
    await claim(bench)


async def test_a_step_without_a_kind_keeps_its_outcome_under_that_name(bench: Bench) -> None:
    async def look() -> JsonObject:
        return {"found": 3}

    assert await bench.again().step("look", look) == {"found": 3}
    (event,) = await bench.events()
    assert (event.kind, event.dedupe, event.body) == (
        Kind.STEP_FINISHED,
        "turn_1:look",
        {"outcome": {"found": 3}},
    )


async def test_a_send_is_announced_as_one(bench: Bench) -> None:
    async def send() -> JsonObject:
        return {"delivery_id": "7"}

    await bench.again().step("deliver", send, kind=Kind.REPLY_DELIVERED, intent={"to": "x"}, is_repeatable=False)
    assert [event.kind for event in await bench.events()] == [Kind.REPLY_SENDING, Kind.REPLY_DELIVERED]


async def test_a_parked_turn_is_written_down_once(bench: Bench) -> None:
    for _replay in range(2):
        with pytest.raises(Parked):
            await bench.again().wait("approval:a1")
    assert [event.kind for event in await bench.events()] == [Kind.TURN_PARKED]


async def test_a_fact_with_a_key_is_written_once_whatever_came_before(bench: Bench) -> None:
    await bench.again().emit(Kind.ROUTE_CHOSEN, {"route": "a"}, key="route")
    run = bench.again()
    await run.emit(Kind.ROUTE_CHOSEN, {"route": "b"})
    await run.emit(Kind.ROUTE_CHOSEN, {"route": "c"}, key="route")
    assert [event.body["route"] for event in await bench.events()] == ["a", "b"]


async def test_two_processes_cannot_both_write_an_outcome(bench: Bench) -> None:
    one, two = bench.again(), bench.again()

    async def answer(n: int) -> JsonObject:
        return {"n": n}

    first = await one.step("ask", lambda: answer(1))
    await two.emit(Kind.MODEL_FAILED, {})
    assert await two.step("ask", lambda: answer(2)) == first


async def test_a_journal_that_was_given_the_events_so_far_reads_them_nowhere(bench: Bench, clock: FakeClock) -> None:
    async def look() -> JsonObject:
        return {"found": 3}

    await bench.again().step("look", look)
    known = await bench.events()

    async def never() -> JsonObject:
        raise AssertionError("it was done before")

    told = Journal(FakeStore(), TURN, MAIN, clock=clock, known=known)  # a store that has none of it
    assert await told.step("look", never) == {"found": 3}
