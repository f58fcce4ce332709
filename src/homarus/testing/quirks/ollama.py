"""Ollama's own protocol: one JSON object per line, tool arguments as objects, times in nanoseconds.

Source: github.com/ollama/ollama at fb30760 (api/types.go, docs/openapi.yaml).
"""

import json

from homarus.domain.content import Json, JsonObject
from homarus.domain.inference import Finish
from homarus.testing.quirks.acts import Piece, compact
from homarus.testing.quirks.reading import messages_of, objects, spent, text_of
from homarus.testing.quirks.turns import OLLAMA, Asked, Call, Heard, Turn, split

CREATED = "2026-11-20T08:30:00.123456789Z"
_FINISH = {Finish.STOP: "stop", Finish.TOOL_CALLS: "stop", Finish.LENGTH: "length", Finish.REFUSED: "stop"}


def read(body: JsonObject, number: int) -> Asked:
    """Return what a request asks; Ollama streams unless told not to."""
    functions = [tool.get("function") for tool in objects(body, "tools")]
    return Asked(
        api=OLLAMA,
        model=text_of(body.get("model")),
        messages=tuple(_heard(message) for message in messages_of(body)),
        tools=tuple(text_of(function.get("name")) for function in functions if isinstance(function, dict)),
        is_stream=body.get("stream") is not False,
        body=body,
        number=number,
    )


def _heard(message: JsonObject) -> Heard:
    images = message.get("images")
    functions = [call.get("function") for call in objects(message, "tool_calls")]
    return Heard(
        role=text_of(message.get("role")),
        text=text_of(message.get("content")),
        images=len(images) if isinstance(images, list) else 0,
        call_names=tuple(text_of(function.get("name")) for function in functions if isinstance(function, dict)),
    )


def complaint(body: JsonObject) -> str | None:
    """Return what Ollama finds wrong with a request: it cannot read arguments that are text."""
    for message in messages_of(body):
        for call in objects(message, "tool_calls"):
            function = call.get("function")
            if isinstance(function, dict) and isinstance(function.get("arguments"), str):
                return (
                    "json: cannot unmarshal string into Go struct field "
                    ".messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments"
                )
    return None


def answer(turn: Turn, asked: Asked) -> bytes:
    """Return the answer in one piece."""
    message: dict[str, Json] = {"role": "assistant", "content": turn.text}
    if turn.reasoning:
        message["thinking"] = turn.reasoning
    if turn.calls:
        message["tool_calls"] = [_call(call, place, asked) for place, call in enumerate(turn.calls)]
    return compact({**_frame(asked), "message": message, **_ending(turn, asked)})


def stream(turn: Turn, asked: Asked) -> list[Piece]:
    """Return the lines of a streamed answer; tool calls come before the last line, whole."""
    pieces = [
        _line(asked, {"content": "", "thinking": piece}, "reasoning")
        for piece in split(turn.reasoning, turn.piece_chars)
    ]
    pieces += [_line(asked, {"content": piece}, "text") for piece in split(turn.text, turn.piece_chars)]
    for place, call in enumerate(turn.calls):
        pieces.append(_line(asked, {"content": "", "tool_calls": [_call(call, place, asked)]}, "call"))
    last: JsonObject = {**_frame(asked), "message": {"role": "assistant", "content": ""}, **_ending(turn, asked)}
    return [*pieces, Piece(data=compact(last) + b"\n", of="done")]


def refusal(status: int, message: str, kind: str) -> JsonObject:
    """Return the body of an error."""
    del status, kind
    return {"error": message}


def _line(asked: Asked, message: JsonObject, of: str) -> Piece:
    frame: JsonObject = {**_frame(asked), "message": {"role": "assistant", **message}, "done": False}
    return Piece(data=compact(frame) + b"\n", of=of)


def _call(call: Call, place: int, asked: Asked) -> dict[str, Json]:
    arguments: Json = call.arguments if call.raw is None else call.raw
    call_id = f"call_{asked.number}{place}" if call.call_id is None else call.call_id
    function: dict[str, Json] = {
        "index": place,
        "name": asked.offered(call.name),
        "arguments": json.dumps(call.arguments) if call.is_other_shape else arguments,
    }
    return {**({"id": call_id} if call_id else {}), "function": function}


def _frame(asked: Asked) -> dict[str, Json]:
    return {"model": asked.model, "created_at": CREATED}


def _ending(turn: Turn, asked: Asked) -> dict[str, Json]:
    tokens = spent(turn, asked)
    return {
        "done": True,
        "done_reason": _FINISH[turn.reason],
        "total_duration": 412_000_000,
        "load_duration": 12_000_000,
        "prompt_eval_count": tokens.prompt_tokens,
        "prompt_eval_duration": 100_000_000,
        "eval_count": tokens.completion_tokens,
        "eval_duration": 300_000_000,
    }
