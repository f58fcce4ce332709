import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import pytest

from homarus.domain.content import JsonObject
from homarus.domain.ports import Endpoint, ModelInfo
from homarus.models.desk import built_in_wires
from homarus.models.listing import read_row
from homarus.net.door import OpenDoor

pytestmark = pytest.mark.anyio


class Server(Protocol):
    url: str
    paths: list[str]


Serve = Callable[..., Awaitable[Server]]


def http(body: Any, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    return f"{head}{json.dumps(body)}".encode()


@pytest.mark.parametrize(
    ("row", "info"),
    [
        ({"id": "gpt-5"}, ModelInfo(model_id="gpt-5", name="gpt-5")),
        ({"id": "v", "max_model_len": 8192}, ModelInfo(model_id="v", name="v", window_tokens=8192)),
        (
            {"id": "l", "meta": {"n_ctx": 2048, "n_ctx_train": 8192}},
            ModelInfo(model_id="l", name="l", window_tokens=2048),
        ),
        (
            {"id": "lm", "type": "vlm", "state": "loaded", "loaded_context_length": 4096, "max_context_length": 131072},
            ModelInfo(model_id="lm", name="lm", window_tokens=4096, inputs=("text", "image"), is_loaded=True),
        ),
        (
            {"id": "lm", "state": "not-loaded", "max_context_length": 131072, "capabilities": ["tool_use"]},
            ModelInfo(model_id="lm", name="lm", has_tools=True, has_reasoning=False, is_loaded=False),
        ),
        (
            {
                "id": "r/x",
                "name": "X",
                "context_length": 65536,
                "architecture": {"input_modalities": ["text", "image"]},
                "supported_parameters": ["tools", "reasoning"],
            },
            ModelInfo(
                model_id="r/x",
                name="X",
                window_tokens=65536,
                inputs=("text", "image"),
                has_tools=True,
                has_reasoning=True,
            ),
        ),
        ({"id": "claude", "display_name": "Claude", "type": "model"}, ModelInfo(model_id="claude", name="Claude")),
        ({"id": "e", "type": "embeddings"}, None),
        ({"object": "model"}, None),
    ],
)
def test_every_server_describes_models_its_way(row: JsonObject, info: ModelInfo | None) -> None:
    assert read_row(row) == info


async def test_lm_studio_is_asked_where_it_tells_more(model_server: Serve, door: OpenDoor) -> None:
    told = {"data": [{"id": "a", "state": "loaded", "loaded_context_length": 4096}]}
    server = await model_server(http({"data": [{"id": "a"}]}), http(told))
    at = Endpoint(provider="lmstudio", base_url=f"{server.url}/v1")
    (info,) = await built_in_wires()["openai-responses"].list_models(at, door)
    assert (info.window_tokens, info.is_loaded) == (4096, True)
    assert server.paths == ["/v1/models", "/api/v0/models"]


async def test_another_server_is_believed_without_it(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(http({"data": [{"id": "a"}]}), http({}, "404 Not Found"))
    at = Endpoint(provider="mine", base_url=f"{server.url}/v1")
    assert await built_in_wires()["openai-completions"].list_models(at, door) == (ModelInfo(model_id="a", name="a"),)


async def test_ollama_tells_abilities_windows_and_what_is_loaded(model_server: Serve, door: OpenDoor) -> None:
    tags = {"models": [{"model": "q:8b"}, {"model": "nomic", "capabilities": ["embedding"]}, {"model": "g:cloud"}]}
    running = {"models": [{"model": "q:8b", "context_length": 8192}]}
    shown = {"capabilities": ["completion", "tools", "vision"], "model_info": {"qwen3.context_length": 40960}}
    server = await model_server(http(tags), http(running), http(shown))
    at = Endpoint(provider="ollama", base_url=server.url)
    infos = {info.model_id: info for info in await built_in_wires()["ollama"].list_models(at, door)}
    assert set(infos) == {"q:8b", "g:cloud"}
    one = infos["q:8b"]
    assert (one.window_tokens, one.has_tools, one.inputs, one.is_loaded) == (8192, True, ("text", "image"), True)
    assert (infos["g:cloud"].is_remote, infos["g:cloud"].window_tokens) == (True, 40960)
