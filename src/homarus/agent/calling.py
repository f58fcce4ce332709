"""Find out which tool a model means, and with which arguments, before anything is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from homarus.agent.finding import CALL, FIND, FindTool
from homarus.agent.rooms import Scene, Tool
from homarus.domain.content import JsonObject, ToolCall
from homarus.domain.errors import ToolArgumentError
from homarus.models.call_shapes import loose
from homarus.models.repair import fitted, mended

_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A tool, and the call of it in the shape that it takes."""

    tool: Tool
    call: ToolCall


def meant(call: ToolCall, scene: Scene) -> Meant:
    """Return the tool that a call means: found through `tool.call`, spelled another way, its arguments mended.

    Raises:
        ToolArgumentError: when there is no such tool or the arguments do not fit; it says what to mend.
    """
    usable = {name: tool for name, tool in scene.rooms.tools.items() if scene.turn.agent.may_use(name)}
    call = _unwrapped(call) if loose(call.name) == loose(CALL) and call.name not in usable else call
    name = _spelled(call.name, usable)
    tool = FindTool(tools=usable) if name == FIND and FIND not in usable else usable.get(name)
    if tool is None and not call.name.strip():
        raise ToolArgumentError(
            "The call does not say which tool it is of.", hint=f"The tools are: {', '.join(sorted(usable))}."
        )
    if tool is None:
        raise ToolArgumentError(f"There is no tool {call.name!r}.", hint=f"The tools are: {', '.join(sorted(usable))}.")
    return Meant(tool=tool, call=_exact(replace(call, name=tool.traits.name), tool))


def named(call: ToolCall, scene: Scene) -> str:
    """Return the name of a call that could not be made, as the house knows the tool where it can only mean one."""
    return _spelled(
        call.name, {name: tool for name, tool in scene.rooms.tools.items() if scene.turn.agent.may_use(name)}
    )


def _unwrapped(call: ToolCall) -> ToolCall:
    """Return the call inside a `tool.call`."""
    given: JsonObject | None = call.arguments
    if call.malformed is not None:
        given = mended(call.malformed, {})
    name, inner = (given or {}).get("name"), (given or {}).get("arguments")
    if not isinstance(name, str) or not name or loose(name) == loose(CALL):
        raise ToolArgumentError(
            "tool.call needs the name of a tool.", hint='{"name": "files.edit", "arguments": {...}}; see tool.find.'
        )
    if inner is None:
        rest = {key: value for key, value in (given or {}).items() if key not in ("name", "arguments")}
        return replace(call, name=name, arguments=rest, malformed=None)
    if isinstance(inner, Mapping):
        return replace(call, name=name, arguments=inner, malformed=None)
    return replace(call, name=name, arguments={}, malformed=str(inner))


def _spelled(name: str, usable: Mapping[str, Tool]) -> str:
    """Return the tool that a name can only mean; another word is another tool, however near."""
    if name in usable or name == FIND:
        return name
    same = [known for known in (*usable, FIND) if loose(known) == loose(name)]
    return same[0] if len(same) == 1 else name


def _exact(call: ToolCall, tool: Tool) -> ToolCall:
    arguments = call.arguments
    if call.malformed is not None:
        found = mended(call.malformed, tool.spec.parameters)
        if found is None:
            raise ToolArgumentError(
                f"The arguments of {call.name!r} are not a JSON object: {call.malformed[:_SHOWN_CHARS]!r}.",
                hint="Call it again with one complete JSON object.",
            )
        arguments = found
    try:
        return replace(call, arguments=tool.check(arguments), malformed=None)
    except ToolArgumentError:
        shaped = fitted(arguments, tool.spec.parameters, tool.traits.key_arguments)
        if shaped == arguments:
            raise
    return replace(call, arguments=tool.check(shaped), malformed=None)
