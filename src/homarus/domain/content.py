"""What a conversation is made of: labelled parts, messages, tool calls and their results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from homarus.domain.ids import CallId
from homarus.domain.labels import HOUSE, Label

if TYPE_CHECKING:
    Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
else:
    # An alias that names itself has no schema in pydantic; what comes in has been parsed as JSON already.
    Json = Any
JsonObject: TypeAlias = Mapping[str, Json]


class Role(StrEnum):
    """Who a message speaks for, in the words that every protocol shares."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A piece of text with its label."""

    text: str
    label: Label = HOUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture, held inside the message: nothing is fetched from an address."""

    media_type: str
    """`image/png`, `image/jpeg`, `image/webp` or `image/gif`."""
    data_b64: str
    label: Label
    name: str = ""


Part: TypeAlias = Text | Image


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What a model asks for: a tool by name, with arguments."""

    call_id: CallId
    name: str
    arguments: JsonObject
    malformed: str | None = None
    """The raw argument text when it was not a JSON object; `arguments` is empty then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation as a model sees it."""

    role: Role
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    """Only on assistant messages."""
    call_id: CallId | None = None
    """Only on tool messages: which call this answers."""
    tool_name: str = ""
    is_error: bool = False
    reasoning: str = ""
    """Only on assistant messages, and sent back only where a protocol requires it."""

    @property
    def text(self) -> str:
        """All text parts, joined by blank lines."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as a model is told of it."""

    name: str
    """With dots (`web.fetch`); a wire protocol that forbids dots maps them and maps them back."""
    description: str
    parameters: JsonObject = field(default_factory=dict[str, Json])
    """JSON Schema of an object."""


def system(text: str) -> Message:
    """Return a system message in the words of the house."""
    return Message(role=Role.SYSTEM, parts=(Text(text=text, label=HOUSE),))


def user(text: str, label: Label) -> Message:
    """Return a user message of one labelled text."""
    return Message(role=Role.USER, parts=(Text(text=text, label=label),))
