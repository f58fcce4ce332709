"""Handing on to a server that speaks the same protocol."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import AsyncOpenAI

from gateway.http_parts import Place, providers, running_place
from gateway.upstream import CHUNKS, WHOLE, Upstream, running_upstream
from homarus.domain.content import Json
from homarus.domain.events import Kind
from homarus.domain.inference import ModelRef, Usage
from homarus.domain.ports import ModelInfo
from homarus.gateway.openai_proxy import readdressed, usage_in
from homarus.models.catalog import EMBEDDED_REF, Candidate
from homarus.models.engine_lanes import queue_key

pytestmark = pytest.mark.anyio
HI: Any = [{"role": "user", "content": "Hi"}]


@dataclass(frozen=True, kw_only=True)
class Proxied:
    place: Place
    upstream: Upstream
    client: Any


@pytest.fixture
async def proxied(home: Path) -> AsyncGenerator[Proxied]:
    async with running_upstream() as upstream:
        up = {
            "api": "openai-completions",
            "baseUrl": upstream.url,
            "apiKey": "upstream-secret",
            "models": [{"id": "big"}, {"id": "vendor/big", "params": {"top_k": 7}}],
        }
        responses = {"api": "openai-responses", "baseUrl": upstream.url, "models": [{"id": "big"}]}
        async with running_place(home, providers(up=up, resp=responses)) as place:
            url = f"{place.url}/v1"
            async with AsyncOpenAI(base_url=url, api_key=await place.key("chat"), max_retries=0) as client:
                yield Proxied(place=place, upstream=upstream, client=client)


async def test_the_answer_of_the_server_passes_as_it_is(proxied: Proxied) -> None:
    raw = await proxied.client.chat.completions.with_raw_response.create(model="up/big", messages=HI)

    assert json.loads(raw.text) == WHOLE


async def test_only_the_models_name_changes_on_the_way(proxied: Proxied) -> None:
    await proxied.client.chat.completions.create(model="up/big", messages=HI, extra_body={"min_p": 0.1})

    assert json.loads(proxied.upstream.bodies[0]) == {"model": "big", "messages": HI, "min_p": 0.1}


async def test_the_providers_key_goes_up_and_the_clients_does_not(proxied: Proxied) -> None:
    await proxied.client.chat.completions.create(model="up/big", messages=HI)

    sent = proxied.upstream.headers[0]
    assert sent["Authorization"] == "Bearer upstream-secret"
    assert proxied.client.api_key not in str(sent)
    assert "Cookie" not in sent


async def test_parameters_of_the_owner_are_added_where_the_client_named_none(proxied: Proxied) -> None:
    await proxied.client.chat.completions.create(model="up/vendor/big", messages=HI)
    await proxied.client.chat.completions.create(model="up/vendor/big", messages=HI, extra_body={"top_k": 1})

    sent = [json.loads(body) for body in proxied.upstream.bodies]
    assert [body["top_k"] for body in sent] == [7, 1]
    assert sent[0]["model"] == "vendor/big"


async def test_a_stream_passes_byte_for_byte(proxied: Proxied) -> None:
    async with proxied.client.chat.completions.with_streaming_response.create(
        model="up/big", messages=HI, stream=True
    ) as answer:
        passed = b"".join([chunk async for chunk in answer.iter_bytes()])

    assert passed == b"".join(CHUNKS)


async def test_a_client_that_hangs_up_ends_the_call(proxied: Proxied) -> None:
    proxied.upstream.stalls = True
    stream = await proxied.client.chat.completions.create(model="up/big", messages=HI, stream=True)
    await anext(aiter(stream))
    await stream.close()

    async with asyncio.timeout(10):
        await proxied.upstream.hung_up.wait()


async def test_errors_of_the_server_keep_their_status_and_words(proxied: Proxied) -> None:
    proxied.upstream.status = 429

    with pytest.raises(openai.RateLimitError) as caught:
        await proxied.client.chat.completions.create(model="up/big", messages=HI)

    assert caught.value.code == "slow"


async def test_a_refused_provider_key_is_not_the_clients_fault(proxied: Proxied) -> None:
    proxied.upstream.status = 401

    with pytest.raises(openai.InternalServerError, match="apiKey"):
        await proxied.client.chat.completions.create(model="up/big", messages=HI)


async def test_a_server_that_is_down_is_said_in_words(home: Path) -> None:
    up = {"api": "openai-completions", "baseUrl": "http://127.0.0.1:9/v1", "models": [{"id": "big"}]}
    async with running_place(home, providers(up=up)) as place:
        url = f"{place.url}/v1"
        async with AsyncOpenAI(base_url=url, api_key=await place.key("chat"), max_retries=0) as client:
            with pytest.raises(openai.InternalServerError) as caught:
                await client.chat.completions.create(model="up/big", messages=HI)

    assert caught.value.status_code == 502


async def test_responses_pass_to_a_server_that_speaks_them(proxied: Proxied) -> None:
    raw = await proxied.client.responses.with_raw_response.create(model="resp/big", input="Hi")

    assert json.loads(raw.text) == WHOLE
    assert json.loads(proxied.upstream.bodies[0])["model"] == "big"


async def test_use_is_counted_per_key_and_model(proxied: Proxied) -> None:
    await proxied.client.chat.completions.create(model="up/big", messages=HI)
    stream = await proxied.client.chat.completions.create(model="up/big", messages=HI, stream=True)
    async for _chunk in stream:
        pass
    await proxied.place.running.site.meter.write()

    events = await proxied.place.house.store.since(0, kinds=(Kind.MODEL_PROXIED,))
    assert sum(int(str(event.body["calls"])) for event in events) == 2
    assert sum(int(str(event.body["prompt_tokens"])) for event in events) == 22
    assert {str(event.body["model"]) for event in events} == {"up/big"}


@given(st.text(max_size=50), st.text(max_size=50), st.sampled_from(["", " ", "\n\t"]))
def test_the_model_is_renamed_whatever_else_the_body_holds(text: str, model_id: str, space: str) -> None:
    parsed = {"messages": [{"content": text}], "model": "up/big", "n": 1}
    body = json.dumps(parsed, separators=("," + space, ":" + space)).encode()
    ref = ModelRef(provider="up", model_id=model_id)
    model = Candidate(ref=ref, api="openai-completions", endpoint=None, info=ModelInfo(model_id=model_id))

    assert json.loads(readdressed(body, parsed, model)) == {**parsed, "model": model_id}


def test_a_body_that_quotes_the_field_is_written_anew() -> None:
    parsed = {"messages": [{"content": 'say "model": "x"'}], "tools": [{"model": "y"}], "model": "up/big"}
    model = Candidate(
        ref=ModelRef(provider="up", model_id="big"), api="", endpoint=None, info=ModelInfo(model_id="big")
    )

    assert json.loads(readdressed(json.dumps(parsed).encode(), parsed, model)) == {**parsed, "model": "big"}


@pytest.mark.parametrize(
    ("named", "sent"),
    [
        ({}, {"max_tokens": 256}),
        ({"max_tokens": -1}, {"max_tokens": 256}),
        ({"max_tokens": None}, {"max_tokens": 256}),
        ({"max_tokens": 40}, {"max_tokens": 40}),
        ({"max_completion_tokens": 40}, {"max_completion_tokens": 40}),
    ],
)
def test_a_request_to_the_embedded_model_has_an_end(named: dict[str, Json], sent: dict[str, Json]) -> None:
    parsed: dict[str, Json] = {"model": "embedded/smollm2", "messages": HI, **named}
    model = Candidate(ref=EMBEDDED_REF, api="", endpoint=None, info=ModelInfo(model_id="smollm2"))
    body = json.loads(readdressed(json.dumps(parsed).encode(), parsed, model))
    assert body == {"model": "smollm2", "messages": HI, **sent}


async def test_a_person_comes_before_those_who_use_the_model_through_the_api(home: Path) -> None:
    async with running_upstream() as upstream:
        upstream.stalls = True
        up = {"api": "openai-completions", "baseUrl": upstream.url, "compat": {"slots": 1}, "models": [{"id": "big"}]}
        async with running_place(home, providers(up=up)) as place, asyncio.TaskGroup() as group:
            key, url = await place.key("chat"), f"{place.url}/v1"
            async with AsyncOpenAI(base_url=url, api_key=key, max_retries=0) as client:
                desk, ref = place.house.desk, ModelRef(provider="up", model_id="big")
                ask = client.chat.completions.create(model="up/big", messages=HI, stream=True)
                first = await ask
                second = group.create_task(client.chat.completions.create(model="up/big", messages=HI, stream=True))
                while not desk.dispatch.view(queue_key("up", upstream.url)).waiting:
                    await asyncio.sleep(0.005)
                async with desk.lease(ref) as person:
                    assert (await anext(person.wait())).position == 1
                second.cancel()
                await first.close()


@pytest.fixture
async def one_slot(home: Path) -> AsyncGenerator[Proxied]:
    async with running_upstream() as upstream:
        up = {"api": "openai-completions", "baseUrl": upstream.url, "compat": {"slots": 1}, "models": [{"id": "big"}]}
        async with running_place(home, providers(up=up)) as place:
            url, key = f"{place.url}/v1", await place.key("chat")
            async with AsyncOpenAI(base_url=url, api_key=key, max_retries=0) as client:
                yield Proxied(place=place, upstream=upstream, client=client)


async def test_a_stream_that_has_to_wait_says_so_at_once_and_then_goes_on(one_slot: Proxied) -> None:
    desk, ref = one_slot.place.house.desk, ModelRef(provider="up", model_id="big")
    create = one_slot.client.chat.completions.with_streaming_response.create
    async with AsyncExitStack() as stack:
        async with desk.lease(ref):
            answer = await stack.enter_async_context(create(model="up/big", messages=HI, stream=True))
            lines = answer.iter_lines()
            assert await anext(lines) == ": 1 before you"
        assert "data: [DONE]" in [line async for line in lines]


async def test_who_nobody_waits_for_says_so_and_goes_behind(one_slot: Proxied) -> None:
    desk, ref = one_slot.place.house.desk, ModelRef(provider="up", model_id="big")
    async with asyncio.TaskGroup() as group, desk.lease(ref):
        for priority in ("swarm", "heartbeat"):
            ask = one_slot.client.chat.completions.create(
                model="up/big", messages=HI, extra_headers={"X-Homarus-Priority": priority}
            )
            group.create_task(ask)
        while len(desk.dispatch.view(queue_key("up", one_slot.upstream.url)).waiting) < 2:
            await asyncio.sleep(0.005)
        view = desk.dispatch.view(queue_key("up", one_slot.upstream.url))
        assert [waits.priority for waits in view.waiting] == ["heartbeat", "swarm"]


async def test_an_answer_that_had_to_wait_says_so_in_a_header(one_slot: Proxied) -> None:
    desk, ref = one_slot.place.house.desk, ModelRef(provider="up", model_id="big")
    async with desk.lease(ref):
        asking = asyncio.create_task(
            one_slot.client.chat.completions.with_raw_response.create(model="up/big", messages=HI)
        )
        while not desk.dispatch.view(queue_key("up", one_slot.upstream.url)).waiting:
            await asyncio.sleep(0.005)
    assert (await asking).headers["X-Homarus-Queue"] == "queued, position=1"


async def test_an_unknown_priority_is_refused_with_those_there_are(proxied: Proxied) -> None:
    with pytest.raises(openai.BadRequestError, match="person, job, heartbeat, swarm"):
        await proxied.client.chat.completions.create(
            model="up/big", messages=HI, extra_headers={"X-Homarus-Priority": "king"}
        )


@given(st.binary(max_size=300))
def test_usage_is_read_from_any_tail(tail: bytes) -> None:
    assert usage_in(tail + b'"usage":{"prompt_tokens":3,"completion_tokens":4}}') == Usage(
        prompt_tokens=3, completion_tokens=4
    )
    assert isinstance(usage_in(tail), Usage)
