"""Decorators that stamp a class or a function as a channel, a wire, a provider, a tool, a source or a playbook.

A decorator only leaves a mark: it registers nothing and has no effect at import. The gateway looks for marks in our
rooms, in entry points and in the plugins folder.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

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
class SourceMark:
    """A class is a source; it is built with its settings."""

    kind: str
    settings: "type[BaseModel]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookMark:
    """An async function `(house: House) -> Report` is a playbook."""

    name: str
    settings: "type[BaseModel] | None" = None
    title: str = ""
    """What it is called in the gallery; translated where it is shown."""
    does: str = ""
    """What it does, in two sentences at most."""
    needs_sources: tuple[str, ...] = ()
    """Kinds of sources, of which it needs at least one."""
    needs_packages: tuple[str, ...] = ()
    """Modules that an extra brings: `duckdb`."""
    tier: str = "any"
    """The smallest model that is worth its while: `any`, `entry`, `mid`, `heavy`."""
    risk: str = ""
    """The worst that it can do, in words: `Saves drafts; sends nothing unasked.`"""
    minutes: int = 0
    """About how long it takes with a mid-size local model."""
    schedule: str = ""
    """When people usually run it: `every weekday 07:30`."""
    version: int = 1
    """Grows when its steps change."""


Mark = ToolMark | WireMark | ProviderMark | ChannelMark | SourceMark | PlaybookMark


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
    look_up: str = "",
    settings: "type[BaseModel] | None" = None,
) -> Callable[[T], T]:
    """Mark an async function as a tool; `key` names the arguments that decide where an effect goes.

    `look_up` names the tool that is asked whether a call has happened of which nobody knows.
    """
    traits = ToolTraits(
        name=name, risk=risk, key_arguments=frozenset(key), is_repeatable=is_repeatable, look_up=look_up
    )
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


def source(kind: str, *, settings: "type[BaseModel]") -> Callable[[T], T]:
    """Mark a class as a source."""
    return _stamp(SourceMark(kind=kind, settings=settings))


class Told(TypedDict, total=False):
    """What a playbook says of itself."""

    title: str
    does: str
    needs_sources: tuple[str, ...]
    needs_packages: tuple[str, ...]
    tier: str
    risk: str
    minutes: int
    schedule: str
    version: int


def playbook(name: str, *, settings: "type[BaseModel] | None" = None, **told: Unpack[Told]) -> Callable[[T], T]:
    """Mark an async function as a playbook."""
    return _stamp(PlaybookMark(name=name, settings=settings, **told))
