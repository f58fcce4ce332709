"""The configuration as the house uses it: one canonical shape, whatever generation the owner's file is of.

Names are the ones of the file, in camel case there and in snake case here. Older shapes are brought into this one
before validation (`state` does that and keeps positions); a key that is not here is reported and otherwise ignored.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, SecretStr

from homarus.domain.job_settings import HeartbeatSettings, HookSettings, JobSettings, MoneySettings
from homarus.domain.labels import Bounds
from homarus.domain.sections import AT_START, Section


class ModelChoice(Section):
    """Which model is asked first, and which ones when it cannot answer."""

    primary: str | None = None
    """`provider/id` or an alias; without one, the first configured model."""
    fallbacks: tuple[str, ...] = ()
    """Asked in this order when the first cannot answer; an agent that leaves the list out has that of the defaults."""


def _as_choice(value: object) -> object:
    return {"primary": value} if isinstance(value, str) else value


def _as_strict_choice(value: object) -> object:
    return {"primary": value, "fallbacks": ()} if isinstance(value, str) else value


Choice = Annotated[ModelChoice, BeforeValidator(_as_choice)]
StrictChoice = Annotated[ModelChoice, BeforeValidator(_as_strict_choice)]


def _real_zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("the name of a time zone, as Europe/Berlin") from error
    return name


Zone = Annotated[str, AfterValidator(_real_zone)]


def _real_bounds(text: str) -> str:
    try:
        return str(Bounds.parse(text))
    except ValueError as error:
        raise ValueError("one of local-only, anywhere, or a region as region:eu") from error


Reachable = Annotated[str, AfterValidator(_real_bounds)]


class ModelEntry(Section):
    """What the owner says about one model: a short name, and parameters that are sent along."""

    alias: str | None = None
    """A short name for chats and commands; case does not matter."""
    params: dict[str, JsonValue] = Field(default_factory=dict)
    """Sent along with every request to this model, over those of the provider."""


class Identity(Section):
    """How an agent presents itself."""

    name: str | None = None
    """What it is called in chats."""


class Compaction(Section):
    """How a conversation that outgrows the window is shortened."""

    model: str | None = None
    """Which model writes the summary: a name or an alias; without one, the model of the conversation."""
    reserve_tokens: int | None = Field(default=None, ge=256)
    """Room kept free for the answer; without one, a quarter of the window and at most 16,384 tokens."""
    keep_recent_tokens: int | None = Field(default=None, ge=256)
    """How much of the newest conversation is kept word for word; without one, a third of the window."""


class Subagents(Section):
    """Agents that agents give work to."""

    model: str | None = None
    """Which model they are: a name or an alias; without one, that of the agent."""
    max_concurrent: int = Field(default=8, ge=1, le=64)
    """How many of one call work at a time; their model calls queue up behind people."""
    max_spawn_depth: int = Field(default=1, ge=0, le=4)
    """How many levels of them there may be; 0 allows none."""
    max_children_per_agent: int = Field(default=5, ge=1, le=200)
    """How many tasks one call may give away."""
    run_timeout_seconds: float = Field(default=0, ge=0)
    """How long all of one call may take; 0 leaves it to the time of a turn."""


class AgentDefaults(Section):
    """What holds for every agent that does not say otherwise."""

    workspace: str = "~/.homarus/workspace"
    """The folder with AGENTS.md, SOUL.md, USER.md, MEMORY.md; below HOMARUS_HOME when it is the default."""
    model: Choice = ModelChoice()
    """The model of every agent that names none: a name, or `{primary, fallbacks}`."""
    image_model: Choice | None = None
    """Asked instead when a message has pictures and the first model cannot see."""
    models: dict[str, ModelEntry] = Field(default_factory=dict)
    """By `provider/id`: aliases and parameters."""
    user_timezone: Zone | None = None
    """IANA name; without one, the machine's zone."""
    timeout_seconds: float = Field(default=600, gt=0)
    """How long one turn may take, waiting for people apart."""
    patience_seconds: float = Field(default=60, gt=0)
    """How long a turn keeps asking a busy or broken model when no other one stands ready, seconds; jobs half more."""
    first_token_target_s: float = Field(default=8, gt=0, alias="firstTokenTarget_s")
    """How long a person should wait for the first word; prompts are cut to meet it, seconds."""
    bootstrap_max_chars: int = Field(default=20_000, ge=0)
    """How much of one workspace file goes into the prompt."""
    bootstrap_total_max_chars: int = Field(default=60_000, ge=0)
    """How much of all workspace files together goes into the prompt."""
    context_tokens: int | None = Field(default=None, gt=0)
    """How much of any model's window to use; the smaller of the two counts."""
    reach: Reachable = "anywhere"
    """How far conversations may go: `local-only` stays in your network, `region:eu` goes only to providers with that
    `region`, `anywhere` leaves it to the choice of models."""
    warm: Literal["off", "loaded", "load"] = "loaded"
    """Whether the beginning of every prompt is read before somebody waits for it: by models of your own servers that
    are `loaded`, or by loading the default one first (`load`); never by a hosted one."""
    max_tool_rounds: int = Field(default=12, ge=1, le=100)
    """How often a turn may go back to the model with tool results."""
    thinking_default: Literal["off", "minimal", "low", "medium", "high"] | None = None
    """How much a reasoning model thinks; without one, the server decides."""
    compaction: Compaction = Compaction()
    subagents: Subagents = Subagents()
    heartbeat: HeartbeatSettings = HeartbeatSettings()


class ToolChoice(Section):
    """Which tools an agent has; `deny` wins, `*` stands for all."""

    allow: tuple[str, ...] = ("*",)
    """Names of tools an agent may use."""
    deny: tuple[str, ...] = ()
    """Names of tools it may not use, whatever `allow` says."""


class AgentSettings(Section):
    """One agent."""

    name: str | None = None
    """What it is called in lists; without one, its id."""
    default: bool = False
    """Whether messages that name no agent go here; without any, the first one."""
    workspace: str | None = None
    """A folder of its own; without one, the default workspace for `main`, a folder beside it for others."""
    model: StrictChoice | None = None
    """A name alone is strict, without fallbacks; `{primary}` keeps the fallbacks of the defaults."""
    reach: Reachable | None = None
    """How far its conversations may go; without it, as the defaults say. Nothing goes further, fallbacks included."""
    identity: Identity = Identity()
    tools: ToolChoice | None = None
    """Its own choice of tools instead of the general one."""


class Agents(Section):
    """All agents; without entries there is one, `main`."""

    defaults: AgentDefaults = AgentDefaults()
    entries: dict[str, AgentSettings] = Field(default_factory=dict)
    """By agent id."""


class Cost(Section):
    """Price per million tokens, US dollars."""

    input: float = Field(default=0, ge=0)
    """Of tokens read."""
    output: float = Field(default=0, ge=0)
    """Of tokens written."""
    cache_read: float = Field(default=0, ge=0)
    """Of tokens read from the provider's cache."""
    cache_write: float = Field(default=0, ge=0)
    """Of tokens put into the provider's cache."""


class ModelSettings(Section):
    """A model of a provider."""

    id: str = Field(min_length=1)
    """The name that the server knows it by."""
    name: str | None = None
    """The name that people see."""
    alias: str | None = None
    """A short name for chats and commands; case does not matter."""
    reasoning: bool | None = None
    """Whether it thinks before it answers; without it, found out."""
    input: tuple[str, ...] = ("text",)
    """What it takes: `text`, `image`."""
    cost: Cost = Cost()
    context_window: int | None = Field(default=None, gt=0)
    """The tokens it can hold; without it, asked from the server."""
    context_tokens: int | None = Field(default=None, gt=0)
    """How much of the window to use; the smaller of the two counts."""
    max_tokens: int | None = Field(default=None, gt=0)
    """The longest answer to ask for."""
    params: dict[str, JsonValue] = Field(default_factory=dict)
    """Sent along with every request to it."""
    compat: dict[str, JsonValue] = Field(default_factory=dict)
    """What its server does differently, as `supportsTools` or `thinkingFormat`; over that of the provider."""


Api = Literal["ollama", "openai-completions", "openai-responses", "anthropic-messages"]


class LocalServer(Section):
    """A model server that the gateway starts by a command when it is needed."""

    command: str = Field(min_length=1)
    """The program, found on the PATH or written out in full; no shell reads it."""
    args: tuple[str, ...] = ()
    """Its arguments, one by one."""
    cwd: str | None = None
    """The folder that it runs in."""
    env: dict[str, SecretStr] = Field(default_factory=dict)
    """Variables that it gets besides PATH, HOME and those of graphics cards; it gets no keys of the gateway."""
    health_url: str | None = None
    """Answers with success once it is ready; without one, the list of models is asked for."""
    ready_timeout_ms: int = Field(default=120_000, ge=100)
    """How long it may take to be ready."""
    idle_stop_ms: int | None = Field(default=None, ge=0)
    """Stopped when nobody needed it for this long; without it or with 0 it runs until the gateway ends."""


class ProviderSettings(Section):
    """How one provider is reached. An address is needed unless the provider is known by name."""

    base_url: str | None = Field(default=None, pattern=r"^https?://[^/\s@?#]+(/[^\s@?#]*)?$")
    """Where its API begins, `http://` or `https://`, without a name, a password or a key in it: those go elsewhere."""
    api_key: SecretStr | None = None
    """The key, better as `${VARIABLE}` or a reference than written out."""
    api: Api | None = None
    """How it is spoken to; with an address and without this, `openai-completions`."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Sent along with every request."""
    timeout_seconds: float | None = Field(default=None, gt=0)
    """How long to wait for the first token."""
    region: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    """Where it works, in your word, as `eu`: what conversations with that `reach` may go to. Nobody checks it."""
    params: dict[str, JsonValue] = Field(default_factory=dict)
    """Sent along with every request to its models."""
    compat: dict[str, JsonValue] = Field(default_factory=dict)
    """What it does differently, as `supportsTools` or `thinkingFormat`."""
    models: tuple[ModelSettings, ...] = ()
    """Its models; without any, those that the server lists."""
    local_service: LocalServer | None = None
    """How to start its server when a request needs it; name its models, because it is not there to be asked."""


class DispatchSettings(Section):
    """Who gets a model server next."""

    ageing_s: float = Field(default=600, gt=0, alias="ageing_s")
    """Whoever waited this long comes before everybody but people, and may have another model loaded, seconds."""
    keep_loaded: tuple[str, ...] = ()
    """Models that are not evicted for others: `provider/id`, or `smallest` for the smallest one of each server."""


class Models(Section):
    """Providers and their models."""

    mode: Literal["merge", "replace"] = "merge"
    """`merge` adds to the providers that are known and found here; `replace` uses only what is written."""
    providers: dict[str, ProviderSettings] = Field(default_factory=dict)
    """By provider name, the part of a model's name before the first slash."""
    dispatch: DispatchSettings = DispatchSettings()
    driving_test: Literal["auto", "ask", "off"] = "auto"
    """What happens when a model of this machine or network that has a score card is served as another build: `auto`
    tries it anew for half a minute when its engine is idle and no other model has to leave memory for it, `ask` says so
    in the doctor, `off` says nothing. Of its old card only what it asks before counts."""


class RateLimit(Section):
    """How many wrong credentials are answered before a pause."""

    max_attempts: int = Field(default=10, ge=1)
    """How many within the window."""
    window_ms: int = Field(default=60_000, ge=1000)
    """How far back they are counted."""
    lockout_ms: int = Field(default=300_000, ge=1000)
    """How long the pause is; paired devices are never locked out."""


class Gateway(Section):
    """Where the gateway listens, and to whom."""

    port: int = Field(default=4667, ge=1, le=65535, json_schema_extra=AT_START)
    """Where pages and programs reach it."""
    bind: Literal["loopback"] = "loopback"
    """Only this machine. Other places come through an SSH tunnel or a VPN that ends here."""
    allowed_hosts: tuple[str, ...] = ()
    """Further exact Host values (`name` or `name:port`) under which a proxy of yours reaches the gateway."""
    allowed_origins: tuple[str, ...] = ()
    """Further exact origins whose pages may talk to the gateway."""
    rate_limit: RateLimit = RateLimit()
    max_body_mb: float = Field(default=20, gt=0, le=500)
    """The largest request it takes, attachments included."""


class ExecSettings(Section):
    """The shell tool."""

    mode: Literal["deny", "ask", "allowlist"] = "ask"
    """`deny` takes the tool away, `ask` asks for every command, `allowlist` runs the named programs without asking."""
    safe_bins: tuple[str, ...] = ()
    """Programs that `allowlist` runs without asking; those that run others or what they find do not count."""
    timeout_seconds: float = Field(default=60, gt=0, le=1800)
    """How long one command may run."""


class WebSearch(Section):
    """Where `web.search` asks; without a source it is off."""

    provider: Literal["searxng", "brave"] | None = None
    """Whom to ask."""
    base_url: str | None = None
    """The address of a SearXNG."""
    api_key: SecretStr | None = None
    """The key, where the source wants one."""
    max_results: int = Field(default=5, ge=1, le=20)
    """How many results a search brings."""


class WebFetch(Section):
    """What `web.fetch` brings."""

    max_chars: int = Field(default=20_000, ge=500, le=200_000)
    """How much text of a page; the rest is cut off, and said so."""


class Web(Section):
    """Tools that read the web."""

    search: WebSearch = WebSearch()
    fetch: WebFetch = WebFetch()


class Tools(ToolChoice):
    """What agents can do."""

    exec: ExecSettings = ExecSettings()
    web: Web = Web()


class EmbeddedSettings(Section):
    """The model that comes with homarus."""

    enabled: bool = Field(default=True, json_schema_extra=AT_START)
    """Whether it may answer when nothing better is there."""
    threads: int | None = Field(default=None, ge=1, json_schema_extra=AT_START)
    """Threads for generation; reading the prompt uses all cores."""
    context_tokens: int = Field(default=4096, ge=1024, le=8192, json_schema_extra=AT_START)
    """The window it is started with."""
    sleep_idle_seconds: int = Field(default=300, ge=0, json_schema_extra=AT_START)
    """When to give its memory back after the last answer; 0 keeps it awake."""


class SessionReset(Section):
    """When a conversation begins anew by itself."""

    mode: Literal["none", "daily", "idle"] = "none"
    """`none` keeps it until you reset it, `daily` begins anew at an hour, `idle` after a time without messages."""
    at_hour: int = Field(default=4, ge=0, le=23)
    """The hour of `daily`, in your zone."""
    idle_minutes: int = Field(default=240, ge=1)
    """The time of `idle`."""


class SessionSettings(Section):
    """Conversations."""

    reset: SessionReset = SessionReset()


class MemorySearch(Section):
    """What `memory.search` brings."""

    max_results: int = Field(default=6, ge=1, le=50)
    """How many passages."""


class MemorySettings(Section):
    """What agents remember, as Markdown files in the workspace."""

    enabled: bool = True
    """Whether agents can save and search memories."""
    search: MemorySearch = MemorySearch()


class ReminderSettings(Section):
    """Reminders that agents set for you."""

    enabled: bool = True
    """Whether agents can set reminders."""
    max_pending: int = Field(default=200, ge=1, le=10_000)
    """How many may wait at a time."""


class LoggingSettings(Section):
    """What is written to the log; secrets never are."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important kind of line that is written."""


class Settings(Section):
    """The whole configuration."""

    agents: Agents = Agents()
    models: Models = Models()
    gateway: Gateway = Gateway()
    tools: Tools = Tools()
    embedded: EmbeddedSettings = EmbeddedSettings()
    session: SessionSettings = SessionSettings()
    memory: MemorySettings = MemorySettings()
    reminders: ReminderSettings = ReminderSettings()
    logging: LoggingSettings = LoggingSettings()
    channels: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """One section per channel, checked by the channel's own settings."""
    sources: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """By a name of yours: what playbooks read, each with its `kind` (`imap`, `caldav`, `feed` ...) and its settings."""
    playbooks: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """By playbook: what its settings are when a run names no others."""
    jobs: JobSettings = JobSettings()
    hooks: HookSettings = HookSettings()
    money: MoneySettings = MoneySettings()
