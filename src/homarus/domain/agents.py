"""Answer which agents there are and which models they mean, from the settings alone."""

from dataclasses import dataclass

from homarus.domain.ids import AgentId
from homarus.domain.inference import ModelRef
from homarus.domain.settings import AgentDefaults, Identity, ModelChoice, Settings, ToolChoice

MAIN = AgentId("main")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    """One agent with everything decided: its own settings over the defaults."""

    agent: AgentId
    name: str
    workspace: str | None
    """As written for this agent; `None` leaves the place to the house (the default workspace for the default agent)."""
    model: ModelChoice
    identity: Identity
    tools: ToolChoice
    defaults: AgentDefaults
    reach: str = "anywhere"
    """How far its conversations may go, as written."""


def agent_ids(settings: Settings) -> tuple[AgentId, ...]:
    """Return the agents in the order of the file; `main` when there is none."""
    return tuple(AgentId(name) for name in settings.agents.entries) or (MAIN,)


def default_agent(settings: Settings) -> AgentId:
    """Return the agent that gets what names none: the marked one, else `main`, else the first."""
    entries = settings.agents.entries
    marked = [name for name, entry in entries.items() if entry.default]
    if marked:
        return AgentId(marked[0])
    return MAIN if MAIN in entries else agent_ids(settings)[0]


def agent_profile(settings: Settings, agent: AgentId) -> AgentProfile | None:
    """Return an agent with its settings over the defaults, or `None` when there is no such agent."""
    if agent not in agent_ids(settings):
        return None
    defaults = settings.agents.defaults
    entry = settings.agents.entries.get(agent)
    if entry is None:
        return AgentProfile(
            agent=agent,
            name=agent,
            workspace=None,
            model=defaults.model,
            identity=Identity(),
            tools=settings.tools,
            defaults=defaults,
            reach=defaults.reach,
        )
    return AgentProfile(
        agent=agent,
        name=entry.name or entry.identity.name or agent,
        workspace=entry.workspace,
        model=_over(defaults.model, entry.model),
        identity=entry.identity,
        tools=entry.tools or settings.tools,
        defaults=defaults,
        reach=entry.reach or defaults.reach,
    )


def _over(defaults: ModelChoice, own: ModelChoice | None) -> ModelChoice:
    if own is None:
        return defaults
    fallbacks = own.fallbacks if "fallbacks" in own.model_fields_set else defaults.fallbacks
    primary = own.primary or defaults.primary
    return ModelChoice(primary=primary, fallbacks=tuple(name for name in fallbacks if name != primary))


def aliases(settings: Settings) -> dict[str, ModelRef]:
    """Return the short names in lower case, and the models they stand for; the agents' section wins."""
    found: dict[str, ModelRef] = {}
    for provider, entry in settings.models.providers.items():
        for model in entry.models:
            if model.alias:
                found.setdefault(model.alias.strip().lower(), ModelRef(provider=provider, model_id=model.id))
    for name, entry in settings.agents.defaults.models.items():
        ref = _parsed(name)
        if entry.alias and ref:
            found[entry.alias.strip().lower()] = ref
    return found


def _parsed(name: str) -> ModelRef | None:
    try:
        return ModelRef.parse(name)
    except ValueError:
        return None
