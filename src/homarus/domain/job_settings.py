"""The configuration of work that starts without a message."""

from typing import Literal

from pydantic import Field, SecretStr

from homarus.domain.sections import AT_START, Section


class JobSettings(Section):
    """Jobs, and the engine that runs them."""

    enabled: bool = True
    """Whether schedules start anything; what is started by hand runs in any case."""
    at_once: int = Field(default=2, ge=1, le=64)
    """How many runs work at a time; their model calls queue up behind people."""
    missed: Literal["skip", "once", "all"] = "once"
    """What happens to times that passed while the gateway was down, for jobs that do not say: `skip` makes up for none,
    `once` for the newest, `all` for each."""
    keep_days: int = Field(default=90, ge=1)
    """How long what a run did step by step is kept; its report and its record stay."""
    watts: float = Field(default=60, ge=0)
    """What your machine draws while a model answers, for reckoning energy; nothing is measured."""
    database: SecretStr | None = Field(default=None, json_schema_extra=AT_START)
    """`postgresql://...`: where several gateways and workers share one house; without it, a file."""


class HookSettings(Section):
    """Webhooks: other programs that start work here."""

    enabled: bool = False
    """Whether `/hooks` answers."""
    token: SecretStr | None = None
    """What callers show as `Authorization: Bearer`; without one nobody is answered."""
    path: str = Field(default="/hooks", pattern=r"^/[a-z0-9][a-z0-9/_-]*$")
    """Where they are."""
