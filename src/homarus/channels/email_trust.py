"""Whose mail it is: an address in `From` proves nothing; the owner's server must have checked it, or a word be known.

`Authentication-Results` (RFC 8601) counts only as the topmost header and only with the name of the owner's server: it
is the last one to touch a mail, and takes away what others wrote in its name. What it says counts when the domain that
was proven is the one in `From` (RFC 7489 calls that aligned).
"""

import hmac
import re
from dataclasses import dataclass

from homarus.domain.i18n import _
from homarus.net.mail.letters import Letter

_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*+\"|\\.|.", re.DOTALL)
_PLAIN = re.compile(r"[^\w.@+-]", re.ASCII)
_RESULT = re.compile(r"^\s*([a-z0-9-]+)\s*=\s*([a-z]+)\b(.*)$", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"\b([a-z]+\.[a-z0-9-]+)\s*=\s*\"?([^\s;\"]+)\"?", re.IGNORECASE)
_AUTOMATIC = frozenset({"bulk", "list", "junk", "auto_reply"})
_MACHINES = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Whether a mail is from whom it says, and why not."""

    is_proven: bool
    because: str = ""


def proof_of(letter: Letter, *, server: str, passphrase: str) -> Proof:
    """Look at what the owner's server found out, and for the word that was agreed on; what is configured must hold."""
    if not server and not passphrase:
        return Proof(is_proven=False, because=_("nothing is configured that could prove who wrote"))
    if len(letter.authors) != 1:
        return Proof(is_proven=False, because=_("it names not exactly one author"))
    if passphrase and not _is_said(letter, passphrase):
        return Proof(is_proven=False, because=_("the passphrase does not stand in it"))
    if server and not _is_aligned(letter, server):
        return Proof(is_proven=False, because=_("your mail server did not find that it is from there"))
    return Proof(is_proven=True)


def without(passphrase: str, text: str) -> str:
    """Return a text without the passphrase: no model needs to know it."""
    return text.replace(passphrase, "").strip() if passphrase else text


def _is_said(letter: Letter, passphrase: str) -> bool:
    words = f"{letter.subject}\n{letter.text}".split()
    wanted = passphrase.encode()
    found = [hmac.compare_digest(word.strip(".,;:!?\"'()").encode(), wanted) for word in words]
    return any(found) or (" " in passphrase and passphrase in f"{letter.subject}\n{letter.text}")


def _is_aligned(letter: Letter, server: str) -> bool:
    headers = letter.message.get_all("Authentication-Results") or []
    if not headers:
        return False
    told = _results(str(headers[0]))
    name = told[0].split()
    if not name or name[0].casefold() != server.casefold():
        return False
    domain = letter.authors[0].rpartition("@")[2]
    return any(_proves(result, domain) for result in told[1:])


def _results(header: str) -> list[str]:
    """Return the parts of a header between its semicolons, without comments; nothing of one that does not add up.

    Servers repeat what a sender chose: `smtp.mailfrom="x; dmarc=pass header.from=example.org"@evil.example`.
    """
    parts, depth = [""], 0
    for sign in _TOKEN.findall(header):
        if sign == '"' or depth < 0:
            return [""]
        if sign in "()":
            depth += 1 if sign == "(" else -1
        elif depth:
            continue
        elif sign == ";":
            parts.append("")
        else:
            parts[-1] += sign if sign[0] not in '"\\' else _PLAIN.sub("?", sign[1:-1])
    return parts if depth == 0 else [""]


def _proves(result: str, domain: str) -> bool:
    """Say whether one result is a pass of the domain itself; of relatives of it only DMARC is believed."""
    found = _RESULT.match(result)
    if found is None or found[2].casefold() != "pass":
        return False
    method = found[1].casefold()
    said = {name.casefold(): value.casefold().rstrip(".") for name, value in _PROPERTY.findall(found[3])}
    if method == "dmarc":
        return said.get("header.from", "") == domain
    if method == "dkim":
        return said.get("header.d", "") == domain or said.get("header.i", "").rpartition("@")[2] == domain
    if method == "spf":
        return said.get("smtp.mailfrom", "").rpartition("@")[2] == domain
    return False


def why_automatic(letter: Letter, own: str) -> str:
    """Say why nobody answers a mail: a machine sent it, or many get it; nothing when a person wrote."""
    author = letter.authors[0] if letter.authors else ""
    if author in {"", own.casefold()}:
        return _("it is the agent's own, or nobody's")
    if letter.header("Auto-Submitted").casefold() not in {"", "no"} or author.startswith(_MACHINES):
        return _("a machine sent it")
    paths = [str(path).strip() for path in letter.message.get_all("Return-Path") or ()]
    if "<>" in paths or letter.message.get_content_type() == "multipart/report":
        return _("it is a bounce")
    is_list = any(letter.message.get(name) for name in ("List-Id", "List-Unsubscribe", "List-Post"))
    if is_list or letter.header("Precedence").casefold() in _AUTOMATIC or letter.message.get("X-Autoreply"):
        return _("it went to a list")
    return ""
