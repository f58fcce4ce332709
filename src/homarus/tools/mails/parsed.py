"""One mail, parsed: whatever is in it comes out as text and fields, and what cannot be read is said.

The standard library parses with its old policy, which leaves headers as they are: the new one parses each of them on
access, raises for some that real mails have, and takes its time for it.
"""

import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from homarus.domain.content import Json, JsonObject
from homarus.domain.sources import Item
from homarus.tools.mails.heads import Person, decode, header, ids, inked, people, sent_at, text_of
from homarus.tools.mails.words import parted

_MOST_PARTS = 200
_MOST_CHARS = 200_000
_KEPT_CHARS = 6_000
_KEPT_QUOTE = 1_500
_MOST_PARSED = 30 << 20
_HTTP = re.compile(r"<(https?://[^<>\s]{4,2000})>")
_MAILTO = re.compile(r"<(mailto:[^<>\s]{3,500})>")
_ENCRYPTED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_OF_OUTLOOK = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_FORWARDS = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|doorst|vs|enc)\s*:", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"html|view (?:this|it|online)|im browser|online ansehen|navigateur|navegador|not supported|nicht (?:an)?gezeigt",
    re.IGNORECASE,
)
_SHORT = 400
_MOST_TORN = 20
_BOUNDARY = re.compile(rb"^--([^\s-][^\r\n]{0,200}?)\r?\nContent-", re.MULTILINE | re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,3}")
_BULK = frozenset({"bulk", "list", "junk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as a person reads it."""

    key: str
    """The same for the same mail, in whatever folder it lies; two mails with one forged id have two."""
    message_id: str
    subject: str
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    reply_to: str
    at: datetime | None
    text: str
    """What its sender wrote, cleaned; at most a few thousand characters."""
    quoted: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    is_bulk: bool = False
    """Whether its headers say that it went to many."""
    is_automatic: bool = False
    unsubscribe: str = ""
    list_id: str = ""
    attachments: tuple[str, ...] = ()
    calendar: str = ""
    """The iCalendar text that it carries."""
    is_html_only: bool = False
    problems: tuple[str, ...] = ()

    def item(self, *, blob: str, url: str, **fields: Json) -> Item:
        """Return it as what a source found."""
        return Item(
            key=self.key,
            kind="mail",
            title=self.subject,
            text=self.text,
            at=self.at,
            url=url,
            blob=blob,
            fields={**self._fields(), **fields},
        )

    def _fields(self) -> JsonObject:
        told: JsonObject = {
            "message_id": self.message_id,
            "from": self.sender.address,
            "from_name": self.sender.name,
            "to": [person.address for person in self.to],
            "cc": [person.address for person in self.cc],
            "reply_to": self.reply_to,
            "in_reply_to": self.in_reply_to,
            "references": list(self.references),
            "is_bulk": self.is_bulk,
            "is_automatic": self.is_automatic,
            "unsubscribe": self.unsubscribe,
            "list_id": self.list_id,
            "attachments": list(self.attachments),
            "calendar": self.calendar,
            "is_html_only": self.is_html_only,
            "quoted": self.quoted,
            "problems": list(self.problems),
        }
        return {name: value for name, value in told.items() if value not in ("", [], False)}


@dataclass(slots=True, kw_only=True)
class _Parts:
    """What the parts of a mail gave."""

    plain: list[str] = field(default_factory=list[str])
    html: list[str] = field(default_factory=list[str])
    calendar: str = ""
    attachments: list[str] = field(default_factory=list[str])
    kinds: set[str] = field(default_factory=set[str])
    problems: list[str] = field(default_factory=list[str])


def parse(raw: bytes) -> Mail:
    """Parse a mail; never raises for what is in it."""
    problems: list[str] = []
    if len(raw) > _MOST_PARSED:
        problems.append(f"only the first {_MOST_PARSED >> 20} MB of {len(raw) >> 20} were read")
    mail = _message(raw[:_MOST_PARSED], problems)
    parts = _Parts(problems=problems)
    _gather(mail, parts)
    plain, html = "\n".join(parts.plain), "\n".join(parts.html)
    is_html_only = bool(html) and _says_little(plain)
    subject = text_of(header(mail, "Subject"))
    words = parted(
        inked(_of_html(html, parts.problems) if is_html_only else plain)[:_MOST_CHARS],
        is_forwarded=bool(_FORWARDS.match(subject)),
    )
    if sealed := _sealed(parts, words.new):
        problems.append(sealed)
    sender = next(iter(people(mail, "From", "Sender", "Return-Path")), Person(address=""))
    answered = ids(mail, "In-Reply-To")
    return Mail(
        key=_key(mail, raw, sender),
        message_id=next(iter(ids(mail, "Message-ID")), ""),
        subject=subject,
        sender=sender,
        to=people(mail, "To"),
        cc=people(mail, "Cc"),
        reply_to=next((person.address for person in people(mail, "Reply-To")), ""),
        at=sent_at(mail),
        text=words.new[:_KEPT_CHARS],
        quoted=words.quoted[:_KEPT_QUOTE],
        in_reply_to=answered[0] if answered else "",
        references=ids(mail, "References"),
        is_bulk=_is_bulk(mail),
        is_automatic=header(mail, "Auto-Submitted").lower() not in {"", "no"},
        unsubscribe=_unsubscribe(header(mail, "List-Unsubscribe")),
        list_id=text_of(header(mail, "List-Id"))[:200],
        attachments=tuple(parts.attachments[:50]),
        calendar=parts.calendar[:20_000],
        is_html_only=is_html_only,
        problems=tuple(parts.problems[:5]),
    )


def _message(raw: bytes, problems: list[str]) -> "Message[str, str]":
    try:
        return BytesParser(policy=compat32).parsebytes(raw)
    except (RecursionError, ValueError, LookupError, TypeError, IndexError, AttributeError) as error:
        problems.append(f"its structure cannot be read ({type(error).__name__}); only the headers were")
        headers = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        return BytesParser(policy=compat32).parsebytes(headers, headersonly=True)


def _says_little(plain: str) -> bool:
    """Tell whether the plain part only says that there is another one."""
    return len(plain.strip()) <= _SHORT and (not plain.strip() or bool(_ELSEWHERE.search(plain)))


def _sealed(parts: _Parts, text: str) -> str:
    """Say why the words of a mail are not to be had, where its form shows that there are some."""
    if parts.kinds & _ENCRYPTED or text.lstrip().startswith("-----BEGIN PGP MESSAGE"):
        return "it is encrypted, so that its words could not be read"
    if parts.kinds & _OF_OUTLOOK and not text.strip():
        return "its words are in a winmail.dat of Outlook, which could not be read"
    return ""


def _walk(mail: "Message[str, str]") -> "Iterator[Message[str, str]]":
    """Yield the parts in order without recursion, as many as a sane mail has."""
    waiting = [mail]
    for _number in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield part
        inside: object = part.get_payload()
        if part.is_multipart() and isinstance(inside, list):
            waiting.extend(reversed([each for each in inside if isinstance(each, Message)]))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - a list of messages, as typeshed cannot say


def _gather(mail: "Message[str, str]", parts: _Parts) -> None:
    for part in _walk(mail):
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        parts.kinds.add(kind)
        if kind.startswith("multipart/"):
            _gather_torn(part, parts)
            continue
        name = _file_name(part)
        disposition = str(part.get("Content-Disposition", "")).lower()
        if name or disposition.startswith("attachment"):
            parts.attachments.append(name or kind)
        if kind == "text/calendar" and not parts.calendar:
            parts.calendar = _content(part, parts)
        elif disposition.startswith("attachment"):
            continue
        elif kind == "text/html":
            parts.html.append(_content(part, parts))
        elif kind == "text/plain":
            parts.plain.append(_content(part, parts))


def _gather_torn(part: "Message[str, str]", parts: _Parts) -> None:
    """Take what can be read of a part that says it has parts, and has no boundary that parts them."""
    content: object = part.get_payload()
    if not isinstance(content, str) or not content.strip():
        return
    raw = content.encode("utf-8", "surrogateescape")
    found = _BOUNDARY.search(raw)
    if found is None:
        parts.plain.append(decode(raw[: _MOST_CHARS * 4], ""))
        return
    parts.problems.append("it is put together wrongly; what could be found of it was read")
    for piece in raw.split(b"--" + found[1])[1:_MOST_TORN]:
        inner = BytesParser(policy=compat32).parsebytes(piece.lstrip(b"\r\n"))
        if not inner.is_multipart() and inner.get_content_type() in {"text/plain", "text/html"}:
            _gather(inner, parts)


def _file_name(part: "Message[str, str]") -> str:
    try:
        return text_of(str(part.get_filename() or ""))[:200]
    except (ValueError, LookupError, TypeError, IndexError, AttributeError):
        return "?"


def _content(part: "Message[str, str]", parts: _Parts) -> str:
    try:
        content: object = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
        content = None
    if not isinstance(content, bytes):
        parts.problems.append("a part of it cannot be decoded")
        return ""
    content = _unpacked(part, content)
    try:
        charset = part.get_content_charset() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        charset = ""
    if not charset and part.get_content_type() == "text/html" and (told := _META.search(content[:4096])):
        charset = told[1].decode("ascii")
    return decode(content[: _MOST_CHARS * 4], charset)


def _unpacked(part: "Message[str, str]", content: bytes) -> bytes:
    """Return what base64 says that lost its end; the parser gives up on that, or makes signs of plain words."""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return content
    raw: object = part.get_payload()
    letters = _SPACE.sub("", raw) if isinstance(raw, str) else ""
    if not letters or not isinstance(raw, str):
        return content
    if not _BASE64.fullmatch(letters):
        return raw.encode("utf-8", "surrogateescape") if " " in raw.strip() else content
    try:
        return content if len(letters) % 4 == 0 else binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    except binascii.Error:
        return content


def _of_html(html: str, problems: list[str]) -> str:
    from homarus.tools.readable import readable

    try:
        return readable(html[: _MOST_CHARS * 2], url="").text
    except (ValueError, RecursionError):
        problems.append("its HTML cannot be read")
        return ""


def _key(mail: "Message[str, str]", raw: bytes, sender: Person) -> str:
    told = "\0".join((header(mail, "Message-ID"), sender.address, header(mail, "Date"), header(mail, "Subject")))
    content = told.encode("utf-8", "surrogatepass") if header(mail, "Message-ID") else raw
    return f"mail:{hashlib.sha256(content).hexdigest()[:32]}"


def _is_bulk(mail: "Message[str, str]") -> bool:
    return bool(
        header(mail, "List-Unsubscribe")
        or header(mail, "List-Id")
        or header(mail, "Precedence").lower() in _BULK
        or header(mail, "Feedback-ID")
        or header(mail, "X-Campaign-Id")
    )


def _unsubscribe(value: str) -> str:
    found = _HTTP.search(value) or _MAILTO.search(value)
    return found[1] if found else ""
