"""Ollama's own wire, `/api/chat`: the only one where the context can be set and tool calls are safe.

One fixed `num_ctx` per model (another one reloads it), `truncate` and `shift` off (else the oldest messages vanish
without a word), tool arguments as objects, tool calls in any chunk. Source: ollama api/types.go, docs/openapi.yaml.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from homarus.domain.content import Image, Json, JsonObject, Message, Role, ToolSpec
from homarus.domain.control_tokens import harmless
from homarus.domain.errors import ModelCallError
from homarus.domain.ids import TurnId
from homarus.domain.inference import Finish, ModelRequest, StreamEvent, Usage
from homarus.domain.labels import Reach
from homarus.domain.marks import wire
from homarus.domain.ports import Door, Endpoint, ModelInfo
from homarus.models.answer_reader import AnswerReader
from homarus.models.answering import Answering
from homarus.models.bodies import Kept, body_of, to_bytes
from homarus.models.compat import Compat
from homarus.models.dialects import Dialect, in_dialect
from homarus.models.exchange import Exchange, bearer
from homarus.models.ndjson import as_count, as_list, as_object, as_text
from homarus.models.openai_completions import calls_of
from homarus.models.tool_names import ToolNames, wire_name

_TOP_LEVEL = frozenset({"keep_alive", "think", "format", "options", "logprobs", "top_logprobs"})
_FINISH = {"stop": Finish.STOP, "length": Finish.LENGTH}
_SHOWN_AT_ONCE = 4
_SHOWN_AT_MOST = 64


@wire("ollama")
class Ollama:
    """Ollama, natively."""

    def __init__(self) -> None:
        self._messages: Kept[Message] = Kept()
        self._tools: Kept[ToolSpec] = Kept()
        self._answering = Answering()

    def stream(
        self, request: ModelRequest, at: Endpoint, door: Door, *, reach: Reach, turn: TurnId | None = None
    ) -> AsyncIterator[StreamEvent]:
        """Yield the answer as it comes."""
        exchange = Exchange.of(_native(at), door, model=request.model, reach=reach, turn=turn)
        names = ToolNames(tool.name for tool in request.tools)
        reader = self._answering.reader(names, exchange)

        def read(frame: JsonObject) -> list[StreamEvent]:
            exchange.raise_error_in(frame)
            events = _read(frame, reader)
            reader.is_over = reader.is_done
            return events

        body = self.body(request, at, names)
        return self._answering.answer(exchange.lines("/api/chat", body, bearer(at)), exchange, reader, read)

    async def list_models(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        """Return the models with what `/api/show` and `/api/ps` know of them."""
        exchange = Exchange.of(_native(at), door, model=None, reach=Reach.ANYWHERE)
        tags = as_list((await exchange.ask("GET", "/api/tags", bearer(at))).get("models"))
        running = await _running(exchange, at)
        slots = asyncio.Semaphore(_SHOWN_AT_ONCE)

        async def facts(number: int, row: JsonObject) -> ModelInfo:
            if number >= _SHOWN_AT_MOST or _is_told(row):
                return _info(row, {}, running)
            async with slots:
                return _info(row, await _show(exchange, at, as_text(row.get("model"))), running)

        async with asyncio.TaskGroup() as group:
            rows = [as_object(tag) for tag in tags]
            tasks = [group.create_task(facts(number, row)) for number, row in enumerate(rows)]
        infos = [task.result() for task in tasks]
        return tuple(info for info in infos if info.model_id)

    def body(self, request: ModelRequest, at: Endpoint, names: ToolNames) -> bytes:
        """Return the request: model, tools and messages first and always the same, everything else behind them."""
        compat = Compat.of(at)
        lists: dict[str, list[bytes]] = {}
        if request.tools and request.tool_choice != "none" and compat.is_on("supportsTools", default=True):
            spec = partial(_tool, names=names, dialect=compat.dialect)
            flavour = ",".join([*(names.wire(tool.name) for tool in request.tools), compat.dialect.flavour])
            lists["tools"] = [self._tools.of(tool, flavour, spec) for tool in request.tools]
        lists["messages"] = [self._messages.of(message, "", _message) for message in request.messages]
        return body_of({"model": request.model.model_id}, lists, _tail(request))


def _native(at: Endpoint) -> Endpoint:
    """Return the endpoint without the `/v1` that addresses of the other wire end in."""
    base = at.base_url.rstrip("/")
    for suffix in ("/v1", "/api"):
        base = base.removesuffix(suffix)
    return replace(at, base_url=base)


def _message(message: Message) -> JsonObject:
    if message.role is Role.SYSTEM:
        return {"role": "system", "content": message.text}
    content = harmless(message.text)
    if message.role is Role.TOOL:
        call_id = {"tool_call_id": message.call_id} if message.call_id else {}
        return {"role": "tool", "content": content, "tool_name": wire_name(message.tool_name), **call_id}
    if message.role is Role.ASSISTANT:
        calls: list[Json] = [
            {"id": call.call_id, "function": {"name": wire_name(call.name), "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        return {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}
    images: list[Json] = [part.data_b64 for part in message.parts if isinstance(part, Image)]
    return {"role": "user", "content": content, **({"images": images} if images else {})}


def _tool(tool: ToolSpec, *, names: ToolNames, dialect: Dialect) -> JsonObject:
    parameters = in_dialect(tool.parameters, dialect)
    function: dict[str, Json] = {"name": names.wire(tool.name), "description": tool.description}
    return {"type": "function", "function": {**function, "parameters": parameters}}


def _tail(request: ModelRequest) -> dict[str, Json]:
    how = request.sampling
    options: dict[str, Json] = {
        "num_ctx": request.window_tokens,
        "temperature": how.temperature,
        "top_p": how.top_p,
        "seed": how.seed,
        "num_predict": how.max_tokens,
        "stop": list(how.stop) or None,
    }
    options = {key: value for key, value in options.items() if value is not None}
    tail: dict[str, Json] = {"stream": True, "truncate": False, "shift": False}
    if request.response_schema is not None:
        tail["format"] = request.response_schema
    if request.reasoning is not None:
        tail["think"] = _think(request.reasoning, request.model.model_id)
    for key, value in request.extra.items():
        if key in _TOP_LEVEL and key != "options":
            tail[key] = value
        elif key != "options":
            options[key] = value
    options |= as_object(request.extra.get("options"))
    return {**tail, "options": options} if options else tail


def _think(effort: str, model_id: str) -> Json:
    """Return `think` as the model takes it: gpt-oss knows levels and cannot stop, the others know yes and no."""
    if "gpt-oss" in model_id:
        return "low" if effort == "off" else effort
    return effort != "off"


def _read(frame: JsonObject, reader: AnswerReader) -> list[StreamEvent]:
    reader.model = as_text(frame.get("model")) or reader.model
    message = as_object(frame.get("message"))
    words = as_text(message.get("content")) or as_text(frame.get("message")) or as_text(frame.get("response"))
    events = reader.reasoning(as_text(message.get("thinking")))
    events += reader.text(words)
    for piece in calls_of(message):
        function = as_object(piece.get("function")) or piece
        reader.calls.add(
            index=None, call_id=piece.get("id"), name=function.get("name"), arguments=function.get("arguments")
        )
    if frame.get("done") is True:
        reader.is_done = True
        reader.finish = _FINISH.get(as_text(frame.get("done_reason")), Finish.STOP)
        reader.usage = Usage(
            prompt_tokens=as_count(frame.get("prompt_eval_count")), completion_tokens=as_count(frame.get("eval_count"))
        )
        reader.prefill_ms = as_count(frame.get("prompt_eval_duration")) / 1e6
        reader.generation_ms = as_count(frame.get("eval_duration")) / 1e6
    return events


async def _running(exchange: Exchange, at: Endpoint) -> dict[str, int]:
    """Return the loaded models with the context that they really were given."""
    try:
        rows = as_list((await exchange.ask("GET", "/api/ps", bearer(at))).get("models"))
    except ModelCallError:
        return {}
    loaded = [as_object(row) for row in rows]
    return {
        as_text(row.get("model")) or as_text(row.get("name")): as_count(row.get("context_length")) for row in loaded
    }


async def _show(exchange: Exchange, at: Endpoint, model: str) -> JsonObject:
    try:
        return await exchange.ask("POST", "/api/show", bearer(at), to_bytes({"model": model}))
    except ModelCallError:
        return {}


def _is_told(row: JsonObject) -> bool:
    return bool(row.get("capabilities")) and bool(as_object(row.get("details")).get("context_length"))


def _info(row: JsonObject, shown: JsonObject, running: dict[str, int]) -> ModelInfo:
    model_id = as_text(row.get("model")) or as_text(row.get("name"))
    abilities = as_list(row.get("capabilities")) or as_list(shown.get("capabilities"))
    facts = as_object(shown.get("model_info"))
    trained = as_count(as_object(row.get("details")).get("context_length")) or next(
        (as_count(value) for key, value in facts.items() if key.endswith(".context_length")), 0
    )
    window = running.get(model_id) or trained
    is_only_embedding = bool(abilities) and "completion" not in abilities
    return ModelInfo(
        model_id="" if is_only_embedding else model_id,
        name=model_id.removesuffix(":latest"),
        window_tokens=window or None,
        inputs=("text", "image") if "vision" in abilities else ("text",),
        has_tools=("tools" in abilities) if abilities else None,
        has_reasoning=("thinking" in abilities) if abilities else None,
        is_loaded=model_id in running,
        is_remote=bool(row.get("remote_host") or row.get("remote_model")) or model_id.endswith(("-cloud", ":cloud")),
    )
