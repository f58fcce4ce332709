"""Make a tool out of a marked function: its schema for the model from the signature, its arguments checked by it."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_type_hints

from homarus.domain.acts import ToolOutput, ToolTraits
from homarus.domain.content import Json, JsonObject, ToolSpec
from homarus.domain.errors import ConfigError, ToolArgumentError
from homarus.domain.i18n import _
from homarus.domain.marks import ToolMark, mark_of
from homarus.domain.tooling import ToolContext

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

DEFAULT_TIMEOUT_S = 60.0
_NOT_FOR_MODELS = frozenset({"title", "default", "additionalProperties"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedTool:
    """A marked function with everything that is needed to offer, judge and run it."""

    spec: ToolSpec
    traits: ToolTraits
    function: Callable[..., Awaitable[ToolOutput]]
    arguments: "type[BaseModel]"
    timeout_s: float = DEFAULT_TIMEOUT_S

    def check(self, arguments: JsonObject) -> JsonObject:
        """Return the arguments as the function takes them; what was left out stays out.

        Raises:
            ToolArgumentError: when they do not fit; the sentence tells the model what to mend.
        """
        return cast("JsonObject", self._parsed(arguments).model_dump(mode="json", exclude_unset=True))

    async def run(self, context: ToolContext, arguments: JsonObject) -> ToolOutput:
        """Do it.

        Raises:
            ToolArgumentError: when the arguments do not fit.
            ToolFailedError: when it could not be done.
        """
        parsed = self._parsed(arguments)
        return await self.function(context, **{name: getattr(parsed, name) for name in type(parsed).model_fields})

    def _parsed(self, arguments: JsonObject) -> "BaseModel":
        from pydantic import ValidationError

        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            return self.arguments.model_validate(given)
        except ValidationError as error:
            raise ToolArgumentError(
                f"{self.spec.name}: {_in_words(error)}.", hint=f"It takes {_shape(self.spec.parameters)}."
            ) from error


def tool_of(function: Callable[..., Awaitable[ToolOutput]]) -> MarkedTool:
    """Return the tool that a marked function is.

    Raises:
        ConfigError: when it is not marked, or a model could not be told how to call it.
    """
    from pydantic import ConfigDict, create_model

    mark = mark_of(function)
    name = getattr(function, "__qualname__", repr(function))
    if not isinstance(mark, ToolMark):
        raise ConfigError(_("{name!r} is not marked as a tool.").format(name=name), hint=_("Put @tool(...) above it."))
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        parameter.name: (hints[parameter.name], ... if parameter.default is parameter.empty else parameter.default)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name in hints
    }
    _refuse_unknown_keys(mark, set(fields))
    arguments = create_model("Arguments", __config__=ConfigDict(extra="forbid", frozen=True), **fields)
    schema = cast("Json", arguments.model_json_schema())
    spec = ToolSpec(
        name=mark.traits.name,
        description=_first_paragraph(inspect.getdoc(function) or ""),
        parameters=cast("JsonObject", _for_models(schema, is_names=False)),
    )
    return MarkedTool(spec=spec, traits=mark.traits, function=function, arguments=arguments)


def _refuse_unknown_keys(mark: ToolMark, names: set[str]) -> None:
    unknown = mark.traits.key_arguments - names
    if unknown:
        raise ConfigError(
            _("Tool {name!r} names {keys!r} as a key, which is not an argument of it.").format(
                name=mark.traits.name, keys=", ".join(sorted(unknown))
            ),
            hint=_("Name only arguments after the `*` in `key`."),
        )


def _first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n", 1)[0].split())


def _for_models(schema: Json, *, is_names: bool) -> Json:
    """Leave out what costs prefill and tells a model nothing; `is_names` where the keys are argument names."""
    if isinstance(schema, Mapping):
        return {
            key: _for_models(value, is_names=key == "properties" and not is_names)
            for key, value in schema.items()
            if is_names or key not in _NOT_FOR_MODELS
        }
    if isinstance(schema, list):
        return [_for_models(value, is_names=False) for value in schema]
    return schema


def _in_words(error: "ValidationError") -> str:
    sentences: list[str] = []
    for problem in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in problem["loc"])
        match problem["type"]:
            case "missing":
                sentences.append(f"{place!r} is missing")
            case "extra_forbidden":
                sentences.append(f"there is no argument {place!r}")
            case _:
                message = problem["msg"].removeprefix("Value error, ")
                sentences.append(f"{place!r}: {message[:1].lower()}{message[1:]}")
    return "; ".join(sentences[:4])


def _shape(parameters: JsonObject) -> str:
    """Return the arguments in words: `path (string), start (integer, optional)`."""
    properties = cast("Mapping[str, Mapping[str, Json]]", parameters.get("properties", {}))
    required = cast("list[str]", parameters.get("required", []))
    words = [
        f"{name} ({about.get('type', 'value')}{'' if name in required else ', optional'})"
        for name, about in properties.items()
    ]
    return ", ".join(words) or "no arguments"
