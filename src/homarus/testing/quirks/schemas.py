"""Quirks of servers that cannot take every tool schema or output format: grammars are made from them, or fail."""

from collections.abc import Callable
from itertools import pairwise
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks.quirk import Quirk, Refusal, Refuse
from homarus.testing.quirks.reading import objects
from homarus.testing.quirks.turns import OLLAMA, OPENAI_COMPLETIONS, Asked

_HARD = (
    "pattern",
    "patternProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "$ref",
    "$schema",
    "$defs",
    "format",
    "const",
)
_FORMATS = ("response_format", "format", "grammar", "guided_json", "json_schema", "structured_outputs")


def _if(holds: Callable[[Asked], bool], status: int, message: str, kind: str = "invalid_request_error") -> Refuse:
    return lambda asked: Refusal(status=status, message=message, kind=kind) if holds(asked) else None


def _keywords(asked: Asked) -> set[str]:
    """Return every JSON Schema keyword of the tools: names of properties are none."""
    found: set[str] = set()
    waiting: list[Json] = list(objects(asked.body, "tools"))
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            members = cast("JsonObject", value)
            found |= set(members)
            for key, inner in members.items():
                is_named = key in ("properties", "patternProperties") and isinstance(inner, dict)
                waiting += cast("JsonObject", inner).values() if is_named else [inner]
        elif isinstance(value, list):
            waiting += value
    return found


SCHEMAS: tuple[Quirk, ...] = (
    Quirk(
        name="tools_refused",
        about="A request with tools is refused (400): the model has no template for them, in Ollama's words.",
        refuse=_if(
            lambda asked: bool(asked.tools), 400, "registry.ollama.ai/library/quirk:latest does not support tools"
        ),
    ),
    Quirk(
        name="pattern_refused",
        about="A tool schema with `pattern` is refused (400) with every other tool, in llama.cpp's words.",
        refuse=_if(
            lambda asked: "pattern" in _keywords(asked),
            400,
            "JSON schema conversion failed:\nPattern must start with '^' and end with '$'",
        ),
        only=(OPENAI_COMPLETIONS,),
    ),
    Quirk(
        name="schema_refused",
        about="A tool schema with anything but types, properties and enums is refused (400, small servers).",
        refuse=_if(
            lambda asked: bool(_keywords(asked) & set(_HARD)),
            400,
            'failed to parse grammar: JSON schema conversion failed:\nUnrecognized schema: {"anyOf":[]}',
        ),
    ),
    Quirk(
        name="formats_refused",
        about="A request that shapes the output by a schema or a grammar is refused (400).",
        refuse=_if(
            lambda asked: any(asked.body.get(name) for name in _FORMATS),
            400,
            "response_format is not supported by this model",
        ),
        only=(OPENAI_COMPLETIONS, OLLAMA),
    ),
    Quirk(
        name="system_refused",
        about="A request with a system message is refused (400): the template has no place for it (older Gemma).",
        refuse=_if(
            lambda asked: any(heard.role == "system" for heard in asked.messages), 400, "System role not supported"
        ),
        only=(OPENAI_COMPLETIONS,),
    ),
    Quirk(
        name="roles_must_alternate",
        about="Two messages of the same role in a row are refused (400): the template insists (Mistral).",
        refuse=_if(
            lambda asked: any(one.role == two.role == "user" for one, two in pairwise(asked.messages)),
            400,
            "Conversation roles must alternate user/assistant/user/assistant/...",
        ),
        only=(OPENAI_COMPLETIONS,),
    ),
)
