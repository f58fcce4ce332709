"""The page of models says what the API says."""

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from gateway.http_parts import Place, running_place
from homarus.testing.engines.server import EngineServer
from homarus.testing.engines.stock import Model, Rack

pytestmark = pytest.mark.anyio


@pytest.fixture
async def place(home: Path) -> AsyncGenerator[Place]:
    async with EngineServer("ollama", Rack([Model(name="qwen3:8b", trained_tokens=40_960)])) as server:
        config = {
            "models": {"mode": "replace", "providers": {"ollama": {"baseUrl": server.url, "api": "ollama"}}},
            "agents": {"defaults": {"contextTokens": 12_000}},
        }
        async with running_place(home, config, has_real_wires=True, has_pages=True) as place:
            yield place


async def test_the_page_names_the_window_that_prompts_are_made_for(place: Place) -> None:
    async with aiohttp.ClientSession(place.url, cookies=await place.cookie()) as browser:
        async with browser.get("/models?look=1") as answer:
            page = await answer.text()
        async with browser.get("/api/v1/models") as answer:
            listed = json.loads(await answer.text())["models"]

    (window,) = (model["window_tokens"] for model in listed if model["ref"] == "ollama/qwen3:8b")
    assert window == 12_000
    assert re.findall(r'<td class="num">([\d,]+)</td>', page)[:1] == ["12,000"]
