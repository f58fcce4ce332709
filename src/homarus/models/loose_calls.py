"""Read calls that are written as no template writes them: half a tag, YAML, attributes, a table, quotes of a book.

A shape alone says nothing here, so the tool must: its name stands there, and a value for each argument that it cannot
do without. Nothing is taken for a call that is shown as an example, or that has more words around it than a call has.
"""

import re
from collections.abc import Mapping
from itertools import islice

from homarus.domain.content import Json, JsonObject
from homarus.models.call_shapes import Schemas, Written, call_of, loose, typed
from homarus.models.marked import marked
from homarus.models.repair import mended

_MOST_CHARS = 20_000
_FEW_WORDS = 300
_MOST_OBJECTS = 12
_MOST_NAMES = 3
_MOST_FIELDS = 12
"""How many places are tried: a hostile text has thousands that look like the beginning of a call."""
_OPENS = re.compile(r"^[ \t]*+(?:```[\w-]*+[^\S\n]*+\n\s*+)?+(?:\[\s*+)?+(?=\{)", re.MULTILINE)
_MARKUP = re.compile(r"</?[\w:.\-|\u2581\uff5c]*>?|```[\w-]*|\[unused\d+\]|[\[\]{}()|,;`*\s-]")
_STRUCTURE = re.compile(r"\A\s*(?:[<`|{\[]|\**(?:tool|function|name|action|call)(?:_?name)?\**\s*[:=])", re.IGNORECASE)
_FIELD = r"(?:\A|[\s,(<{{|])[\"']?{name}[\"']?\s*+[:=]\s*+"
_QUOTED = r"\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)'|\u201c([^\u201d]*)\u201d"
_BARE = (
    r"([^\s,)<>|]++(?:[^\S\n]++(?!\w+=)[^\s,)<>|]++)*+)"
    r"(?=[^\S\n]*+(?:[\n,)>|]|\Z|(?<=\s)\w+=))"
)
_TAG = "toolcall"
"""Stands around calls more often than it names a tool of ours."""
_ESCAPED = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\'": "'", "\\\\": "\\"}


def loose_calls(text: str, schemas: Schemas) -> "Found | None":
    """Return the calls in a text and what stands around them, nothing when there is none that is whole."""
    if not any(schemas.values()) or len(text) > _MOST_CHARS:
        return None
    if found := _in_json(text, schemas):
        return found
    is_ended = not text.rpartition("```")[2].strip() or "```" not in text
    return _by_name(text, schemas) if is_ended else None


class Found:
    """Calls, and the words before and behind them."""

    __slots__ = ("after", "before", "calls")

    def __init__(self, before: str, calls: list[Written], after: str) -> None:
        """Take what was found; marks that are no words count for nothing."""
        self.before, self.calls = before.strip(), calls
        self.after = after if _MARKUP.sub("", after) else ""


# --- objects ------------------------------------------------------------------------------------------------------


def _in_json(text: str, schemas: Schemas) -> Found | None:
    """Read objects that are calls, also with mistakes in them, one behind the other."""
    openings = (*_OPENS.finditer(text), *re.finditer(r"\{", text[:_FEW_WORDS]))
    for opening in openings[:_MOST_OBJECTS]:
        calls: list[Written] = []
        at = end = opening.end()
        while (size := _object_size(text, at)) and (call := _read(text[at : at + size], schemas)):
            calls.append(call)
            end = at + size
            at = end + len(text[end:]) - len(text[end:].lstrip(" \t\r\n,;"))
        if calls:
            found = Found(text[: opening.start()], calls, text[end:])
            return None if found.after and _is_shown(text[: opening.end()]) else found
    return None


def _is_shown(before: str) -> bool:
    """Whether a place is inside a fence that is meant for a reader."""
    fences = re.findall(r"```([\w-]*)", before)
    return len(fences) % 2 == 1 and not fences[-1].startswith("tool")


def _object_size(text: str, at: int) -> int:
    """Return how long the object at a place is, up to the end of the text when nothing closes it; 0 for none."""
    if text[at : at + 1] != "{":
        return 0
    depth, quote, is_escaped = 0, "", False
    for place in range(at, len(text)):
        letter = text[place]
        if quote:
            quote = "" if letter == quote and not is_escaped else quote
            is_escaped = letter == "\\" and not is_escaped
        elif letter == '"' or (letter == "'" and text[place - 1] in "{[:, "):
            quote = letter
        elif letter in "{}":
            depth += 1 if letter == "{" else -1
            if depth == 0:
                return place + 1 - at
    return len(text) - at


def _read(text: str, schemas: Schemas) -> Written | None:
    loaded = mended(text, {})
    call = call_of(loaded, schemas) if loaded is not None else None
    return call if call is not None and fits(call, schemas) else None


# --- names --------------------------------------------------------------------------------------------------------


def _by_name(text: str, schemas: Schemas) -> Found | None:
    """Read a text that begins with a call: the name of a tool, and behind it its arguments in whatever notation."""
    tried = 0
    for match in re.finditer(r"[A-Za-z][\w.\-]*", text[:_FEW_WORDS]):
        known = loose(match.group())
        schema = schemas.get(known) if known != _TAG else None
        before = text[: match.start()]
        if schema is None or not (_is_bare(before) or _STRUCTURE.match(text)):
            continue
        tried += 1
        if tried > _MOST_NAMES:
            break
        call = Written(name=match.group(), arguments=_arguments(match.group(), text[match.end() :], schema, schemas))
        if call.arguments and fits(call, schemas):
            return Found("", [call], "")
    return None


def _is_bare(before: str) -> bool:
    return not _MARKUP.sub("", before)


def _arguments(name: str, rest: str, schema: JsonObject, schemas: Schemas) -> JsonObject:
    at = rest.find("{")
    loaded = mended(rest[at : at + _object_size(rest, at)], {}) if at >= 0 else None
    if loaded and _required(schema) <= loaded.keys():
        return loaded
    properties = schema.get("properties")
    known: Mapping[str, Json] = properties if isinstance(properties, Mapping) else {}
    value = _QUOTED if rest.lstrip().startswith(("(", "{")) else f"{_QUOTED}|{_BARE}"
    found: dict[str, str] = {}
    for key in known:
        said = _element(key, rest)
        said = _field(key, rest, value) if said is None else said
        found |= {key: said} if said is not None else {}
    return typed(name, found, schemas)


def _element(key: str, rest: str) -> str | None:
    """Return what stands between the tags of an argument: `<path>a</path>`, `<parameter name="path">a</parameter>`."""
    known = re.escape(key)
    named = re.compile(rf"<([\w:.\-]*+)\s++(?:name|key)=[\"']?{known}[\"']?[^<>]*+>\n?")
    plain = re.compile(rf"<({known})>\n?", re.IGNORECASE)
    pieces = marked(rest, named, _closing).pieces or marked(rest, plain, _closing).pieces
    return pieces[0].body if pieces else None


def _closing(opening: re.Match[str]) -> re.Pattern[str]:
    return re.compile(rf"\n?</{re.escape(opening[1])}>", re.IGNORECASE)


def _field(key: str, rest: str, value: str) -> str | None:
    """Return what stands behind an argument's name: `path: a`, `path="a"`."""
    places = re.finditer(_FIELD.format(name=re.escape(key)), rest, re.IGNORECASE)
    values = re.compile(value)
    found = next((said for place in islice(places, _MOST_FIELDS) if (said := values.match(rest, place.end()))), None)
    if found is None:
        return None
    said = next((group for group in found.groups() if group is not None), "")
    return re.sub(r"\\.", lambda match: _ESCAPED.get(match.group(), match.group()), said).strip()


# --- both ---------------------------------------------------------------------------------------------------------


def fits(call: Written, schemas: Schemas) -> bool:
    """Whether there is such a tool, and each argument that it cannot do without."""
    schema = schemas.get(loose(call.name))
    return schema is not None and _required(schema) <= {key.casefold() for key in call.arguments}


def _required(schema: JsonObject) -> set[str]:
    required = schema.get("required")
    return {one for one in required if isinstance(one, str)} if isinstance(required, list | tuple) else set()
