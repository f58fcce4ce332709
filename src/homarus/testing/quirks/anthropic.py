"""Anthropic messages: blocks that are opened, filled and closed.

Source: https://platform.claude.com/docs/build-with-claude/streaming, and answers of llama.cpp
(xllamacpp 2026.10.11549), which leaves `message_start` out when the whole prompt was cached.
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
from homarus.testing.quirks.turns import ANTHROPIC_MESSAGES, Asked, Call, Heard, Turn, split

_FINISH = {
    Finish.STOP: "end_turn",
    Finish.TOOL_CALLS: "tool_use",
    Finish.LENGTH: "max_tokens",
    Finish.REFUSED: "refusal",
}


def read(body: JsonObject, number: int) -> Asked:
    """Return what a request asks."""
    orders = content_text(body.get("system"))
    return Asked(
        api=ANTHROPIC_MESSAGES,
        model=text_of(body.get("model")),
        messages=((Heard(role="system", text=orders),) if orders else ()) + tuple(map(_heard, messages_of(body))),
        tools=tuple(text_of(tool.get("name")) for tool in objects(body, "tools")),
        is_stream=body.get("stream") is True,
        body=body,
        number=number,
    )


def _heard(message: JsonObject) -> Heard:
    content = message.get("content")
    blocks = objects(message, "content")
    has_result = any(block.get("type") == "tool_result" for block in blocks)
    names = tuple(text_of(block.get("name")) for block in blocks if block.get("type") == "tool_use")
    role = "tool" if has_result else text_of(message.get("role"))
    return Heard(role=role, text=content_text(content), images=count_images(content), call_names=names)


def complaint(body: JsonObject) -> str | None:
    """Return what a strict server finds wrong with a request."""
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens: Field required"
    known: set[str] = set()
    for place, message in enumerate(messages_of(body)):
        if message.get("role") not in ("user", "assistant"):
            return f"messages.{place}.role: Input should be 'user' or 'assistant'"
        for block in objects(message, "content"):
            if block.get("type") == "tool_use":
                known.add(text_of(block.get("id")))
            if block.get("type") == "tool_result" and text_of(block.get("tool_use_id")) not in known:
                found = text_of(block.get("tool_use_id"))
                return f"messages.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {found}"
    return name_complaint([text_of(tool.get("name")) for tool in objects(body, "tools")], "tools.{place}.name")


def answer(turn: Turn, asked: Asked) -> bytes:
    """Return the answer in one piece."""
    blocks: list[Json] = []
    if turn.reasoning:
        blocks.append({"type": "thinking", "thinking": turn.reasoning, "signature": "c2lnbmF0dXJl"})
    if turn.text:
        blocks.append({"type": "text", "text": turn.text})
    blocks += [_call(call, place, asked) for place, call in enumerate(turn.calls)]
    ending: JsonObject = {"stop_reason": _FINISH[turn.reason], "stop_sequence": None, "usage": _usage(turn, asked)}
    return compact({**_frame(asked), "content": blocks, **ending})


def stream(turn: Turn, asked: Asked) -> list[Piece]:
    """Return the events of a streamed answer."""
    usage: JsonObject = {**_usage(turn, asked), "output_tokens": 1}
    opening: JsonObject = {**_frame(asked), "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    pieces = [_event("message_start", {"message": opening}), _event("ping", {})]
    place = 0
    if turn.reasoning:
        thoughts: list[JsonObject] = [
            {"type": "thinking_delta", "thinking": p} for p in split(turn.reasoning, turn.piece_chars)
        ]
        thoughts.append({"type": "signature_delta", "signature": "c2lnbmF0dXJl"})
        pieces += _block(place, {"type": "thinking", "thinking": "", "signature": ""}, thoughts, "reasoning")
        place += 1
    if turn.text:
        words: list[JsonObject] = [{"type": "text_delta", "text": p} for p in split(turn.text, turn.piece_chars)]
        pieces += _block(place, {"type": "text", "text": ""}, words, "text")
        place += 1
    for number, call in enumerate(turn.calls):
        pieces += _call_block(call, number, place + number, asked)
    delta: JsonObject = {"stop_reason": _FINISH[turn.reason], "stop_sequence": None}
    pieces.append(_event("message_delta", {"delta": delta, "usage": _usage(turn, asked)}, of="finish"))
    return [*pieces, _event("message_stop", {}, of="done")]


def refusal(status: int, message: str, kind: str) -> JsonObject:
    """Return the body of an error."""
    del status
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_quirk"}


def _call_block(call: Call, number: int, place: int, asked: Asked) -> list[Piece]:
    block = _call(call, number, asked)
    text = call.raw if call.raw is not None else json.dumps(call.arguments)
    deltas: list[JsonObject] = [{"type": "input_json_delta", "partial_json": piece} for piece in split(text, 6)]
    hollow: JsonObject = {**block, "input": {}}
    opening: JsonObject = block if call.is_other_shape else hollow
    return _block(place, opening, [] if call.is_other_shape else deltas, "call")


def _call(call: Call, number: int, asked: Asked) -> dict[str, Json]:
    call_id = f"toolu_{asked.number}_{number}" if call.call_id is None else call.call_id
    given: Json = call.arguments if call.raw is None else call.raw
    named: dict[str, Json] = {"type": "tool_use", "name": asked.offered(call.name), "input": given}
    return {**named, **({"id": call_id} if call_id else {})}


def _block(place: int, opening: JsonObject, deltas: list[JsonObject], of: str) -> list[Piece]:
    return [
        _event("content_block_start", {"index": place, "content_block": opening}, of="call" if of == "call" else ""),
        *[_event("content_block_delta", {"index": place, "delta": delta}, of=of) for delta in deltas],
        _event("content_block_stop", {"index": place}, of="call" if of == "call" else ""),
    ]


def _event(name: str, body: JsonObject, *, of: str = "") -> Piece:
    return sse({"type": name, **body}, event=name, of=of)


def _frame(asked: Asked) -> dict[str, Json]:
    return {"id": f"msg_{asked.number}", "type": "message", "role": "assistant", "model": asked.model}


def _usage(turn: Turn, asked: Asked) -> dict[str, Json]:
    tokens = spent(turn, asked)
    return {
        "input_tokens": tokens.prompt_tokens - tokens.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached_tokens,
        "output_tokens": cast("Json", tokens.completion_tokens),
    }
