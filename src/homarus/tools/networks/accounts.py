"""Accounts on social networks, as the owner sets them."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MastodonSettings(BaseModel):
    """An account on a Mastodon server."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^\s/]+/?$", max_length=300)
    """The server: `https://mastodon.example`."""
    token: SecretStr
    """An access token with `read` and `write:statuses`, made in the settings under Development."""
    visibility: str = Field(default="public", pattern=r"^(public|unlisted|private)$")
    """Who sees what is posted."""

    @property
    def base(self) -> str:
        """The server without a slash at its end."""
        return self.url.rstrip("/")


class BlueskySettings(BaseModel):
    """An account on Bluesky, or on a server of your own that speaks its protocol."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(default="https://bsky.social", pattern=r"^https?://[^\s/]+/?$", max_length=300)
    """The server that holds the account (PDS)."""
    handle: str = Field(min_length=3, max_length=300)
    """The account's name: `lena.bsky.social`."""
    password: SecretStr
    """An app password, made in the settings; never the account's own."""

    @property
    def base(self) -> str:
        """The server without a slash at its end."""
        return self.url.rstrip("/")
