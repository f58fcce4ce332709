"""What a scripted model says: turns, and what it was asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from homarus.domain.content import Json, JsonObject
from homarus.domain.inference import Finish

OPENAI_COMPLETIONS = "openai-completions"
OPENAI_RESPONSES = "openai-responses"
ANTHROPIC_MESSAGES = "anthropic-messages"
OLLAMA = "ollama"
APIS = (OPENAI_COMPLETIONS, OPENAI_RESPONSES, ANTHROPIC_MESSAGES, OLLAMA)
"""The protocols by their names in the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call of the scripted model."""

    name: str
    """As the house knows it (`web.fetch`); on the wire it has the name under which the request offered it."""
    arguments: JsonObject = field(default_factory=dict[str, Json])
    call_id: str | None = None
    """`None` for a fresh one, the empty string for none at all."""
    raw: str | None = None
    """The argument text as it stands on the wire, in place of the arguments."""
    is_other_shape: bool = False
    """Arguments as an object where the protocol wants text, and as text where it wants an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One answer of the scripted model."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    finish: Finish | None = None
    """Why it ends; `None` for what fits the rest."""
    prompt_tokens: int | None = None
    """`None` to count them, at four characters each."""
    cached_tokens: int = 0
    completion_tokens: int | None = None
    piece_chars: int | None = None
    """How many characters a streamed piece has; `None` for one word each."""
    reasoning_field: str = "reasoning_content"
    """Where chat completions carry it: `reasoning_content` (llama.cpp, DeepSeek) or `reasoning` (vLLM and others)."""

    @property
    def reason(self) -> Finish:
        """Why it ends."""
        return self.finish or (Finish.TOOL_CALLS if self.calls else Finish.STOP)


def say(text: str, *, reasoning: str = "") -> Turn:
    """Return a turn that only talks."""
    return Turn(text=text, reasoning=reasoning)


def call(name: str, arguments: JsonObject | None = None, *, text: str = "", reasoning: str = "") -> Turn:
    """Return a turn that calls one tool."""
    return Turn(text=text, reasoning=reasoning, calls=(Call(name=name, arguments=arguments or {}),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message of a request, in no protocol's words."""

    role: str
    """`system`, `user`, `assistant` or `tool`."""
    text: str
    images: int = 0
    call_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to answer, in no protocol's words."""

    api: str
    model: str
    messages: tuple[Heard, ...]
    tools: tuple[str, ...]
    """As the request names them."""
    is_stream: bool
    body: Mapping[str, Json]
    number: int = 1
    """The first prompt that this server was given is number 1."""
    has_usage: bool = True
    """Whether a stream tells its usage: chat completions do so only when asked."""
    has_progress: bool = False
    """Whether the request asks for prefill progress (llama.cpp's `return_progress`)."""

    @property
    def last_user(self) -> str:
        """The text of the last user message."""
        return next((heard.text for heard in reversed(self.messages) if heard.role == "user"), "")

    @property
    def tool_result(self) -> str | None:
        """The text of the tool result that ends the conversation, if one does."""
        return self.messages[-1].text if self.messages and self.messages[-1].role == "tool" else None

    @property
    def prompt_tokens(self) -> int:
        """About how long the prompt is: four characters a token."""
        return max(1, sum(len(heard.text) for heard in self.messages) // 4)

    def offered(self, name: str) -> str:
        """Return the name under which the request offered a tool; dots may have been replaced."""
        wanted = _bare(name)
        return next((tool for tool in self.tools if _bare(tool) == wanted), name.replace(".", "_"))


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


Script: TypeAlias = "Sequence[Turn] | Callable[[Asked], Turn]"
"""Turns in order, of which the last is repeated, or a function of what is asked."""


def turn_for(script: Script, asked: Asked) -> Turn:
    """Return the turn that a script has for a request."""
    if callable(script):
        return script(asked)
    return script[min(asked.number, len(script)) - 1] if script else say("Hello.")


def split(text: str, piece_chars: int | None) -> tuple[str, ...]:
    """Cut a text into the pieces in which it is streamed."""
    if piece_chars is not None:
        return tuple(text[start : start + piece_chars] for start in range(0, len(text), piece_chars))
    pieces: list[str] = []
    for word in text.split(" "):
        pieces.append(f" {word}" if pieces else word)
    return tuple(piece for piece in pieces if piece)
