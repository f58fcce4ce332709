"""The configuration of work that starts without a message."""

from typing import Literal

from pydantic import Field, JsonValue, SecretStr

from homarus.domain.sections import AT_START, Section


class FailureAlert(Section):
    """When a job that fails again and again is told about."""

    enabled: bool = True
    """Whether it is."""
    after: int = Field(default=2, ge=1, le=100)
    """After how many failures in a row; a job that did not run within `cooldownMs` before is told of at its first."""
    cooldown_ms: int = Field(default=3_600_000, ge=0)
    """How long the same job is not told about again."""


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
    """How long the engine's queue remembers what it handed out. Runs with their steps, reports and files stay."""
    watts: float = Field(default=60, ge=0)
    """What your machine draws while a model answers, for reckoning energy; nothing is measured."""
    failure_alert: FailureAlert = FailureAlert()
    webhook_token: SecretStr | None = None
    """Sent as `Authorization: Bearer` with every outcome that a job hands to a webhook."""
    database: SecretStr | None = Field(default=None, json_schema_extra=AT_START)
    """`postgresql://...`: where several gateways and workers share one house; without it, a file."""
    shared: str | None = Field(default=None, json_schema_extra=AT_START)
    """A folder that all gateways and workers of that database reach: attachments, artifacts and the key of the memory
    are kept there; without it, each has its own."""


class ActiveHours(Section):
    """Hours of the day, over midnight when the end is before the start."""

    start: str = Field(default="00:00", pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")
    """`08:00`"""
    end: str = Field(default="24:00", pattern=r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$")
    """`22:00`"""
    timezone: str = "user"
    """IANA name, or `user` for your own zone."""


class HeartbeatSettings(Section):
    """A look, now and then, at what HEARTBEAT.md asks for. It costs nothing while there is nothing to do."""

    every: str = Field(default="30m", pattern=r"^\d{1,5}(ms|s|m|h|d)?$")
    """How often: `30m`, `1h`; `0` switches it off. A number alone counts minutes."""
    model: str | None = None
    """Who looks, `provider/id` or an alias; without one, the agent's own model."""
    prompt: str | None = None
    """What the model is told, in place of our own words."""
    target: str = "none"
    """Where an answer that is more than HEARTBEAT_OK is told: `none` (it stands in the main conversation), `last`, or a
    channel."""
    to: str = ""
    """To whom, in that channel."""
    ack_max_chars: int = Field(default=300, ge=0)
    """What a model adds to HEARTBEAT_OK is for nobody, up to this length."""
    active_hours: ActiveHours | None = None
    """When it looks at all."""
    only_news: bool = True
    """Whether it looks only when something has happened here since the last time: a message, a run that ended, a note,
    a change of HEARTBEAT.md. For looking at the outside world, plan a job, or switch this off."""


class HookMatch(Section):
    """Which calls a mapping is for."""

    path: str | None = None
    """The name behind `/hooks/`."""
    source: str | None = None
    """What stands in the body under `source`."""


class HookMapping(Section):
    """What a call does that another program shapes as it likes."""

    id: str = ""
    """A name for logs."""
    match: HookMatch = HookMatch()
    action: Literal["wake", "agent", "job", "playbook"] = "agent"
    """`wake` leaves a note for the agent, `agent` gives it a message, `job` starts a job that you have, `playbook`
    starts a playbook."""
    name: str = ""
    """What the run is called."""
    message_template: str = ""
    """Of `agent`: text with `{{a.b[0]}}` from the body."""
    text_template: str = ""
    """Of `wake`."""
    wake_mode: Literal["now", "next-heartbeat"] = "now"
    """When a note is read."""
    agent_id: str | None = None
    """Which agent."""
    session_key: str | None = None
    """In which conversation; without one, one of its own. May have `{{...}}` in it."""
    model: str | None = None
    """`provider/id`"""
    job: str = ""
    """Of `job`: its name or id."""
    playbook: str = ""
    """Of `playbook`: its name."""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """Of `playbook`: its settings; texts may have `{{...}}` in them."""
    deliver: bool = True
    """Whether the outcome is told."""
    channel: str = "last"
    """Where."""
    to: str = ""
    """To whom, in that channel."""
    timeout_seconds: float | None = Field(default=None, gt=0)
    """How long it may work."""


class MoneySettings(Section):
    """What effects of playbooks may cost, in US dollars. No tool can change it, and money is asked for in any case."""

    per_effect_usd: float = Field(default=0.0, ge=0)
    """At most this much for one: a post on a network that charges for it. With 0 nothing that costs is done."""
    per_day_usd: float = Field(default=0.0, ge=0)
    """At most this much for all effects of a day."""


class HookSettings(Section):
    """Webhooks: other programs that start work here."""

    enabled: bool = False
    """Whether `/hooks` answers."""
    token: SecretStr | None = None
    """What callers show as `Authorization: Bearer`; without one nobody is answered."""
    path: str = Field(default="/hooks", pattern=r"^/[a-z0-9][a-z0-9/_-]*$", json_schema_extra=AT_START)
    """Where they are."""
    allowed_agent_ids: tuple[str, ...] = ("*",)
    """Agents that a call may name; `*` stands for all."""
    default_session_key: str | None = None
    """The conversation of calls that name none; without it, each has one of its own."""
    allow_request_session_key: bool = False
    """Whether a call may name the conversation."""
    allowed_session_key_prefixes: tuple[str, ...] = ("hook:",)
    """How the names of conversations that a call chooses must begin."""
    mappings: tuple[HookMapping, ...] = ()
    """What `/hooks/NAME` does; the first one that fits."""
