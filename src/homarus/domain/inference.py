"""A prompt and its answer: what goes to a model server and the four different things that come back."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self, TypeAlias

from homarus.domain.cards import Served
from homarus.domain.content import Json, JsonObject, Message, ToolCall, ToolSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A model by provider and id; written `provider/id`, split at the first slash."""

    provider: str
    model_id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `provider/id`.

        Raises:
            ValueError: when either side is empty or there is no slash.
        """
        provider, slash, model_id = text.strip().partition("/")
        if not (slash and provider and model_id):
            raise ValueError(text)
        return cls(provider=provider, model_id=model_id)

    def __str__(self) -> str:
        """Return `provider/id`."""
        return f"{self.provider}/{self.model_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How words are picked; `None` leaves it to the server."""

    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """Everything one call to a model needs, in no protocol's words."""

    model: ModelRef
    messages: tuple[Message, ...]
    """System first; order is kept, and the same prefix gives the same bytes."""
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    """`auto`, `none`, `required`, or the name of one tool."""
    sampling: Sampling = field(default_factory=Sampling)
    reasoning: str | None = None
    """Effort asked for: `off`, `low`, `medium`, `high`; `None` leaves it to the server."""
    response_schema: JsonObject | None = None
    """JSON Schema that the answer must follow, where the server can hold it to one; always checked again."""
    grammar: str | None = None
    """A llama.cpp grammar (GBNF); only for the embedded engine."""
    window_tokens: int | None = None
    """The context to ask for, on servers that take it per request (Ollama's `num_ctx`)."""
    extra: JsonObject = field(default_factory=dict[str, Json])
    """Parameters that the owner configured for this model, sent as they are."""


class Finish(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens counted by the server; zero where it did not say."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Add up two calls."""
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """Some more of the answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """Some more of the model's thinking; never part of a reply."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """All text of this answer so far was thinking: a tag closed that never opened. It moves to the reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallReady:
    """One whole tool call; a protocol that streams arguments collects them first."""

    call: ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """How much of the prompt has been read."""

    done_tokens: int
    total_tokens: int
    is_estimated: bool = False
    """Whether it follows from how fast the model read before; the server did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of a stream; always the last thing, and always there when nothing was raised."""

    reason: Finish
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    """The name that the server gave, which can differ from the one asked for."""
    prefill_ms: float | None = None
    generation_ms: float | None = None
    """As the server measured them, where it says."""


StreamEvent: TypeAlias = TextDelta | ReasoningDelta | Unsaid | ToolCallReady | Prefill | Finished | Served
"""`Served` comes first, and only in turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Where the time of a turn went, milliseconds."""

    queue_ms: float = 0.0
    prefill_ms: float = 0.0
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    overhead_ms: float = 0.0
    """Ours: total less waiting for the model, tools and people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One whole answer of a model, as it is written down."""

    text: str
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    reason: Finish
    usage: Usage
    model: str
    prefill_ms: float = 0.0
    first_token_ms: float = 0.0
    total_ms: float = 0.0
