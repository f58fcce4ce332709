"""A mail account as the owner sets it: where mails are read, where drafts go, and how it sends."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from homarus.domain.labels import Bounds
from homarus.domain.ports import Purpose
from homarus.net.mail.servers import MailServer, Security

_TLS, _STARTTLS, _PLAIN = 993, 143, 143
_SMTP_TLS, _SMTP_STARTTLS = 465, 587
_TIMEOUT_S = 30.0


class SmtpSettings(BaseModel):
    """The server that sends."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(min_length=1, max_length=255)
    """Its name."""
    port: int = Field(default=0, ge=0, le=65_535)
    """465 with TLS and 587 with STARTTLS when it is zero."""
    security: Literal["tls", "starttls", "none"] = "tls"
    """How the connection is kept private; `none` only to this machine and your own network."""
    user: str = ""
    """The account's, when empty."""
    password: SecretStr | None = None
    """The account's, when none is set."""


class ImapSettings(BaseModel):
    """A mailbox on a server."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(min_length=1, max_length=255)
    """Its name: `imap.example.org`."""
    port: int = Field(default=0, ge=0, le=65_535)
    """993 with TLS and 143 without when it is zero."""
    security: Literal["tls", "starttls", "none"] = "tls"
    """How the connection is kept private; `none` only to this machine and your own network."""
    user: str = Field(min_length=1, max_length=320)
    """The account's name, mostly your address."""
    password: SecretStr | None = None
    """Many providers want an app password, which is made in their security settings."""
    token: SecretStr | None = None
    """An OAuth 2 access token in place of the password."""
    address: str = Field(default="", max_length=320)
    """Your address, where the account's name is not it."""
    aliases: list[str] = []
    """Further addresses of yours."""
    name: str = Field(default="", max_length=200)
    """Your name, as it stands in what you send."""
    folders: list[str] = Field(default=["INBOX"], min_length=1, max_length=20)
    """What is read."""
    sent: str = ""
    """The folder with what you sent; the server's own when empty, none for `-`."""
    drafts: str = ""
    """The folder for drafts; the server's own when empty."""
    first_days: int = Field(default=14, ge=1, le=365)
    """How many days back the first reading goes."""
    reach: str = Field(default="anywhere", pattern=r"^(local-only|anywhere|region:[a-z0-9-]{1,40})$")
    """Where these mails may go: `local-only` keeps them from every hosted model."""
    smtp: SmtpSettings | None = None
    """How it sends; without it nothing can be sent from this account."""

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        if self.password is None and self.token is None:
            raise ValueError("given a `password` or a `token`")
        return self

    @property
    def mine(self) -> tuple[str, ...]:
        """The owner's addresses, lower case; the first is the account's own."""
        first = self.address or self.user
        return tuple(dict.fromkeys(each.lower() for each in (first, *self.aliases) if "@" in each))

    @property
    def bounds(self) -> Bounds:
        """How far its mails may go."""
        return Bounds.parse(self.reach)

    def imap(self, run: str = "") -> MailServer:
        """Return the server that is read."""
        return MailServer(
            host=self.host,
            port=self.port or (_TLS if self.security == "tls" else _PLAIN),
            security=Security(self.security),
            user=self.user,
            password=_told(self.password),
            token=_told(self.token),
            purpose=Purpose.TOOL,
            timeout_s=_TIMEOUT_S,
            run=run,
        )

    def sending(self, run: str = "") -> MailServer | None:
        """Return the server that sends, if there is one."""
        smtp = self.smtp
        if smtp is None:
            return None
        return MailServer(
            host=smtp.host,
            port=smtp.port or (_SMTP_TLS if smtp.security == "tls" else _SMTP_STARTTLS),
            security=Security(smtp.security),
            user=smtp.user or self.user,
            password=_told(smtp.password) or _told(self.password),
            token=_told(self.token) if smtp.password is None else "",
            purpose=Purpose.TOOL,
            timeout_s=_TIMEOUT_S,
            run=run,
        )


def _told(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
