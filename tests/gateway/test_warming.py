"""What is made ready before the first turn."""

import asyncio
import sys

import pytest

from homarus.domain import codec
from homarus.domain.labels import OWNER, Label
from homarus.gateway.warming import warm

pytestmark = pytest.mark.anyio


async def test_warming_beside_the_loop_disturbs_nobody_who_needs_the_same() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(warm))
        tasks.create_task(asyncio.to_thread(warm))
        assert codec.load(Label, codec.dump(OWNER)) == OWNER
    assert "homarus.net.session" in sys.modules
