"""What goes wrong with a server: told in words with the next step, and nothing lost, doubled or acknowledged early."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest

from homarus.domain.errors import ConfigError, StateError
from homarus.domain.events import Kind, NewEvent
from homarus.state.opening import open_state
from homarus.state.postgres.store import PostgresStore
from homarus.state.store import verify
from postgres_server import PostgresServer, running

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that may be stopped, and that flushes what it says is committed."""
    with running(is_durable=True) as found:
        yield found


@pytest.fixture
async def fragile(server: PostgresServer, home: Path) -> AsyncIterator[PostgresStore]:
    opened = await open_state(home, server.database())
    yield cast("PostgresStore", opened.store)
    await opened.store.close()


def fact(n: int) -> NewEvent:
    return NewEvent(kind=Kind.ENGINE_CHANGED, body={"n": n})


@pytest.mark.parametrize(
    ("change", "words", "hint"),
    [
        ({"password": "wrong"}, "refuses the user or the password", "jobs.database"),
        ({"user": "nobody"}, "refuses the user or the password", "jobs.database"),
        ({"name": "elsewhere"}, "has no database", "createdb"),
    ],
)
async def test_a_wrong_address_is_told_with_the_next_step(
    home: Path, postgres_server: PostgresServer, change: dict[str, str], words: str, hint: str
) -> None:
    address = postgres_server.url(**{"name": "postgres", **change})
    with pytest.raises(ConfigError, match=words) as caught:
        await open_state(home, address)
    assert hint in caught.value.hint
    assert "only" not in caught.value.message


@pytest.mark.parametrize("address", ["mysql://a@b/c", "homarus", "postgresql://h:secret@[::1/x"])
async def test_what_is_no_address_is_told_without_its_password(home: Path, address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await open_state(home, address)
    assert "postgresql://user:password@host" in caught.value.hint
    assert "secret" not in str(caught.value.__dict__)


async def test_a_server_that_is_down_is_told_with_the_next_step(home: Path, server: PostgresServer) -> None:
    address = server.database()
    server.stop()
    try:
        with pytest.raises(StateError, match="does not answer") as caught:
            await open_state(home, address)
        assert "Start it" in caught.value.hint
    finally:
        server.start()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "power cut"])
async def test_a_server_that_restarts_loses_and_doubles_nothing(
    fragile: PostgresStore, server: PostgresServer, end: signal.Signals
) -> None:
    acknowledged: list[int] = []
    ends = asyncio.Event()

    async def write(first: int) -> None:
        for n in range(first, first + 10_000):
            if ends.is_set():
                return
            (event,) = await fragile.append(fact(n))
            acknowledged.append(int(str(event.body["n"])))

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(write(100_000 * number))
        while len(acknowledged) < 100:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(server.stop, end)
        before = len(acknowledged)
        await asyncio.to_thread(server.start)
        while len(acknowledged) < before + 100:
            await asyncio.sleep(0.01)
        ends.set()
    written: list[int] = []
    while events := await fragile.since(len(written)):
        written += [int(str(event.body["n"])) for event in events]
    assert sorted(written) == sorted(acknowledged)
    assert (await verify(fragile)).is_whole


async def test_a_server_that_stays_away_is_told_and_nothing_is_acknowledged(
    fragile: PostgresStore, server: PostgresServer
) -> None:
    await fragile.append(fact(1))
    fragile.writer.patience_s = 0.5
    await asyncio.to_thread(server.stop)
    try:
        with pytest.raises(StateError, match="does not answer") as caught:
            await fragile.append(fact(2))
        assert "goes on by itself" in caught.value.hint
        assert not fragile.health().is_well
    finally:
        await asyncio.to_thread(server.start)
    await fragile.append(fact(3))
    assert fragile.health().is_well
    assert [event.body["n"] for event in await fragile.since(0)] == [1, 3]


async def test_a_commit_whose_answer_was_lost_is_not_done_again(home: Path, server: PostgresServer) -> None:
    """Whether it happened is asked, not guessed: the server is cut off while commits are on their way, many times."""
    opened = await open_state(home, server.database())
    store, acknowledged = cast("PostgresStore", opened.store), list[int]()
    ends = asyncio.Event()

    async def write() -> None:
        while not ends.is_set():
            (event,) = await store.append(fact(len(acknowledged)))
            acknowledged.append(event.seq)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        for _cut in range(20):
            with server.admin() as sql:
                sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ 'writer'")
            await asyncio.sleep(0.02)
        ends.set()
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    assert await store.last_seq() == len(acknowledged)
    await store.close()


async def test_a_process_that_was_declared_dead_writes_nothing_more(store: PostgresStore) -> None:
    before = store.presence.process
    await asyncio.to_thread(store.presence.close)  # so that it does not notice by itself
    with pytest.raises(StateError, match="took over"):
        await store.append(fact(1))
    assert store.presence.process != before
    await store.append(fact(2))
    assert [event.body["n"] for event in await store.since(0)] == [2]
