"""Turn the bytes of an answer into text: what its header says, what the page says of itself, then UTF-8."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentType:
    """What an answer says that it is."""

    kind: str
    """Media type, lower case, without parameters."""
    charset: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it can be read as text; an answer that says nothing is tried."""
        textual = ("text/", "application/json", "application/xml", "application/xhtml", "application/javascript")
        return not self.kind or self.kind.startswith(textual) or self.kind.endswith(("+json", "+xml"))


def content_type(headers: Mapping[str, str]) -> ContentType:
    """Read the header, whatever its case."""
    value = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    kind, _semicolon, rest = value.partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", rest, re.IGNORECASE)
    return ContentType(kind=kind.strip().lower(), charset=charset[1] if charset else "")


def decoded(body: bytes, *, charset: str, is_cut: bool = False) -> str:
    """Return the text of a body; bytes that fit nowhere become signs of replacement, and it never fails."""
    found = _META_CHARSET.search(body[:4096])
    for name in (charset, found[1].decode() if found else "", "utf-8"):
        try:
            return body.decode(name or "utf-8-sig")
        except (LookupError, UnicodeError):  # `undefined` is a codec, too
            continue
    return body.decode("utf-8" if is_cut else "cp1252", errors="replace")
