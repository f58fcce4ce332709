"""What the two OpenAI protocols share: pictures inside a message, effort words, arguments of a call."""

import json
from collections.abc import Mapping
from typing import cast

from homarus.domain.content import Image, Json, JsonObject, ToolCall
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.labels import Label, Origin

TOOL = Label(origin=Origin.TOOL, source="tool of an API client")
_EFFORTS = {
    "none": "off",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


def image_of(url: str, label: Label) -> Image:
    """Return the picture that stands in a data address.

    Raises:
        UsageError: when it stands elsewhere; nothing is fetched on a client's word.
    """
    head, comma, data_b64 = url.partition(",")
    media_type = head.removeprefix("data:").removesuffix(";base64")
    if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
        raise _elsewhere()
    return Image(media_type=media_type, data_b64=data_b64, label=label)


def _elsewhere() -> UsageError:
    return UsageError(
        _("Pictures must stand in the message itself."), hint=_("Send image_url as data:image/png;base64,...")
    )


def refuse_addresses(conversation: Json) -> None:
    """Look for pictures, sounds and files that stand elsewhere: a server on this machine would fetch them from here.

    Whoever may only chat could reach through it what only this machine reaches.

    Raises:
        UsageError: when there is one.
    """
    if isinstance(conversation, Mapping):
        for name, value in conversation.items():
            is_address = name == "url" or name.endswith("_url")
            if is_address and isinstance(value, str) and not value.lower().startswith("data:"):
                raise _elsewhere()
            if name != "annotations":  # of an answer that is sent back: links that were shown, and nothing to fetch
                refuse_addresses(value)
    elif isinstance(conversation, list | tuple):
        for item in conversation:
            refuse_addresses(item)


def effort_of(word: str | None) -> str | None:
    """Return an effort in our words, `None` where the client named none that is known."""
    return _EFFORTS.get(word) if word is not None else None


def call_of(call_id: str, name: str, arguments: str) -> ToolCall:
    """Return a tool call that a client sends back as part of the conversation."""
    try:
        value = cast("Json", json.loads(arguments or "{}"))
    except ValueError:
        value = None
    if isinstance(value, dict):
        return ToolCall(call_id=CallId(call_id), name=name, arguments=cast("JsonObject", value))
    return ToolCall(call_id=CallId(call_id), name=name, arguments={}, malformed=arguments)


def arguments_text(call: ToolCall) -> str:
    """Return the arguments of a call as the text that OpenAI clients parse."""
    if call.malformed is not None:
        return call.malformed
    return json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))
