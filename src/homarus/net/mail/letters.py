"""A mail read into what people mean by one: who wrote, to which conversation, in which words, with what along.

Everything of it was chosen by whoever sent it; the address in `From` too.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape
from itertools import islice

_MOST_PARTS = 200
_MOST_BOUNDARIES = 2_000
_MOST_HEADERS = 2_000
_LONGEST_HEADER = 4_000
_LONGEST_NAME = 80
_LONGEST_LINE = 1_000
_LONGEST_HTML = 400_000
_BROKEN = (
    RecursionError,
    ValueError,  # with every UnicodeError
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    NotImplementedError,
    MessageError,
)
"""What the standard library raises on mails that no program writes."""
_BLANK = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(rb"[^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+(?:\r?\n|\Z)")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_MOST_REFERENCES = 30
_TAG = re.compile(r"/?[A-Za-z][A-Za-z0-9]{0,30}")
_NUMBERED = re.compile(r"&#[0-9A-Za-z]{9,}+;?")
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "pre"})
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_QUOTE_BEGINS = re.compile(
    r"^(?:-{2,} ?(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Weitergeleitete Nachricht|"
    r"Mensaje original|Mensaje reenviado|Message d'origine)\b.*|"
    r"(?:On|Am|El|Le)\b.{5,200}\b(?:wrote|schrieb|escribió|a écrit)\b.{0,80}:\s*|"
    r"_{20,}|Begin forwarded message:)$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that came along."""

    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail."""

    message: EmailMessage
    """With every header; `message["Subject"]` is decoded."""
    message_id: str
    """With its brackets; empty where there is none."""
    references: tuple[str, ...]
    """Message-IDs of the conversation, the oldest first, `In-Reply-To` last."""
    authors: tuple[str, ...]
    """Addresses in `From`, in small letters."""
    author_name: str
    recipients: tuple[str, ...]
    """Addresses in `To` and `Cc`, in small letters."""
    subject: str
    at: datetime | None
    text: str
    """All of its words; of HTML what can be read of it."""
    attached: tuple[Attached, ...]

    @property
    def root(self) -> str:
        """The Message-ID with which the conversation began."""
        return self.references[0] if self.references else self.message_id

    def header(self, name: str) -> str:
        """Return a header in one line, empty where it is not there or cannot be read."""
        try:
            return " ".join(str(self.message.get(name, "")).split())
        except _BROKEN:
            return ""


def letter_of(raw: bytes) -> Letter:
    """Read a mail, however broken it is; of one that cannot be read there are its headers, or nothing.

    Anybody can send one: what took the standard library minutes, or never ended, is left out before it is parsed.
    """
    end = _BLANK.search(raw)
    head = _sane(raw[: end.end()] if end else raw)
    body = raw[end.end() :] if end else b""
    is_heavy = body.count(b"\n--") > _MOST_BOUNDARIES
    for some in (head if is_heavy else head + body, head, b""):
        try:
            return _read(some)
        except _BROKEN:
            continue
    raise AssertionError  # nothing can be read of anything


def head_of(raw: bytes) -> Letter:
    """Read the headers of a mail alone."""
    end = _BLANK.search(raw)
    return letter_of(raw[: end.end()] if end else raw)


def _sane(head: bytes) -> bytes:
    """Return headers, of those that are too long to be any their names."""
    kept = (one.group() for one in islice(_HEADER.finditer(head), _MOST_HEADERS) if one.group().strip())
    return b"".join(_bare(one) if len(one) > _LONGEST_HEADER else one for one in kept) + b"\r\n"


def _bare(header: bytes) -> bytes:
    return header.partition(b":")[0][:_LONGEST_NAME] + b":\r\n"


def _read(raw: bytes) -> Letter:
    message = message_from_bytes(raw, policy=policy.default.clone(raise_on_defect=False))
    found = Letter(
        message=message,
        message_id="",
        references=(),
        authors=(),
        author_name="",
        recipients=(),
        subject="",
        at=None,
        text=_text(message),
        attached=_attached(message),
    )
    froms = message.get_all("From") or []
    authors = getaddresses([found.header("From")]) if len(froms) == 1 else []
    others = getaddresses([found.header("To"), found.header("Cc")])
    told = [*_MESSAGE_ID.findall(found.header("References")), *_MESSAGE_ID.findall(found.header("In-Reply-To"))[:1]]
    ids = _MESSAGE_ID.findall(found.header("Message-ID"))
    return Letter(
        message=message,
        message_id=ids[0] if ids else "",
        references=tuple(dict.fromkeys(told))[:_MOST_REFERENCES],
        authors=tuple(address.casefold() for _name, address in authors if "@" in address),
        author_name=authors[0][0] if authors else "",
        recipients=tuple(address.casefold() for _name, address in others if "@" in address),
        subject=found.header("Subject"),
        at=_date(found.header("Date")),
        text=found.text,
        attached=found.attached,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The text of a mail, told apart."""

    own: str
    """What the author wrote above the rest."""
    quoted: str
    """What others had written: quoted or forwarded."""


def words_of(text: str) -> Words:
    """Tell what the author wrote from what is quoted or forwarded below it; a signature is neither."""
    lines = text.replace("\r\n", "\n").split("\n")
    last = next((place for place in reversed(range(len(lines))) if _is_own(lines[place])), -1)
    begin = next((place for place in range(len(lines)) if _begins_quote(lines, place, last)), len(lines))
    own, quoted = lines[:begin], lines[begin:]
    signature = next((place for place, line in enumerate(own) if line.rstrip("\n") in {"-- ", "--"}), len(own))
    kept = [line for line in own[:signature] if not line.startswith(">")]
    inline = [line for line in own[:signature] if line.startswith(">")]
    return Words(own="\n".join(kept).strip(), quoted="\n".join([*inline, *quoted]).strip())


def _is_own(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(">")


def _begins_quote(lines: list[str], place: int, last_own: int) -> bool:
    line = lines[place].strip()
    if _QUOTE_BEGINS.match(line[:_LONGEST_LINE]) or _QUOTE_BEGINS.match(
        f"{line} {''.join(lines[place + 1 : place + 2]).strip()}".strip()[:_LONGEST_LINE]
    ):
        return bool(line)
    # A block of quoted lines with which the mail ends.
    return line.startswith(">") and place > last_own


def _text(message: EmailMessage) -> str:
    plain = _body(message, "plain")
    if plain.strip():
        return plain
    return readable(_body(message, "html"))


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        payload = None if part is None or _is_odd(part) else part.get_payload(decode=True)
        charset = part.get_content_charset() if part is not None and payload is not None else None
    except _BROKEN:
        return ""
    return _decoded(payload, charset or "utf-8") if isinstance(payload, bytes) else ""


def _decoded(payload: bytes, charset: str) -> str:
    try:
        text = payload.decode(charset, "replace")
    except (LookupError, ValueError):
        text = payload.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode()  # no half of a pair, that nothing could write down


def _attached(message: EmailMessage) -> tuple[Attached, ...]:
    found: list[Attached] = []
    for part in islice(message.walk(), _MOST_PARTS):
        try:
            one = None if part.is_multipart() or _is_odd(part) else _file(part)
        except _BROKEN:
            continue
        if one is not None:
            found.append(one)
    return tuple(found)


def _file(part: Message) -> Attached | None:
    disposition = part.get_content_disposition()
    if disposition not in {"attachment", "inline"}:
        return None
    content, name = part.get_payload(decode=True), part.get_filename() or ""
    if not isinstance(content, bytes) or not (name or disposition == "attachment"):
        return None
    return Attached(name=name or "file", media=part.get_content_type(), content=content)


def _is_odd(part: Message) -> bool:
    """Say whether a part has headers that take too long to read."""
    return any(len(str(value)) > _LONGEST_HEADER for _name, value in part.raw_items())


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def readable(html: str) -> str:
    """Return what a person reads of HTML: no scripts, no styles, no hidden addresses.

    Looked through once from left to right: the parser of the standard library took minutes on `<a<a<a`.
    """
    words, *pieces = html[:_LONGEST_HTML].split("<")
    parts, unseen = [words], ""
    for piece in pieces:
        inside, end, after = piece.partition(">")
        name = _TAG.match(inside)
        if unseen:
            if (unseen == "--" and not piece.partition("-->")[1]) or (unseen != "--" and f"/{unseen}" != _name(inside)):
                continue
            unseen, after = "", piece.partition("-->")[2] if unseen == "--" else after
        elif inside.startswith("!--"):
            unseen, after = ("", piece.partition("-->")[2]) if "-->" in piece else ("--", "")
        elif name is None and not inside.startswith(("!", "?")):
            after = f"<{piece}"
        elif _name(inside) in _UNSEEN and end:
            unseen, after = _name(inside), ""
        elif _name(inside).lstrip("/") in _BLOCKS or "display:none" in "".join(inside.split()).casefold():
            parts.append("\n")
        parts.append(after)
    text = unescape(_NUMBERED.sub("\ufffd", "".join(parts)))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _name(inside: str) -> str:
    found = _TAG.match(inside)
    return found.group().casefold() if found else ""
