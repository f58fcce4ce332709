"""A store on a real disk, a clock to set, and short ways to write what happens."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from homarus.domain import codec
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.turns import Inbound, Reply
from homarus.state.store import SqliteStore, open_store
from homarus.testing.clock import FakeClock

MAIN = SessionKey("agent:main:main")


@pytest.fixture
async def store(home: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(home)
    yield opened
    await opened.close()


@pytest.fixture
def ask(store: SqliteStore) -> Callable[..., Awaitable[Event]]:
    """Write that a message came in, as the gateway does."""

    async def write(turn: str, text: str = "hello", session: SessionKey = MAIN, channel: str = "cli") -> Event:
        inbound = Inbound(channel=channel, external_id=turn, session=session, agent=AgentId("main"), text=text)
        new = NewEvent(
            kind=Kind.INBOUND_ACCEPTED,
            body={"inbound": codec.dump(inbound)},
            session=session,
            turn=TurnId(turn),
            dedupe=f"in:cli:{turn}",
        )
        return (await store.append(new))[0]

    return write


@pytest.fixture
def reply(store: SqliteStore) -> Callable[..., Awaitable[Event]]:
    """Write that a turn was answered."""

    async def write(turn: str, text: str = "hi", session: SessionKey = MAIN, to: str = "") -> Event:
        answer = Reply(turn_id=TurnId(turn), session=session, text=text, route=None)
        new = NewEvent(
            kind=Kind.REPLY_WRITTEN,
            body={"reply": codec.dump(answer), "channel": "pigeon" if to else "cli", "to": to},
            session=session,
            turn=TurnId(turn),
            dedupe=f"{turn}:reply",
        )
        return (await store.append(new))[0]

    return write


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
