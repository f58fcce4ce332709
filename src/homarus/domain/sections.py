"""What every section of the configuration has in common."""

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

AT_START: dict[str, JsonValue] = {"needs_restart": True}
"""Marks what is read when the gateway starts, and not looked at again."""


class Section(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
