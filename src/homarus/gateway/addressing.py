"""Find the agent, the session and the model that a request names."""

from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.inference import ModelRef
from homarus.gateway.callers import Caller, Scope
from homarus.gateway.house import House

_MAIN = "main"
_LONGEST = 200


def default_agent(house: House) -> AgentId:
    """Return the agent that answers when none is named."""
    entries = house.settings().agents.entries
    chosen = next((name for name, agent in entries.items() if agent.default), None)
    return AgentId(chosen or next(iter(entries), _MAIN))


def agent_of(house: House, agent: str | None, session: str | None = None) -> AgentId:
    """Return the agent that is named, by itself or by the session key.

    Raises:
        NotFoundError: when there is no such agent.
    """
    if agent is None and session is not None and session.startswith("agent:"):
        agent = session.split(":", 2)[1]
    if agent is None:
        return default_agent(house)
    known = tuple(house.settings().agents.entries) or (_MAIN,)
    if agent not in known:
        raise NotFoundError(
            _("There is no agent {name!r}.").format(name=agent[:_LONGEST]),
            hint=_("Agents here: {names}.").format(names=", ".join(known)),
        )
    return AgentId(agent)


def session_of(agent: AgentId, session: str | None) -> SessionKey:
    """Return the key of a session by its name; a whole key stays as it is.

    Raises:
        UsageError: when the name cannot be one.
    """
    if session is None or not session.strip():
        return SessionKey(f"agent:{agent}:{_MAIN}")
    name = session.strip()
    if len(name) > _LONGEST or not name.isprintable():
        raise UsageError(
            _("{name!r} cannot be the name of a session.").format(name=name[:_LONGEST]),
            hint=_("Use up to {count} letters without control characters.").format(count=_LONGEST),
        )
    if name.startswith("agent:"):
        if not name.startswith(f"agent:{agent}:"):
            raise UsageError(
                _("The session {name!r} belongs to another agent than {agent!r}.").format(name=name, agent=agent),
                hint=_("Leave the agent out."),
            )
        return SessionKey(name)
    return SessionKey(f"agent:{agent}:{name}")


def model_of(house: House, name: str) -> ModelRef:
    """Return the model that a name or an alias stands for.

    Raises:
        NotFoundError: when there is none, with the nearest names.
    """
    return house.desk.catalog().find(name[:_LONGEST]).ref


def session_for(caller: Caller, agent: AgentId, name: str | None) -> SessionKey:
    """Return the session that a caller means; only the owner gets into the owner's, everybody else has their own.

    Raises:
        UsageError: when the name cannot be one.
    """
    if Scope.OWNER in caller.scopes:
        return session_of(agent, name)
    own = (name or _MAIN).removeprefix(f"agent:{agent}:api:{caller.caller_id}:").replace(":", "-")
    return session_of(agent, f"api:{caller.caller_id}:{own}")
