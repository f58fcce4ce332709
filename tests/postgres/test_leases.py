"""What one process holds, no other has; a session is not let go of while there is something to do in it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import psycopg
import pytest

from homarus.domain import codec
from homarus.domain.errors import StateError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.turns import Inbound, Reply
from homarus.gateway.holding import while_held
from homarus.state.opening import Opened, open_state
from homarus.state.postgres.leases import Leases
from homarus.state.postgres.shared import Shared
from homarus.state.postgres.store import PostgresStore

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
MAIN = SessionKey("agent:main:main")


@pytest.fixture
def leases(opened: Opened) -> Leases:
    assert opened.shared is not None
    return opened.shared.leases


@pytest.fixture
async def other(tmp_path: Path, postgres_url: str) -> AsyncIterator[Opened]:
    (tmp_path / "other").mkdir()
    found = await open_state(tmp_path / "other", postgres_url)
    yield found
    await found.store.close()


@pytest.fixture
def others(other: Opened) -> Leases:
    return cast("Shared", other.shared).leases


async def accept(store: PostgresStore, turn: str) -> None:
    inbound = Inbound(channel="cli", external_id=turn, session=MAIN, agent=AgentId("main"), text="hello")
    body = {"inbound": codec.dump(inbound)}
    await store.append(NewEvent(kind=Kind.INBOUND_ACCEPTED, body=body, session=MAIN, turn=TurnId(turn)))


async def answer(store: PostgresStore, turn: str) -> None:
    reply = Reply(turn_id=TurnId(turn), session=MAIN, text="hi", route=None)
    body = {"reply": codec.dump(reply), "channel": "cli", "to": ""}
    await store.append(NewEvent(kind=Kind.REPLY_WRITTEN, body=body, session=MAIN, turn=TurnId(turn)))


async def test_what_is_held_is_held_by_one(leases: Leases, others: Leases) -> None:
    taken = await asyncio.gather(*(one.take("channel:pigeon") for one in (leases, others)))
    assert sorted(taken) == [False, True]
    holder, waits = (leases, others) if taken[0] else (others, leases)
    assert await holder.take("channel:pigeon")
    await waits.release("channel:pigeon")
    assert not await waits.take("channel:pigeon")
    await holder.release("channel:pigeon")
    assert await waits.take("channel:pigeon")


async def test_a_session_is_kept_while_something_is_to_be_done_there(
    leases: Leases, others: Leases, store: PostgresStore
) -> None:
    await accept(store, "turn_1")
    taken = await leases.take_session(MAIN)
    assert taken is not None
    assert [event.turn for event in taken] == ["turn_1"]
    assert await others.take_session(MAIN) is None
    await accept(store, "turn_2")
    await answer(store, "turn_1")
    assert [event.turn for event in await leases.release_session(MAIN)] == ["turn_2"]
    assert await others.take_session(MAIN) is None
    await answer(store, "turn_2")
    assert await leases.release_session(MAIN) == ()
    assert await others.take_session(MAIN) == ()


async def test_what_nobody_has_is_left(leases: Leases, store: PostgresStore) -> None:
    await accept(store, "turn_1")
    assert [event.turn for event in await leases.left_turns()] == ["turn_1"]
    await leases.take_session(MAIN)
    assert await leases.left_turns() == ()


async def test_what_a_process_held_is_free_when_it_ends(leases: Leases, tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "ends").mkdir()
    ends = await open_state(tmp_path / "ends", postgres_url)
    assert await cast("Shared", ends.shared).leases.take("x")
    assert not await leases.take("x")
    await ends.store.close()
    assert await leases.take("x")


async def test_a_process_that_lost_its_connection_and_was_silent_is_buried(
    opened: Opened, leases: Leases, others: Leases, other: Opened, postgres_url: str
) -> None:
    assert await others.take("x")
    dead = cast("PostgresStore", other.store)
    dead.presence.close()  # its pulse stops ...
    with psycopg.connect(postgres_url, autocommit=True) as sql:
        sql.execute(  # ... as if it had been killed: it did not say good-bye, and was seen a while ago
            "UPDATE homarus.processes SET gone_us = NULL, seen_us = seen_us - 4000000 WHERE process = %s",
            (dead.presence.process,),
        )
        sql.execute(
            "INSERT INTO homarus.leases (owner_id, name, process, taken_us) VALUES ('owner', 'x', %s, 0)",
            (dead.presence.process,),
        )
    assert not await leases.take("x")
    async with asyncio.timeout(20):
        while not await leases.take("x"):
            await asyncio.sleep(0.05)
    with pytest.raises(StateError, match="took over"):
        await dead.append(NewEvent(kind=Kind.FAILED))
    assert len(await cast("Shared", opened.shared).neighbours()) == 2


async def test_work_that_one_may_do_goes_on_at_another_when_it_ends(leases: Leases, others: Leases) -> None:
    log, first_ends = list[str](), asyncio.Event()

    async def first() -> None:
        log.append("first")
        await first_ends.wait()

    async def second() -> None:
        log.append("second")

    one = asyncio.create_task(while_held(leases, "channel:pigeon", first, look_s=0.02))
    while not log:
        await asyncio.sleep(0.01)
    two = asyncio.create_task(while_held(others, "channel:pigeon", second, look_s=0.02))
    await asyncio.sleep(0.1)
    assert log == ["first"]
    first_ends.set()
    async with asyncio.timeout(10):
        await asyncio.gather(one, two)
    assert log == ["first", "second"]
