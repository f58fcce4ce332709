"""What the house keeps at home is not sent elsewhere for a program either."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from gateway.http_parts import providers, running_place
from gateway.upstream import Upstream, running_upstream
from homarus.testing.engines import EngineServer, Model

pytestmark = pytest.mark.anyio
HI: Any = [{"role": "user", "content": "Hi"}]
MODELS = {"models": [{"id": "big"}]}
APIS = ("openai-completions", "openai-responses", "ollama")


@asynccontextmanager
async def bounded(home: Path, reach: str, upstream: Upstream) -> AsyncGenerator[Any]:
    hosted = {
        f"{where}-{api}": {"api": api, "baseUrl": f"https://{where}.example.com/v1", "region": where, **MODELS}
        for api in APIS
        for where in ("eu", "us")
    }
    near = {"api": "openai-completions", "baseUrl": upstream.url, **MODELS}
    config = {**providers(near=near, **hosted), "agents": {"defaults": {"reach": reach}}}
    async with running_place(home, config) as place:
        url = f"{place.url}/v1"
        async with AsyncOpenAI(base_url=url, api_key=await place.key("chat"), max_retries=0) as client:
            yield client


async def ask(client: Any, model: str, *, is_response: bool, stream: bool = False) -> Any:
    if is_response:
        return await client.responses.create(model=model, input="Hi", stream=stream)
    return await client.chat.completions.create(model=model, messages=HI, stream=stream)


@pytest.mark.parametrize("reach", ["local-only", "region:eu"])
async def test_a_program_reaches_no_further_than_the_house(home: Path, reach: str) -> None:
    async with running_upstream() as upstream, bounded(home, reach, upstream) as client:
        for api in APIS:
            for is_response in (False, True):
                for stream in (False, True):
                    with pytest.raises(openai.PermissionDeniedError, match=r"agents\.defaults\.reach") as refused:
                        await ask(client, f"us-{api}/big", is_response=is_response, stream=stream)
                    assert reach in refused.value.message


@pytest.mark.parametrize("reach", ["local-only", "region:eu", "anywhere"])
async def test_what_is_here_is_asked_whatever_the_reach(home: Path, reach: str) -> None:
    async with running_upstream() as upstream, bounded(home, reach, upstream) as client:
        assert (await ask(client, "near/big", is_response=False)).choices[0].message.content == "Upstream"
        assert (await ask(client, "test/tiny", is_response=False)).choices[0].message.content == "Hello there."


async def test_a_model_that_its_server_hands_on_is_not_here(home: Path) -> None:
    async with EngineServer("ollama", [Model(name="big", remote_host="ollama.com")]) as server:
        cloud = {"api": "openai-completions", "baseUrl": f"{server.url}/v1", **MODELS}
        config = {**providers(cloud=cloud), "agents": {"defaults": {"reach": "local-only"}}}
        async with running_place(home, config) as place:
            key = await place.key("models")
            async with AsyncOpenAI(base_url=f"{place.url}/v1", api_key=key, max_retries=0) as client:
                with pytest.raises(openai.PermissionDeniedError, match="hands the conversation on"):
                    await ask(client, "cloud/big", is_response=False)
        assert not server.prompts


async def test_only_what_may_be_asked_is_listed(home: Path) -> None:
    async with running_upstream() as upstream, bounded(home, "region:eu", upstream) as client:
        names = {model.id async for model in await client.models.list()}
        assert {"auto", "near/big", "eu-ollama/big"} <= names
        assert not any(name.startswith("us-") for name in names)
