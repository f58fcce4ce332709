"""OpenAI chat completions, as llama.cpp, vLLM, LM Studio and OpenAI answer them.

Source: the types of the `openai` package 2.x, and answers of llama.cpp (xllamacpp 2026.10.11549).
"""

import json
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.inference import Finish
from homarus.testing.quirks.acts import Piece, compact, sse
from homarus.testing.quirks.reading import (
    content_text,
    count_images,
    messages_of,
    name_complaint,
    objects,
    spent,
    text_of,
)
from homarus.testing.quirks.turns import OPENAI_COMPLETIONS, Asked, Call, Heard, Turn, split

_FINISH = {
    Finish.STOP: "stop",
    Finish.TOOL_CALLS: "tool_calls",
    Finish.LENGTH: "length",
    Finish.REFUSED: "content_filter",
}


def read(body: JsonObject, number: int) -> Asked:
    """Return what a request asks."""
    options = body.get("stream_options")
    return Asked(
        api=OPENAI_COMPLETIONS,
        model=text_of(body.get("model")),
        messages=tuple(_heard(message) for message in messages_of(body)),
        tools=tuple(
            text_of(cast("JsonObject", tool.get("function", {})).get("name")) for tool in objects(body, "tools")
        ),
        is_stream=body.get("stream") is True,
        body=body,
        number=number,
        has_usage=isinstance(options, dict) and cast("JsonObject", options).get("include_usage") is True,
        has_progress=body.get("return_progress") is True,
    )


def _heard(message: JsonObject) -> Heard:
    content = message.get("content")
    role = text_of(message.get("role"))
    calls = objects(message, "tool_calls")
    return Heard(
        role="system" if role == "developer" else role,
        text=content_text(content),
        images=count_images(content),
        call_names=tuple(text_of(cast("JsonObject", call.get("function", {})).get("name")) for call in calls),
    )


def complaint(body: JsonObject) -> str | None:
    """Return what a strict server finds wrong with a request."""
    known: set[str] = set()
    for place, message in enumerate(messages_of(body)):
        known.update(text_of(call.get("id")) for call in objects(message, "tool_calls"))
        if message.get("role") == "tool" and text_of(message.get("tool_call_id")) not in known:
            return (
                f"Invalid parameter: messages[{place}] with role 'tool' must be a response to a preceding message "
                "with 'tool_calls'."
            )
    names = [text_of(cast("JsonObject", tool.get("function", {})).get("name")) for tool in objects(body, "tools")]
    return name_complaint(names, "tools[{place}].function.name")


def answer(turn: Turn, asked: Asked) -> bytes:
    """Return the answer in one piece."""
    message: dict[str, Json] = {"role": "assistant", "content": turn.text or None}
    if turn.reasoning:
        message[turn.reasoning_field] = turn.reasoning
    if turn.calls:
        message["tool_calls"] = [_call(call, place, asked) for place, call in enumerate(turn.calls)]
    choice: dict[str, Json] = {"index": 0, "message": message, "finish_reason": _FINISH[turn.reason]}
    return compact({**_frame(asked, "chat.completion"), "choices": [choice], "usage": _usage(turn, asked)})


def stream(turn: Turn, asked: Asked) -> list[Piece]:
    """Return the events of a streamed answer."""
    pieces = [_delta(asked, {"role": "assistant", "content": None})]
    pieces += [
        _delta(asked, {turn.reasoning_field: piece}, of="reasoning")
        for piece in split(turn.reasoning, turn.piece_chars)
    ]
    pieces += [_delta(asked, {"content": piece}, of="text") for piece in split(turn.text, turn.piece_chars)]
    for place, call in enumerate(turn.calls):
        pieces += _call_deltas(call, place, asked)
    pieces.append(_delta(asked, {}, of="finish", finish=_FINISH[turn.reason]))
    if asked.has_usage:
        frame: dict[str, Json] = {**_frame(asked, "chat.completion.chunk"), "choices": []}
        pieces.append(sse({**frame, "usage": _usage(turn, asked)}, of="finish"))
    return [*pieces, Piece(data=b"data: [DONE]\n\n", of="done")]


def progress(asked: Asked, done: int, total: int) -> Piece:
    """Return an event that says how much of the prompt has been read (llama.cpp)."""
    choice: dict[str, Json] = {"index": 0, "delta": {"role": "assistant", "content": None}, "finish_reason": None}
    told: dict[str, Json] = {"total": total, "cache": 0, "processed": done, "time_ms": 12}
    return sse({**_frame(asked, "chat.completion.chunk"), "choices": [choice], "prompt_progress": told})


def refusal(status: int, message: str, kind: str) -> JsonObject:
    """Return the body of an error."""
    return {"error": {"message": message, "type": kind, "param": None, "code": status}}


def _call_deltas(call: Call, place: int, asked: Asked) -> list[Piece]:
    whole_call = _call(call, place, asked)
    function = cast("JsonObject", whole_call["function"])
    if not isinstance(function["arguments"], str):
        return [_delta(asked, {"tool_calls": [{"index": place, **whole_call}]}, of="call")]
    first: JsonObject = {"index": place, **whole_call, "function": {"name": function["name"], "arguments": ""}}
    return [_delta(asked, {"tool_calls": [first]}, of="call")] + [
        _delta(asked, {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}, of="call")
        for piece in split(function["arguments"], 6)
    ]


def _call(call: Call, place: int, asked: Asked) -> dict[str, Json]:
    arguments: Json = call.raw if call.raw is not None else json.dumps(call.arguments)
    function: dict[str, Json] = {
        "name": asked.offered(call.name),
        "arguments": call.arguments if call.is_other_shape else arguments,
    }
    call_id = f"call_{asked.number}_{place}" if call.call_id is None else call.call_id
    return {**({"id": call_id} if call_id else {}), "type": "function", "function": function}


def _delta(asked: Asked, delta: JsonObject, *, of: str = "", finish: str | None = None) -> Piece:
    choice: dict[str, Json] = {"index": 0, "delta": delta, "finish_reason": finish}
    return sse({**_frame(asked, "chat.completion.chunk"), "choices": [choice]}, of=of)


def _frame(asked: Asked, kind: str) -> dict[str, Json]:
    return {"id": f"chatcmpl-{asked.number}", "object": kind, "created": 1795167389, "model": asked.model}


def _usage(turn: Turn, asked: Asked) -> JsonObject:
    tokens = spent(turn, asked)
    return {
        "prompt_tokens": tokens.prompt_tokens,
        "completion_tokens": tokens.completion_tokens,
        "total_tokens": tokens.prompt_tokens + tokens.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": tokens.cached_tokens},
    }
