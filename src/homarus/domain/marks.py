"""Decorators that stamp a class or a function as a channel, a wire, a provider, a tool or a playbook.

A decorator only leaves a mark: it registers nothing and has no effect at import. The gateway looks for marks in our
rooms, in entry points and in the plugins folder.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from homarus.domain.acts import Risk, ToolTraits

if TYPE_CHECKING:
    from pydantic import BaseModel

T = TypeVar("T")
MARK = "__homarus__"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolMark:
    """An async function `(context: ToolContext, *, arguments...) -> ToolOutput` is a tool."""

    traits: ToolTraits
    settings: "type[BaseModel] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMark:
    """A class is a wire protocol; `api` is its name in the configuration."""

    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMark:
    """A class names a provider that is known without being configured."""

    name: str
    api: str
    base_url: str
    key_env: str | None = None
    """The environment variable that people keep its key in; `None` where no key is needed."""
    is_hosted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMark:
    """A class is a channel; it is built with its settings."""

    name: str
    settings: "type[BaseModel]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookMark:
    """An async function is a playbook."""

    name: str


Mark = ToolMark | WireMark | ProviderMark | ChannelMark | PlaybookMark


def _stamp(mark: Mark) -> Callable[[T], T]:
    def leave(thing: T) -> T:
        setattr(thing, MARK, mark)
        return thing

    return leave


def mark_of(thing: object) -> Mark | None:
    """Return the mark that a decorator left on this very thing, not on a class it inherits from."""
    return vars(thing).get(MARK) if hasattr(thing, "__dict__") else None


def tool(
    name: str,
    *,
    risk: Risk,
    key: Iterable[str] = (),
    is_repeatable: bool = True,
    settings: "type[BaseModel] | None" = None,
) -> Callable[[T], T]:
    """Mark an async function as a tool; `key` names the arguments that decide where an effect goes."""
    traits = ToolTraits(name=name, risk=risk, key_arguments=frozenset(key), is_repeatable=is_repeatable)
    return _stamp(ToolMark(traits=traits, settings=settings))


def wire(api: str) -> Callable[[T], T]:
    """Mark a class as a wire protocol."""
    return _stamp(WireMark(api=api))


def provider(
    name: str, *, api: str, base_url: str, key_env: str | None = None, is_hosted: bool = True
) -> Callable[[T], T]:
    """Mark a class as a provider that is known by name."""
    return _stamp(ProviderMark(name=name, api=api, base_url=base_url, key_env=key_env, is_hosted=is_hosted))


def channel(name: str, *, settings: "type[BaseModel]") -> Callable[[T], T]:
    """Mark a class as a channel."""
    return _stamp(ChannelMark(name=name, settings=settings))


def playbook(name: str) -> Callable[[T], T]:
    """Mark an async function as a playbook."""
    return _stamp(PlaybookMark(name=name))
