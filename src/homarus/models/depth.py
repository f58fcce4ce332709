"""How deep arguments may be nested: no tool takes more levels, and what walks through them step by step has an end."""

from collections.abc import Mapping
from dataclasses import replace

from homarus.domain.content import Json, ToolCall

MOST_LEVELS = 64
TOO_DEEP = f"nested more than {MOST_LEVELS} levels deep"
"""Stands in place of such arguments; it is no JSON, so the model is told and nothing runs."""


def is_deep(value: Json) -> bool:
    """Say whether a JSON value is nested deeper than any tool takes."""
    level: list[Json] = [value]
    for _level in range(MOST_LEVELS + 1):
        level = [
            inner
            for one in level
            if isinstance(one, Mapping | list | tuple)
            for inner in (one.values() if isinstance(one, Mapping) else one)
        ]
        if not level:
            return False
    return True


def shallow(call: ToolCall) -> ToolCall:
    """Return a call without arguments that are nested too deep."""
    return replace(call, arguments={}, malformed=TOO_DEEP) if is_deep(call.arguments) else call
