"""Answers that are framed, cut or labelled as no protocol says, and can be understood all the same."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import user
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.inference import ModelRef, ModelRequest, StreamEvent, TextDelta, ToolCallReady
from homarus.domain.labels import OWNER, Reach
from homarus.domain.ports import Endpoint
from homarus.models.desk import built_in_wires
from homarus.models.glued import unwrapped
from homarus.models.letters import all_whole, halved
from homarus.models.mislabelled import bare_texts, events_in, texts_in
from homarus.net.door import OpenDoor

pytestmark = pytest.mark.anyio
FOUR = "Two and two are four."
STOP: dict[str, Any] = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


class Server(Protocol):
    url: str


Serve = Callable[..., Awaitable[Server]]


def chunk(**choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, **choice}]}


def sse(*frames: Any) -> bytes:
    return b"".join(b"data: %s\n\n" % (one if isinstance(one, bytes) else json.dumps(one).encode()) for one in frames)


def http(body: bytes, kind: str = "text/event-stream") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode() + body


async def heard(api: str, serve: Serve, door: OpenDoor, body: bytes, kind: str) -> list[StreamEvent]:
    server = await serve(http(body, kind))
    request = ModelRequest(model=ModelRef(provider="x", model_id="m"), messages=(user("Hi", OWNER),), tools=())
    at = Endpoint(provider="x", base_url=f"{server.url}/v1", api_key="k")
    return [event async for event in built_in_wires()[api].stream(request, at, door, reach=Reach.LOCAL_ONLY)]


def text_of(found: list[StreamEvent]) -> str:
    return "".join(event.text for event in found if isinstance(event, TextDelta))


SAID = chunk(delta={"content": FOUR})
ODD: dict[str, tuple[str, bytes, str]] = {
    "events under json": ("openai-completions", sse(SAID, STOP, b"[DONE]"), "application/json"),
    "json under events": (
        "openai-completions",
        json.dumps(chunk(message={"content": FOUR}, finish_reason="stop"), indent=2).encode(),
        "text/event-stream",
    ),
    "lines of json": (
        "openai-completions",
        b"\n".join(json.dumps(one).encode() for one in (SAID, STOP)),
        "application/x-ndjson",
    ),
    "utf-16": ("openai-completions", sse(SAID, STOP, b"[DONE]").decode().encode("utf-16"), "text/event-stream"),
    "empty events": ("openai-completions", b"data:\n\n" + sse(b"null", SAID, STOP, b"[DONE]"), "text/event-stream"),
    "a delta that is text": ("openai-completions", sse(chunk(delta=FOUR), STOP, b"[DONE]"), "text/event-stream"),
    "old completions": ("openai-completions", sse(chunk(text=FOUR), STOP, b"[DONE]"), "text/event-stream"),
    "one choice, no list": (
        "openai-completions",
        sse({"choices": {"delta": {"content": FOUR}, "finish_reason": "stop"}}),
        "text/event-stream",
    ),
    "content as an object": (
        "openai-completions",
        sse(chunk(delta={"content": {"type": "text", "text": FOUR}}), STOP),
        "text/event-stream",
    ),
    "content as texts": (
        "openai-completions",
        sse(chunk(delta={"content": ["Two and two ", "are four."]}), STOP),
        "text/event-stream",
    ),
    "only the whole text": (
        "openai-responses",
        sse(
            {"type": "response.output_text.done", "text": FOUR},
            {"type": "response.completed", "response": {"output": []}},
        ),
        "text/event-stream",
    ),
    "ollama over lines": (
        "ollama",
        json.dumps({"message": {"content": FOUR}, "done": True}, indent=2).encode(),
        "application/json",
    ),
    "ollama in events": ("ollama", sse({"message": {"content": FOUR}}, {"done": True}), "text/event-stream"),
    "ollama glued": ("ollama", b'{"message":{"content":"%s"}} {"done":true}' % FOUR.encode(), "application/x-ndjson"),
    "ollama's other field": ("ollama", json.dumps({"response": FOUR, "done": True}).encode(), "application/x-ndjson"),
    "ollama's message as text": ("ollama", json.dumps({"message": FOUR, "done": True}).encode(), "application/json"),
}


@pytest.mark.parametrize("name", ODD)
async def test_what_is_odd_and_plain_is_understood(name: str, model_server: Serve, door: OpenDoor) -> None:
    api, body, kind = ODD[name]
    assert text_of(await heard(api, model_server, door, body, kind)) == FOUR


async def test_an_emoji_that_is_cut_in_two_is_put_together(model_server: Serve, door: OpenDoor) -> None:
    halves = [b'{"choices":[{"delta":{"content":"%s"}}]}' % half for half in (rb"a \ud83d", rb"\ude00 b \ud83d")]
    found = await heard("openai-completions", model_server, door, sse(*halves, STOP), "text/event-stream")
    assert text_of(found).startswith("a \U0001f600 b")
    assert text_of(found).encode()


async def test_a_call_with_half_a_letter_can_be_written_down(model_server: Serve, door: OpenDoor) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "web_fetch", "arguments": '{"url": "\\ud83d"}'}}
    found = await heard(
        "openai-completions", model_server, door, sse(chunk(delta={"tool_calls": [call]}), STOP), "text/event-stream"
    )
    assert [event.call.arguments for event in found if isinstance(event, ToolCallReady)] == [{"url": "\ufffd"}]


@pytest.mark.parametrize("api", ["openai-completions", "ollama"])
@pytest.mark.parametrize("calls", [{"name": "now", "arguments": {}}, [{"name": "now", "arguments": {}}]])
async def test_a_call_without_its_wrapping_is_a_call(api: str, calls: Any, model_server: Serve, door: OpenDoor) -> None:
    body = {
        "openai-completions": sse(chunk(delta={"tool_calls": calls}), STOP),
        "ollama": json.dumps({"message": {"tool_calls": calls}, "done": True}).encode(),
    }[api]
    found = await heard(api, model_server, door, body, "text/event-stream" if api != "ollama" else "application/json")
    assert [event.call.name for event in found if isinstance(event, ToolCallReady)] == ["now"]


@pytest.mark.parametrize(
    ("frame", "failure", "words"),
    [
        ({"detail": "Engine loop has died"}, Failure.SERVER_ERROR, "Engine loop"),
        ({"success": False, "errors": [{"message": "worker gone"}]}, Failure.SERVER_ERROR, "worker gone"),
        ({"object": "error", "message": "The model `m` does not exist.", "code": 404}, Failure.MODEL_MISSING, "exist"),
    ],
)
async def test_an_error_that_does_not_say_so_is_told_in_its_own_words(
    frame: dict[str, Any], failure: Failure, words: str, model_server: Serve, door: OpenDoor
) -> None:
    with pytest.raises(ModelCallError) as caught:
        await heard("openai-completions", model_server, door, json.dumps(frame).encode(), "application/json")
    assert caught.value.failure is failure
    assert words in caught.value.message


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    events_in(data)
    texts_in(data)
    bare_texts(data.decode("utf-8", "replace"))


@given(st.text(alphabet=st.sampled_from("a\ud83d\ude00 "), max_size=12))
def test_letters_come_out_whole_wherever_they_are_cut(text: str) -> None:
    rest = ""
    for letter in text:
        said, rest = halved(rest + letter)
        said.encode()
    str(all_whole({text: [text]})).encode()


def test_an_answer_is_taken_out_of_the_tags_around_all_of_it() -> None:
    assert unwrapped("<answer>Four.</answer>\n") == "Four."
    assert unwrapped("Say <answer>Four.</answer>") == "Say <answer>Four.</answer>"
