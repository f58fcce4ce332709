"""What the owner can say about mail as a channel."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic.alias_generators import to_camel

from homarus.net.mail.servers import MailServer, Security

_IMAP_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
_SMTP_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


class ServerSettings(BaseModel):
    """Where a mail server is."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True, extra="ignore", frozen=True
    )

    host: str = ""
    """Its name, as your provider tells it."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Left out, what is usual: 993 or 143 for IMAP, 465 or 587 for SMTP."""
    security: Literal["tls", "starttls", "none"] = "tls"
    """`tls` from the start, `starttls`, or `none` for a server on this machine or in your network."""
    user: str = ""
    """The name of the account; your address when left out."""
    signs_in: bool = True
    """Whether the account signs in there; a relay in your own network may want nobody to."""


class EmailSettings(BaseModel):
    """A mailbox of the agent's own; better not yours."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True, extra="ignore", frozen=True
    )

    address: str = ""
    """The agent's address."""
    name: str = "homarus"
    """What stands beside its address."""
    imap: ServerSettings = ServerSettings()
    """Where mail is read."""
    smtp: ServerSettings = ServerSettings()
    """Where mail is sent."""
    password: SecretStr = SecretStr("")
    """Of the account, for both servers; many providers want an app password."""
    token: SecretStr = SecretStr("")
    """An OAuth 2 access token in its place; it is not renewed here."""
    folder: str = "INBOX"
    """The folder that is read."""
    auth_server: str = ""
    """The name with which your own mail server begins its `Authentication-Results`: look at the source of a mail that
    you got. A mail counts as its sender's only when DMARC, DKIM or SPF passed there for the domain in `From`."""
    passphrase: SecretStr = SecretStr("")
    """A word that must stand in every mail, in place of `authServer` or besides it; agents never see it. One of the two
    is needed: anybody can write any address into `From`."""
    media_max_mb: float = Field(default=10, gt=0, le=50)
    """Mails up to this size are taken in whole; of longer ones only the text."""
    days: int = Field(default=3, ge=1, le=60)
    """How old a mail may be that is answered when the channel starts."""

    @field_validator("address")
    @classmethod
    def _small(cls, value: str) -> str:
        return value.strip().casefold()

    def imap_server(self) -> MailServer:
        """Return the account where mail is read."""
        return self._server(self.imap, _IMAP_PORTS)

    def smtp_server(self) -> MailServer:
        """Return the account where mail is sent."""
        return self._server(self.smtp, _SMTP_PORTS)

    def _server(self, told: ServerSettings, ports: dict[Security, int]) -> MailServer:
        security = Security(told.security)
        has_account = told.signs_in and bool(self.password.get_secret_value() or self.token.get_secret_value())
        return MailServer(
            host=told.host,
            port=told.port or ports[security],
            security=security,
            user=(told.user or self.address) if has_account else "",
            password=self.password.get_secret_value() if has_account else "",
            token=self.token.get_secret_value() if has_account else "",
        )
