"""OpenAI responses: items instead of choices, and an event for each step of each item.

Source: the types of the `openai` package 2.x, and answers of llama.cpp (xllamacpp 2026.10.11549).
"""

import json
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.inference import Finish
from homarus.testing.quirks.acts import Piece, compact, sse
from homarus.testing.quirks.reading import content_text, count_images, name_complaint, objects, spent, text_of
from homarus.testing.quirks.turns import OPENAI_RESPONSES, Asked, Call, Heard, Turn, split


def read(body: JsonObject, number: int) -> Asked:
    """Return what a request asks."""
    given = body.get("input")
    said = (Heard(role="user", text=given),) if isinstance(given, str) else tuple(map(_heard, objects(body, "input")))
    orders = text_of(body.get("instructions"))
    return Asked(
        api=OPENAI_RESPONSES,
        model=text_of(body.get("model")),
        messages=((Heard(role="system", text=orders),) if orders else ()) + said,
        tools=tuple(text_of(tool.get("name")) for tool in objects(body, "tools")),
        is_stream=body.get("stream") is True,
        body=body,
        number=number,
    )


def _heard(item: JsonObject) -> Heard:
    kind = item.get("type", "message")
    if kind == "function_call_output":
        return Heard(role="tool", text=content_text(item.get("output")))
    if kind == "function_call":
        return Heard(role="assistant", text="", call_names=(text_of(item.get("name")),))
    if kind == "reasoning":
        return Heard(role="assistant", text="")
    role = text_of(item.get("role"))
    content = item.get("content")
    text = content_text(content)
    return Heard(role="system" if role == "developer" else role, text=text, images=count_images(content))


def complaint(body: JsonObject) -> str | None:
    """Return what a strict server finds wrong with a request."""
    known: set[str] = set()
    for item in objects(body, "input"):
        call_id = text_of(item.get("call_id"))
        if item.get("type") == "function_call":
            known.add(call_id)
        if item.get("type") == "function_call_output" and call_id not in known:
            return f"No tool call found for function call output with call_id {call_id}."
    return name_complaint([text_of(tool.get("name")) for tool in objects(body, "tools")], "tools[{place}].name")


def answer(turn: Turn, asked: Asked) -> bytes:
    """Return the answer in one piece."""
    return compact(_response(turn, asked, _items(turn, asked)))


def stream(turn: Turn, asked: Asked) -> list[Piece]:
    """Return the events of a streamed answer."""
    begun: dict[str, Json] = {"id": f"resp_{asked.number}", "object": "response", "status": "in_progress", "output": []}
    events: list[tuple[str, dict[str, Json], str]] = [
        ("response.created", {"response": begun}, ""),
        ("response.in_progress", {"response": begun}, ""),
    ]
    items = _items(turn, asked)
    for place, item in enumerate(items):
        events += _item_events(item, place, turn)
    last = "response.incomplete" if turn.reason is Finish.LENGTH else "response.completed"
    events.append((last, {"response": _response(turn, asked, items)}, "finish"))
    return [
        sse({"type": name, "sequence_number": number, **body}, event=name, of=of)
        for number, (name, body, of) in enumerate(events)
    ]


def refusal(status: int, message: str, kind: str) -> JsonObject:
    """Return the body of an error."""
    return {"error": {"message": message, "type": kind, "param": None, "code": status}}


def _items(turn: Turn, asked: Asked) -> list[dict[str, Json]]:
    items: list[dict[str, Json]] = []
    if turn.reasoning:
        thought: Json = [{"type": "reasoning_text", "text": turn.reasoning}]
        items.append({"id": f"rs_{asked.number}", "type": "reasoning", "summary": [], "content": thought})
    if turn.text:
        part: dict[str, Json] = {"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}
        items.append(
            {
                "id": f"msg_{asked.number}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        )
    return items + [_call(call, place, asked) for place, call in enumerate(turn.calls)]


def _call(call: Call, place: int, asked: Asked) -> dict[str, Json]:
    arguments: Json = call.raw if call.raw is not None else json.dumps(call.arguments)
    call_id = f"call_{asked.number}_{place}" if call.call_id is None else call.call_id
    return {
        "id": f"fc_{asked.number}_{place}",
        "type": "function_call",
        "status": "completed",
        **({"call_id": call_id} if call_id else {}),
        "name": asked.offered(call.name),
        "arguments": call.arguments if call.is_other_shape else arguments,
    }


def _item_events(item: dict[str, Json], place: int, turn: Turn) -> list[tuple[str, dict[str, Json], str]]:
    at: dict[str, Json] = {"item_id": item["id"], "output_index": place}
    kind = item["type"]
    hollow: Json = {"arguments": ""} if kind == "function_call" else {"content": []}
    opened: dict[str, Json] = {
        "output_index": place,
        "item": {**item, **cast("JsonObject", hollow), "status": "in_progress"},
    }
    middle = {"reasoning": _thought, "message": _spoken, "function_call": _called}[str(kind)](item, at, turn)
    return [
        ("response.output_item.added", opened, "call" if kind == "function_call" else ""),
        *middle,
        ("response.output_item.done", {"output_index": place, "item": item}, "call" if kind == "function_call" else ""),
    ]


def _thought(item: dict[str, Json], at: dict[str, Json], turn: Turn) -> list[tuple[str, dict[str, Json], str]]:
    del item
    at = {**at, "content_index": 0}
    deltas = [
        ("response.reasoning_text.delta", {**at, "delta": piece}, "reasoning")
        for piece in split(turn.reasoning, turn.piece_chars)
    ]
    return [*deltas, ("response.reasoning_text.done", {**at, "text": turn.reasoning}, "")]


def _spoken(item: dict[str, Json], at: dict[str, Json], turn: Turn) -> list[tuple[str, dict[str, Json], str]]:
    at = {**at, "content_index": 0}
    (part,) = cast("list[Json]", item["content"])
    hollow: Json = {"type": "output_text", "text": "", "annotations": []}
    return [
        ("response.content_part.added", {**at, "part": hollow}, ""),
        *[("response.output_text.delta", {**at, "delta": p}, "text") for p in split(turn.text, turn.piece_chars)],
        ("response.output_text.done", {**at, "text": turn.text}, ""),
        ("response.content_part.done", {**at, "part": part}, ""),
    ]


def _called(item: dict[str, Json], at: dict[str, Json], turn: Turn) -> list[tuple[str, dict[str, Json], str]]:
    del turn
    arguments = item["arguments"]
    if not isinstance(arguments, str):
        return []
    deltas = [
        ("response.function_call_arguments.delta", {**at, "delta": piece}, "call") for piece in split(arguments, 6)
    ]
    return [*deltas, ("response.function_call_arguments.done", {**at, "arguments": arguments}, "call")]


def _response(turn: Turn, asked: Asked, items: list[dict[str, Json]]) -> dict[str, Json]:
    tokens = spent(turn, asked)
    is_cut = turn.reason is Finish.LENGTH
    return {
        "id": f"resp_{asked.number}",
        "object": "response",
        "created_at": 1795167389,
        "status": "incomplete" if is_cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
        "error": None,
        "model": asked.model,
        "output": items,
        "usage": {
            "input_tokens": tokens.prompt_tokens,
            "input_tokens_details": {"cached_tokens": tokens.cached_tokens},
            "output_tokens": tokens.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": tokens.reasoning_tokens},
            "total_tokens": tokens.prompt_tokens + tokens.completion_tokens,
        },
    }
