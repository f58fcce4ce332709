"""The sections `sources.<name>` of the configuration: each has a `kind`, and the settings of that kind."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from homarus.domain.content import JsonObject

if TYPE_CHECKING:
    from pydantic import BaseModel

    from homarus.domain.content import Json
    from homarus.gateway.discover import Discovery


class SourceSections:
    """Says which types the configured sources have; only a kind that is configured is imported for that."""

    def __init__(self, discovery: "Discovery") -> None:
        self._discovery = discovery
        self._own: dict[str, type[BaseModel] | None] = {}

    def __call__(self, written: JsonObject) -> "dict[str, type[BaseModel]]":
        """Return the types of the sections that stand in the configuration."""
        return {
            f"sources.{name}": self._type(section) for name, section in written.items() if isinstance(section, Mapping)
        }

    def _type(self, section: "Mapping[str, Json]") -> "type[BaseModel]":
        from homarus.gateway.playing.source_types import combined, no_kind, settings_of

        kind = str(section.get("kind") or "")
        if kind not in self._own:
            self._own[kind] = settings_of(self._discovery, kind)
        own = self._own[kind]
        return combined(own) if own is not None else no_kind(self._discovery.names("source"))
