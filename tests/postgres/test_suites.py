"""Whatever holds for the state on SQLite holds on Postgres: the same suites, on a real server."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Records, Run, Store
from homarus.state.journal import Journal
from homarus.state.postgres.store import PostgresStore
from homarus.state.records import StoredRecords
from homarus.testing import records_suite, run_suite, store_suite
from homarus.testing.clock import FakeClock

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
_TURN, _SESSION = TurnId("turn_1"), SessionKey("agent:main:main")


@pytest.mark.parametrize("claim", store_suite.CLAIMS, ids=lambda claim: claim.__name__)
async def test_a_postgres_log_is_a_store(claim: Callable[[Store], Awaitable[None]], store: PostgresStore) -> None:
    await claim(store)


@pytest.mark.parametrize("claim", records_suite.CLAIMS, ids=lambda claim: claim.__name__)
async def test_records_are_kept_on_postgres(claim: Callable[[Records], Awaitable[None]], store: PostgresStore) -> None:
    await claim(StoredRecords(store))


class _Bench:
    """A turn on a Postgres log."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self._clock = FakeClock()

    def again(self) -> Run:
        return Journal(self._store, _TURN, _SESSION, clock=self._clock)

    async def decide(self, topic: str, body: JsonObject) -> None:
        await self._store.append(NewEvent(kind=Kind.APPROVAL_DECIDED, body=body, turn=_TURN, dedupe=topic))

    async def events(self) -> tuple[Event, ...]:
        return await self._store.of_turn(_TURN)

    def now(self) -> datetime:
        return self._clock.now()

    def advance(self, by: timedelta) -> None:
        self._clock.advance(by.total_seconds())


@pytest.mark.parametrize("claim", run_suite.CLAIMS, ids=run_suite.name_of)
async def test_a_journal_on_postgres_is_a_durable_run(claim: run_suite.Claim, store: PostgresStore) -> None:
    await claim(_Bench(store))
