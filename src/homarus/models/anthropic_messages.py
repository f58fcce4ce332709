"""The wire of Anthropic's `/v1/messages`, which llama.cpp, Ollama and LM Studio speak, too.

Source: Anthropic API reference (messages, streaming, errors); llama.cpp tools/server README.
"""

from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

from homarus.domain.content import Image, Json, JsonObject, Message, Role, ToolSpec
from homarus.domain.control_tokens import harmless
from homarus.domain.ids import TurnId
from homarus.domain.inference import Finish, ModelRequest, StreamEvent, Usage
from homarus.domain.labels import Reach
from homarus.domain.marks import wire
from homarus.domain.ports import Door, Endpoint, ModelInfo
from homarus.models.answer_reader import AnswerReader
from homarus.models.answering import Answering
from homarus.models.bodies import Kept, body_of
from homarus.models.compat import Compat
from homarus.models.dialects import Dialect, in_dialect
from homarus.models.exchange import Exchange
from homarus.models.listing import list_openai_models
from homarus.models.ndjson import as_count, as_list, as_object, as_text
from homarus.models.sse import SseEvent
from homarus.models.tool_names import ToolNames, wire_name

_DEFAULT_MAX_TOKENS = 8192
_BUDGETS = {"low": 1024, "medium": 4096, "high": 16384}
_FINISH = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "tool_use": Finish.TOOL_CALLS,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "refusal": Finish.REFUSED,
}


@wire("anthropic-messages")
class AnthropicMessages:
    """Messages, streamed."""

    def __init__(self) -> None:
        self._messages: Kept[Message] = Kept()
        self._tools: Kept[ToolSpec] = Kept()
        self._answering = Answering()

    def stream(
        self, request: ModelRequest, at: Endpoint, door: Door, *, reach: Reach, turn: TurnId | None = None
    ) -> AsyncIterator[StreamEvent]:
        """Yield the answer as it comes."""
        exchange = Exchange.of(at, door, model=request.model, reach=reach, turn=turn)
        names = ToolNames(tool.name for tool in request.tools)
        reader = self._answering.reader(names, exchange)

        def read(event: SseEvent) -> list[StreamEvent]:
            frame = exchange.object(event.data)
            kind = as_text(frame.get("type")) or event.name
            exchange.raise_error_in(frame)
            reader.is_over = kind == "message_stop"
            return _read(kind, frame, reader)

        body = self.body(request, at, names)
        return self._answering.answer(
            exchange.events(f"{_prefix(at)}/messages", body, _headers(at)), exchange, reader, read
        )

    async def list_models(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        """Return the models that the server names."""
        exchange = Exchange.of(at, door, model=None, reach=Reach.ANYWHERE)
        return await list_openai_models(exchange, _headers(at), path=f"{_prefix(at)}/models")

    def body(self, request: ModelRequest, at: Endpoint, names: ToolNames) -> bytes:
        """Return the request: model, system, tools and messages first and always the same, the rest behind them."""
        compat = Compat.of(at)
        first = next(
            (place for place, message in enumerate(request.messages) if message.role is not Role.SYSTEM),
            len(request.messages),
        )
        lists: dict[str, list[bytes]] = {}
        if first:
            lists["system"] = [
                self._messages.of(message, "last" if place == first - 1 else "", partial(_system, place == first - 1))
                for place, message in enumerate(request.messages[:first])
            ]
        if request.tools and compat.is_on("supportsTools", default=True):
            spec = partial(_tool, names=names, dialect=compat.dialect)
            flavour = ",".join([*(names.wire(tool.name) for tool in request.tools), compat.dialect.flavour])
            lists["tools"] = [self._tools.of(tool, flavour, spec) for tool in request.tools]
        lists["messages"] = [self._messages.of(message, "", _message) for message in request.messages[first:]]
        return body_of({"model": request.model.model_id}, lists, _tail(request, compat, names))


def _prefix(at: Endpoint) -> str:
    return "" if at.base_url.rstrip("/").endswith("/v1") else "/v1"


def _headers(at: Endpoint) -> dict[str, str]:
    headers = {"anthropic-version": "2023-06-01"}
    if at.api_key:
        headers["x-api-key"] = at.api_key
        if not (urlsplit(at.base_url).hostname or "").endswith("anthropic.com"):
            headers["Authorization"] = f"Bearer {at.api_key}"
    return headers


def _system(is_last: bool, message: Message) -> JsonObject:  # noqa: FBT001 - filled in by partial
    block: dict[str, Json] = {"type": "text", "text": message.text}
    return {**block, "cache_control": {"type": "ephemeral"}} if is_last else block


def _message(message: Message) -> JsonObject:
    text = message.text if message.role is Role.SYSTEM else harmless(message.text)
    if message.role is Role.TOOL:
        result: dict[str, Json] = {"type": "tool_result", "tool_use_id": message.call_id or "", "content": text}
        return {"role": "user", "content": [{**result, "is_error": True} if message.is_error else result]}
    content: list[Json] = [
        {"type": "image", "source": {"type": "base64", "media_type": part.media_type, "data": part.data_b64}}
        for part in message.parts
        if isinstance(part, Image)
    ]
    if text.strip():
        content.append({"type": "text", "text": text})
    content += [
        {"type": "tool_use", "id": call.call_id, "name": wire_name(call.name), "input": call.arguments}
        for call in message.tool_calls
    ]
    role = "assistant" if message.role is Role.ASSISTANT else "user"
    return {"role": role, "content": content or [{"type": "text", "text": "…"}]}


def _tool(tool: ToolSpec, *, names: ToolNames, dialect: Dialect) -> JsonObject:
    schema = in_dialect(tool.parameters, dialect)
    return {"name": names.wire(tool.name), "description": tool.description, "input_schema": schema}


def _tail(request: ModelRequest, compat: Compat, names: ToolNames) -> dict[str, Json]:
    how = request.sampling
    limit = how.max_tokens or _DEFAULT_MAX_TOKENS
    tail: dict[str, Json] = {"stream": True, "max_tokens": limit}
    if request.tools and request.tool_choice != "auto" and compat.is_on("supportsTools", default=True):
        words: dict[str, Json] = {"none": {"type": "none"}, "required": {"type": "any"}}
        named: Json = {"type": "tool", "name": names.wire(request.tool_choice)}
        tail["tool_choice"] = words.get(request.tool_choice, named)
    budget = _BUDGETS.get(request.reasoning or "")
    # In the middle of a tool loop the signed thinking would have to be sent back; without it the server refuses.
    if budget and request.messages[-1].role is not Role.TOOL:
        tail["thinking"] = {"type": "enabled", "budget_tokens": budget}
        tail["max_tokens"] = max(limit, budget + 1024)
    else:
        sampled: dict[str, Json] = {"temperature": how.temperature, "top_p": how.top_p}
        tail |= {key: value for key, value in sampled.items() if value is not None}
    if how.stop:
        tail["stop_sequences"] = list(how.stop)
    return tail | dict(request.extra)


def _read(kind: str, frame: JsonObject, reader: AnswerReader) -> list[StreamEvent]:
    if kind == "message_start":
        _read_head(as_object(frame.get("message")), reader)
    elif kind == "content_block_start":
        return _read_block(as_object(frame.get("content_block")), as_count(frame.get("index")), reader)
    elif kind == "content_block_delta":
        return _read_delta(as_object(frame.get("delta")), as_count(frame.get("index")), reader)
    elif kind == "message_delta":
        _read_usage(as_object(frame.get("usage")), reader)
        _stop(as_text(as_object(frame.get("delta")).get("stop_reason")), reader)
    elif kind == "message_stop":
        reader.is_done = True
    elif kind == "message":
        return _read_whole(frame, reader)
    return []


def _read_head(message: JsonObject, reader: AnswerReader) -> None:
    reader.model = as_text(message.get("model")) or reader.model
    _read_usage(as_object(message.get("usage")), reader)


def _read_usage(usage: JsonObject, reader: AnswerReader) -> None:
    """Take counts; the prompt is what was read afresh plus what came from or went into the cache."""
    cached = as_count(usage.get("cache_read_input_tokens"))
    prompt = as_count(usage.get("input_tokens")) + cached + as_count(usage.get("cache_creation_input_tokens"))
    reader.usage = Usage(
        prompt_tokens=prompt or reader.usage.prompt_tokens,
        cached_tokens=cached or reader.usage.cached_tokens,
        completion_tokens=as_count(usage.get("output_tokens")) or reader.usage.completion_tokens,
    )


def _read_block(block: JsonObject, index: int, reader: AnswerReader) -> list[StreamEvent]:
    kind = as_text(block.get("type"))
    if kind == "tool_use":
        given = as_object(block.get("input"))
        reader.calls.add(index=index, call_id=block.get("id"), name=block.get("name"), arguments=given or "")
        return []
    if kind == "thinking":
        return reader.reasoning(as_text(block.get("thinking")))
    return reader.text(as_text(block.get("text")))


def _read_delta(delta: JsonObject, index: int, reader: AnswerReader) -> list[StreamEvent]:
    kind = as_text(delta.get("type"))
    if kind == "input_json_delta":
        reader.calls.add(index=index, call_id=None, name=None, arguments=as_text(delta.get("partial_json")))
        return []
    if kind == "thinking_delta":
        return reader.reasoning(as_text(delta.get("thinking")))
    return reader.text(as_text(delta.get("text")))


def _read_whole(message: JsonObject, reader: AnswerReader) -> list[StreamEvent]:
    """Read an answer from a server that does not stream."""
    _read_head(message, reader)
    events: list[StreamEvent] = []
    for index, block in enumerate(as_list(message.get("content"))):
        events += _read_block(as_object(block), index, reader)
    _stop(as_text(message.get("stop_reason")), reader)
    return events


def _stop(reason: str, reader: AnswerReader) -> None:
    if reason:
        reader.finish = _FINISH.get(reason, Finish.STOP)
        reader.is_done = True
