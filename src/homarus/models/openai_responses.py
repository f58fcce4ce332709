"""The wire of `/responses`: items instead of messages, and reasoning that stays apart from the answer.

Stateless: the whole conversation is sent each time and nothing is stored. Sources: OpenAI API reference (responses,
streaming events), llama.cpp tools/server, LM Studio 0.4 and Ollama 0.13 documentation.
"""

from collections.abc import AsyncIterator
from functools import partial

from homarus.domain.content import Image, Json, JsonObject, Message, Role, ToolSpec
from homarus.domain.control_tokens import harmless
from homarus.domain.ids import TurnId
from homarus.domain.inference import Finish, ModelRequest, StreamEvent
from homarus.domain.labels import Reach
from homarus.domain.marks import wire
from homarus.domain.ports import Door, Endpoint, ModelInfo
from homarus.models.answer_reader import AnswerReader
from homarus.models.answering import Answering
from homarus.models.bodies import Kept, body_of, to_bytes
from homarus.models.compat import Compat
from homarus.models.dialects import Dialect, in_dialect
from homarus.models.exchange import Exchange, bearer
from homarus.models.listing import list_openai_models
from homarus.models.ndjson import as_list, as_object, as_text
from homarus.models.openai_completions import data_url, read_timings, read_usage
from homarus.models.sse import SseEvent
from homarus.models.tool_names import ToolNames, wire_name

_TEXT = "response.output_text.delta"
_THOUGHT = frozenset(
    {"response.reasoning_text.delta", "response.reasoning_summary_text.delta", "response.reasoning.delta"}
)
_ENDS = frozenset({"response.completed", "response.incomplete", "response.done"})
_FAILED = frozenset({"response.failed", "error"})


@wire("openai-responses")
class OpenAiResponses:
    """Responses, streamed."""

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
        response = _Reader(reader, limit_tokens=request.sampling.max_tokens)

        def read(event: SseEvent) -> list[StreamEvent]:
            if event.data.strip() == "[DONE]":
                reader.is_over = True
                return []
            frame = exchange.object(event.data)
            kind = as_text(frame.get("type")) or event.name
            if kind in _FAILED:
                exchange.raise_failed(frame)
            exchange.raise_error_in(frame)
            return response.read(kind, frame)

        body = self.body(request, at, names)
        return self._answering.answer(exchange.events("/responses", body, bearer(at)), exchange, reader, read)

    async def list_models(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        """Return the models that the server names."""
        return await list_openai_models(Exchange.of(at, door, model=None, reach=Reach.ANYWHERE), bearer(at))

    def body(self, request: ModelRequest, at: Endpoint, names: ToolNames) -> bytes:
        """Return the request: model, tools and items first and always the same, everything else behind them."""
        compat = Compat.of(at)
        lists: dict[str, list[bytes]] = {}
        if request.tools and compat.is_on("supportsTools", default=True):
            spec = partial(_tool, names=names, dialect=compat.dialect)
            flavour = ",".join([*(names.wire(tool.name) for tool in request.tools), compat.dialect.flavour])
            lists["tools"] = [self._tools.of(tool, flavour, spec) for tool in request.tools]
        render = partial(_items, system_role=compat.system_role)
        made = [self._messages.of(message, compat.system_role, render) for message in request.messages]
        lists["input"] = [items for items in made if items]
        return body_of({"model": request.model.model_id}, lists, _tail(request, compat, names))


def _items(message: Message, *, system_role: str) -> list[Json]:
    """Return the items that a message becomes: its text, and one for each call."""
    if message.role is Role.SYSTEM:
        return [_said(system_role, "input_text", message.text)]
    text = harmless(message.text)
    if message.role is Role.TOOL:
        return [{"type": "function_call_output", "call_id": message.call_id or "", "output": text}]
    if message.role is Role.ASSISTANT:
        items: list[Json] = [_said("assistant", "output_text", text)] if text else []
        return items + [
            {
                "type": "function_call",
                "call_id": call.call_id,
                "name": wire_name(call.name),
                "arguments": harmless(to_bytes(call.arguments).decode()),
            }
            for call in message.tool_calls
        ]
    images = [part for part in message.parts if isinstance(part, Image)]
    content: list[Json] = [{"type": "input_text", "text": text}] if text or not images else []
    content += [{"type": "input_image", "image_url": data_url(image)} for image in images]
    return [{"type": "message", "role": "user", "content": content}]


def _said(role: str, kind: str, text: str) -> JsonObject:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def _tool(tool: ToolSpec, *, names: ToolNames, dialect: Dialect) -> JsonObject:
    parameters = in_dialect(tool.parameters, dialect)
    head: dict[str, Json] = {"type": "function", "name": names.wire(tool.name), "description": tool.description}
    return {**head, "parameters": parameters, "strict": dialect.form == "strict"}


def _tail(request: ModelRequest, compat: Compat, names: ToolNames) -> dict[str, Json]:
    how = request.sampling
    tail: dict[str, Json] = {"stream": True, "store": False}
    if request.tools and request.tool_choice != "auto" and compat.is_on("supportsTools", default=True):
        is_word = request.tool_choice in {"none", "required"}
        named: Json = {"type": "function", "name": names.wire(request.tool_choice)}
        tail["tool_choice"] = request.tool_choice if is_word else named
    if request.response_schema is not None:
        form: dict[str, Json] = {"type": "json_schema", "name": "answer", "strict": True}
        tail["text"] = {"format": {**form, "schema": request.response_schema}}
    effort = compat.effort(request.reasoning) if request.reasoning and request.reasoning != "off" else None
    if effort:
        tail["reasoning"] = {"effort": effort}
    chosen: dict[str, Json] = {
        "temperature": how.temperature,
        "top_p": how.top_p,
        "max_output_tokens": how.max_tokens,
    }
    tail |= {key: value for key, value in chosen.items() if value is not None}
    return tail | dict(request.extra)


class _Reader:
    """Reads the events of one response."""

    def __init__(self, answer: AnswerReader, *, limit_tokens: int | None) -> None:
        self.answer = answer
        self._limit_tokens = limit_tokens
        self._streamed: set[str] = set()
        self._numbers: dict[str, int] = {}

    def read(self, kind: str, frame: JsonObject) -> list[StreamEvent]:
        """Take one event; kinds that nobody knows are passed over."""
        delta = as_text(frame.get("delta"))
        if kind == _TEXT:
            self._streamed.add("message")
            return self.answer.text(delta)
        if kind in _THOUGHT:
            self._streamed.add("reasoning")
            return self.answer.reasoning(delta)
        if kind == "response.output_text.done" and "message" not in self._streamed:
            return self.answer.text(as_text(frame.get("text")))
        if kind == "response.refusal.delta":
            self._streamed.add("message")
            self.answer.finish = Finish.REFUSED
            return self.answer.text(delta)
        if kind == "response.function_call_arguments.delta":
            self.answer.calls.add(index=self._number(frame), call_id=None, name=None, arguments=delta)
        elif kind == "response.function_call_arguments.done":
            self.answer.calls.settle(self._number(frame), frame.get("arguments"))
        elif kind in {"response.output_item.added", "response.output_item.done"}:
            return self._item(as_object(frame.get("item")), self._number(frame), is_done=kind.endswith("done"))
        elif kind in _ENDS or (not kind.startswith("response.") and "output" in frame):
            read_timings(as_object(frame.get("timings")), self.answer)
            return self._end(as_object(frame.get("response")) or frame)
        return []

    def _number(self, frame: JsonObject) -> int:
        """Return which item an event belongs to, by its place in the output or else by its id."""
        place = frame.get("output_index")
        if isinstance(place, int):
            return place
        item_id = as_text(frame.get("item_id")) or as_text(as_object(frame.get("item")).get("id"))
        return self._numbers.setdefault(item_id, len(self._numbers))

    def _item(self, item: JsonObject, number: int, *, is_done: bool) -> list[StreamEvent]:
        kind = as_text(item.get("type"))
        if kind == "function_call":
            key = f"call {number}"
            if key not in self._streamed:
                self._streamed.add(key)
                call_id = as_text(item.get("call_id")) or as_text(item.get("id"))
                self.answer.calls.add(index=number, call_id=call_id, name=item.get("name"), arguments="")
            if is_done:
                self.answer.calls.settle(number, item.get("arguments"))
            return []
        return self._whole(item, kind) if is_done and kind not in self._streamed else []

    def _whole(self, item: JsonObject, kind: str) -> list[StreamEvent]:
        """Read an item of which no piece was streamed."""
        parts = [as_object(part) for part in (*as_list(item.get("content")), *as_list(item.get("summary")))]
        words = "".join(as_text(part.get("text")) or as_text(part.get("refusal")) for part in parts)
        if kind == "message":
            return self.answer.text(words)
        return self.answer.reasoning(words) if kind == "reasoning" else []

    def _end(self, response: JsonObject) -> list[StreamEvent]:
        answer = self.answer
        events: list[StreamEvent] = []
        nothing_came = not self._streamed
        for number, item in enumerate(as_list(response.get("output")) if nothing_came else []):
            events += self._item(as_object(item), number, is_done=True)
        answer.model = as_text(response.get("model")) or answer.model
        answer.usage = read_usage(as_object(response.get("usage")))
        reason = as_text(as_object(response.get("incomplete_details")).get("reason"))
        # llama.cpp calls an answer complete that its limit cut off (b11549).
        is_full = self._limit_tokens is not None and answer.usage.completion_tokens >= self._limit_tokens
        if is_full and answer.finish is None:
            answer.finish = Finish.LENGTH
        if reason:
            answer.finish = Finish.REFUSED if reason == "content_filter" else Finish.LENGTH
        answer.is_done = True
        return events
