"""A mail read into what people mean by one: who wrote, to which conversation, in which words, with what along.

Everything of it was chosen by whoever sent it; the address in `From` too.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_MOST_REFERENCES = 30
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
        except (ValueError, AttributeError, IndexError, LookupError):  # the standard library on broken headers
            return ""


def letter_of(raw: bytes) -> Letter:
    """Read a mail, however broken it is."""
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
    authors = getaddresses([found.header("From")])
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
    begin = next((place for place in range(len(lines)) if _begins_quote(lines, place)), len(lines))
    own, quoted = lines[:begin], lines[begin:]
    signature = next((place for place, line in enumerate(own) if line.rstrip("\n") in {"-- ", "--"}), len(own))
    kept = [line for line in own[:signature] if not line.startswith(">")]
    inline = [line for line in own[:signature] if line.startswith(">")]
    return Words(own="\n".join(kept).strip(), quoted="\n".join([*inline, *quoted]).strip())


def _begins_quote(lines: list[str], place: int) -> bool:
    line = lines[place].strip()
    if _QUOTE_BEGINS.match(line) or _QUOTE_BEGINS.match(
        f"{line} {''.join(lines[place + 1 : place + 2]).strip()}".strip()
    ):
        return bool(line)
    # A block of quoted lines with which the mail ends.
    return line.startswith(">") and all(not rest.strip() or rest.startswith(">") for rest in lines[place:])


def _text(message: EmailMessage) -> str:
    plain = _body(message, "plain")
    if plain.strip():
        return plain
    return readable(_body(message, "html"))


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
    except (AttributeError, KeyError, ValueError):
        return ""
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _attached(message: EmailMessage) -> tuple[Attached, ...]:
    found: list[Attached] = []
    for part in message.walk():
        if part.is_multipart() or part.get_content_disposition() not in {"attachment", "inline"}:
            continue
        content = part.get_payload(decode=True)
        name = part.get_filename() or ""
        if isinstance(content, bytes) and (name or part.get_content_disposition() == "attachment"):
            found.append(Attached(name=name or "file", media=part.get_content_type(), content=content))
    return tuple(found)


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None


def readable(html: str) -> str:
    """Return what a person reads of HTML: no scripts, no styles, no hidden addresses."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = "".join((dict(attrs).get("style") or "").split()).casefold()
        if tag in _UNSEEN:
            self.unseen += 1
        elif tag in _BLOCKS or "display:none" in style:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.parts.append(data)
