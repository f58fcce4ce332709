import asyncio
import json
import sys
from collections.abc import AsyncIterator

import aiohttp
import openai
import pytest

from homarus.domain.content import JsonObject
from homarus.domain.errors import UsageError
from homarus.testing.quirks import QUIRKS, QuirkServer, call, quirk_named, say
from homarus.testing.quirks.server import Manner

pytestmark = pytest.mark.anyio

HI: list[JsonObject] = [{"role": "user", "content": "Hi"}]
QUICK = Manner(pause_s=0.01)
TOOLS: list[JsonObject] = [
    {"type": "function", "function": {"name": "time_now", "parameters": {"type": "object", "properties": {}}}}
]


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


def official(server: QuirkServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k")


async def test_the_official_client_reads_a_streamed_chat() -> None:
    async with QuirkServer([say("Good morning.", reasoning="Be kind.")]) as server, official(server) as api:
        stream = await api.chat.completions.create(
            model="quirk", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert text == "Good morning."


async def test_the_official_client_reads_a_tool_call() -> None:
    async with QuirkServer([call("time.now", {"zone": "UTC"})]) as server, official(server) as api:
        answer = await api.chat.completions.create(model="quirk", messages=[{"role": "user", "content": "Hi"}])
    made = (answer.choices[0].message.tool_calls or [])[0]
    assert made.type == "function"
    assert (made.function.name, json.loads(made.function.arguments)) == ("time_now", {"zone": "UTC"})


async def test_the_official_client_reads_streamed_responses() -> None:
    async with QuirkServer([say("Good morning.", reasoning="Be kind.")]) as server, official(server) as api:
        streaming = api.responses.stream(model="quirk", input="Hi")
        async with streaming as stream:
            final = await stream.get_final_response()
    assert final.output_text == "Good morning."
    assert [item.type for item in final.output] == ["reasoning", "message"]


async def test_anthropic_blocks_are_opened_filled_and_closed(client: aiohttp.ClientSession) -> None:
    body = {"model": "quirk", "max_tokens": 9, "messages": HI, "stream": True}
    async with (
        QuirkServer([say("Good morning.")]) as server,
        client.post(f"{server.url}/v1/messages", json=body) as got,
    ):
        events = [line[7:].strip() async for line in got.content if line.startswith(b"event: ")]
    assert events == [
        b"message_start",
        b"ping",
        b"content_block_start",
        b"content_block_delta",
        b"content_block_delta",
        b"content_block_stop",
        b"message_delta",
        b"message_stop",
    ]


async def test_ollama_lines_end_with_counts(client: aiohttp.ClientSession) -> None:
    body = {"model": "quirk", "messages": HI}
    async with QuirkServer([say("Good morning.")]) as server, client.post(f"{server.url}/api/chat", json=body) as got:
        lines = [json.loads(line) async for line in got.content]
    assert "".join(line["message"]["content"] for line in lines) == "Good morning."
    assert (lines[-1]["done"], lines[-1]["done_reason"]) == (True, "stop")


async def test_the_official_client_reads_responses_in_one_piece() -> None:
    async with QuirkServer([call("time.now", {"zone": "UTC"}, text="So.")]) as server, official(server) as api:
        answer = await api.responses.create(model="quirk", input="Hi")
    assert answer.output_text == "So."
    assert [item.name for item in answer.output if item.type == "function_call"] == ["time_now"]


async def test_anthropic_answers_in_one_piece(client: aiohttp.ClientSession) -> None:
    body = {"model": "quirk", "max_tokens": 9, "messages": HI}
    async with QuirkServer([call("time.now", text="So.", reasoning="Hm.")]) as server:
        answer = await (await client.post(f"{server.url}/v1/messages", json=body)).json()
    assert [block["type"] for block in answer["content"]] == ["thinking", "text", "tool_use"]
    assert answer["stop_reason"] == "tool_use"


async def test_ollama_answers_in_one_piece_with_arguments_as_an_object(client: aiohttp.ClientSession) -> None:
    body = {"model": "quirk", "messages": HI, "stream": False}
    async with QuirkServer([call("time.now", {"zone": "UTC"})]) as server:
        answer = await (await client.post(f"{server.url}/api/chat", json=body)).json()
    assert answer["message"]["tool_calls"][0]["function"]["arguments"] == {"zone": "UTC"}
    assert (answer["done"], answer["done_reason"]) == (True, "stop")


@pytest.mark.parametrize("path", ["/v1/models", "/api/tags", "/api/ps", "/api/version", "/health", "/props"])
async def test_places_answer_json(client: aiohttp.ClientSession, path: str) -> None:
    async with QuirkServer() as server, client.get(f"{server.url}{path}") as got:
        assert got.status == 200
        assert isinstance(await got.json(), dict)


async def test_every_request_is_kept_as_it_came(client: aiohttp.ClientSession) -> None:
    async with QuirkServer() as server:
        body = b'{"model": "quirk",  "messages": []}'
        async with client.post(f"{server.url}/v1/chat/completions", data=body, headers={"X-Test": "1"}) as got:
            await got.read()
    (request,) = server.prompts
    assert (request.body, request.headers["x-test"], request.status) == (body, "1", 200)
    assert not request.has_hung_up


async def test_hanging_up_is_noticed(client: aiohttp.ClientSession) -> None:
    async with QuirkServer(quirks=["stalls_midway"], manner=QUICK) as server:
        body = {"model": "quirk", "messages": HI, "stream": True}
        async with client.post(f"{server.url}/v1/chat/completions", json=body) as got:
            await got.content.readany()
        async with asyncio.timeout(5):
            await server.prompts[0].ended.wait()
    assert server.prompts[0].has_hung_up


async def test_a_cold_start_ends(client: aiohttp.ClientSession) -> None:
    statuses: list[int] = []
    async with QuirkServer(quirks=["cold_start"]) as server:
        for _ in range(3):
            async with client.post(f"{server.url}/v1/chat/completions", json={"model": "q", "messages": HI}) as got:
                statuses.append(got.status)
    assert statuses == [503, 503, 200]


async def test_one_slot_answers_one_prompt_at_a_time(client: aiohttp.ClientSession) -> None:
    async with QuirkServer([say("one two three")], quirks=["one_slot", "slow_words"], manner=QUICK) as server:
        order: list[str] = []

        async def ask(name: str) -> None:
            body = {"model": "q", "messages": HI, "stream": True}
            async with client.post(f"{server.url}/v1/chat/completions", json=body) as got:
                order.append(f"{name} begins")
                await got.read()
                order.append(f"{name} ends")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ask("a"))
            tasks.create_task(ask("b"))
    assert [word.split()[1] for word in order] == ["begins", "ends", "begins", "ends"]


async def test_a_silent_window_drops_the_oldest(client: aiohttp.ClientSession) -> None:
    heard: list[int] = []

    async with QuirkServer(
        lambda asked: (heard.append(len(asked.messages)), say("Yes."))[1], quirks=["window_4k_silent"]
    ) as server:
        messages = [{"role": "user", "content": "x" * 9000}] * 5
        async with client.post(f"{server.url}/api/chat", json={"model": "q", "messages": messages}) as got:
            assert got.status == 200
            await got.read()
    assert heard == [1]


async def test_a_wrong_key_is_refused(client: aiohttp.ClientSession) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    async with QuirkServer(manner=Manner(api_key="right")) as server:
        got = await client.get(f"{server.url}/v1/models", headers=wrong)
        assert got.status == 401


async def test_dots_in_tool_names_are_refused_as_hosted_servers_do(client: aiohttp.ClientSession) -> None:
    tools: list[JsonObject] = [{"type": "function", "function": {"name": "time.now", "parameters": {}}}]
    async with QuirkServer() as server:
        body = {"model": "q", "messages": HI, "tools": tools}
        async with client.post(f"{server.url}/v1/chat/completions", json=body) as got:
            assert got.status == 400


async def test_an_instant_server_keeps_the_connection(client: aiohttp.ClientSession) -> None:
    async with QuirkServer(manner=Manner(is_instant=True)) as server:
        for is_stream in (False, True, False):
            body = {"model": "q", "messages": HI, "stream": is_stream}
            async with client.post(f"{server.url}/v1/chat/completions", json=body) as got:
                assert (got.status, b"Hello." in await got.read()) == (200, True)
        assert server.received == []


@pytest.mark.parametrize("name", sorted(QUIRKS))
@pytest.mark.parametrize("is_stream", [True, False])
async def test_no_quirk_breaks_the_server_itself(client: aiohttp.ClientSession, name: str, *, is_stream: bool) -> None:
    quirk = QUIRKS[name]
    body = {"model": "q", "messages": HI, "tools": TOOLS, "stream": is_stream, "max_tokens": 9}
    path = "/api/chat" if quirk.only == ("ollama",) else "/v1/chat/completions"
    async with QuirkServer([call("time.now", text="So.", reasoning="Hm.")], quirks=[name], manner=QUICK) as server:
        try:
            async with asyncio.timeout(0.3), client.post(f"{server.url}{path}", json=body) as got:
                await got.read()
        except (aiohttp.ClientError, TimeoutError):
            pass
        server.quirks.clear()
        async with client.post(f"{server.url}{path}", json=body) as got:
            assert got.status == 200


def test_an_unknown_quirk_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        quirk_named("think_tag")
    assert "think_tags" in caught.value.hint


async def test_the_command_prints_where_it_listens(client: aiohttp.ClientSession) -> None:
    command = [sys.executable, "-m", "homarus.testing.quirks", "--say", "I am here."]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        async with client.post(f"{url}/api/chat", json={"model": "q", "messages": HI}) as got:
            assert "here" in await got.text()
    finally:
        process.terminate()
        await process.wait()


async def test_the_command_lists_every_quirk() -> None:
    command = [sys.executable, "-m", "homarus.testing.quirks", "--list"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert [line.split()[0] for line in out.decode().splitlines()] == list(QUIRKS)
