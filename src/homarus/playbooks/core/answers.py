"""Answers in a shape: what a model said, mended where that is plain, checked, and asked for once more where not."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from homarus.domain.content import JsonObject
from homarus.domain.jobs import Spent
from homarus.domain.speaking import Ask, Spoken
from homarus.playbooks.core.mending import Unreadable, mended

M = TypeVar("M", bound=BaseModel)
SHOWN_CHARS = 600
_FENCE = re.compile(r"```")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped(Generic[M]):
    """What came of asking: a value, or why there is none."""

    value: M | None
    spoken: Spoken
    """The last answer; its tokens are those of both."""
    is_repaired: bool
    problem: str = ""


async def shaped(ask: Ask, shape: type[M], speak: Callable[[Ask], Awaitable[Spoken]]) -> Shaped[M]:
    """Ask, and once more with what was wrong; the second answer counts whatever it is."""
    first = await speak(ask)
    tried = fitted(first.text, shape)
    if tried.value is not None:
        return Shaped(value=tried.value, spoken=first, is_repaired=tried.is_mended)
    again = replace(ask, step=f"{ask.step}:again", text=_once_more(ask.text, first.text, tried.problem))
    second = await speak(again)
    spoken = replace(second, usage=first.usage + second.usage, spent=first.spent + second.spent)
    last = fitted(second.text, shape)
    return Shaped(value=last.value, spoken=spoken, is_repaired=True, problem=last.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted(Generic[M]):
    """An answer read as a shape."""

    value: M | None
    is_mended: bool = False
    problem: str = ""


def fitted(text: str, shape: type[M]) -> Fitted[M]:
    """Read an answer as JSON of a shape; what is plainly meant is mended."""
    try:
        found = mended(text)
    except Unreadable as error:
        return Fitted(value=None, problem=str(error))
    try:
        value = shape.model_validate_json(json.dumps(found.value), strict=False)
    except ValidationError as error:
        return Fitted(value=None, problem=_problems(error))
    return Fitted(value=value, is_mended=found.is_mended)


def schema_of(shape: type[BaseModel]) -> JsonObject:
    """Return the JSON Schema that is sent to a server."""
    return cast("JsonObject", shape.model_json_schema())


def as_json(value: BaseModel) -> JsonObject:
    """Return a value as it is journaled."""
    return cast("JsonObject", value.model_dump(mode="json"))


def spent_of(spoken: Spoken) -> Spent:
    """Return what an answer used; the tokens of servers that count them."""
    tokens = spoken.usage.prompt_tokens + spoken.usage.completion_tokens
    return replace(spoken.spent, tokens=max(spoken.spent.tokens, tokens))


def _problems(error: ValidationError) -> str:
    lines = [f"{'.'.join(str(part) for part in one['loc']) or 'answer'}: {one['msg']}" for one in error.errors()[:5]]
    return "; ".join(lines)


def _once_more(text: str, answer: str, problem: str) -> str:
    shown = _FENCE.sub("'''", answer[:SHOWN_CHARS])
    return (
        f"{text}\n\nYour last answer could not be used: {problem}\n"
        f"It began:\n{shown}\n"
        "Answer again, with nothing but one JSON object in the asked shape."
    )
