"""Tell models what the arguments of a tool are for, in the words of its docstring's `Args:` section."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from homarus.domain.content import Json

if TYPE_CHECKING:
    from homarus.tools.marked import MarkedTool

_SECTION = re.compile(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)
_ARGUMENT = re.compile(r"^(\w+)(?: \([^)]*\))?: *(.*)$")


def described(tool: "MarkedTool") -> "MarkedTool":
    """Return the tool with the descriptions of its `Args:` section; what `Field(description=...)` says stays."""
    words = argument_words(inspect.getdoc(tool.function) or "")
    properties = cast("Mapping[str, Mapping[str, Json]]", tool.spec.parameters.get("properties", {}))
    if not words or not properties:
        return tool
    told = {
        name: {**about, "description": words[name]} if name in words and "description" not in about else about
        for name, about in properties.items()
    }
    return replace(tool, spec=replace(tool.spec, parameters={**tool.spec.parameters, "properties": told}))


def argument_words(docstring: str) -> dict[str, str]:
    """Return what a cleaned docstring says of each argument, lines joined."""
    section = _SECTION.search(docstring)
    if section is None:
        return {}
    lines = inspect.cleandoc("\n" + section[1]).splitlines()
    words: dict[str, list[str]] = {}
    for line in lines:
        argument = _ARGUMENT.match(line)
        if argument is not None:
            words[argument[1]] = [argument[2]]
        elif line.strip() and words:
            words[next(reversed(words))].append(line.strip())
    return {name: " ".join(said).strip() for name, said in words.items()}
