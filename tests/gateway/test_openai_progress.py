"""How far llama.cpp has read a prompt, told to clients that did not ask for it."""

import json
from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http_parts import Place, providers, running_place
from homarus.gateway.openai_progress import Reading, asking
from homarus.testing.quirks import QuirkServer, say

pytestmark = pytest.mark.anyio

HI = [{"role": "user", "content": "Hi"}]
SILENT = (
    b'data: {"choices":[{"delta":{"role":"assistant","content":null}}],"prompt_progress":{"processed":%d,"total":9}}'
)
WORD = b'data: {"choices":[{"delta":{"content":"prompt_progress"}}]}'
ANSWER = b": hm\n\n" + SILENT % 3 + b"\n\n" + SILENT % 9 + b"\n\n" + WORD + b"\n\n" + SILENT % 5 + b"\n\ndata: [DO"


@given(st.lists(st.integers(min_value=0, max_value=len(ANSWER)), max_size=8))
def test_progress_is_made_into_comments_however_it_is_cut(cuts: list[int]) -> None:
    places, reading = sorted({0, len(ANSWER), *cuts}), Reading()
    told = b"".join(reading(ANSWER[one:other]) for one, other in pairwise(places)) + reading(b"")
    rest = WORD + b"\n\n" + SILENT % 5 + b"\n\ndata: [DO"
    assert told == b": hm\n\n: reading 3/9\n\n: reading 9/9\n\n" + rest


@given(st.binary(max_size=200))
def test_what_is_no_progress_passes_as_it_is(answer: bytes) -> None:
    reading = Reading()
    assert reading(answer) + reading(b"") == answer


def test_progress_with_words_in_it_is_an_answer() -> None:
    chunk = b'data: {"choices":[{"delta":{"content":"Hi"}}],"prompt_progress":{"processed":1,"total":2}}\n\n'
    assert Reading()(chunk) == chunk


def test_only_the_wish_is_added_to_a_body() -> None:
    body = b' {"model": "a", "messages": [{}]}'
    assert asking(body) == b' {"return_progress":true,"model": "a", "messages": [{}]}'


@pytest.fixture
async def llama() -> AsyncGenerator[QuirkServer]:
    async with QuirkServer((say("Hello."),) * 2, quirks=("slow_reading",)) as server:
        yield server


async def streamed(place: Place, **more: Any) -> list[str]:
    headers = {"Authorization": f"Bearer {await place.key('chat')}"}
    body = {"model": "up/quirk", "messages": HI, "stream": True, **more}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.post(f"{place.url}/v1/chat/completions", json=body) as answer,
    ):
        return (await answer.text()).splitlines()


async def test_a_client_of_llama_cpp_hears_how_far_it_is(home: Path, llama: QuirkServer) -> None:
    up = {"api": "openai-completions", "baseUrl": f"{llama.url}/v1", "models": [{"id": "quirk"}]}
    async with running_place(home, providers(up=up)) as place:
        await place.house.desk.watch.look("up")
        lines = await streamed(place)
        asked = await streamed(place, return_progress=True)
    assert [line for line in lines if line.startswith(": reading ")]
    assert not any("prompt_progress" in line for line in lines)
    assert lines[-2:] == ["data: [DONE]", ""]
    assert any("prompt_progress" in line for line in asked)
    assert not any(line.startswith(": reading") for line in asked)
    assert json.loads(llama.prompts[-1].body)["return_progress"] is True
