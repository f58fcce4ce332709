"""Mend arguments that a model wrote almost right, where there is only one thing they can mean.

Nothing is invented: what was cut off inside a text or a number stays broken, and an argument that decides where an
effect goes is only read in another spelling, never changed. What cannot be mended goes back to the model in words.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.models.depth import is_deep

_WRAPPERS = ("arguments", "parameters", "args", "input", "kwargs", "params")
_MOST_CHARS = 60_000
_STRAIGHT = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"})
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_COMMENT = re.compile(r"^[^\S\n]*+(?://|#).*$|/\*.*?(?:(?P<end>\*/)|$)", re.MULTILINE)
_THOUGHT = re.compile(r"\A<think>.*?</think>\s*", re.DOTALL)
_ASIDES = frozenset({"explanation", "reason", "reasoning", "thought", "thoughts", "comment", "justification"})
"""What models say beside the arguments; nothing depends on it."""
_PAIRS = {"{": "}", "[": "]"}
_LITERALS = ("true", "false", "null")


def mended(raw: str, schema: JsonObject) -> JsonObject | None:
    """Return the object that a broken argument text can only mean, or nothing."""
    text = raw.strip()
    if not text or len(text) > _MOST_CHARS:
        return None
    text = _THOUGHT.sub("", text)
    text = re.sub(r"\A```(?:json)?\s*", "", text).removesuffix("```").rstrip()
    for candidate in _candidates(text):
        value = _read(candidate)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(value, str):
            inner = _read(value)
            value = inner if isinstance(inner, Mapping) else _only(value, schema)
        if isinstance(value, Mapping):
            return None if is_deep(value) else cast("JsonObject", value)
    return None


def fitted(arguments: JsonObject, schema: JsonObject, keys: frozenset[str]) -> JsonObject:
    """Return arguments with names and types as a schema wants them, where what was written allows only that.

    `keys` are the arguments that decide where an effect goes; of those only the spelling is touched.
    """
    properties = _properties(schema)
    given = _unwrapped(arguments, properties)
    named = {_named(name, properties, given): value for name, value in given.items()}
    if len(named) < len(given):
        return arguments
    return {
        name: _value(value, properties[name], is_key=name in keys) if name in properties else value
        for name, value in named.items()
        if name in properties or (value is not None and name.casefold() not in _ASIDES)
    }


# --- texts --------------------------------------------------------------------------------------------------------


def _candidates(text: str) -> Sequence[str]:
    plain = [text, _TRAILING_COMMA.sub(r"\1", text), _TRAILING_COMMA.sub(r"\1", _uncommented(text)), _shut(text)]
    if '"' not in text and any(mark in text for mark in "\u201c\u201d\u201e"):
        plain.append(text.translate(_STRAIGHT))
    closed = [one for one in (_closed(candidate) for candidate in plain) if one is not None]
    return [*plain, *closed]


def _uncommented(text: str) -> str:
    """Return a text without comments; what nothing closes on its line is none."""
    return _COMMENT.sub(
        lambda found: found.group() if found.group().startswith("/*") and not found["end"] else "", text
    )


def _shut(text: str) -> str:
    """Return a text without marks that close what nothing opened."""
    try:
        end = json.JSONDecoder(strict=False).raw_decode(text)[1]
    except (ValueError, RecursionError):
        return text
    return text[:end] if not text[end:].strip("}] \n") else text


def _read(text: str) -> Json:
    """Read JSON, else a Python literal of the same kind."""
    try:
        return cast("Json", json.loads(text, strict=False, parse_constant=_refused))
    except (ValueError, RecursionError):
        pass
    if text[:1] not in "{[":
        return None
    try:
        return cast("Json", json.loads(json.dumps(ast.literal_eval(text), allow_nan=False)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _refused(word: str) -> Json:
    raise ValueError(word)


def _closed(text: str) -> str | None:
    """Close what is open at the end of a text; nothing when it ends inside a value, which may have been longer."""
    open_marks: list[str] = []
    is_text = is_escaped = False
    for letter in text:
        if is_text:
            is_text = is_escaped or letter != '"'
            is_escaped = letter == "\\" and not is_escaped
        elif letter == '"':
            is_text = True
        elif letter in _PAIRS:
            open_marks.append(_PAIRS[letter])
        elif letter in "}]" and (not open_marks or open_marks.pop() != letter):
            return None
    end = text.rstrip()
    is_whole = end.endswith(('"', "}", "]", *_LITERALS))
    return end + "".join(reversed(open_marks)) if open_marks and is_whole and not is_text else None


def _only(text: str, schema: JsonObject) -> JsonObject | None:
    """Return a text as the one argument that a tool must have, when that is a text."""
    required = schema.get("required")
    properties = _properties(schema)
    if not isinstance(required, list | tuple) or len(required) != 1 or not isinstance(name := required[0], str):
        return None
    return {name: text} if _type(properties.get(name)) == "string" else None


# --- values -------------------------------------------------------------------------------------------------------


def _properties(schema: JsonObject) -> Mapping[str, Json]:
    known = schema.get("properties")
    return known if isinstance(known, Mapping) else {}


def _unwrapped(arguments: JsonObject, properties: Mapping[str, Json]) -> JsonObject:
    """Take arguments out of `{"arguments": {...}}`."""
    if len(arguments) == 1:
        ((name, inner),) = arguments.items()
        if name in _WRAPPERS and name not in properties:
            value = _read(inner) if isinstance(inner, str) else inner
            return cast("JsonObject", value) if isinstance(value, Mapping) else arguments
    return arguments


def _named(name: str, properties: Mapping[str, Json], given: JsonObject) -> str:
    """Return the argument that a name can only mean: the same letters, written another way."""
    if name in properties:
        return name
    same = [known for known in properties if _letters(known) == _letters(name) and known not in given]
    return same[0] if len(same) == 1 else name


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _type(schema: Json) -> str:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _value(value: Json, schema: Json, *, is_key: bool) -> Json:
    kind = _type(schema)
    if kind == "string" and not isinstance(value, str):
        return _as_text(value, is_key=is_key)
    if isinstance(value, str) and kind in ("integer", "number", "boolean", "object", "array"):
        return _as_typed(value, kind, is_key=is_key)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and isinstance(schema, Mapping) and not is_key:
        return _as_choice(value, schema.get("enum"))
    return value


def _as_text(value: Json, *, is_key: bool) -> Json:
    """Return a number as the text that it was written as; one text in a list as that text."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if isinstance(value, bool) and not is_key:
        return json.dumps(value)
    return json.dumps(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_typed(text: str, kind: str, *, is_key: bool) -> Json:
    plain = text.strip()
    loaded = _read(plain.casefold() if plain.casefold() in _LITERALS else plain)
    if kind == "boolean":
        return loaded if isinstance(loaded, bool) else text
    if kind in ("integer", "number"):
        is_same = isinstance(loaded, int | float) and not isinstance(loaded, bool) and json.dumps(loaded) == plain
        return loaded if is_same else text
    if kind == "object":
        return loaded if isinstance(loaded, Mapping) else text
    return loaded if isinstance(loaded, list) else text if is_key or not plain else [text]


def _as_choice(value: str, choices: Json) -> Json:
    if not isinstance(choices, list | tuple) or value in choices:
        return value
    same = [one for one in choices if isinstance(one, str) and _letters(one) == _letters(value)]
    return same[0] if len(same) == 1 else value
