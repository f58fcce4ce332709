"""The chat pages, and the pieces of them that scripts put in place while a conversation goes on."""

from aiohttp import web

from homarus.domain.errors import NotFoundError
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import ApprovalId, SessionKey, TurnId, fresh
from homarus.domain.inference import ModelRef
from homarus.gateway.addressing import default_agent, session_of
from homarus.gateway.api_sessions import among_of
from homarus.gateway.house import House
from homarus.gateway.operations import house_of
from homarus.gateway.pages_render import page, printed
from homarus.gateway.pages_thread import entry_of, thread_of
from homarus.state.sessions import SessionCard

_SESSIONS = 100


async def chat(request: web.Request) -> web.StreamResponse:
    """Return the chat: the sessions, one thread, the composer."""
    house = house_of(request)
    session = _session(request, house)
    query = request.query.get("search", "").strip()
    thread = await thread_of(house, session, is_whole="whole" in request.query)
    card = await _card(house, session)
    among = among_of(request.query.get("among", "chats"))
    return await page(
        request,
        "chat.html",
        here="chat",
        title=card.title if card is not None and card.title else _("Chat"),
        session=session,
        card=card,
        thread=thread,
        cards=await house.sessions.cards(_SESSIONS, among=among),
        among=among.value,
        found=await _found(house, query),
        query=query,
        chosen=await _chosen(house, session),
        models=_askable(house),
    )


async def new(request: web.Request) -> web.StreamResponse:
    """Lead to a session in which nothing was said yet."""
    name = f"web:{fresh('s').removeprefix('s_')[-10:]}"
    place = f"/chat/{session_of(default_agent(house_of(request)), name)}"
    return web.Response(status=303, headers={"Location": place})


async def turn_piece(request: web.Request) -> web.StreamResponse:
    """Return the answer of one turn as it stands in a thread."""
    turn = TurnId(request.match_info["turn_id"])
    entry = await entry_of(house_of(request), turn)
    if entry is None:
        raise NotFoundError(_("There is no turn {turn!r}.").format(turn=turn), hint=_("Open the chat again."))
    return printed(request, "piece_turn.html", {"entry": entry})


async def approval_piece(request: web.Request) -> web.StreamResponse:
    """Return the card of one question, nothing when it does not wait any more."""
    wanted = ApprovalId(request.match_info["approval_id"])
    for approval in await house_of(request).approvals.pending():
        if approval.approval_id == wanted:
            return printed(request, "piece_approval.html", {"approval": approval})
    return web.Response(status=204)


async def _found(house: House, query: str) -> tuple[Event, ...]:
    found = await house.sessions.search(query, limit=30) if query else ()
    return tuple(event for event in found if event.kind in {Kind.INBOUND_ACCEPTED, Kind.REPLY_WRITTEN})


async def _card(house: House, session: SessionKey) -> SessionCard | None:
    try:
        return await house.sessions.card(session)
    except NotFoundError:
        return None


async def _chosen(house: House, session: SessionKey) -> ModelRef | None:
    return await house.selection.of_session(session)


def _askable(house: House) -> tuple[str, ...]:
    """Return the models that can be asked, without asking anybody."""
    return tuple(
        str(candidate.ref)
        for candidate in house.desk.catalog().candidates
        if candidate.unusable is None and candidate.is_listed
    )


def _session(request: web.Request, house: House) -> SessionKey:
    key = request.match_info.get("session", "")
    return SessionKey(key) if key.startswith("agent:") else session_of(default_agent(house), key)
