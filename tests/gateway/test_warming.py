"""What is made ready before the first turn and the first page."""

import asyncio
import sys
from pathlib import Path

import pytest

from homarus.domain import codec
from homarus.domain.labels import OWNER, Label
from homarus.gateway.configure import Configuration
from homarus.gateway.pages_render import environment
from homarus.gateway.warming import warm, warm_pages, warm_words

pytestmark = pytest.mark.anyio


async def test_warming_beside_the_loop_disturbs_nobody_who_needs_the_same() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(warm))
        tasks.create_task(asyncio.to_thread(warm))
        assert codec.load(Label, codec.dump(OWNER)) == OWNER
    assert "homarus.net.session" in sys.modules


async def test_the_words_of_claims_are_there_when_the_first_answer_is() -> None:
    await asyncio.to_thread(warm_words)

    assert "homarus.agent.claims" in sys.modules


async def test_every_page_is_ready_before_a_browser_asks_for_it(home: Path) -> None:
    configuration = Configuration(home, environment={})

    await asyncio.to_thread(warm_pages, configuration)

    cache = environment().cache
    assert cache is not None
    assert {str(name) for _loader, name in cache} >= {"home.html", "chat.html", "settings.html", "problem.html"}
