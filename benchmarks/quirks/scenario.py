"""A scenario as a value: what the servers do, what the person does, and the claims that must hold afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from benchmarks.quirks.minds import Mind, talks
from homarus.domain.content import JsonObject
from homarus.testing.quirks import Quirk
from homarus.testing.quirks.server import Manner
from homarus.testing.quirks.turns import OPENAI_COMPLETIONS

_FOUR = talks("Four.")
Api: TypeAlias = str
"""`openai-completions` or `ollama`: what an agent under test must be able to speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A model server as the owner wrote it down, and as it really is."""

    mind: Mind = _FOUR
    """What the scripted model says."""
    quirks: tuple[str | Quirk, ...] = ()
    api: Api = OPENAI_COMPLETIONS
    model: str = "tester"
    """The name that is configured."""
    models: tuple[str, ...] = ()
    """What the server lists; the configured one when empty."""
    window_tokens: int = 32_768
    """The window that the owner wrote down."""
    real_window_tokens: int | None = None
    """The window that the server says it has; the owner's figure when nothing is said."""
    is_named: bool = True
    """Whether the configuration names the model; else the agent has to find it."""
    is_there: bool = True
    """Whether somebody listens at the address."""
    path: str | None = None
    """The path of the base URL, when it is not the protocol's own."""
    key: str | None = "k"
    pause_s: float = 0.3
    """How slow the slow quirks are."""
    patience_s: float | None = None
    """How long the owner lets the agent wait for it; `None` for the agent's own limit."""
    sees: bool = False
    """Whether the owner wrote down that it takes pictures."""

    def manner(self) -> Manner:
        """Return how the server is."""
        return Manner(
            models=self.models or (self.model,),
            speaks=(self.api,),
            window_tokens=self.real_window_tokens or self.window_tokens,
            pause_s=self.pause_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The person says something."""

    text: str
    session: str = "main"
    at_terminal: bool = False
    """Whether a terminal is watched instead of a pipe: what is shown while one waits can be seen there."""
    piped: str = ""
    """What comes through standard input."""
    after_s: float = 0.0
    """How long the person waits before."""
    with_model: str = ""
    """A model that the person names for this one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Several people, or one with several windows, ask at the same time."""

    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The person asks the agent's command line for something else: `models`, `doctor`, `pin`."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The person runs a command of homarus that other agents have no like of: `models fit`, `ask --json`."""

    words: tuple[str, ...]
    """What comes after the program's name; templates, as in an agent's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The first server behaves differently from now on."""

    quirks: tuple[str | Quirk, ...] = ()
    change: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further changes by name: `digest`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Nobody does anything for a while."""

    seconds: float


Step: TypeAlias = Ask | Together | Look | Command | Change | Idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Saw:
    """What the person saw of one step."""

    said: str
    """The answer."""
    shown: str
    """Everything that was shown: the answer, notices, errors, status lines."""
    code: int
    """The exit code."""
    seconds: float
    is_out_of_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request for an answer as a server received it."""

    body: JsonObject
    text: str
    """All of its messages and tools as JSON."""
    at: float
    until: float

    @property
    def tokens(self) -> int:
        """About how long it is, tools included."""
        return len(self.text) // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a model server received in the whole scenario."""

    prompts: tuple[Prompt, ...] = ()
    paths: tuple[str, ...] = ()
    """The path of every request, prompts or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that a judge may look at."""

    turns: tuple[Saw, ...]
    first: Server
    second: Server
    workspace: Path

    @property
    def last(self) -> Saw:
        """What was seen of the last step."""
        return self.turns[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something that must hold."""

    sentence: str
    holds: Callable[[Seen], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One misbehaviour, from the server to the person."""

    name: str
    pain: str
    """Its group: `C3`."""
    thread: str
    """The public thread: `owner/repository#number`; empty for the control."""
    about: str
    """What the server does, in one sentence."""
    expect: str
    """What a person should see."""
    steps: tuple[Step, ...]
    right: tuple[Claim, ...]
    """The outcome."""
    told: tuple[Claim, ...] = ()
    """That the person knows what happened; none where nothing happened."""
    first: Side = Side()
    second: Side | None = None
    """A fallback that is configured."""
    settings: Mapping[str, str | int | float | bool] = field(default_factory=dict[str, "str | int | float | bool"])
    """Further settings that a person could make, by names of the scoreboard: `reserve_tokens`, `local_only`."""
    files: Mapping[str, str | bytes] = field(default_factory=dict[str, "str | bytes"])
    """Files of the workspace, by path."""
    is_slow: bool = False
    """Whether it takes more than a few seconds, and is left out of the quick board."""
