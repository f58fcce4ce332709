"""Recognise a tool call that a model wrote as text, where the text is that call, at most after a few words.

Many local models know how calls look and not how to make one. Known shapes: a JSON object or list, the same in a
fence, `<tool_call>`, `<function=...>`, `[TOOL_CALLS]`, and Python calls. A name that was not offered is no call: an
answer may well be JSON.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from homarus.domain.content import Json, JsonObject, ToolCall
from homarus.domain.ids import CallId

_LONGEST = 60_000
_FEW_WORDS = 240
_TAIL = re.compile(r"^(?:```|\{|\[\s*\{|<tool_call>|<function_call>|<function=)", re.MULTILINE)
_FENCE = re.compile(r"\A```[\w-]*\s*\n?(.*?)\n?\s*```\Z", re.DOTALL)
_TAGGED = re.compile(r"<(tool_call|function_call)>\s*(.*?)\s*(?:</\1>|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([\w.\-]+)>\s*(.*?)\s*(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([\w.\-]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_LEADS = ("[TOOL_CALLS]", "<|python_tag|>", "<|tool_call|>")
_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "action_input", "tool_input")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    name: str
    arguments: JsonObject


_Shape: TypeAlias = Callable[[str], "list[_Call] | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A text taken apart: what was said, and the calls that follow it."""

    text: str
    calls: tuple[ToolCall, ...]


def taken_apart(text: str, offered: Iterable[str]) -> Spoken:
    """Return the calls that a text consists of, and the few words before them; all of it as text when it is an answer.

    After words only what cannot be meant for a reader counts: tags of a chat template, and whole JSON calls.
    """
    names = tuple(offered)
    if calls := spoken_calls(text, names):
        return Spoken(text="", calls=calls)
    for match in _TAIL.finditer(text):
        before, tail = text[: match.start()].strip(), text[match.start() :]
        is_tagged = tail.startswith("<")
        if is_tagged or (len(before) <= _FEW_WORDS and '"arguments"' in tail):
            calls = spoken_calls(tail, names)
            if calls:
                return Spoken(text=before, calls=calls)
    return Spoken(text=text, calls=())


def spoken_calls(text: str, offered: Iterable[str]) -> tuple[ToolCall, ...]:
    """Return the calls that a text is made of, in order; nothing when it says anything else besides."""
    plain = text.strip()
    if not plain or len(plain) > _LONGEST:
        return ()
    names = {_loose(name): name for name in offered}
    fenced = _FENCE.match(plain)
    candidate = fenced.group(1).strip() if fenced else plain
    for lead in _LEADS:
        candidate = candidate.removeprefix(lead).strip()
    for shape in _SHAPES:
        found = shape(candidate)
        if found and all(_loose(call.name) in names for call in found):
            return tuple(
                ToolCall(call_id=CallId(f"text_{place}"), name=names[_loose(call.name)], arguments=call.arguments)
                for place, call in enumerate(found, 1)
            )
    return ()


def may_become_call(text: str, offered: Sequence[str]) -> bool:
    """Whether a text that is still coming could be a call, so that nobody is shown half of one."""
    plain = text.lstrip()
    if not plain:
        return True
    if plain[0] in "{[":
        inside = plain[1:].lstrip()
        return not inside or inside[0] in '"{}' or (plain[0] == "[" and may_become_call(inside, offered))
    if plain.startswith("```"):
        _fence, line_end, inside = plain.partition("\n")
        return not line_end or may_become_call(inside, offered)
    if any(
        plain.startswith(mark) or mark.startswith(plain)
        for mark in ("```", "[TOOL_CALLS]", "<tool_call", "<function", "<|")
    ):
        return True
    if plain.startswith("<"):
        return False
    head, bracket, _rest = plain.partition("(")
    loose = _loose(head)
    return any(loose == _loose(name) if bracket else _loose(name).startswith(loose) for name in offered)


def _loose(name: str) -> str:
    """Return a name without what models and templates change about it: dots, dashes, case, a prefix."""
    return re.sub(r"[._\-\s]+", "", name.casefold().removeprefix("functions."))


def _as_tagged(text: str) -> list[_Call] | None:
    matches = list(_TAGGED.finditer(text))
    if not matches or _TAGGED.sub("", text).strip():
        return None
    calls: list[_Call] = []
    for match in matches:
        found = _as_json(match.group(2)) or _as_function(match.group(2))
        if not found:
            return None
        calls += found
    return calls


def _as_function(text: str) -> list[_Call] | None:
    matches = list(_FUNCTION.finditer(text))
    if not matches or _FUNCTION.sub("", text).strip():
        return None
    calls: list[_Call] = []
    for match in matches:
        body = match.group(2)
        parameters = {name: _value(value) for name, value in _PARAMETER.findall(body)}
        if not parameters and body.strip():
            loaded = _loaded(body)
            if not isinstance(loaded, dict):
                return None
            parameters = loaded
        calls.append(_Call(name=match.group(1), arguments=parameters))
    return calls


def _as_json(text: str) -> list[_Call] | None:
    loaded = _loaded(text)
    if loaded is None:
        lines = [_loaded(line) for line in text.splitlines() if line.strip()]
        loaded = lines if len(lines) > 1 else None
    if isinstance(loaded, Mapping) and isinstance(loaded.get("tool_calls"), list):
        loaded = cast("Mapping[str, Json]", loaded)["tool_calls"]
    items = loaded if isinstance(loaded, list) else [loaded]
    calls = [_call_of(item) for item in items]
    return [call for call in calls if call] if calls and all(calls) else None


def _call_of(item: Json) -> _Call | None:
    if not isinstance(item, Mapping):
        return None
    inner = item.get("function")
    if isinstance(inner, Mapping):
        return _call_of(inner)
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
    if not isinstance(name, str):
        return None
    raw = next((item[key] for key in _ARGUMENTS if key in item), None)
    extra = set(item) - {*_NAMES, *_ARGUMENTS, "id", "type", "call_id"}
    if raw is None:
        return None if extra else _Call(name=name, arguments={})
    arguments = _loaded(raw) if isinstance(raw, str) else raw
    return _Call(name=name, arguments=arguments) if isinstance(arguments, Mapping) and not extra else None


def _as_python(text: str) -> list[_Call] | None:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    nodes: Sequence[ast.expr] = tree.elts if isinstance(tree, ast.List | ast.Tuple) else [tree]
    calls = [_call_of_node(node) for node in nodes]
    return [call for call in calls if call] if calls and all(calls) else None


def _call_of_node(node: ast.expr) -> _Call | None:
    if not isinstance(node, ast.Call) or node.args:
        return None
    name = _dotted(node.func)
    try:
        arguments = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
        json.dumps(arguments)
    except (ValueError, TypeError, RecursionError):
        return None
    return _Call(name=name, arguments=arguments) if name and len(arguments) == len(node.keywords) else None


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def _loaded(text: str) -> Json:
    try:
        return cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        return None


def _value(text: str) -> Json:
    """Return a parameter's value: JSON where it is JSON that is no bare word, else the text as it stands."""
    loaded = _loaded(text)
    return text if loaded is None else loaded


_SHAPES: tuple[_Shape, ...] = (_as_tagged, _as_function, _as_json, _as_python)
