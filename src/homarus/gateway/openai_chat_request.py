"""A request to /v1/chat/completions, read into no protocol's words.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from homarus.domain.content import Message, Part, Role, Text, ToolSpec
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.inference import ModelRef, ModelRequest, Sampling
from homarus.domain.labels import HOUSE, Label
from homarus.gateway.openai_parts import TOOL, call_of, effort_of, image_of


class _Loose(BaseModel):
    """OpenAI's protocol grows; what is not known here is let through."""

    model_config = ConfigDict(extra="allow")


class ImageUrl(_Loose):
    """Where a picture is."""

    url: str


class ContentPart(_Loose):
    """A piece of a message."""

    type: str
    text: str | None = None
    image_url: ImageUrl | str | None = None
    refusal: str | None = None


class FunctionCall(_Loose):
    """Which function was called, and with what."""

    name: str
    arguments: str = "{}"


class ChatToolCall(_Loose):
    """A call that a model made earlier."""

    id: str
    type: str = "function"
    function: FunctionCall


class ChatMessage(_Loose):
    """A message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[ContentPart] | None = None
    name: str | None = None
    tool_calls: list[ChatToolCall] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None


class Function(_Loose):
    """A function that the model may call."""

    name: str
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None


class ChatTool(_Loose):
    """A tool that the model may call."""

    type: str
    function: Function | None = None


class NamedFunction(_Loose):
    """A function by its name."""

    name: str


class NamedTool(_Loose):
    """The one tool that must be called."""

    type: str
    function: NamedFunction | None = None


class JsonSchema(_Loose):
    """A schema that the answer must follow."""

    name: str = "answer"
    schema_: dict[str, JsonValue] = Field(default_factory=dict, alias="schema")


class ResponseFormat(_Loose):
    """What shape the answer must have."""

    type: str
    json_schema: JsonSchema | None = None


class StreamOptions(_Loose):
    """What a stream contains."""

    include_usage: bool = False


class ChatRequest(_Loose):
    """A request for a completion."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    tools: list[ChatTool] | None = None
    tool_choice: str | NamedTool | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    reasoning_effort: str | None = None
    response_format: ResponseFormat | None = None
    user: str | None = None


def model_request(wanted: ChatRequest, model: ModelRef, label: Label) -> ModelRequest:
    """Return the request for a model of another protocol.

    Raises:
        UsageError: when it asks for something that only OpenAI's own servers have.
    """
    if (wanted.n or 1) > 1:
        raise UsageError(_("One answer is given per request, not {n}.").format(n=wanted.n), hint=_("Leave `n` out."))
    return ModelRequest(
        model=model,
        messages=messages_of(wanted.messages, label),
        tools=_tools(wanted.tools or []),
        tool_choice=_tool_choice(wanted.tool_choice),
        sampling=_sampling(wanted),
        reasoning=effort_of(wanted.reasoning_effort),
        response_schema=_schema(wanted.response_format),
    )


def _sampling(wanted: ChatRequest) -> Sampling:
    stop = [wanted.stop] if isinstance(wanted.stop, str) else wanted.stop or []
    return Sampling(
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        seed=wanted.seed,
        max_tokens=wanted.max_completion_tokens or wanted.max_tokens,
        stop=tuple(stop),
    )


def _tools(tools: list[ChatTool]) -> tuple[ToolSpec, ...]:
    functions = [tool.function for tool in tools if tool.function is not None]
    if len(functions) < len(tools):
        raise UsageError(_("Only tools of type `function` are known."), hint=_("Describe the tool as a function."))
    return tuple(
        ToolSpec(name=f.name, description=f.description or "", parameters=f.parameters or {"type": "object"})
        for f in functions
    )


def _tool_choice(choice: str | NamedTool | None) -> str:
    if isinstance(choice, NamedTool):
        return choice.function.name if choice.function is not None else "auto"
    return choice or "auto"


def _schema(wanted: ResponseFormat | None) -> dict[str, JsonValue] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.json_schema is not None:
        return wanted.json_schema.schema_
    return {"type": "object"}


def messages_of(messages: list[ChatMessage], label: Label) -> tuple[Message, ...]:
    """Return a client's messages; system messages first come first, as the client ordered them."""
    names = {call.id: call.function.name for message in messages for call in message.tool_calls or []}
    return tuple(_message(message, label, names) for message in messages)


def _message(message: ChatMessage, label: Label, names: dict[str, str]) -> Message:
    match message.role:
        case "system" | "developer":
            return Message(role=Role.SYSTEM, parts=parts_of(message, HOUSE))
        case "user":
            return Message(role=Role.USER, parts=parts_of(message, label))
        case "assistant":
            calls = [call_of(c.id, c.function.name, c.function.arguments) for c in message.tool_calls or []]
            return Message(
                role=Role.ASSISTANT,
                parts=parts_of(message, HOUSE),
                tool_calls=tuple(calls),
                reasoning=message.reasoning_content or "",
            )
        case "tool":
            call_id = message.tool_call_id or ""
            return Message(
                role=Role.TOOL,
                parts=parts_of(message, TOOL),
                call_id=CallId(call_id),
                tool_name=names.get(call_id, message.name or ""),
            )


def parts_of(message: ChatMessage, label: Label) -> tuple[Part, ...]:
    """Return the parts of a message with a label."""
    if message.content is None:
        return ()
    if isinstance(message.content, str):
        return (Text(text=message.content, label=label),)
    return tuple(_part(part, label) for part in message.content)


def _part(part: ContentPart, label: Label) -> Part:
    if part.image_url is not None:
        url = part.image_url if isinstance(part.image_url, str) else part.image_url.url
        return image_of(url, label)
    text = part.text if part.text is not None else part.refusal
    if text is None:
        raise UsageError(
            _("A part of type {kind!r} cannot be read here.").format(kind=part.type[:50]),
            hint=_("Send text and image_url parts."),
        )
    return Text(text=text, label=label)
