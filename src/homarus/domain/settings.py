"""The configuration as the house uses it: one canonical shape, whatever generation the owner's file is of.

Names are the ones of the file, in camel case there and in snake case here. Older shapes are brought into this one
before validation (`state` does that and keeps positions); a key that is not here is reported and otherwise ignored.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, SecretStr
from pydantic.alias_generators import to_camel


class Section(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, use_attribute_docstrings=True
    )


class ModelChoice(Section):
    """Which model is asked first, and which ones when it cannot answer."""

    primary: str | None = None
    """`provider/id` or an alias; without one, the first configured model."""
    fallbacks: tuple[str, ...] = ()


def _as_choice(value: object) -> object:
    return {"primary": value} if isinstance(value, str) else value


Choice = Annotated[ModelChoice, BeforeValidator(_as_choice)]


class ModelEntry(Section):
    """What the owner says about one model: a short name, and parameters that are sent along."""

    alias: str | None = None
    params: dict[str, JsonValue] = Field(default_factory=dict)


class Identity(Section):
    """How an agent presents itself."""

    name: str | None = None
    emoji: str | None = None


class AgentDefaults(Section):
    """What holds for every agent that does not say otherwise."""

    workspace: str = "~/.homarus/workspace"
    """The folder with AGENTS.md, SOUL.md, USER.md, MEMORY.md; below HOMARUS_HOME when it is the default."""
    model: Choice = ModelChoice()
    image_model: Choice | None = None
    """Asked instead when a message has pictures and the first model cannot see."""
    models: dict[str, ModelEntry] = Field(default_factory=dict)
    user_timezone: str | None = None
    """IANA name; without one, the machine's zone."""
    timeout_seconds: float = Field(default=600, gt=0)
    """How long one turn may take, waiting for people apart."""
    first_token_target_s: float = Field(default=8, gt=0, alias="firstTokenTarget_s")
    """How long a person should wait for the first word; prompts are cut to meet it, seconds."""
    bootstrap_max_chars: int = Field(default=20_000, ge=0)
    """How much of one workspace file goes into the prompt."""
    bootstrap_total_max_chars: int = Field(default=60_000, ge=0)
    max_tool_rounds: int = Field(default=12, ge=1, le=100)


class ToolChoice(Section):
    """Which tools an agent has; `deny` wins, `*` stands for all."""

    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()


class AgentSettings(Section):
    """One agent."""

    name: str | None = None
    default: bool = False
    workspace: str | None = None
    model: Choice | None = None
    identity: Identity = Identity()
    tools: ToolChoice | None = None


class Agents(Section):
    """All agents; without entries there is one, `main`."""

    defaults: AgentDefaults = AgentDefaults()
    entries: dict[str, AgentSettings] = Field(default_factory=dict)


class Cost(Section):
    """Price per million tokens, US dollars."""

    input: float = Field(default=0, ge=0)
    output: float = Field(default=0, ge=0)
    cache_read: float = Field(default=0, ge=0)
    cache_write: float = Field(default=0, ge=0)


class ModelSettings(Section):
    """A model of a provider."""

    id: str
    name: str | None = None
    reasoning: bool | None = None
    input: tuple[str, ...] = ("text",)
    cost: Cost = Cost()
    context_window: int | None = Field(default=None, gt=0)
    context_tokens: int | None = Field(default=None, gt=0)
    """How much of the window to use; the smaller of the two counts."""
    max_tokens: int | None = Field(default=None, gt=0)
    params: dict[str, JsonValue] = Field(default_factory=dict)
    compat: dict[str, JsonValue] = Field(default_factory=dict)


Api = Literal["ollama", "openai-completions", "openai-responses", "anthropic-messages"]


class ProviderSettings(Section):
    """How one provider is reached. An address is needed unless the provider is known by name."""

    base_url: str | None = None
    api_key: SecretStr | None = None
    api: Api | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    timeout_seconds: float | None = Field(default=None, gt=0)
    params: dict[str, JsonValue] = Field(default_factory=dict)
    compat: dict[str, JsonValue] = Field(default_factory=dict)
    models: tuple[ModelSettings, ...] = ()


class Models(Section):
    """Providers and their models."""

    mode: Literal["merge", "replace"] = "merge"
    """`merge` adds to the providers that are known and found here; `replace` uses only what is written."""
    providers: dict[str, ProviderSettings] = Field(default_factory=dict)


class RateLimit(Section):
    """How many wrong credentials are answered before a pause."""

    max_attempts: int = Field(default=10, ge=1)
    window_ms: int = Field(default=60_000, ge=1000)
    lockout_ms: int = Field(default=300_000, ge=1000)


class Gateway(Section):
    """Where the gateway listens, and to whom."""

    port: int = Field(default=4667, ge=1, le=65535)
    bind: Literal["loopback"] = "loopback"
    """Only this machine. Other places come through an SSH tunnel or a VPN that ends here."""
    allowed_hosts: tuple[str, ...] = ()
    """Further exact Host values (`name` or `name:port`) under which a proxy of yours reaches the gateway."""
    allowed_origins: tuple[str, ...] = ()
    """Further exact origins whose pages may talk to the gateway."""
    rate_limit: RateLimit = RateLimit()
    max_body_mb: float = Field(default=20, gt=0, le=500)


class ExecSettings(Section):
    """The shell tool."""

    mode: Literal["deny", "ask", "allowlist"] = "ask"
    """`deny` takes the tool away, `ask` asks for every command, `allowlist` runs the named programs without asking."""
    safe_bins: tuple[str, ...] = ()
    timeout_seconds: float = Field(default=60, gt=0, le=1800)


class WebSearch(Section):
    """Where `web.search` asks; without a source it is off."""

    provider: Literal["searxng", "brave"] | None = None
    base_url: str | None = None
    """The address of a SearXNG."""
    api_key: SecretStr | None = None
    max_results: int = Field(default=5, ge=1, le=20)


class WebFetch(Section):
    """What `web.fetch` brings."""

    max_chars: int = Field(default=20_000, ge=500, le=200_000)


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

    enabled: bool = True
    threads: int | None = Field(default=None, ge=1)
    """Threads for generation; reading the prompt uses all cores."""
    context_tokens: int = Field(default=4096, ge=1024, le=8192)
    sleep_idle_seconds: int = Field(default=300, ge=0)


class Settings(Section):
    """The whole configuration."""

    agents: Agents = Agents()
    models: Models = Models()
    gateway: Gateway = Gateway()
    tools: Tools = Tools()
    embedded: EmbeddedSettings = EmbeddedSettings()
    channels: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """One section per channel, checked by the channel's own settings."""
