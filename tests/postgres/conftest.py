"""A store on a real server, as a gateway opens it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from homarus.state.opening import Opened, open_state
from homarus.state.postgres.store import PostgresStore


@pytest.fixture
async def opened(home: Path, postgres_url: str) -> AsyncIterator[Opened]:
    found = await open_state(home, postgres_url)
    yield found
    await found.store.close()


@pytest.fixture
def store(opened: Opened) -> PostgresStore:
    return cast("PostgresStore", opened.store)
