"""A conversation to take along: everything as JSON, or what was said as Markdown."""

from collections.abc import Sequence

from homarus.domain import codec
from homarus.domain.content import Image, JsonObject
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.turns import Inbound, Reply
from homarus.state.sessions import SessionCard


def as_json(card: SessionCard, events: Sequence[Event]) -> JsonObject:
    """Return the conversation with every event of it."""
    return {"session": codec.dump(card), "events": [codec.dump(event) for event in events]}


def as_markdown(card: SessionCard, events: Sequence[Event]) -> str:
    """Return what was said, in order, with the model that said it."""
    blocks = [f"# {card.title or card.session}", f"`{card.session}`"]
    for event in events:
        block = _block(event)
        if block:
            blocks.append(block)
    return "\n\n".join(blocks) + "\n"


def _block(event: Event) -> str:
    at = event.at.strftime("%Y-%m-%d %H:%M:%S UTC")
    if event.kind is Kind.INBOUND_ACCEPTED:
        inbound = codec.load(Inbound, event.body.get("inbound"))
        heading = _("## {who}, {at}").format(who=_("You"), at=at)
        names = [part.name if isinstance(part, Image) else part.label.source for part in inbound.attachments]
        attached = [_("Attached: {name}").format(name=name) for name in names if name]
        return "\n\n".join([heading, inbound.text, *attached])
    if event.kind is Kind.REPLY_WRITTEN:
        reply = codec.load(Reply, event.body.get("reply"))
        who = f"{reply.route.model.provider}/{reply.route.model.model_id}" if reply.route else "homarus"
        notices = [f"> {notice}" for notice in reply.notices]
        return "\n\n".join([_("## {who}, {at}").format(who=who, at=at), reply.text, *notices])
    return _note(event, at)


def _note(event: Event, at: str) -> str:
    reminder = _("*Reminder: {text}, {at}.*").format(text=str(event.body.get("text") or ""), at=at)
    sentences: dict[Kind, str] = {
        Kind.REMINDER_FIRED: reminder,
        Kind.SESSION_RESET: _("*The session started afresh, {at}.*").format(at=at),
        Kind.SESSION_COMPACTED: _("*What came before was summed up for the model, {at}.*").format(at=at),
    }
    return sentences.get(event.kind, "")
