"""Tell a model of a tool in one line, where the server has no field for it."""

import json
from collections.abc import Mapping

from homarus.domain.content import Json, ToolSpec

_MOST_CHARS = 600


def signature(tool: ToolSpec) -> str:
    """Return `name(argument: type, further?: type): description`."""
    properties = tool.parameters.get("properties")
    required = tool.parameters.get("required")
    needed = set(required) if isinstance(required, list | tuple) else set[Json]()
    known: Mapping[str, Json] = properties if isinstance(properties, Mapping) else {}
    named = [f"{name}{'' if name in needed else '?'}: {_kind(schema)}" for name, schema in known.items()]
    return f"{tool.name}({', '.join(named)}): {tool.description}"


def _kind(schema: Json) -> str:
    """Return a type in few words; what is nested as compact JSON Schema, cut where it is endless."""
    if not isinstance(schema, Mapping):
        return "any"
    choices = schema.get("enum")
    if isinstance(choices, list | tuple) and choices:
        return "|".join(json.dumps(one, ensure_ascii=False) for one in choices)[:_MOST_CHARS]
    kind = schema.get("type")
    if kind == "array":
        return f"[{_kind(schema.get('items'))}]"
    if isinstance(kind, str) and kind != "object":
        return {"string": "text", "integer": "whole number", "boolean": "true|false"}.get(kind, kind)
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))[:_MOST_CHARS]
