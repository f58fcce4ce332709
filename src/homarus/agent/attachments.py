"""Put what came with a message into the context: texts with their names and within limits, pictures as they are."""

from collections.abc import Sequence
from dataclasses import replace

from homarus.agent import tokens
from homarus.agent.rooms import Profile
from homarus.agent.wrapping import capped, wrapped
from homarus.domain.content import Image, Part, Text
from homarus.domain.labels import Label, Origin

_LEAST_CHARS = 400


def has_images(parts: Sequence[Part]) -> bool:
    """Whether one of them is a picture."""
    return any(isinstance(part, Image) for part in parts)


def inlined(parts: Sequence[Part], profile: Profile) -> tuple[Part, ...]:
    """Return attachments for a prompt: never the owner's words, and together at most half of the model's window."""
    texts = [part for part in parts if isinstance(part, Text)]
    share = tokens.chars_in(profile.window_tokens // 2) // max(len(texts), 1)
    return tuple(_shown(part, max(share, _LEAST_CHARS)) for part in parts)


def _shown(part: Part, limit_chars: int) -> Part:
    label = untrusted(part.label)
    if isinstance(part, Image):
        return replace(part, label=label)
    return wrapped(capped(part.text, limit_chars), label)


def untrusted(label: Label) -> Label:
    """Return the label of something attached: the owner chose it, and somebody else may have written it."""
    return replace(label, origin=Origin.FILE) if label.is_trusted else label
