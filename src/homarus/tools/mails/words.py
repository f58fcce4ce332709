"""What somebody wrote in a mail: without the mails it answers, the signature, and the addresses that only track."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_MOST_LINES = 4_000
_LONG_LINK = 90
_LINK = re.compile(r"https?://[^\s<>\"')\]]{4,4000}")
_ANSWERS = re.compile(
    r"^(?:On .{4,200}wrote:|Am .{4,200}schrieb.{0,200}:|Le .{4,200}a écrit\s?:|El .{4,200}escribió:"
    r"|\d{4}-\d\d-\d\d .{0,120}<[^>]+@[^>]+>:)\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^[-_\s]{0,20}(?:Original Message|Ursprüngliche Nachricht|Forwarded message|Weitergeleitete Nachricht"
    r"|Message transféré|Message d'origine|Mensaje reenviado|Mensaje original"
    r"|Begin forwarded message:|Anfang der weitergeleiteten Nachricht:|Début du message transféré ?:)[-_\s]*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^[-_\s]{0,20}(?:Forwarded message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado"
    r"|Begin forwarded message|Anfang der weitergeleiteten|Début du message transféré)",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\*?(?:From|Von|De) ?:\*?\s.{2,200}$")
_HEAD_AFTER = re.compile(
    r"^\*?(?:Sent|Gesendet|Date|Datum|To|An|Subject|Betreff|Envoyé|À|Objet|Enviado(?: el)?|Para|Asunto|Fecha) ?:\*?\s",
    re.IGNORECASE,
)
_PIXELS = re.compile(r"\[picture: [^\]]{0,200}\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The text of a mail, in its two parts."""

    new: str
    """What its sender wrote."""
    quoted: str = ""
    """What it answers, without the marks of quoting."""


def parted(text: str, *, is_forwarded: bool = False) -> Words:
    """Part what is new from what is quoted; a mail that forwards keeps what it forwards as its own words.

    `is_forwarded` says that its subject tells so: programs begin what they forward as others begin what they answer.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:_MOST_LINES]
    cut = next((at for at, line in enumerate(lines) if _begins_quote(lines, at, line)), len(lines))
    if cut < len(lines) and (is_forwarded or _FORWARDED.match(lines[cut].strip())):
        begins = cut if _HEAD.match(lines[cut].strip()) else cut + 1
        return Words(new=_tidy([line.lstrip("> ") for line in (*lines[:cut], *lines[begins:])]))
    fresh = [line for line in lines[:cut] if not line.lstrip().startswith(">")]
    old = [line for line in lines[:cut] if line.lstrip().startswith(">")] + lines[cut:]
    return Words(new=_tidy(_unsigned(fresh)), quoted=_tidy([line.lstrip("> ") for line in old]))


def untracked(text: str) -> str:
    """Return the text with long addresses, which carry who reads them, as the name of their site."""
    return _LINK.sub(_shortened, _PIXELS.sub("", text))


def _shortened(found: re.Match[str]) -> str:
    url = found.group()
    try:
        parts = urlsplit(url)
    except ValueError:
        return "[link]"
    if len(url) <= _LONG_LINK and "utm_" not in parts.query:
        return url
    plain = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return plain if len(plain) <= _LONG_LINK and "utm_" in parts.query else f"[link {parts.netloc}]"


def _begins_quote(lines: list[str], at: int, line: str) -> bool:
    stripped = line.strip()
    if not stripped or len(stripped) > 400:  # noqa: PLR2004 - no such line is longer
        return False
    if _ORIGINAL.match(stripped) or _ANSWERS.match(stripped):
        return True
    if stripped.startswith(("On ", "Am ", "Le ", "El ")) and at + 1 < len(lines):
        return bool(_ANSWERS.match(f"{stripped} {lines[at + 1].strip()}"[:450]))
    return bool(_HEAD.match(stripped)) and any(_HEAD_AFTER.match(after.strip()) for after in lines[at + 1 : at + 4])


def _unsigned(lines: list[str]) -> list[str]:
    """Cut at the signature's mark, unless nothing would be left."""
    for at, line in enumerate(lines):
        if line.rstrip("\n") in {"--", "-- "} and any(before.strip() for before in lines[:at]):
            return lines[:at]
    return lines


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", untracked("\n".join(line.rstrip() for line in lines))).strip()
