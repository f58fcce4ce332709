"""A request to /v1/responses, read into no protocol's words.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

import json
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from homarus.domain.content import Json, Message, Part, Role, Text, ToolSpec
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.inference import ModelRef, ModelRequest, Sampling
from homarus.domain.labels import HOUSE, Label
from homarus.gateway.openai_parts import TOOL, call_of, effort_of, image_of


class _Loose(BaseModel):
    """OpenAI's protocol grows; what is not known here is let through."""

    model_config = ConfigDict(extra="allow")


class InputPart(_Loose):
    """A piece of a message."""

    type: str
    text: str | None = None
    image_url: str | None = None
    refusal: str | None = None


class InputItem(_Loose):
    """A message, a call that a model made, what came out of it, or earlier reasoning."""

    type: str = "message"
    role: str | None = None
    content: str | list[InputPart] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[InputPart] | None = None


class ResponseTool(_Loose):
    """A function that the model may call."""

    type: str
    name: str | None = None
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None


class Reasoning(_Loose):
    """How much to think."""

    effort: str | None = None


class TextFormat(_Loose):
    """What shape the answer must have."""

    type: str = "text"
    schema_: dict[str, JsonValue] | None = Field(default=None, alias="schema")


class TextSettings(_Loose):
    """What the text must be like."""

    format: TextFormat | None = None


class ResponsesRequest(_Loose):
    """A request for a response."""

    model: str
    input: str | list[InputItem]
    instructions: str | None = None
    stream: bool | None = False
    tools: list[ResponseTool] | None = None
    tool_choice: str | dict[str, JsonValue] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    reasoning: Reasoning | None = None
    text: TextSettings | None = None
    previous_response_id: str | None = None
    user: str | None = None


def model_request(wanted: ResponsesRequest, model: ModelRef, label: Label) -> ModelRequest:
    """Return the request for a model of another protocol.

    Raises:
        UsageError: when it asks for something that only OpenAI's own servers have.
    """
    if wanted.previous_response_id is not None:
        raise UsageError(
            _("Answers of models are not kept here, so {id!r} cannot be gone on from.").format(
                id=wanted.previous_response_id[:100]
            ),
            hint=_("Send the whole conversation as input, or ask an agent: model agent:main."),
        )
    choice = wanted.tool_choice
    format_ = wanted.text.format if wanted.text is not None else None
    return ModelRequest(
        model=model,
        messages=messages_of(wanted, label),
        tools=_tools(wanted.tools or []),
        tool_choice=str(choice.get("name", "auto")) if isinstance(choice, dict) else choice or "auto",
        sampling=Sampling(temperature=wanted.temperature, top_p=wanted.top_p, max_tokens=wanted.max_output_tokens),
        reasoning=effort_of(wanted.reasoning.effort) if wanted.reasoning is not None else None,
        response_schema=_schema(format_),
    )


def _schema(wanted: TextFormat | None) -> dict[str, JsonValue] | None:
    if wanted is None or wanted.type == "text":
        return None
    return wanted.schema_ or {"type": "object"}


def _tools(tools: list[ResponseTool]) -> tuple[ToolSpec, ...]:
    specs: list[ToolSpec] = []
    for tool in tools:
        if tool.type != "function" or tool.name is None:
            raise UsageError(
                _("A tool of type {kind!r} is not known here.").format(kind=tool.type[:50]),
                hint=_("Only tools of type `function` are."),
            )
        parameters = tool.parameters or {"type": "object"}
        specs.append(ToolSpec(name=tool.name, description=tool.description or "", parameters=parameters))
    return tuple(specs)


def messages_of(wanted: ResponsesRequest, label: Label) -> tuple[Message, ...]:
    """Return what a client sends as messages; calls that follow each other are one assistant message."""
    messages: list[Message] = []
    if wanted.instructions:
        messages.append(Message(role=Role.SYSTEM, parts=(Text(text=wanted.instructions, label=HOUSE),)))
    if isinstance(wanted.input, str):
        return (*messages, Message(role=Role.USER, parts=(Text(text=wanted.input, label=label),)))
    names: dict[str, str] = {}
    for item in wanted.input:
        message = _message(item, label, names)
        if message is None:
            continue
        last = messages[-1] if messages else None
        if message.tool_calls and last is not None and last.role is Role.ASSISTANT:
            messages[-1] = Message(
                role=Role.ASSISTANT, parts=last.parts, tool_calls=(*last.tool_calls, *message.tool_calls)
            )
        else:
            messages.append(message)
    return tuple(messages)


def _message(item: InputItem, label: Label, names: dict[str, str]) -> Message | None:
    match item.type:
        case "message":
            return _said(item, label)
        case "function_call":
            call = call_of(item.call_id or "", item.name or "", item.arguments or "{}")
            names[call.call_id] = call.name
            return Message(role=Role.ASSISTANT, tool_calls=(call,))
        case "function_call_output":
            call_id = item.call_id or ""
            parts = _parts(item.output, TOOL)
            return Message(role=Role.TOOL, parts=parts, call_id=CallId(call_id), tool_name=names.get(call_id, ""))
        case "reasoning":
            return None
        case other:
            raise UsageError(
                _("Input of type {kind!r} cannot be read here.").format(kind=other[:50]),
                hint=_("Send messages, function_call and function_call_output."),
            )


def _said(item: InputItem, label: Label) -> Message:
    match item.role:
        case "system" | "developer":
            return Message(role=Role.SYSTEM, parts=_parts(item.content, HOUSE))
        case "assistant":
            return Message(role=Role.ASSISTANT, parts=_parts(item.content, HOUSE))
        case _:
            return Message(role=Role.USER, parts=_parts(item.content, label))


def _parts(content: str | list[InputPart] | None, label: Label) -> tuple[Part, ...]:
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(text=content, label=label),)
    return tuple(_part(part, label) for part in content)


def _part(part: InputPart, label: Label) -> Part:
    if part.image_url is not None:
        return image_of(part.image_url, label)
    text = part.text if part.text is not None else part.refusal
    if text is None:
        raise UsageError(
            _("A part of type {kind!r} cannot be read here.").format(kind=part.type[:50]),
            hint=_("Send input_text and input_image parts."),
        )
    return Text(text=text, label=label)


def echoed(wanted: ResponsesRequest) -> dict[str, Json]:
    """Return what a response repeats of its request."""
    asked = cast("dict[str, Json]", json.loads(wanted.model_dump_json(by_alias=True, exclude_none=True)))
    return {
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "previous_response_id": asked.get("previous_response_id"),
        "temperature": asked.get("temperature"),
        "top_p": asked.get("top_p"),
        "tools": asked.get("tools", []),
        "tool_choice": asked.get("tool_choice", "auto"),
        "reasoning": asked.get("reasoning"),
        "text": asked.get("text", {"format": {"type": "text"}}),
        "parallel_tool_calls": asked.get("parallel_tool_calls", True),
        "metadata": asked.get("metadata", {}),
        "truncation": asked.get("truncation", "disabled"),
    }
