"""Files that people send along, as parts of a message: never trusted, and kept where they cannot be shown."""

import base64

from homarus.domain.content import Image, Part, Text
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.ports import Blobs

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
_READABLE = ("text/", "application/json", "application/xml", "application/x-yaml", "application/csv")
_MOST_TEXT_BYTES = 200_000
_LONGEST_NAME = 100


async def part_of(content: bytes, *, name: str, media: str, blobs: Blobs, channel: str, more: str = "") -> Part:
    """Return a file as a part: a picture, its text, or a sentence that says where it is kept; `more` is added to it."""
    name = name[:_LONGEST_NAME]
    label = Label(origin=Origin.FILE, source=f"{channel} file {name}")
    if media in PICTURES:
        return Image(media_type=media, data_b64=base64.b64encode(content).decode(), label=label, name=name)
    digest = await blobs.put(content)
    if media.startswith(_READABLE) and len(content) <= _MOST_TEXT_BYTES:
        return Text(text=content.decode("utf-8", "replace"), label=label)
    told = _("A file {name!r} ({media}, {size} bytes) came along; it is kept under {digest} and was not read.")
    sentence = told.format(name=name, media=media or "?", size=len(content), digest=digest[:12])
    return note(f"{sentence} {more}".strip(), channel)


def note(text: str, channel: str) -> Text:
    """Return what the channel says of something that came along."""
    return Text(text=text, label=Label(origin=Origin.FILE, source=channel))
