"""Entries of Markdown files and the labels that they carry.

A label stands behind its entry as an HTML comment, so that it survives when the index is built again. Words that claim
to be clean - the owner's, the house's or the model's own - need a seal, a keyed hash over text and label: whoever can
write the file, but was not the house, cannot lend an entry a better voice. An entry without a valid label is a file's.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from homarus.domain import codec
from homarus.domain.content import Json, JsonObject
from homarus.domain.labels import Label, Origin

_COMMENT = re.compile(r"[ \t]*<!-- homarus: (\{.*?\})(?: ([0-9a-f]{32}))? -->[ \t]*$")
_ITEM = re.compile(r"[-*+] |\d+[.)] ")
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One entry of a file."""

    line: int
    """The first line of it, from 1."""
    heading: str
    text: str
    label: Label


def render(text: str, label: Label, *, key: bytes) -> str:
    """Return an entry as a list item with its label, ready to be added to a file."""
    body = _item(text)
    kept: dict[str, Json] = {name: value for name, value in codec.dump(label).items() if value not in ("", None)}
    packed = json.dumps(kept, separators=(",", ":")).replace("-", "\\u002d").replace(">", "\\u003e")
    seal = f" {_seal(_plain(body), packed, key)}" if label.is_clean else ""
    return f"{body} <!-- homarus: {packed}{seal} -->\n"


def plain(text: str) -> str:
    """Return a text as it will be found again after `render`."""
    return _plain(_item(text))


def _item(text: str) -> str:
    lines = _tame(text).split("\n")
    return "\n".join([f"- {lines[0]}", *(f"  {line}" for line in lines[1:])])


def parse(markdown: str, *, source: str, key: bytes) -> Iterator[Note]:
    """Yield the entries of a file: list items, paragraphs, and the heading above each."""
    heading, block, began = "", list[str](), 0
    for number, line in enumerate([*markdown.splitlines(), ""], start=1):
        starts_new = not line.strip() or line.startswith("#") or bool(_ITEM.match(line))
        is_long = bool(block) and not _ITEM.match(block[0]) and sum(map(len, block)) > _LONGEST
        if block and (starts_new or is_long):
            yield _note(block, began, heading, source, key)
            block = []
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
        elif line.strip():
            began = began if block else number
            block.append(line)


def _note(block: list[str], began: int, heading: str, source: str, key: bytes) -> Note:
    raw = "\n".join(block)
    found = _COMMENT.search(raw)
    body = _plain(raw[: found.start()] if found else raw)
    label = Label(origin=Origin.FILE, source=source)
    if found:
        label = _label(body, found.group(1), found.group(2), key) or label
    return Note(line=began, heading=heading, text=body, label=label)


def _label(body: str, packed: str, seal: str | None, key: bytes) -> Label | None:
    try:
        value = cast("Json", json.loads(packed))
        label = codec.load(Label, cast("JsonObject", value) if isinstance(value, Mapping) else {})
    except ValueError:  # also what pydantic raises
        return None
    if label.is_clean and not hmac.compare_digest(seal or "", _seal(body, packed, key)):
        return None
    return label


def _seal(body: str, packed: str, key: bytes) -> str:
    return hmac.new(key, f"{packed}\n{body}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def _plain(raw: str) -> str:
    lines = raw.lstrip().split("\n")
    lines[0] = _ITEM.sub("", lines[0], count=1) if _ITEM.match(lines[0]) else lines[0]
    return "\n".join(line.strip() for line in lines if line.strip())


def _tame(text: str) -> str:
    """Take what would end the entry, begin another, or pose as a label out of a text."""
    clean = text.encode("utf-8", "replace").decode().replace("<!--", "<!- -").replace("\x00", "")
    lines = [line.strip() for line in clean.splitlines() if line.strip()]
    return "\n".join([lines[0].lstrip("#").strip() or "#", *lines[1:]]) if lines else ""
