"""What mail servers say when they say no, in the house's words."""

import imaplib
import json
import ssl
from base64 import b64decode
from binascii import Error as NotBase64
from typing import cast

from homarus.domain.errors import ConnectionFailedError, HomarusError, NotFoundError, Stage, StateError
from homarus.domain.i18n import _
from homarus.net.mail.client import SlippedInError
from homarus.net.mail.servers import MailServer

_LONGEST = 200


class SignInError(ConnectionFailedError):
    """The server does not let this account in: nothing was read or sent."""

    def __init__(self, message: str, *, hint: str) -> None:
        """It is as sure as a server that is not there."""
        super().__init__(Stage.CONNECT, message, hint=hint)


def sign_in_failed(server: MailServer, said: str, *, challenge: str = "") -> SignInError:
    """Say why an account is not let in."""
    text = said.upper()
    told = {"place": server.place, "user": server.user, "said": shown(said)}
    if server.token and (challenge or "AUTHENTICATIONFAILED" in text or "INVALID" in text or "EXPIRED" in text):
        sentence = _("{place} does not accept the token of {user!r} any more: {said}")
        hint = _("Access tokens hold for an hour or so: get a new one and set it, or use an app password.")
        told["said"] = shown(_challenged(challenge) or said)
    elif "APPLICATION-SPECIFIC" in text or "APP PASSWORD" in text:
        sentence = _("{place} wants an app password for {user!r}: {said}")
        hint = _("Make one in the account's security settings and set it as the password.")
    elif "[EXPIRED]" in text:
        sentence = _("The password of {user!r} at {place} has expired: {said}")
        hint = _("Choose a new one at the provider and set it here.")
    elif "PRIVACYREQUIRED" in text or "LOGINDISABLED" in text:
        sentence = _("{place} lets nobody in before TLS: {said}")
        hint = _('Set `security` to "tls" (port 993) or "starttls" (port 143).')
    elif any(word in text for word in ("[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "TOO MANY", "[SERVERBUG]")):
        sentence = _("{place} lets {user!r} not in at the moment: {said}")
        hint = _("It is tried again; other programs with the same account may hold its connections.")
    else:
        sentence = _("{place} does not accept the name or the password of {user!r}: {said}")
        hint = _("Check both; many providers want an app password, and some allow IMAP only when it is switched on.")
    return SignInError(sentence.format(**told), hint=hint)


def imap_failed(server: MailServer, error: Exception, *, doing: str) -> HomarusError:
    """Say what went wrong between two words of a session; `doing` names what was asked for."""
    said = str(error)
    told = {"place": server.place, "doing": doing, "said": shown(said)}
    text = said.upper()
    if isinstance(error, SlippedInError):
        sentence, hint = (
            _("Somebody between here and {place} speaks in its name."),
            _("Use TLS from the start: port 993."),
        )
        return ConnectionFailedError(Stage.CONNECT, sentence.format(**told), hint=hint)
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = _("{place} cannot prove who it is (TLS): {said}")
        hint = _("Check its certificate; a certificate of your own is trusted through SSL_CERT_FILE.")
        return ConnectionFailedError(Stage.CONNECT, sentence.format(**told), hint=hint)
    if isinstance(error, TimeoutError):
        sentence, hint = _("{place} was silent for too long ({doing})."), _("It may be busy; it is tried again.")
        return ConnectionFailedError(Stage.IDLE, sentence.format(**told), hint=hint, is_timeout=True)
    if isinstance(error, OSError | imaplib.IMAP4.abort | EOFError):
        sentence, hint = (
            _("{place} broke off ({doing})."),
            _("It is tried again; look into the server's log otherwise."),
        )
        return ConnectionFailedError(Stage.CUT, sentence.format(**told), hint=hint)
    if any(word in text for word in ("NONEXISTENT", "TRYCREATE", "DOESN'T EXIST", "NOT FOUND", "UNKNOWN MAILBOX")):
        sentence = _("{place} has no such folder ({doing}): {said}")
        return NotFoundError(sentence.format(**told), hint=_("Look there how the folder is called; INBOX always is."))
    if "OVERQUOTA" in text:
        sentence, hint = _("The mailbox at {place} is full ({doing})."), _("Delete something there.")
        return StateError(sentence.format(**told), hint=hint)
    sentence = _("{place} refuses ({doing}): {said}")
    return ConnectionFailedError(Stage.CUT, sentence.format(**told), hint=_("Look into the server's log."))


def shown(said: str) -> str:
    """Return what a server said, short and in one line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in said).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _challenged(challenge: str) -> str:
    """Return what stands in the JSON with which an OAuth sign-in is refused."""
    try:
        told = (
            json.loads(b64decode(challenge)) if challenge and not challenge.startswith("{") else json.loads(challenge)
        )
    except (ValueError, NotBase64):
        return ""
    if not isinstance(told, dict):
        return ""
    words = cast("dict[str, object]", told)
    return f"{words.get('status', '')} {words.get('error_description', '')}".strip()
