"""Servers whose answers are hostile or broken: what they say of themselves harms nobody."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.engines import Engine, EngineKind, ServedModel
from homarus.domain.ports import Endpoint
from homarus.domain.printable import printable
from homarus.models.engines.believed import MOST_MODELS, believed
from homarus.models.engines.llama_server import LlamaServerEngine
from homarus.models.engines.pulling import Sum
from homarus.models.engines.vllm import VllmEngine
from homarus.net.door import OpenDoor

pytestmark = pytest.mark.anyio
HALF = r'"\ud800"'
LLAMA = {
    "/props": f'{{"total_slots": 1e999, "chat_template": {HALF}, "default_generation_settings": {{"n_ctx": 1e999}}}}',
    "/v1/models": f'{{"data": [{{"id": {HALF}, "meta": {{"size": 1e999, "ftype": {HALF}}}}}]}}',
}
ROUTER = {
    "/props": '{"role": "router", "max_instances": -1e999}',
    "/models": f'{{"data": [{{"id": {HALF}, "status": {{"value": "loaded", "failed": 0}}}}]}}',
}


def engine(*models: ServedModel) -> Engine:
    return Engine(
        provider="box", kind=EngineKind.OLLAMA, base_url="", place="here", is_local=True, is_up=True, models=models
    )


@asynccontextmanager
async def babbling(answers: Mapping[str, str]) -> AsyncGenerator[Endpoint]:
    """Serve a text per path, whatever is sent."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().partition("?")[0]
        status, body = ("200 OK", answers[path]) if path in answers else ("404 Not Found", "{}")
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield Endpoint(provider="box", base_url=f"http://127.0.0.1:{port}")
    server.close()


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "\ud800", "\u202egnp", "x" * 301, "a\u200bb"])
def test_a_name_that_nobody_could_type_is_no_model(name: str) -> None:
    assert believed(engine(ServedModel(model_id=name), ServedModel(model_id="qwen3:8b"))).models == (
        ServedModel(model_id="qwen3:8b"),
    )


@given(st.text(max_size=40))
def test_what_is_shown_of_a_model_can_be_shown_anywhere(said: str) -> None:
    model = ServedModel(model_id="m", name=said, digest=said, quantization=said, abilities=(said,))
    (made,) = believed(engine(model)).models
    for text in (made.name, made.digest, made.quantization, *made.abilities):
        assert printable(text, keep="\u00a0\u202f") == text
        text.encode()


def test_a_list_of_a_million_models_is_cut() -> None:
    many = tuple(ServedModel(model_id=f"m{number}") for number in range(MOST_MODELS + 5))
    assert len(believed(engine(*many)).models) == MOST_MODELS


@pytest.mark.parametrize("answers", [LLAMA, ROUTER], ids=["server", "router"])
async def test_infinity_and_half_letters_are_survived(answers: dict[str, str], door: OpenDoor) -> None:
    async with babbling(answers) as at:
        seen = await LlamaServerEngine().look(at, door)
    assert seen.is_up
    assert believed(seen).models == ()


@pytest.mark.parametrize("waiting", ["1e999", "1.2.3", "...", "+", "9" * 5000, "\u00b2"])
async def test_metrics_that_are_none_say_nothing(waiting: str, door: OpenDoor) -> None:
    answers = {
        "/v1/models": '{"data": [{"id": "m", "max_model_len": 8}]}',
        "/health": "",
        "/metrics": f"vllm:num_requests_waiting {waiting}\n",
    }
    async with babbling(answers) as at:
        seen = await VllmEngine().look(at, door)
    assert seen.is_up
    assert seen.slow_because == ""


def test_layers_without_end_are_not_all_remembered() -> None:
    total = Sum()
    for number in range(20_000):
        total.saw(f"sha256:{number}", 1, 2)
    assert len(total.layers) <= 10_000
    assert total.done_bytes * 2 == total.total_bytes == len(total.layers) * 2
