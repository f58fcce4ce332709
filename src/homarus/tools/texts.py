"""Tell text from other bytes, and keep a file's own encoding and line ends."""

import codecs
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
)
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\b\x1b")
_RIFF = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The text of a file, and how to write it back."""

    text: str
    encoding: str


def what_it_is(start: bytes) -> str:
    """Return in words what a file that is not text is, by its first bytes."""
    for magic, words in _PICTURES:
        if start.startswith(magic):
            return words
    if start[:4] == b"RIFF" and start[8:_RIFF] == b"WEBP":
        return "a WebP picture"
    return "not text"


def decoded(content: bytes) -> Decoded | None:
    """Return the text of a file's bytes, `None` when they are not text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding)
    if content[:5] == b"%PDF-" or _CONTROL & set(content):
        return None
    return _strictly(content, "utf-8") or _strictly(content, "cp1252")


def _strictly(content: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(text=content.decode(encoding), encoding=encoding)
    except UnicodeError:
        return None
