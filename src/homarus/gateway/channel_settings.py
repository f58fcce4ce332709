"""The sections `channels.<name>` of the configuration: what every channel can be told, and what each one adds."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from homarus.domain.content import Json, JsonObject

if TYPE_CHECKING:
    from homarus.gateway.discover import Discovery

NOT_CHANNELS = frozenset({"defaults", "modelByChannel"})
"""What OpenClaw keeps between its channels."""
_OFF = frozenset({"false", "off", "no", "0"})


def _as_id(value: object) -> object:
    """Return an id as text: many services number their people."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str | int) and not isinstance(value, bool) else value


SenderId = Annotated[str, BeforeValidator(_as_id)]
SenderIds = Annotated[tuple[SenderId, ...], BeforeValidator(_as_list)]


class ChannelSettings(BaseModel):
    """What every channel can be told, besides its own settings."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    enabled: bool = True
    """Whether the channel runs; one that is switched off is not even imported."""
    owner: SenderIds = ()
    """Your own ids there: what these senders write counts as your own words, and only they can use commands."""
    allow_from: SenderIds = Field(default=(), alias="allowFrom")
    """Ids of others whom an agent answers; nobody else is. Names that people choose for themselves never count."""
    group_allow_from: SenderIds = Field(default=(), alias="groupAllowFrom")
    """Ids of others whom an agent answers in groups, and only there."""
    dm_policy: Literal["pairing", "allowlist", "open", "disabled"] | None = Field(default=None, alias="dmPolicy")
    """What a stranger gets who writes to the agent directly. `pairing`: a code, which you say to the house to let them
    in; `allowlist`: nothing; `disabled`: nobody is answered in direct messages. `open` is read and not followed: it is
    taken for `pairing`. Left out, it is `pairing` where a channel can do that, as Telegram can, and `allowlist`
    elsewhere."""
    agent: str | None = None
    """Which agent answers there; the default agent when none is named."""


class NotLoadedSettings(ChannelSettings):
    """A section whose channel is switched off or cannot be loaded: its own settings are not known, so any may stand."""

    model_config = ConfigDict(extra="allow")


class ChannelSections:
    """Says which types the configured channels have; only a channel that is switched on is imported for that."""

    def __init__(self, discovery: "Discovery") -> None:
        self._discovery = discovery
        self._own: dict[str, type[BaseModel] | None] = {}

    def __call__(self, written: JsonObject) -> "dict[str, type[BaseModel]]":
        """Return the types of the sections that stand in the configuration."""
        return {
            f"channels.{name}": self._type(name, section)
            for name, section in written.items()
            if name not in NOT_CHANNELS and isinstance(section, Mapping) and self._is_here(name)
        }

    def _is_here(self, name: str) -> bool:
        return ("channel", name) in self._discovery.spots or ("channel", name) in self._discovery.left_out

    def _type(self, name: str, section: "Mapping[str, Json]") -> "type[BaseModel]":
        if not is_switched_on(section):
            return NotLoadedSettings
        if name not in self._own:  # once: a file that breaks is not run again at each reading
            self._own[name] = self._discovery.channel_settings([name]).get(f"channels.{name}")
        own = self._own[name]
        return NotLoadedSettings if own is None else _combined(own)


def is_switched_on(section: "Mapping[str, Json]") -> bool:
    """Whether a section as it is written means a channel that runs."""
    return str(section.get("enabled", True)).casefold() not in _OFF


def common_of(section: BaseModel) -> ChannelSettings:
    """Return what every channel can be told, of a section as it was read."""
    assert isinstance(section, ChannelSettings)
    return section


@cache
def _combined(own: type[BaseModel]) -> type[BaseModel]:
    """Return one type for the whole section; it is a subclass of the channel's own, so the channel is built with it."""
    bases = cast("tuple[type[BaseModel], ...]", (ChannelSettings, own))
    return create_model(f"{own.__name__}OfChannel", __base__=bases)
