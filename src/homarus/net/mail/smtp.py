"""Mail that goes out: handed to the owner's SMTP server over the door.

What a server said is known; when the connection breaks after the message left and before the answer, nobody knows.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from homarus.domain.errors import ConnectionFailedError, HomarusError, NotAcceptedError, Stage
from homarus.domain.i18n import _
from homarus.domain.ports import Door
from homarus.net.dialling import tls_context
from homarus.net.mail.failed import shown, sign_in_failed
from homarus.net.mail.servers import MailServer, Security, check_privacy, need_extra

if TYPE_CHECKING:
    from aiosmtplib import SMTP

_OUR_NAME = "localhost"
"""What we call ourselves; the machine's own name is nobody's business, and asking for it would ask the resolver."""
_WORDS = 4
"""How many answers signing in may take."""
_GOODBYE_S = 2.0
_PASSING = range(400, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a server took over."""

    answer: str
    """Its words; many name the id under which it goes on."""
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    """Recipients whom it did not take, with its words; the others get the message."""


async def send_mail(server: MailServer, door: Door, raw: bytes, *, sender: str, recipients: Sequence[str]) -> Accepted:
    """Hand a message over.

    Raises:
        ConfigError: when the extra is missing, or the password would travel in the clear.
        SignInError: when the server does not let the account in; nothing was sent.
        NotAcceptedError: when the server refused it, and would again.
        ConnectionFailedError: at `Stage.CONNECT` or before when it surely was not sent; later, nobody knows.
    """
    need_extra()
    check_privacy(server)
    # TLS is begun by aiosmtplib, because asyncio takes no socket that has begun it.
    async with door.dial(server.dial(is_tls=False)) as line:
        client = await _connected(server, line)
        try:
            return await _handed_over(server, client, raw, sender, recipients)
        finally:
            client.close()


async def check_smtp(server: MailServer, door: Door) -> str:
    """Sign in and out again without sending anything; return the server's greeting."""
    need_extra()
    check_privacy(server)
    async with door.dial(server.dial(is_tls=False)) as line:
        client = await _connected(server, line)
        try:
            return shown(client.last_ehlo_response.message if client.last_ehlo_response else "")
        finally:
            client.close()


async def _connected(server: MailServer, line: socket.socket) -> "SMTP":
    """Greet, begin TLS where it is due, sign in."""
    from aiosmtplib import SMTP
    from aiosmtplib.errors import SMTPAuthenticationError, SMTPException

    context = await asyncio.to_thread(tls_context)
    own = line.dup()  # the client closes what it is given; the door closes its own
    own.setblocking(False)
    client = SMTP(
        hostname=server.host,
        local_hostname=_OUR_NAME,
        timeout=server.timeout_s,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=context,
        sock=own,
    )
    try:
        async with asyncio.timeout(server.timeout_s * _WORDS):
            await client.connect()
            await client.ehlo()
            if server.token:
                await client.auth_xoauth2(server.user, server.token)
            elif server.user:
                await client.login(server.user, server.password)
    except SMTPAuthenticationError as error:
        client.close()
        raise sign_in_failed(server, f"{error.code} {error.message}") from error
    except (SMTPException, OSError) as error:
        client.close()
        raise _before(server, error) from error
    except BaseException:
        client.close()
        raise
    return client


async def _handed_over(
    server: MailServer, client: "SMTP", raw: bytes, sender: str, recipients: Sequence[str]
) -> Accepted:
    from aiosmtplib.errors import SMTPDataError, SMTPException, SMTPResponseException

    options = _options(server, client, raw, (sender, *recipients))
    encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
    refused: dict[str, str] = {}
    last: SMTPResponseException | None = None
    try:
        await client.mail(sender, options=options, encoding=encoding)
        for recipient in recipients:
            try:
                await client.rcpt(recipient, encoding=encoding)
            except SMTPResponseException as error:
                refused[recipient], last = shown(f"{error.code} {error.message}"), error
        if last is not None and len(refused) == len(recipients):
            raise last
    except (SMTPException, OSError) as error:
        raise _before(server, error) from error
    try:
        response = await client.data(raw)
    except SMTPDataError as error:
        raise _before(server, error) from error
    except (SMTPException, OSError) as error:
        raise ConnectionFailedError(
            Stage.CUT,
            _("{place} broke off while it took the mail; nobody knows whether it goes on.").format(place=server.place),
            hint=_("Look into the folder for sent mail, or ask the recipient, before it is sent again."),
        ) from error
    with suppress(SMTPException, OSError):
        await client.quit(timeout=_GOODBYE_S)
    return Accepted(answer=shown(response.message), refused=refused)


def _options(server: MailServer, client: "SMTP", raw: bytes, addresses: Sequence[str]) -> list[str]:
    """Return what the server is told of the message; refuse here what it says that it does not take."""
    known = {name.lower(): value for name, value in client.esmtp_extensions.items()}
    options: list[str] = []
    if "size" in known:
        limit = int(known["size"]) if known["size"].isdigit() else 0
        if limit and len(raw) > limit:
            raise NotAcceptedError(
                _("{place} takes mail of {limit} MB at most; this one has {size} MB.").format(
                    place=server.place, limit=f"{limit / 1e6:.1f}", size=f"{len(raw) / 1e6:.1f}"
                ),
                hint=_("Send fewer or smaller attachments."),
            )
        options.append(f"size={len(raw)}")
    if "8bitmime" in known and not raw.isascii():
        options.append("BODY=8BITMIME")
    odd = [address for address in addresses if not address.isascii()]
    if odd and "smtputf8" not in known:
        raise NotAcceptedError(
            _("{place} cannot send to {address!r}: it takes plain letters in addresses only.").format(
                place=server.place, address=odd[0]
            ),
            hint=_("Use an address of plain letters, or a server with SMTPUTF8."),
        )
    return [*options, "SMTPUTF8"] if odd else options


def _before(server: MailServer, error: Exception) -> HomarusError:
    """Say what went wrong before the message left: it surely was not sent."""
    from aiosmtplib.errors import SMTPResponseException

    told = {"place": server.place, "said": shown(str(error)), "port": server.port}
    if isinstance(error, SMTPResponseException):
        told["said"] = shown(f"{error.code} {error.message}")
        if error.code in _PASSING:
            sentence, hint = _("{place} does not take the mail now: {said}"), _("It is tried again.")
            return ConnectionFailedError(Stage.CONNECT, sentence.format(**told), hint=hint)
        sentence = _("{place} refuses the mail: {said}")
        hint = _("Check the address of the recipient, and from which address your account may send.")
        return NotAcceptedError(sentence.format(**told), hint=hint)
    if isinstance(error.__cause__, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
        sentence = _("{place} cannot prove who it is (TLS): {said}")
        hint = _("Check its certificate; a certificate of your own is trusted through SSL_CERT_FILE.")
    elif "AUTH extension" in str(error):
        sentence = _("{place} lets nobody sign in on such a connection.")
        hint = _('Use "tls" (465) or "starttls" (587); a relay that wants no account: set `signsIn` to false.')
    elif "STARTTLS" in str(error):
        sentence = _("{place} knows no STARTTLS.")
        hint = _('Set `security` to "tls" (port 465), or ask your provider for the right port.')
    elif isinstance(error, TimeoutError):
        sentence, hint = _("{place} was silent for too long."), _("It is tried again.")
    else:
        sentence, hint = _("{place} broke off before it took the mail: {said}"), _("It is tried again.")
    is_timeout = isinstance(error, TimeoutError)
    return ConnectionFailedError(Stage.CONNECT, sentence.format(**told), hint=hint, is_timeout=is_timeout)
