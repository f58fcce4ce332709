"""Ask a model for tool calls in the way that it can take them: natively, as JSON held by a schema, or as text.

One interface for all three, shared by turns and by the driving test: `prepared` makes the request, `Voice` says what
may be shown while the answer comes, `understood` reads the whole answer. Grammars fail open (llama.cpp answers 200
and unconstrained text to one that it cannot compile), so what comes back is always read as if nothing had held it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from homarus.domain.cards import ToolProtocol
from homarus.domain.content import Json, JsonObject, Message, Part, Role, Text, ToolCall, ToolSpec
from homarus.domain.ids import CallId
from homarus.domain.inference import ModelRequest
from homarus.domain.labels import HOUSE
from homarus.models.dialects import portable
from homarus.models.spoken import Spoken, taken_apart
from homarus.models.told_tools import signature

ACTING: frozenset[str] = frozenset({"native", "constrained", "text"})
"""The protocols in which a model that talks can call tools."""
_TEXT_HEAD = """## Tools
To use a tool, answer with nothing but its call, one line for each call:
<tool_call>{"name": "tool", "arguments": {"argument": "value"}}</tool_call>
Then wait: the result is the next message. Without a call, your answer is what your owner reads."""
_HELD_HEAD = """## Tools
Answer with one JSON object: {"say": "..."} is what your owner reads, {"tool": "name", "arguments": {...}} uses a tool.
After a tool, wait: the result is the next message."""
_RESULT = "[Result of {name}]"
_SAY, _TOOL = "say", "tool"


def prepared(request: ModelRequest, protocol: str) -> ModelRequest:
    """Return a request as it goes to a model that is asked in this way; the same request gives the same bytes."""
    if protocol in ("native", "guided"):
        return request
    is_held = protocol == "constrained" and bool(request.tools)
    messages = tuple(_merged(_plain(message, is_held=is_held) for message in request.messages))
    if protocol == "none" or not request.tools:
        return replace(request, tools=(), tool_choice="auto", messages=messages)
    schema = answer_schema(request.tools, request.tool_choice) if is_held else request.response_schema
    return replace(
        request,
        tools=(),
        tool_choice="auto",
        messages=_with_tools(messages, _told(request.tools, is_held=is_held)),
        response_schema=schema,
    )


def understood(
    text: str, calls: Sequence[ToolCall], tools: Iterable[ToolSpec], protocol: str, *, is_cut: bool = False
) -> Spoken:
    """Return what a whole answer says and calls; `calls` are those that came in the server's own field.

    `is_cut` says that the answer was ended by its limit.
    """
    offered = {tool.name: tool.parameters for tool in tools}
    if calls:
        return Spoken(text=_without_echo(text, offered, calls), calls=tuple(calls))
    if protocol == "constrained" and (held := _held(text, is_cut=is_cut)) is not None:
        return held
    return taken_apart(text, offered)


def answer_schema(tools: Sequence[ToolSpec], choice: str = "auto") -> JsonObject:
    """Return the schema of an answer: words, or a call of one of the tools with arguments of its own."""
    words = _object({_SAY: {"type": "string"}})
    chosen = [tool for tool in tools if choice in ("auto", "required", tool.name)]
    branches: list[Json] = [_object({_TOOL: {"const": tool.name}, "arguments": _arguments(tool)}) for tool in chosen]
    if choice == "auto" or not branches:
        branches.insert(0, words)
    return {"anyOf": branches} if len(branches) > 1 else cast("JsonObject", branches[0])


def _object(properties: JsonObject) -> JsonObject:
    names: list[Json] = list(properties)
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def _arguments(tool: ToolSpec) -> JsonObject:
    return portable(tool.parameters)


# --- the request --------------------------------------------------------------------------------------------------


def _told(tools: Sequence[ToolSpec], *, is_held: bool) -> str:
    lines = [f"- {signature(tool)}" for tool in sorted(tools, key=lambda tool: tool.name)]
    return "\n".join([_HELD_HEAD if is_held else _TEXT_HEAD, *lines])


def _with_tools(messages: tuple[Message, ...], told: str) -> tuple[Message, ...]:
    """Return messages with the tools at the end of the first system message, where they never move."""
    part = Text(text=told, label=HOUSE)
    if not messages or messages[0].role is not Role.SYSTEM:
        return (Message(role=Role.SYSTEM, parts=(part,)), *messages)
    return (replace(messages[0], parts=(*messages[0].parts, part)), *messages[1:])


def _plain(message: Message, *, is_held: bool) -> Message:
    """Return a message without fields that only native calls have."""
    if message.role is Role.TOOL:
        head = Text(text=_RESULT.format(name=message.tool_name), label=HOUSE)
        return Message(role=Role.USER, parts=(head, *(_unmarked(part) for part in message.parts)))
    if message.role is Role.USER:
        return replace(message, parts=tuple(_unmarked(part) for part in message.parts))
    if message.role is not Role.ASSISTANT:
        return message
    if is_held:
        return replace(message, parts=_held_parts(message), tool_calls=())
    if not message.tool_calls:
        return message
    written = "\n".join(f"<tool_call>{_call_json(call, 'name')}</tool_call>" for call in message.tool_calls)
    return replace(message, parts=(*message.parts, Text(text=written, label=HOUSE)), tool_calls=())


def _unmarked(part: Part) -> Part:
    """Break up what would read as a call of ours in words that are not the model's."""
    if not isinstance(part, Text) or "<tool_call" not in part.text:
        return part
    return replace(part, text=part.text.replace("<tool_call", "< tool_call"))


def _held_parts(message: Message) -> tuple[Part, ...]:
    """Return what the assistant said before in the shape in which it is asked to answer."""
    calls = [_call_json(call, _TOOL) for call in message.tool_calls]
    said = [] if calls else [json.dumps({_SAY: message.text}, ensure_ascii=False)]
    label = message.parts[0].label if message.parts else HOUSE
    return (Text(text="\n".join([*said, *calls]), label=label),)


def _call_json(call: ToolCall, key: str) -> str:
    return json.dumps({key: call.name, "arguments": call.arguments}, ensure_ascii=False)


def _merged(messages: Iterable[Message]) -> list[Message]:
    """Return messages with the user's in one where several follow each other: many templates insist on turns."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role is Role.USER and message.role is Role.USER:
            merged[-1] = replace(merged[-1], parts=(*merged[-1].parts, *message.parts))
        else:
            merged.append(message)
    return merged


# --- the answer ---------------------------------------------------------------------------------------------------


def _held(text: str, *, is_cut: bool) -> Spoken | None:
    """Read an answer that a schema should have held; nothing when it did not hold."""
    plain = _unfenced(text)
    try:
        value = cast("Json", json.JSONDecoder(strict=False).raw_decode(plain)[0]) if plain.startswith("{") else None
    except (ValueError, RecursionError):
        return _broken_off(plain, is_cut=is_cut)
    if not isinstance(value, Mapping):
        return None
    said, name = value.get(_SAY), value.get(_TOOL)
    words = said if isinstance(said, str) else ""
    if isinstance(name, str):
        given = value.get("arguments")
        return Spoken(text=words, calls=(_call(name, given),))
    return Spoken(text=words, calls=()) if isinstance(said, str) and len(value) == 1 else None


def _call(name: str, given: Json) -> ToolCall:
    if given is None or isinstance(given, Mapping):
        return ToolCall(call_id=CallId("text_1"), name=name, arguments=given or {})
    return ToolCall(call_id=CallId("text_1"), name=name, arguments={}, malformed=json.dumps(given, ensure_ascii=False))


def _broken_off(plain: str, *, is_cut: bool) -> Spoken | None:
    """Read an object that has no end: the words so far, or a call whose arguments are not whole."""
    if (said := Voice("constrained").feed(plain)) and said != plain:
        return Spoken(text=said, calls=())
    head, found, rest = plain.partition('"arguments"')
    name = head.partition('"tool"')[2].strip(' :,\n"')
    if not (found and name and is_cut):
        return None
    raw = rest.lstrip(" :\n")
    return Spoken(text="", calls=(ToolCall(call_id=CallId("text_1"), name=name, arguments={}, malformed=raw),))


def _unfenced(text: str) -> str:
    plain = text.strip()
    if plain.startswith("```"):
        plain = plain.partition("\n")[2].removesuffix("```").strip()
    return plain


def _without_echo(text: str, offered: Mapping[str, JsonObject], calls: Sequence[ToolCall]) -> str:
    """Return the words beside a call, without what only repeats it."""
    apart = taken_apart(text, offered)
    is_echo = bool(apart.calls) and {one.name for one in apart.calls} <= {one.name for one in calls}
    return apart.text if is_echo else text


_MOST_BEGINNING = 400
"""What cannot be told from words or a call after so much is decided when the answer is whole."""


class Voice:
    """Says what may be shown of an answer while it comes; what is made for us is never shown to a person."""

    def __init__(self, protocol: ToolProtocol | str) -> None:
        """Listen to an answer in this protocol."""
        self._is_held = protocol == "constrained"
        self._raw = ""
        self._at: int | None = None
        self._is_over = False

    def feed(self, text: str) -> str:
        """Return what may be shown now."""
        if not self._is_held or self._is_over:
            return "" if self._is_over else text
        self._raw += text
        if self._at is None and not self._begins():
            self._is_over = self._is_over or len(self._raw) > _MOST_BEGINNING
            return ""
        return self._spoken() if self._is_held else self._all()

    def _begins(self) -> bool:
        """Whether it is known what the answer is: words in an object, or no object at all."""
        plain = self._raw.lstrip()
        if plain[:1] in ("", "`"):
            inside = plain.partition("\n")[2].lstrip() if plain.startswith("```") else plain[3:]
            if not plain or plain.strip("`") == "" or (plain.startswith("```") and not inside):
                return False
            plain = inside if plain.startswith("```") else plain
        if not plain.startswith("{"):
            self._is_held = False
            return True
        head = plain[1:].lstrip()
        key, colon, value = head.partition(":")
        if not colon:
            return False
        value = value.lstrip()
        if key.strip() != f'"{_SAY}"' or (value and not value.startswith('"')):
            self._is_over = True
            return False
        if not value:
            return False
        self._at = len(self._raw) - len(value) + 1
        return True

    def _all(self) -> str:
        shown, self._raw = self._raw, ""
        return shown

    def _spoken(self) -> str:
        """Return the characters of the JSON string that are complete, unescaped."""
        shown: list[str] = []
        at = self._at or 0
        while at < len(self._raw):
            letter = self._raw[at]
            if letter == '"':
                self._is_over = True
                break
            size = _escape_size(self._raw, at) if letter == "\\" else 1
            if size == 0:
                break
            shown.append(_unescaped(self._raw[at : at + size]) if letter == "\\" else letter)
            at += size
        self._at = at
        return "".join(shown)


def _escape_size(raw: str, at: int) -> int:
    """Return how long the escape at a place is, 0 while it is not complete; a surrogate pair is one."""
    if len(raw) < at + 2:
        return 0
    if raw[at + 1] != "u":
        return 2
    if len(raw) < at + 6:
        return 0
    if raw[at + 2 : at + 4].lower() in ("d8", "d9", "da", "db"):
        return 12 if len(raw) >= at + 12 else 0
    return 6


def _unescaped(escape: str) -> str:
    try:
        return str(json.loads(f'"{escape}"')).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except ValueError:
        return escape[1:2]
