"""What the owner can say about Telegram: OpenClaw's keys, and which of them are read and not followed."""

import os
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic.alias_generators import to_camel

NOT_FOLLOWED = (
    "history_limit", "dm_history_limit", "streaming", "config_writes", "accounts", "default_account", "ack_reaction",
    "health_monitor", "actions", "reaction_notifications", "proxy", "webhook_url", "webhook_secret", "webhook_path",
    "network", "retry",
)  # fmt: skip
TOKEN_VARIABLE = "TELEGRAM_BOT_TOKEN"  # noqa: S105 - a name, not a token


class Group(BaseModel):
    """One group, or `*` for all."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True, extra="ignore", frozen=True
    )

    enabled: bool = True
    """Whether the bot answers there."""
    require_mention: bool = True
    """Whether it answers only who names it or replies to it."""


class OwnCommand(BaseModel):
    """A line of the menu."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="ignore", frozen=True)

    command: str = Field(pattern=r"^/?[a-z0-9_]{1,32}$")
    """What is written, without the slash."""
    description: str = Field(min_length=1, max_length=256)
    """What the menu says of it."""


class TelegramSettings(BaseModel):
    """A bot of your own: get its token from @BotFather."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True, extra="ignore", frozen=True
    )

    bot_token: SecretStr = SecretStr("")
    """The token that @BotFather gave; `${TELEGRAM_BOT_TOKEN}` works. Left out, `tokenFile` and then the variable
    TELEGRAM_BOT_TOKEN count."""
    token_file: Path | None = None
    """A file that holds the token and nothing else."""
    groups: dict[str, Group] = Field(default_factory=dict)
    """Groups where the bot answers, by id (`-1001234567890`), or `*` for all; in others it is silent."""
    group_policy: Literal["allowlist", "open", "disabled"] = "allowlist"
    """`disabled`: no groups at all. `open` is read and not followed: only people whom you let in are answered."""
    text_chunk_limit: int = Field(default=4000, ge=200, le=4096)
    """A longer answer goes in several messages; Telegram's own limit is 4096 UTF-16 units."""
    media_max_mb: float = Field(default=20, gt=0, le=20)
    """Files up to this size are taken in; bots can fetch 20 MB at most."""
    reply_to_mode: Literal["off", "first", "all"] = "first"
    """In groups, which messages of an answer quote the question."""
    link_preview: bool = False
    """Whether Telegram fetches addresses in answers to show what is there. That tells whoever runs them."""
    response_prefix: str = ""
    """What stands before every answer."""
    custom_commands: tuple[OwnCommand, ...] = ()
    """Further lines of the bot's menu; they are sent to the agent as they are."""
    api_root: str = "https://api.telegram.org"
    """Another Bot API server, such as your own (github.com/tdlib/telegram-bot-api)."""
    drop_webhook: bool = False
    """Whether a webhook that another program set is taken away at start, so that messages come here."""
    history_limit: Any = None
    """Read and not followed: a conversation is kept whole and summarised when it grows."""
    dm_history_limit: Any = None
    """Read and not followed, as `historyLimit`."""
    streaming: Any = None
    """Read and not followed: Telegram shows that something is written, and then the answer whole."""
    config_writes: Any = None
    """Read and not followed: nothing in a chat changes the configuration."""
    accounts: Any = None
    """Read and not followed: one bot for a house."""
    default_account: Any = None
    """Read and not followed, as `accounts`."""
    ack_reaction: Any = None
    """Read and not followed."""
    health_monitor: Any = None
    """Read and not followed: a channel that breaks is always started again."""
    actions: Any = None
    """Read and not followed: an agent sends nothing to Telegram but its answers."""
    reaction_notifications: Any = None
    """Read and not followed: reactions are not told to agents."""
    proxy: Any = None
    """Read and not followed: connections are opened directly."""
    webhook_url: Any = None
    """Read and not followed: messages are fetched, so that nothing of this machine need be reachable."""
    webhook_secret: Any = None
    """Read and not followed, as `webhookUrl`."""
    webhook_path: Any = None
    """Read and not followed, as `webhookUrl`."""
    network: Any = None
    """Read and not followed."""
    retry: Any = None
    """Read and not followed: the outbox repeats what surely did not arrive, and nothing else."""

    @field_validator("api_root")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("custom_commands", mode="before")
    @classmethod
    def _some(cls, value: object) -> object:
        return value or ()

    @model_validator(mode="after")
    def _find_token(self) -> Self:
        """Take the token from wherever it stands, so that the house knows the secret and keeps it in."""
        if not self.bot_token.get_secret_value().strip():
            told = ""
            if self.token_file is not None:
                try:
                    told = self.token_file.expanduser().read_text().strip()
                except OSError:
                    told = ""
            told = told or os.environ.get(TOKEN_VARIABLE, "").strip()
            object.__setattr__(self, "bot_token", SecretStr(told))
        return self

    @property
    def token(self) -> str:
        """The token, empty when it stands nowhere."""
        return self.bot_token.get_secret_value().strip()

    def not_followed(self) -> list[str]:
        """Return the keys that stand in the configuration and have no effect, as they are written there."""
        named = [to_camel(name) for name in NOT_FOLLOWED if getattr(self, name) is not None]
        return [*named, "groupPolicy: open"] if self.group_policy == "open" else named
