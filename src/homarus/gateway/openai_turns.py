"""A turn for an OpenAI client: `agent:<id>` or `auto` as the model."""

from collections.abc import Sequence

from aiohttp import web

from homarus.domain.content import Image, Message, Part, Role, Text
from homarus.domain.errors import NotFoundError, RefusedError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey, TurnId, fresh
from homarus.domain.labels import Label, Origin
from homarus.domain.turns import Inbound
from homarus.gateway.addressing import agent_of, session_for
from homarus.gateway.callers import Need
from homarus.gateway.house import House
from homarus.gateway.intake import Accepted
from homarus.gateway.operations import caller_of, house_of
from homarus.gateway.queueing import priority_of
from homarus.models.dispatch import Priority

SESSION_HEADER = "X-Homarus-Session"
_EARLIER = Label(origin=Origin.FILE, source="conversation sent by an API client")


def agent_named(model: str) -> str | None:
    """Return the agent that a model name means, empty for the default one; `None` when it means a model."""
    if model in {"auto", "homarus"}:
        return ""
    return model.removeprefix("agent:") if model.startswith("agent:") else None


async def accept(
    request: web.Request, agent_name: str, messages: Sequence[Message], *, named: str | None, follows: str | None = None
) -> Accepted:
    """Write the last user message down as a turn; what came before goes along as a file would.

    `named` is the client's own name for the conversation, `follows` the turn that it goes on from.

    Raises:
        RefusedError: when the key is for models only.
        UsageError: when the last message is not a user's.
    """
    house, caller = house_of(request), caller_of(request)
    if not caller.meets(Need.CHAT):
        raise RefusedError(
            _("The key {name!r} is for models, not for agents.").format(name=caller.name),
            hint=_("Name a model as provider/id, or make a key that may: homarus keys add NAME --scope chat"),
        )
    if not messages or messages[-1].role is not Role.USER:
        raise UsageError(
            _("The last message must be the user's."), hint=_("Agents use their own tools; send what they should do.")
        )
    agent = agent_of(house, agent_name or None)
    name = request.headers.get(SESSION_HEADER) or named
    session = session_for(caller, agent, name or fresh("chat"))
    if follows is not None:
        session = await _session_of(house, follows, session)
    knows_it = (name is not None or follows is not None) and await _was_used(house, session)
    earlier = () if knows_it else _earlier(messages[:-1])
    return await house.intake.accept(
        Inbound(
            channel="api",
            external_id=f"{caller.caller_id}:{request.headers.get('Idempotency-Key') or fresh('msg')}",
            session=session,
            agent=agent,
            text=messages[-1].text,
            label=caller.label,
            priority=priority_of(request, usual=Priority.PERSON).word,
            attachments=(*earlier, *(part for part in messages[-1].parts if isinstance(part, Image))),
        )
    )


def _earlier(messages: Sequence[Message]) -> tuple[Part, ...]:
    lines = [f"{message.role.value}: {message.text}" for message in messages if message.text]
    images = [part for message in messages for part in message.parts if isinstance(part, Image)]
    return (*((Text(text="\n\n".join(lines), label=_EARLIER),) if lines else ()), *images)


async def _session_of(house: House, turn: str, mine: SessionKey) -> SessionKey:
    """Return the session of an earlier turn, if it is one that this caller made."""
    view = await house.turns.view(TurnId(turn))
    if view.session.rpartition(":")[0] != mine.rpartition(":")[0]:
        raise NotFoundError(_("There is no turn {turn!r}.").format(turn=turn), hint=_("Begin a new conversation."))
    return view.session


async def _was_used(house: House, session: SessionKey) -> bool:
    try:
        await house.sessions.card(session)
    except NotFoundError:
        return False
    return True
