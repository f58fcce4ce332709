"""The wire that most servers speak: `/chat/completions` of OpenAI's API, in all the ways in which it is spoken.

Sources: OpenAI API reference (chat), llama.cpp tools/server README (`return_progress`, `timings`, `grammar`),
vLLM and LM Studio documentation, DeepSeek and Mistral for `reasoning_content` and typed content parts.
"""

from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

from homarus.domain.content import Image, Json, JsonObject, Message, Role, ToolSpec
from homarus.domain.control_tokens import harmless
from homarus.domain.errors import ModelCallError
from homarus.domain.ids import TurnId
from homarus.domain.inference import Finish, ModelRequest, Prefill, StreamEvent, Usage
from homarus.domain.labels import Reach
from homarus.domain.marks import wire
from homarus.domain.ports import Door, Endpoint, ModelInfo
from homarus.models.answer_reader import AnswerReader
from homarus.models.answering import Answering
from homarus.models.bodies import Kept, body_of, to_bytes
from homarus.models.closing import closing
from homarus.models.compat import Compat
from homarus.models.concessions import MOST, Concessions
from homarus.models.dialects import Dialect, in_dialect
from homarus.models.exchange import Exchange, bearer
from homarus.models.listing import list_openai_models
from homarus.models.ndjson import as_count, as_list, as_number, as_object, as_text
from homarus.models.sse import SseEvent
from homarus.models.tool_names import ToolNames, wire_name

_FINISH = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.REFUSED,
}
_NOTHING = Concessions()
_NO_FRAME = frozenset({"", "null"})


@wire("openai-completions")
class OpenAiCompletions:
    """Chat completions, streamed."""

    def __init__(self) -> None:
        self._messages: Kept[Message] = Kept()
        self._tools: Kept[ToolSpec] = Kept()
        self._answering = Answering()
        self._conceded: dict[tuple[str, str], Concessions] = {}

    def stream(
        self, request: ModelRequest, at: Endpoint, door: Door, *, reach: Reach, turn: TurnId | None = None
    ) -> AsyncIterator[StreamEvent]:
        """Yield the answer as it comes."""
        exchange = Exchange.of(at, door, model=request.model, reach=reach, turn=turn)
        names = ToolNames(tool.name for tool in request.tools)
        reader = self._answering.reader(names, exchange)

        def read(event: SseEvent) -> list[StreamEvent]:
            if event.data.strip() == "[DONE]":
                reader.is_done = reader.is_over = True
                return []
            if event.data.strip() in _NO_FRAME:
                return []
            frame = exchange.object(event.data)
            exchange.raise_error_in(frame)
            return _read(frame, reader)

        return self._answering.answer(self._events(request, at, names, exchange), exchange, reader, read)

    async def _events(
        self, request: ModelRequest, at: Endpoint, names: ToolNames, exchange: Exchange
    ) -> AsyncIterator[SseEvent]:
        """Yield what comes; what the server refuses by name is left out, now and from then on."""
        key = (at.base_url, request.model.model_id)
        for tries_left in range(MOST, -1, -1):
            conceded = self._conceded.get(key, _NOTHING)
            body = self.body(request, at, names, conceded)
            try:
                async with closing(exchange.events("/chat/completions", body, bearer(at))) as events:
                    async for event in events:
                        yield event
            except ModelCallError as error:
                sent = _tail(request, at, Compat.of(at), names)
                more = conceded.after(error, sent, own=request.extra) if tries_left else None
                if more is None:
                    raise
                self._conceded[key] = more
            else:
                return

    async def list_models(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        """Return the models that the server names."""
        return await list_openai_models(Exchange.of(at, door, model=None, reach=Reach.ANYWHERE), bearer(at))

    def body(self, request: ModelRequest, at: Endpoint, names: ToolNames, conceded: Concessions = _NOTHING) -> bytes:
        """Return the request: model, tools and messages first and always the same, everything else behind them."""
        compat = Compat.of(at)
        flavour = _flavour(compat)
        lists: dict[str, list[bytes]] = {}
        if request.tools and compat.is_on("supportsTools", default=True):
            spec = partial(_tool, names=names, dialect=compat.dialect)
            wire_names = ",".join(names.wire(tool.name) for tool in request.tools)
            lists["tools"] = [self._tools.of(tool, f"{flavour} {wire_names}", spec) for tool in request.tools]
        render = partial(_message, compat=compat)
        messages = conceded.messages(_bridged(request.messages, compat))
        lists["messages"] = [self._messages.of(message, flavour, render) for message in messages]
        tail = conceded.tail(_tail(request, at, compat, names))
        return body_of({"model": request.model.model_id}, lists, tail)


def _flavour(compat: Compat) -> str:
    keys = ("requiresStringContent", "requiresToolResultName", "requiresThinkingAsText", "supportsDeveloperRole")
    return " ".join(str(compat.raw.get(key)) for key in keys) + " " + compat.dialect.flavour


_BRIDGE = Message(role=Role.ASSISTANT)


def _bridged(messages: tuple[Message, ...], compat: Compat) -> tuple[Message, ...]:
    """Put an assistant message between a tool's result and the user where a template insists on one."""
    if not compat.is_on("requiresAssistantAfterToolResult", default=False):
        return messages
    bridged: list[Message] = []
    for message in messages:
        if bridged and bridged[-1].role is Role.TOOL and message.role is Role.USER:
            bridged.append(_BRIDGE)
        bridged.append(message)
    return tuple(bridged)


def _message(message: Message, *, compat: Compat) -> JsonObject:
    if message.role is Role.SYSTEM:
        return {"role": compat.system_role, "content": message.text}
    if message.role is Role.TOOL:
        named: dict[str, Json] = (
            {"name": wire_name(message.tool_name)} if compat.is_on("requiresToolResultName", default=False) else {}
        )
        call_id = message.call_id or ""
        return {"role": "tool", "tool_call_id": call_id, **named, "content": harmless(message.text)}
    if message.role is Role.ASSISTANT:
        return _assistant(message, compat)
    images = [part for part in message.parts if isinstance(part, Image)]
    if not images or compat.is_on("requiresStringContent", default=False):
        return {"role": "user", "content": harmless(message.text)}
    content: list[Json] = [{"type": "text", "text": harmless(message.text)}] if message.text else []
    content += [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in images]
    return {"role": "user", "content": content}


def data_url(image: Image) -> str:
    """Return a picture as an address that holds it; a server is never told to fetch anything."""
    return f"data:{image.media_type};base64,{image.data_b64}"


def _assistant(message: Message, compat: Compat) -> JsonObject:
    text = harmless(message.text)
    if message.reasoning and compat.is_on("requiresThinkingAsText", default=False):
        text = f"<think>\n{message.reasoning}\n</think>\n\n{text}"
    if not message.tool_calls:
        return {"role": "assistant", "content": text}
    calls: list[Json] = [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": wire_name(call.name), "arguments": harmless(to_bytes(call.arguments).decode())},
        }
        for call in message.tool_calls
    ]
    return {"role": "assistant", "content": text, "tool_calls": calls}


def _tool(tool: ToolSpec, *, names: ToolNames, dialect: Dialect) -> JsonObject:
    parameters = in_dialect(tool.parameters, dialect)
    function: dict[str, Json] = {"name": names.wire(tool.name), "description": tool.description}
    strict: dict[str, Json] = {"strict": True} if dialect.form == "strict" else {}
    return {"type": "function", "function": {**function, **strict, "parameters": parameters}}


def _tail(request: ModelRequest, at: Endpoint, compat: Compat, names: ToolNames) -> dict[str, Json]:
    tail: dict[str, Json] = {"stream": True}
    if compat.is_on("supportsUsageInStreaming", default=True):
        tail["stream_options"] = {"include_usage": True}
    if at.is_local and compat.is_on("supportsPromptProgress", default=True):
        tail["return_progress"] = True
    if request.tools and request.tool_choice != "auto" and compat.is_on("supportsTools", default=True):
        tail["tool_choice"] = _choice(request.tool_choice, names)
    tail |= compat.thinking(request.reasoning)
    if request.response_schema is not None:
        schema: dict[str, Json] = {"name": "answer", "strict": True, "schema": request.response_schema}
        tail["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.grammar is not None:
        tail["grammar"] = request.grammar
    tail |= _sampling(request, at, compat)
    return tail | dict(request.extra)


def _choice(choice: str, names: ToolNames) -> Json:
    if choice in {"none", "required"}:
        return choice
    return {"type": "function", "function": {"name": names.wire(choice)}}


def _sampling(request: ModelRequest, at: Endpoint, compat: Compat) -> dict[str, Json]:
    how = request.sampling
    is_openai = (urlsplit(at.base_url).hostname or "").endswith("openai.com")
    limit_field = compat.word("maxTokensField", "max_completion_tokens" if is_openai else "max_tokens")
    chosen: dict[str, Json] = {
        "temperature": how.temperature,
        "top_p": how.top_p,
        "seed": how.seed,
        limit_field: how.max_tokens,
        "stop": list(how.stop) or None,
    }
    return {key: value for key, value in chosen.items() if value is not None}


def _read(frame: JsonObject, reader: AnswerReader) -> list[StreamEvent]:
    """Read one chunk, or a whole completion from a server that does not stream."""
    reader.model = as_text(frame.get("model")) or reader.model
    if frame.get("usage"):
        reader.usage = read_usage(as_object(frame["usage"]))
    read_timings(as_object(frame.get("timings")), reader)
    events: list[StreamEvent] = []
    progress = as_object(frame.get("prompt_progress"))
    if progress:
        done, total = as_count(progress.get("processed")), as_count(progress.get("total"))
        events.append(Prefill(done_tokens=done, total_tokens=total))
    choices = as_list(frame.get("choices"))
    choice = as_object(choices[0] if choices else frame.get("choices"))
    delta = choice.get("delta") or choice.get("message")
    events += _read_delta(delta if isinstance(delta, dict) else {"content": delta or choice.get("text")}, reader)
    finish = as_text(choice.get("finish_reason"))
    if finish:
        reader.finish = _FINISH.get(finish, Finish.STOP)
        reader.is_done = True
    return events


def _read_delta(delta: JsonObject, reader: AnswerReader) -> list[StreamEvent]:
    events = reader.reasoning(as_text(delta.get("reasoning_content")) or as_text(delta.get("reasoning")))
    content = delta.get("content")
    for part in content if isinstance(content, list) else [content]:
        events += reader.text(part) if isinstance(part, str) else _read_part(as_object(part), reader)
    refusal = as_text(delta.get("refusal"))
    if refusal:
        events += reader.text(refusal)
        reader.finish = Finish.REFUSED
    for piece in calls_of(delta):
        function = as_object(piece.get("function")) or piece
        reader.calls.add(
            index=piece.get("index"),
            call_id=piece.get("id"),
            name=function.get("name"),
            arguments=function.get("arguments"),
        )
    return events


def calls_of(message: JsonObject) -> list[JsonObject]:
    """Return the pieces of calls in a message; a single one may stand where a list is due."""
    calls = message.get("tool_calls")
    return [as_object(call) for call in (calls if isinstance(calls, list) else [calls]) if call]


def _read_part(part: JsonObject, reader: AnswerReader) -> list[StreamEvent]:
    """Read a typed part of content, as Mistral sends them."""
    if as_text(part.get("type")) == "thinking":
        inner = part.get("thinking")
        words = [as_text(as_object(piece).get("text")) for piece in as_list(inner)]
        return reader.reasoning(as_text(inner) or "".join(words))
    return reader.text(as_text(part.get("text")))


def read_usage(usage: JsonObject) -> Usage:
    """Read token counts in the words of chat completions or of responses."""
    asked = as_object(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    said = as_object(usage.get("completion_tokens_details") or usage.get("output_tokens_details"))
    return Usage(
        prompt_tokens=as_count(usage.get("prompt_tokens") or usage.get("input_tokens")),
        cached_tokens=as_count(asked.get("cached_tokens") or usage.get("prompt_cache_hit_tokens")),
        completion_tokens=as_count(usage.get("completion_tokens") or usage.get("output_tokens")),
        reasoning_tokens=as_count(said.get("reasoning_tokens")),
    )


def read_timings(timings: JsonObject, reader: AnswerReader) -> None:
    """Take how long the server says it read and wrote."""
    reader.prefill_ms = as_number(timings.get("prompt_ms")) or reader.prefill_ms
    reader.generation_ms = as_number(timings.get("predicted_ms")) or reader.generation_ms
