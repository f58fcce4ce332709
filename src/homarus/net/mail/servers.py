"""A mail server as somebody's account on it: where it is, how its connection is kept private, and who logs in."""

import importlib.util
from dataclasses import dataclass, field
from enum import StrEnum

from homarus.domain.errors import ConfigError
from homarus.domain.i18n import _
from homarus.domain.labels import Reach
from homarus.domain.ports import Dial, Purpose
from homarus.net.addresses import Zone, place_of

_NEEDED = ("imap_tools", "aiosmtplib")


class Security(StrEnum):
    """How a connection is kept private."""

    TLS = "tls"
    """From the first byte: ports 993 and 465."""
    STARTTLS = "starttls"
    """After a word in plain: ports 143 and 587."""
    NONE = "none"
    """Not at all; only to this machine and the owner's network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An account on an IMAP or an SMTP server."""

    host: str
    port: int
    security: Security = Security.TLS
    user: str = ""
    """Nobody logs in where this is empty."""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """An OAuth 2 access token, in place of a password (XOAUTH2)."""
    purpose: Purpose = Purpose.CHANNEL
    reach: Reach = Reach.ANYWHERE
    is_guarded: bool = False
    timeout_s: float = 30.0
    """For each answer of the server."""
    run: str = ""

    @property
    def place(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    def dial(self, *, is_tls: bool) -> Dial:
        """Return the connection that it needs."""
        return Dial(
            host=self.host,
            port=self.port,
            purpose=self.purpose,
            is_tls=is_tls,
            reach=self.reach,
            is_guarded=self.is_guarded,
            timeout_s=self.timeout_s,
            run=self.run,
        )


def check_privacy(server: MailServer) -> None:
    """Keep a password from being sent in the clear over other people's networks.

    Raises:
        ConfigError: when the connection would be readable by others.
    """
    written = f"[{server.host}]" if ":" in server.host else server.host
    if server.security is Security.NONE and place_of(f"tcp://{written}") not in {Zone.LOOPBACK, Zone.HOME}:
        raise ConfigError(
            _("{place!r} would be told your password, and your mail, in the clear.").format(place=server.place),
            hint=_('Set `security` to "tls" (993, 465) or "starttls" (143, 587).'),
        )


def need_extra() -> None:
    """Make sure that what mail needs is installed.

    Raises:
        ConfigError: with the line that installs it.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            _("Mail needs {names}, which is not installed.").format(names=", ".join(missing)),
            hint=_("pip install 'homarus[email]'"),
        )
