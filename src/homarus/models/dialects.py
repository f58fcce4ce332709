"""Say a JSON Schema in the dialect of the server that must read it: what it cannot take becomes something weaker.

llama.cpp turns the schemas of all tools into one grammar, so one `pattern` with a lookahead, one large `maxLength` or
one reference that leads back to itself breaks every tool (or, worse, is let through unconstrained). What is made
weaker here loses nothing: the arguments of each call are checked against the tool's own rules afterwards.

Sources: llama.cpp common/json-schema-to-grammar.cpp and its issues 19051, 25746, 25895, 26596; Ollama api/types.go;
OpenAI's guide to structured outputs; the Schema object of the Gemini API.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal, TypeAlias, cast

from homarus.domain.content import Json, JsonObject

Form: TypeAlias = Literal["plain", "grammar", "strict", "gemini"]
_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_SAID_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "minItems", "maxItems"),
    "integer": ("minimum", "maximum"),
}
_MOST_DEPTH = 12
_MOST_NODES = 600
_MOST_CHOICES = 200
_MOST_CHOICE_CHARS = 8_000
_MOST_ITEMS = 32
_MOST_CHARS = 16_000
_MOST_INTEGER = 2**53
_ANY_OBJECT: JsonObject = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a server can take in the schema of a tool."""

    form: Form
    """`plain` is as it is, `grammar` what llama.cpp compiles, `strict` OpenAI's strict mode, `gemini` Google's own."""
    dropped: frozenset[str] = frozenset()
    """Further keywords that it cannot read, as the owner says."""

    @property
    def flavour(self) -> str:
        """What bytes made for one dialect and not for another are kept under."""
        return " ".join([self.form, *sorted(self.dropped)])


PLAIN = Dialect(form="plain")
GRAMMAR = Dialect(form="grammar")
BY_PROFILE: Mapping[str, Dialect] = {
    "llamacpp": GRAMMAR,
    "ollama": GRAMMAR,
    "openai": PLAIN,
    "openai-strict": Dialect(form="strict"),
    "gemini": Dialect(form="gemini"),
}
"""By the `toolSchemaProfile` of the configuration."""


def dialect_of(profile: str, *, is_local: bool, dropped: frozenset[str] = frozenset()) -> Dialect:
    """Return the dialect of a server; one in the owner's network is taken to compile grammars as llama.cpp does."""
    known = BY_PROFILE.get(profile) or (GRAMMAR if is_local and not profile else PLAIN)
    return replace(known, dropped=dropped) if dropped else known


def in_dialect(schema: JsonObject, dialect: Dialect) -> JsonObject:
    """Return the parameters of a tool as a server can take them: always the schema of an object."""
    if dialect.form == "plain":
        return _without(schema, dialect.dropped) if dialect.dropped else schema or _ANY_OBJECT
    for depth in (_MOST_DEPTH, 4, 2, 1):
        made = _Rewriter(schema, dialect, most_depth=depth).whole()
        if len(json.dumps(made)) <= _MOST_CHARS:
            return made
    return _ANY_OBJECT


def portable(schema: JsonObject) -> JsonObject:
    """Return a schema that every server's grammar can take."""
    return in_dialect(schema, GRAMMAR)


def _without(schema: JsonObject, dropped: frozenset[str]) -> JsonObject:
    return cast("JsonObject", _left(schema, dropped, is_names=False))


def _left(schema: Json, dropped: frozenset[str], *, is_names: bool) -> Json:
    if isinstance(schema, list):
        return [_left(item, dropped, is_names=False) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: value
        if not is_names and key in {"enum", "const", "default"}
        else _left(value, dropped, is_names=not is_names and key in {"properties", "$defs", "definitions"})
        for key, value in schema.items()
        if is_names or key not in dropped
    }


class _Rewriter:
    """Rewrites one schema, with a limit on what it may grow to."""

    def __init__(self, root: JsonObject, dialect: Dialect, *, most_depth: int) -> None:
        self._root = root
        self._dialect = dialect
        self._most_depth = most_depth
        self._nodes = 0

    def whole(self) -> JsonObject:
        """Return the root, which must be an object."""
        made = self._schema(self._root, 0, ())
        if made.get("type") != "object" or not isinstance(made.get("properties"), Mapping):
            return {**_ANY_OBJECT, "additionalProperties": False} if self._dialect.form == "strict" else _ANY_OBJECT
        return made

    def _schema(self, schema: Json, depth: int, seen: tuple[str, ...]) -> dict[str, Json]:
        self._nodes += 1
        if not isinstance(schema, Mapping) or depth > self._most_depth or self._nodes > _MOST_NODES:
            return {}
        schema, seen = self._resolved(schema, seen)
        if schema is None:
            return {}
        schema = self._together(schema, seen)
        said: dict[str, Json] = {}
        if isinstance(schema.get("description"), str):
            said["description"] = schema["description"]
        for make in (self._chosen, self._alternatives, self._typed):
            made = make(schema, depth, seen)
            if made is not None:
                return {**made, **said}
        return said

    def _resolved(self, schema: JsonObject, seen: tuple[str, ...]) -> "tuple[JsonObject | None, tuple[str, ...]]":
        """Follow a reference inside the document; nothing when it leads elsewhere or back to itself."""
        ref = schema.get("$ref")
        while isinstance(ref, str) and len(seen) < _MOST_NODES:
            target = _at(self._root, ref)
            if ref in seen or target is None:
                return None, seen
            seen = (*seen, ref)
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**target, **beside}
            ref = target.get("$ref")
        return schema, seen

    def _together(self, schema: JsonObject, seen: tuple[str, ...]) -> JsonObject:
        """Take the parts of `allOf` together, as far as they are objects."""
        parts = schema.get("allOf")
        if not isinstance(parts, list | tuple):
            return schema
        made: dict[str, Json] = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            resolved = self._resolved(part, seen)[0] if isinstance(part, Mapping) else None
            for key, value in (resolved or {}).items():
                made[key] = _joined(key, made.get(key), value)
        return made

    def _chosen(self, schema: JsonObject, _depth: int, _seen: tuple[str, ...]) -> dict[str, Json] | None:
        """Return an enumeration, when it is one that can be held."""
        choices = [schema["const"]] if "const" in schema else schema.get("enum")
        if not isinstance(choices, list | tuple) or not choices or len(choices) > _MOST_CHOICES:
            return None
        plain: list[Json] = list(dict.fromkeys(one for one in choices if isinstance(one, str | int | float)))
        if len(plain) < len(choices) and None not in choices:
            return None
        if self._dialect.form == "gemini" and not all(isinstance(one, str) for one in plain):
            return None
        if len(json.dumps(plain)) > _MOST_CHOICE_CHARS or not all(_is_finite(one) for one in plain):
            return None
        if None in choices and self._dialect.form != "gemini":
            plain.append(None)
        types: list[Json] = list(dict.fromkeys(_type_of(one) for one in plain))
        kind: dict[str, Json] = {"type": types[0]} if len(types) == 1 else {}
        return {**kind, "enum": plain}

    def _alternatives(self, schema: JsonObject, depth: int, seen: tuple[str, ...]) -> dict[str, Json] | None:
        options = next((schema[key] for key in ("anyOf", "oneOf") if isinstance(schema.get(key), list)), None)
        types = schema.get("type")
        if not isinstance(options, list) and isinstance(types, list | tuple):
            known = [one for one in types if isinstance(one, str) and one in _TYPES]
            options = [{**schema, "type": one} for one in known] if len(known) > 1 else None
        if not isinstance(options, list) or not options:
            return None
        made = [self._schema(option, depth + 1, seen) for option in options[:_MOST_ITEMS]]
        if not all(made):
            return {}
        real = _distinct([one for one in made if one.get("type") != "null"])
        is_nullable = len(real) < len(_distinct(made))
        if self._dialect.form == "gemini":
            one: dict[str, Json] = real[0] if len(real) == 1 else {"anyOf": cast("list[Json]", real)}
            further: dict[str, Json] = {"nullable": True} if is_nullable else {}
            return {**one, **further}
        null: dict[str, Json] = {"type": "null"}
        every = [*real, null] if is_nullable else real
        return every[0] if len(every) == 1 else {"anyOf": cast("list[Json]", every)}

    def _typed(self, schema: JsonObject, depth: int, seen: tuple[str, ...]) -> dict[str, Json] | None:
        kind = _kind_of(schema)
        if kind == "object":
            return self._object(schema, depth, seen)
        if kind == "array":
            return self._array(schema, depth, seen)
        if kind is None:
            return {}
        made: dict[str, Json] = {"type": kind}
        for key in _SAID_BY_TYPE.get(kind, ()):
            value = schema.get(key)
            if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST_INTEGER:
                made[key] = value
        return {key: value for key, value in made.items() if key not in self._dialect.dropped}

    def _object(self, schema: JsonObject, depth: int, seen: tuple[str, ...]) -> dict[str, Json]:
        properties = schema.get("properties")
        known: Mapping[str, Json] = properties if isinstance(properties, Mapping) else {}
        made: dict[str, Json] = {name: self._schema(value, depth + 1, seen) for name, value in known.items()}
        needed = schema.get("required")
        wanted = needed if isinstance(needed, list | tuple) else ()
        required: list[Json] = [name for name in made if name in wanted]
        if self._dialect.form == "strict":
            made = {name: value if name in required else _nullable(value) for name, value in made.items()}
            return {"type": "object", "properties": made, "required": list(made), "additionalProperties": False}
        whole: dict[str, Json] = {"type": "object", "properties": made}
        if not made and depth:
            whole = {"type": "object"}
        if required:
            whole["required"] = required
        further = schema.get("additionalProperties")
        if self._dialect.form == "grammar" and made and (further is True or isinstance(further, Mapping)):
            whole["additionalProperties"] = True
        return {key: value for key, value in whole.items() if key not in self._dialect.dropped}

    def _array(self, schema: JsonObject, depth: int, seen: tuple[str, ...]) -> dict[str, Json]:
        items = schema.get("items")
        places = schema.get("prefixItems") if isinstance(schema.get("prefixItems"), list) else items
        if isinstance(places, list | tuple):
            options = _distinct([self._schema(place, depth + 1, seen) for place in places[:_MOST_ITEMS]])
            item: dict[str, Json] = {}
            if options and all(options):
                item = options[0] if len(options) == 1 else {"anyOf": cast("list[Json]", options)}
        else:
            item = self._schema(items, depth + 1, seen)
        made: dict[str, Json] = {"type": "array", "items": item}
        for key in ("minItems", "maxItems"):
            count = schema.get(key)
            if self._dialect.form != "strict" and isinstance(count, int) and 0 <= count <= _MOST_ITEMS:
                made[key] = count
        if cast("int", made.get("minItems", 0)) > cast("int", made.get("maxItems", _MOST_ITEMS)):
            del made["minItems"]
        return {key: value for key, value in made.items() if key not in self._dialect.dropped}


def _at(root: JsonObject, ref: str) -> JsonObject | None:
    """Return what a reference inside the document points to."""
    if not ref.startswith("#"):
        return None
    here: Json = root
    for step in ref[1:].lstrip("/").split("/") if ref.strip("#/") else []:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping):
            here = here.get(name)
        elif isinstance(here, list) and name.isdigit() and int(name) < len(here):
            here = here[int(name)]
        else:
            return None
    return here if isinstance(here, Mapping) else None


def _joined(key: str, mine: Json, other: Json) -> Json:
    if key == "properties" and isinstance(mine, Mapping) and isinstance(other, Mapping):
        return {**mine, **other}
    if key == "required" and isinstance(mine, list) and isinstance(other, list):
        return [*mine, *other]
    return other if mine is None else mine


def _kind_of(schema: JsonObject) -> str | None:
    said = schema.get("type")
    if isinstance(said, list | tuple):
        said = next((one for one in said if isinstance(one, str) and one in _TYPES), None)
    if isinstance(said, str) and said in _TYPES:
        return said
    if "properties" in schema or "required" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else None


def _type_of(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"


def _is_finite(value: Json) -> bool:
    return not isinstance(value, float) or isfinite(value)


def _nullable(schema: Json) -> Json:
    if not isinstance(schema, Mapping):
        return schema
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    options = schema.get("anyOf")
    every: list[Json] = list(options) if isinstance(options, Sequence) and not isinstance(options, str) else [schema]
    return {"anyOf": [*every, {"type": "null"}]}


def _distinct(schemas: Sequence[dict[str, Json]]) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = []
    for schema in schemas:
        if schema not in found:
            found.append(schema)
    return found
