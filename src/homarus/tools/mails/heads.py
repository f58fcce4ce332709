"""The header lines of a mail, decoded as far as they can be: senders often write what the standard does not know."""

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import cast

from homarus.tools.charsets import decoded
from homarus.tools.readable import visible

_LONGEST = 2_000
_MOST_ADDRESSES = 100
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_ID = re.compile(r"<([^<>\s]{1,300})>")
_ADDRESS = re.compile(r"[^\s<>@,;\"']{1,64}@[^\s<>@,;\"']{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a mail is from or to."""

    address: str
    """Lower case; empty when the mail does not say one."""
    name: str = ""

    def __str__(self) -> str:
        """Return the name, or the address where there is none."""
        return self.name or self.address


def text_of(raw: str) -> str:
    """Return a header's words: encoded words decoded, unknown charsets read as they can be, on one line."""
    return " ".join(inked(_decoded(raw[:_LONGEST])).split())


def inked(text: str) -> str:
    """Return the text without control and invisible characters; lines stay lines."""
    return _CONTROL.sub(" ", visible(text))


def header(mail: "Message[str, str]", name: str) -> str:
    """Return a header as it stands, on one line; empty when there is none."""
    return " ".join(next(iter(_values(mail, name)), "")[:_LONGEST].split())


def people(mail: "Message[str, str]", *names: str) -> tuple[Person, ...]:
    """Return everybody whom these headers name, each address once, in order."""
    found: dict[str, Person] = {}
    for name, address in _addresses([value[: _LONGEST * 10] for each in names for value in _values(mail, each)]):
        if address and len(found) < _MOST_ADDRESSES:
            found.setdefault(address.lower(), Person(address=address.lower(), name=text_of(name)))
    return tuple(found.values())


def sent_at(mail: "Message[str, str]") -> datetime | None:
    """Return when it says that it was sent; `None` when it does not, or says nonsense."""
    try:
        when = parsedate_to_datetime(header(mail, "Date"))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def ids(mail: "Message[str, str]", name: str) -> tuple[str, ...]:
    """Return the message ids that a header names, without their brackets; the last fifty."""
    return tuple(_ID.findall(next(iter(_values(mail, name)), "")[: _LONGEST * 10]))[-50:]


def _values(mail: "Message[str, str]", name: str) -> list[str]:
    """Return what stands in the headers of a name, eight-bit signs too, for which the parser has no words."""
    lower = name.lower()
    raw = cast("Iterable[tuple[str, object]]", mail.raw_items())
    return [_unescaped(str(value)) for key, value in raw if key.lower() == lower]


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    try:
        found = getaddresses(values)
    except (ValueError, TypeError, IndexError):
        found = []
    if any(address for _name, address in found):
        return found
    return [("", address) for value in values for address in _ADDRESS.findall(value)]


def _decoded(raw: str) -> str:
    if "=?" not in raw:
        return raw
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, binascii.Error, ValueError):
        return raw
    return "".join(piece if isinstance(piece, str) else decode(piece, charset or "") for piece, charset in pieces)


def _unescaped(value: str) -> str:
    """Return raw eight-bit headers, which the parser keeps as surrogates, as text."""
    if not any("\udc80" <= letter <= "\udcff" for letter in value):
        return value
    return decode(value.encode("utf-8", "surrogateescape"), "")


def decode(content: bytes, charset: str) -> str:
    """Return bytes as text: by the charset they claim, else UTF-8, else by what their letters look like."""
    return decoded(content, charset)
