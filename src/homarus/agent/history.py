"""Remember what was said in a session, as the models saw it: a view of the log that grows with it.

A session's events are read once and kept; a turn reads only what is new, so the hundredth turn costs what the second
did. A picture stands in the log with the message that brought it and is fetched from there again.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from homarus.agent import commands, pins, tokens
from homarus.agent.rooms import Frozen, Past, PastTurn
from homarus.agent.wrapping import request
from homarus.domain import codec
from homarus.domain.acts import Receipt
from homarus.domain.content import Image, JsonObject, Message, Part, Role, Text
from homarus.domain.errors import UsageError
from homarus.domain.events import Event, Kind
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.labels import HOUSE, Label, Origin, least_trusted
from homarus.domain.ports import Store
from homarus.domain.turns import Inbound, Reply, Route
from homarus.policy.judge import Grant

_KINDS = (
    Kind.INBOUND_ACCEPTED,
    Kind.REPLY_WRITTEN,
    Kind.SESSION_COMPACTED,
    Kind.SESSION_RESET,
    Kind.SESSION_FROZEN,
    Kind.APPROVAL_ASKED,
    Kind.APPROVAL_DECIDED,
    Kind.SESSION_PINNED,
    Kind.SESSION_UNPINNED,
)
_SESSIONS_KEPT = 64
_PICTURED_TURNS = 2
_A_PICTURE = "[A picture that came with this message]"
UNFINISHED = "[This turn was not finished.]"
PICTURE = "picture:"
"""Begins what stands in place of a picture in the log; the number of the attachment follows."""


@dataclass(slots=True)
class _Told:
    """A session as far as it was read: everything that any point in the log may need."""

    seen_seq: int = 0
    inbounds: dict[TurnId, Event] = field(default_factory=dict[TurnId, Event])
    turns: list[PastTurn] = field(default_factory=list[PastTurn])
    pictured: dict[int, Event] = field(default_factory=dict[int, Event])
    """The messages that brought pictures, by the number of their turn's end; the pictures stay where they are."""
    marks: list[Event] = field(default_factory=list[Event])
    """Resets, compactions, freezes, questions and answers, in order."""


class SessionHistory:
    """A `History` over the event log."""

    def __init__(self, store: Store, *, read: Callable[[Event], Awaitable[Inbound]] | None = None) -> None:
        """Look at a log; `read` returns the message of an `inbound.accepted` event with its pictures."""
        self._store = store
        self._read = read
        self._sessions: OrderedDict[SessionKey, _Told] = OrderedDict()

    async def past(self, session: SessionKey, *, upto_seq: int) -> Past:
        """Return the past as of a point in the log; the same point gives the same past."""
        told = self._sessions.setdefault(session, _Told())
        self._sessions.move_to_end(session)
        while len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        if told.seen_seq < upto_seq:
            await self._catch_up(session, told)
        return await self._with_sight(_as_of(told, upto_seq), told)

    async def _with_sight(self, past: Past, told: _Told) -> Past:
        """Return the past with the pictures of the newest turns that had some; older ones become a word.

        A picture costs a thousand tokens and more in every request. It falls out only when a third message brings
        pictures of its own, so that is where a session's prefix breaks, and nowhere else.
        """
        turns = list(past.turns)
        seen = 0
        for place in range(len(turns) - 1, -1, -1):
            turn = turns[place]
            if not any(_has_picture(message) for message in turn.messages):
                continue
            brought = told.pictured.get(turn.seq)
            seen += 1
            attachments: tuple[Part, ...] = ()
            if seen <= _PICTURED_TURNS and brought is not None and self._read is not None:
                attachments = (await self._read(brought)).attachments
            messages = tuple(_with_pictures(message, attachments) for message in turn.messages)
            turns[place] = replace(turn, messages=messages, tokens=tokens.of_messages(messages))
        return replace(past, turns=tuple(turns)) if seen else past

    async def _catch_up(self, session: SessionKey, told: _Told) -> None:
        for event in await self._store.of_session(session, after_seq=told.seen_seq, kinds=_KINDS):
            if event.seq <= told.seen_seq:  # somebody else caught up while we waited for the log
                continue
            if event.kind is Kind.INBOUND_ACCEPTED and event.turn is not None:
                told.inbounds[event.turn] = event
            elif event.kind is Kind.REPLY_WRITTEN and _is_for_the_house(event, told):
                pass
            elif event.kind is Kind.REPLY_WRITTEN:
                ended = await self._ended(event, told)
                if event.seq <= told.seen_seq:
                    continue
                told.turns.append(ended)
                if event.turn is not None:
                    told.inbounds.pop(event.turn, None)
            else:
                told.marks.append(event)
            told.seen_seq = event.seq

    async def _ended(self, event: Event, told: _Told) -> PastTurn:
        inbound = told.inbounds.get(event.turn) if event.turn is not None else None
        kept = event.body.get("messages")
        messages = codec.load(tuple[Message, ...], kept) if kept else await self._plain(event, inbound)
        if inbound is not None and any(_has_picture(message) for message in messages):
            told.pictured[event.seq] = inbound
        said = [part.label for message in messages for part in message.parts]
        read = codec.load(tuple[Label, ...], event.body.get("labels") or [])
        return PastTurn(
            seq=event.seq,
            messages=messages,
            tokens=tokens.of_messages(messages),
            labels=tuple(dict.fromkeys([*said, *read])),
            at=event.at,
            notices=_notices(event),
            **_served(event),
        )

    async def _plain(self, event: Event, inbound: Event | None) -> tuple[Message, ...]:
        """Return a turn that ended without telling what it adds: stopped, failed, or answered by the house.

        What its tools did and read before that counts all the same. A turn that failed and did nothing leaves nothing:
        a small model would repeat the words of the error as its own answer.
        """
        reply = codec.load(Reply, event.body["reply"])
        messages: list[Message] = []
        if inbound is not None:
            asked = codec.load(Inbound, inbound.body["inbound"])
            messages.append(Message(role=Role.USER, parts=(request(asked.text, asked.label),)))
        done = [fact for fact in await self._facts(event.turn) if fact.kind is Kind.TOOL_FINISHED]
        if reply.is_error and not done:
            return ()
        receipts = [codec.load(Receipt, fact.body["receipt"]) for fact in done]
        read = [codec.load(Label, fact.body["label"]) for fact in done]
        said = UNFINISHED if reply.is_error else reply.text or "[No answer]"
        lines = [f"[{receipt.tool}: {receipt.outcome.value}. {receipt.summary}]" for receipt in receipts]
        label = least_trusted([*read, HOUSE if reply.is_error else Label(origin=Origin.MODEL)])
        messages.append(Message(role=Role.ASSISTANT, parts=(Text(text="\n".join([*lines, said]), label=label),)))
        return tuple(messages)

    async def _facts(self, turn: TurnId | None) -> tuple[Event, ...]:
        return await self._store.of_turn(turn) if turn is not None else ()


def _served(event: Event) -> dict[str, str]:
    """Return which model answered, and which one should have."""
    reply = event.body.get("reply")
    route = reply.get("route") if isinstance(reply, Mapping) else None
    if not isinstance(route, Mapping):
        return {}
    found = codec.load(Route, route)
    return {"model": str(found.model), "stood_in_for": found.instead_of}


def _notices(event: Event) -> tuple[str, ...]:
    reply = event.body.get("reply")
    said = reply.get("notices") if isinstance(reply, Mapping) else None
    return tuple(str(notice) for notice in said) if isinstance(said, Sequence) and not isinstance(said, str) else ()


def _is_for_the_house(event: Event, told: _Told) -> bool:
    """Whether a turn was a slash command: models are not told of those."""
    inbound = told.inbounds.get(event.turn) if event.turn is not None else None
    if inbound is None or event.body.get("messages"):
        return False
    try:
        return commands.parse(codec.load(Inbound, inbound.body["inbound"]).text) is not None
    except UsageError:
        return True


def _as_of(told: _Told, upto_seq: int) -> Past:
    """Return what was true at a point: turns after the last reset, older ones as their summary."""
    since, summary, label = 0, "", HOUSE
    frozen: dict[str, Frozen] = {}
    asked: dict[str, JsonObject] = {}
    grants: set[Grant] = set()
    for mark in told.marks:
        if mark.seq > upto_seq:
            break
        body = mark.body
        if mark.kind is Kind.SESSION_RESET:
            since, summary, label = mark.seq, "", HOUSE
            frozen.clear()
            grants.clear()
        elif mark.kind is Kind.SESSION_COMPACTED:
            since, summary = int(str(body["upto_seq"])), str(body["summary"])
            label = codec.load(Label, body["label"]) if "label" in body else Label(origin=Origin.TOOL)
        elif mark.kind is Kind.SESSION_FROZEN:
            frozen[str(body["model"])] = codec.load(Frozen, body["frozen"])
        elif mark.kind is Kind.APPROVAL_ASKED:
            asked[_id_of_question(body)] = body
        elif mark.kind is Kind.APPROVAL_DECIDED and (grant := _granted(body, asked)):
            grants.add(grant)
    known = [mark for mark in told.marks if mark.seq <= upto_seq]
    said = [*told.turns, *(pins.turn_of(mark) for mark in known if mark.kind is Kind.SESSION_PINNED)]
    return Past(
        turns=tuple(sorted((turn for turn in said if since < turn.seq <= upto_seq), key=lambda turn: turn.seq)),
        summary=summary,
        summary_label=label,
        frozen=frozen,
        grants=frozenset(grants),
        pins=pins.pins_of(known),
    )


def _id_of_question(body: JsonObject) -> str:
    approval = body.get("approval")
    return str(approval["approval_id"]) if isinstance(approval, Mapping) else ""


def _granted(answer: JsonObject, asked: Mapping[str, JsonObject]) -> Grant | None:
    """Return what an answer allows for the session: only a yes to exactly the call that was shown does."""
    question = asked.get(str(answer.get("approval_id", "")), {})
    approval = question.get("approval")
    is_the_same = isinstance(approval, Mapping) and approval.get("fingerprint") == answer.get("fingerprint")
    if answer.get("decision") != "session" or not is_the_same or "grant" not in question:
        return None
    return codec.load(Grant, question["grant"])


# --- pictures -----------------------------------------------------------------------------------------------------


def without_pictures(message: Message) -> Message:
    """Return a message as it goes into the log: each picture as the number of the attachment that it was."""
    count = 0
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, Image):
            parts.append(replace(part, data_b64=f"{PICTURE}{count}"))
            count += 1
        else:
            parts.append(part)
    return replace(message, parts=tuple(parts))


def _has_picture(message: Message) -> bool:
    return any(isinstance(part, Image) and part.data_b64.startswith(PICTURE) for part in message.parts)


def _with_pictures(message: Message, attachments: tuple[Part, ...]) -> Message:
    pictures = [part for part in attachments if isinstance(part, Image)]
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, Image) and part.data_b64.startswith(PICTURE):
            number = int(part.data_b64.removeprefix(PICTURE))
            found = pictures[number].data_b64 if number < len(pictures) else ""
            parts.append(replace(part, data_b64=found) if found else Text(text=_A_PICTURE, label=part.label))
        else:
            parts.append(part)
    return replace(message, parts=tuple(parts))
