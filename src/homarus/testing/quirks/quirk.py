"""A misbehaviour as a value: what it does to a request, to a turn, and to what goes over the wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from homarus.domain.errors import Failure
from homarus.testing.quirks.acts import Act
from homarus.testing.quirks.turns import Asked, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is an error."""

    status: int
    message: str = ""
    kind: str = "server_error"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    """Sent as it is, in place of an error in the protocol's shape."""
    extra: Mapping[str, int] = field(default_factory=dict[str, int])
    """Further members of the error."""


Refuse: TypeAlias = Callable[[Asked], Refusal | None]
Rewrite: TypeAlias = Callable[[Turn, Asked], Turn]
Stream: TypeAlias = Callable[[list[Act], Asked], list[Act]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """One way to misbehave. A plugin author writes further ones the same way."""

    name: str
    about: str
    """One sentence: what a client sees."""
    refuse: Refuse | None = None
    """Answers with an error instead, when it returns one."""
    rewrite: Rewrite | None = None
    """Changes what the model says."""
    stream: Stream | None = None
    """Changes what goes over the wire, streamed or not."""
    window_tokens: int | None = None
    """Cuts the prompt to this many tokens without a word."""
    tells_cut: bool = False
    """Whether the usage counts only what was read of a prompt that was cut."""
    is_secretive: bool = False
    """Whether no place of the server says how large its window is."""
    digest: str | None = None
    """The digest of its models, in place of the usual one (Ollama)."""
    remote_host: str | None = None
    """Who really runs its models, when that is somebody else (Ollama's cloud models)."""
    slots: int | None = None
    """How many prompts are answered at once; the others wait."""
    is_cold: bool = False
    """Whether `/health` says that a model is loading while requests are refused."""
    is_unloading: bool = False
    """Whether nothing stays loaded between calls."""
    times: int | None = None
    """Only the first so many prompts are met with it; `None` for all."""
    failure: Failure | None = None
    """What a client should take it for; `None` where an answer can be had."""
    only: tuple[str, ...] = ()
    """The protocols it makes sense in; none named means all."""
    is_stream_only: bool = False
    """Whether it needs a streamed answer to be seen."""
