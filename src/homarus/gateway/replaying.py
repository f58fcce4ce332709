"""Play a finished turn again, on the model that answered or on another one, and show what is different."""

import difflib
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from homarus.agent import commands
from homarus.agent.loop import answer
from homarus.agent.replaying import Outcomes, ReplayRun, Step, steps_of, still
from homarus.agent.rooms import AgentProfile, History, Models, Rooms, Turn
from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.errors import NeedsYouError, NotFoundError, UsageError
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, TurnId
from homarus.domain.inference import ModelRef
from homarus.domain.ports import Store
from homarus.domain.turns import Inbound, Moment, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One answer of the model, then and now; either is missing where the turns have not the same length."""

    before: Step | None
    after: Step | None
    same: bool
    """Whether text and calls are the same, to the byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of playing a turn again."""

    turn_id: TurnId
    before: Reply
    after: Reply
    steps: tuple[Compared, ...]
    difference: str
    """A unified diff of everything that the models said and asked for; empty when nothing differs."""
    same: bool
    notices: tuple[str, ...]
    """What is not as it was then, and which calls nobody made."""


class Makings(Protocol):
    """What a turn is made with; `gateway.answering.Answering` is one."""

    @property
    def models(self) -> Models:
        """Everything that answers a prompt."""
        ...

    @property
    def history(self) -> History:
        """What was said in sessions, as of any point of the log."""
        ...

    def agent(self, agent_id: AgentId) -> AgentProfile:
        """Return an agent with its workspace made ready."""
        ...

    async def rooms(self, agent: AgentProfile) -> Rooms:
        """Return everything that a turn of an agent may use."""
        ...


class Replaying:
    """Plays turns again; nothing is written and no tool runs."""

    def __init__(self, *, store: Store, read: Callable[[Event], Awaitable[Inbound]], makings: Makings) -> None:
        """Take the log, a way to read a message with its pictures, and what a turn is made with."""
        self._store = store
        self._read = read
        self._makings = makings

    async def replay(self, turn_id: TurnId, model: ModelRef | None = None) -> Replayed:
        """Ask a model again what was asked in a turn, with the same past and what its tools said then.

        Raises:
            NotFoundError: when there is no such turn, or no model had a part in it.
            NeedsYouError: when it is not finished.
        """
        events = await self._store.of_turn(turn_id)
        before = _reply_of(turn_id, events)
        steps = steps_of(events)
        inbound = await self._read(events[0])
        _refuse_commands(turn_id, inbound, steps)
        ref = model or ModelRef.parse(steps[0].served_by)
        makings, outcomes = self._makings, Outcomes(events)
        run = ReplayRun(events, outcomes, model=ref, place=(await makings.models.profile(ref)).place)
        agent = makings.agent(inbound.agent)
        turn = Turn(
            turn_id=turn_id,
            inbound=inbound,
            agent=agent,
            history=makings.history,
            history_seq=_seq_of(events),
            accepted_at=events[0].at,
            selected=ref,
            priority="job",
        )
        rooms = still(await makings.rooms(agent), run, at=events[0].at)
        after = await answer(turn, run=run, rooms=rooms, watch=_unwatched)
        return _compared(turn_id, before, after, steps, run.steps, _of_calls(outcomes))


def _unwatched(_moment: Moment) -> None:
    return


def _reply_of(turn_id: TurnId, events: Sequence[Event]) -> Reply:
    if not events:
        raise NotFoundError(
            _("There is no turn {turn!r}.").format(turn=turn_id),
            hint=_("`homarus sessions show` lists a session's turns."),
        )
    written = next((event for event in events if event.kind is Kind.REPLY_WRITTEN), None)
    if written is None:
        raise NeedsYouError(
            _("{turn!r} is not finished yet.").format(turn=turn_id),
            hint=_("Wait for its answer, answer its question, or stop it; then play it again."),
        )
    return codec.load(Reply, written.body["reply"])


def _refuse_commands(turn_id: TurnId, inbound: Inbound, steps: Sequence[Step]) -> None:
    if steps and not _is_compaction(inbound):
        return
    raise NotFoundError(
        _("No model answered {turn!r}, so there is nothing to ask again.").format(turn=turn_id),
        hint=_("Play a turn again that a model answered: `homarus sessions show` lists them."),
    )


def _is_compaction(inbound: Inbound) -> bool:
    try:
        spoken = commands.parse(inbound.text)
    except UsageError:
        return False
    return spoken is not None and spoken.command is commands.Command.COMPACT


def _seq_of(events: Sequence[Event]) -> int:
    """Return the last event that the turn's past may contain."""
    started = next((event for event in events if event.kind is Kind.TURN_STARTED), None)
    return int(str(started.body["history_seq"])) if started is not None else events[0].seq


def _of_calls(outcomes: Outcomes) -> list[str]:
    return [
        _("{call} was not made in the original turn, so nobody knows what it would have said.").format(
            call=f"{call.name}({_packed(call.arguments)})"
        )
        for call in outcomes.never_made
    ]


# --- what is different --------------------------------------------------------------------------------------------


def _compared(
    turn_id: TurnId,
    before: Reply,
    after: Reply,
    then: Sequence[Step],
    now: Sequence[Step],
    notices: list[str],
) -> Replayed:
    steps = tuple(_pairs(then, now))
    old, new = _told(then, before), _told(now, after)
    named = (_label(then, _("then")), _label(now, _("now")))
    difference = "\n".join(difflib.unified_diff(old, new, *named, lineterm=""))
    return Replayed(
        turn_id=turn_id,
        before=before,
        after=after,
        steps=steps,
        difference=difference,
        same=not difference and all(step.same for step in steps),
        notices=(*_changes(then, now), *notices),
    )


def _pairs(then: Sequence[Step], now: Sequence[Step]) -> Iterable[Compared]:
    for place in range(max(len(then), len(now))):
        before = then[place] if place < len(then) else None
        after = now[place] if place < len(now) else None
        yield Compared(before=before, after=after, same=_is_same(before, after))


def _is_same(before: Step | None, after: Step | None) -> bool:
    if before is None or after is None:
        return False
    asked = [[(call.name, call.malformed, _packed(call.arguments)) for call in step.calls] for step in (before, after)]
    return before.text == after.text and asked[0] == asked[1]


def _lines(step: Step) -> list[str]:
    calls = [f"-> {call.name} {call.malformed or _packed(call.arguments)}" for call in step.calls]
    return [*step.text.splitlines(), *calls]


def _told(steps: Sequence[Step], reply: Reply) -> list[str]:
    told: list[str] = []
    for step in steps:
        told += [f"[{step.key}]", *_lines(step)]
    return [*told, _("[reply]"), *reply.text.splitlines()]


def _label(steps: Sequence[Step], when: str) -> str:
    return f"{steps[0].served_by} ({when})" if steps else when


def _packed(arguments: JsonObject) -> str:
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str)


def _changes(then: Sequence[Step], now: Sequence[Step]) -> list[str]:
    """Say what was not the same before the model said a word."""
    if not then or not now or then[0].served is None or now[0].served is None:
        return []
    before, after = then[0].served, now[0].served
    told: list[str] = []
    if before.subject != after.subject and then[0].served_by == now[0].served_by:
        from homarus.models.identity import difference

        told.append(difference(before.subject, after.subject) or _("Its server says less or more of itself than then."))
    if before.prompt_sha256 != after.prompt_sha256 and then[0].served_by == now[0].served_by:
        told.append(_("The prompt is another than then: settings, tools or workspace files were changed since."))
    if before.sampler != after.sampler:
        told.append(
            _("It is sampled in another way: {before} then, {after} now.").format(
                before=_packed(before.sampler), after=_packed(after.sampler)
            )
        )
    return [sentence for sentence in told if sentence]
