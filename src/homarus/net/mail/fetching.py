"""Messages as a mailbox holds them: bytes, with what the server knows besides."""

import imaplib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import mktime
from typing import cast

from homarus.net.mail.client import SocketClient
from homarus.net.mail.commands import told

AT_ONCE = 100
"""Messages that are asked for together; memory is bounded by this times their sizes."""
_UID = re.compile(rb"UID (\d+)")
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message as it came."""

    uid: int
    raw: bytes
    flags: tuple[str, ...] = ()
    size_bytes: int = 0
    """Of the whole message, of which `raw` may be a part."""
    received_at: datetime | None = None
    is_cut: bool = False


def fetched(
    client: SocketClient, uids: Sequence[int], *, most_bytes: int, headers_only: bool = False
) -> tuple[Mail, ...]:
    """Ask for messages in the order of their uids."""
    part = "BODY.PEEK[HEADER]" if headers_only else f"BODY.PEEK[]<0.{most_bytes}>"
    found: list[Mail] = []
    for begin in range(0, len(uids), AT_ONCE):
        some = ",".join(str(uid) for uid in uids[begin : begin + AT_ONCE])
        answers = told(client, "FETCH", some, f"(UID FLAGS INTERNALDATE RFC822.SIZE {part})")
        found += _read(answers, headers_only=headers_only)
    return tuple(sorted(found, key=lambda mail: mail.uid))


def _read(answers: Sequence[object], *, headers_only: bool) -> Iterator[Mail]:
    for place, answer in enumerate(answers):
        if not isinstance(answer, tuple):
            continue
        head, raw = cast("tuple[bytes, bytes]", answer)  # words, and the literal that they announce
        after = answers[place + 1] if place + 1 < len(answers) else b""
        words = head + (after if isinstance(after, bytes) else b"")
        uid, flags, size = _UID.search(words), _FLAGS.search(words), _SIZE.search(words)
        if uid is None:
            continue
        size_bytes = int(size[1]) if size else len(raw)
        yield Mail(
            uid=int(uid[1]),
            raw=raw,
            flags=tuple(flags[1].decode("ascii", "replace").split()) if flags else (),
            size_bytes=size_bytes,
            received_at=_date(words),
            is_cut=not headers_only and len(raw) < size_bytes,
        )


def _date(words: bytes) -> datetime | None:
    told = imaplib.Internaldate2tuple(words)
    return datetime.fromtimestamp(mktime(told), UTC) if told is not None else None
