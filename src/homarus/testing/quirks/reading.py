"""Read the JSON of requests: what every protocol needs of it."""

import re
from collections.abc import Sequence
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.inference import Usage
from homarus.testing.quirks.turns import Asked, Turn

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def text_of(value: Json) -> str:
    """Return a string as it is, and anything else as an empty one."""
    return value if isinstance(value, str) else ""


def objects(body: JsonObject, key: str) -> tuple[JsonObject, ...]:
    """Return the objects of a list in a request."""
    found = body.get(key)
    if not isinstance(found, list):
        return ()
    return tuple(cast("JsonObject", item) for item in found if isinstance(item, dict))


def messages_of(body: JsonObject) -> tuple[JsonObject, ...]:
    """Return the messages of a request."""
    return objects(body, "messages")


def content_text(content: Json) -> str:
    """Return the text of a message's content, be it a string or a list of parts."""
    if not isinstance(content, list):
        return text_of(content)
    parts = objects({"parts": content}, "parts")
    return "\n\n".join(text for part in parts if (text := _part_text(part)))


def _part_text(part: JsonObject) -> str:
    if part.get("type") == "tool_result":
        return content_text(part.get("content"))
    return text_of(part.get("text"))


def count_images(content: Json) -> int:
    """Return how many pictures a message's content has."""
    if not isinstance(content, list):
        return 0
    kinds = ("image_url", "input_image", "image")
    parts = objects({"parts": content}, "parts")
    return sum(part.get("type") in kinds for part in parts)


def name_complaint(names: Sequence[str], where: str) -> str | None:
    """Return what hosted servers say to a tool name with dots in it."""
    for place, name in enumerate(names):
        if not _NAME.fullmatch(name):
            at = where.replace("{place}", str(place))
            return f"Invalid '{at}': string does not match pattern. Expected a string that matches '^[a-zA-Z0-9_-]+$'."
    return None


def spent(turn: Turn, asked: Asked) -> Usage:
    """Return the tokens of an answer: as scripted, else counted at four characters each."""
    said = len(turn.text) + len(turn.reasoning) + sum(len(str(call.arguments)) for call in turn.calls)
    return Usage(
        prompt_tokens=asked.prompt_tokens if turn.prompt_tokens is None else turn.prompt_tokens,
        cached_tokens=turn.cached_tokens,
        completion_tokens=max(1, said // 4) if turn.completion_tokens is None else turn.completion_tokens,
        reasoning_tokens=len(turn.reasoning) // 4,
    )
