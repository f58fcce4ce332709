"""Play a turn again without doing anything: models are asked, tools are not run.

What a tool said comes from the log, found by the call and its arguments. A call that the original turn did not make is
answered with a note. Nothing is written, sent or looked up, whatever the model asks for now.
"""

import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from homarus.agent.rooms import Rooms, Tool
from homarus.domain import codec
from homarus.domain.acts import Outcome, Receipt, Ruling, ToolOutput, ToolTraits, Verdict
from homarus.domain.cards import Served
from homarus.domain.content import JsonObject, ToolCall, ToolSpec
from homarus.domain.errors import EgressRefusedError, RefusedError
from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import CallId, SessionKey
from homarus.domain.inference import Answer, ModelRef
from homarus.domain.labels import HOUSE, Label
from homarus.domain.ports import Clock, Found, Inlet, Memory, Outbound, Ran, Reminders
from homarus.domain.tooling import ToolContext
from homarus.domain.turns import Reminder, Route

NEVER_MADE = "The original turn did not make this call, and a replay runs nothing. Go on with what you have."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One answer of a model in a turn."""

    key: str
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    served_by: str = ""
    served: Served | None = None
    """How it was made; `None` where an older version wrote no such thing down."""


def step_of(key: str, body: JsonObject) -> Step | None:
    """Return the answer that an event holds; nothing when the model only said that the prompt was too long."""
    if "answer" not in body:
        return None
    answer = codec.load(Answer, body["answer"])
    served = body.get("served")
    return Step(
        key=key,
        text=answer.text,
        calls=answer.tool_calls,
        served_by=str(body.get("served_by", "")),
        served=codec.load(Served, served) if served else None,
    )


def steps_of(events: Iterable[Event]) -> tuple[Step, ...]:
    """Return the answers that a turn has in the log, in order."""
    found = (
        step_of((event.dedupe or "").partition(":")[2], event.body)
        for event in events
        if event.kind is Kind.MODEL_ANSWERED
    )
    return tuple(step for step in found if step is not None)


class Outcomes:
    """What tools said in the original turn, by call; each once in order, the last one again and again."""

    def __init__(self, events: Iterable[Event]) -> None:
        """Gather them."""
        self._known: dict[str, deque[JsonObject]] = {}
        self.never_made: list[ToolCall] = []
        for event in events:
            if event.kind is Kind.TOOL_FINISHED:
                receipt = codec.load(Receipt, event.body["receipt"])
                self._known.setdefault(_named(receipt.tool, receipt.arguments), deque()).append(event.body)

    def of(self, name: str, arguments: JsonObject) -> JsonObject:
        """Return what a call came to, or a note that it was never made."""
        known = self._known.get(_named(name, arguments))
        if known:
            return known.popleft() if len(known) > 1 else known[0]
        call = ToolCall(call_id=CallId("replayed"), name=name, arguments=arguments)
        self.never_made.append(call)
        receipt = Receipt(
            call_id=call.call_id, tool=name, outcome=Outcome.FAILED, summary=NEVER_MADE, arguments=arguments
        )
        return {"receipt": codec.dump(receipt), "text": NEVER_MADE, "label": codec.dump(HOUSE)}


def _named(name: str, arguments: JsonObject) -> str:
    return f"{name} {json.dumps(arguments, sort_keys=True, default=str)}"


class ReplayRun:
    """A `Run` that writes nothing: what stands in the log is taken from there, and only models are asked again."""

    def __init__(self, events: Sequence[Event], outcomes: Outcomes, *, model: ModelRef, place: str) -> None:
        """Take the turn as it was, and the model that answers now."""
        self._written = {(event.dedupe or "").partition(":")[2]: event.body for event in events}
        self._turn = str(events[0].turn)
        self._outcomes = outcomes
        self._model = model
        self._place = place
        self._judged: str | None = None
        self.steps: list[Step] = []
        self.asked_for: _Asked | None = None

    @property
    def run_id(self) -> str:
        """The turn's id."""
        return self._turn

    async def step(
        self,
        key: str,
        fn: Callable[[], Awaitable[JsonObject]],
        *,
        kind: Kind = Kind.STEP_FINISHED,
        intent: JsonObject | None = None,
        is_repeatable: bool = True,
    ) -> JsonObject:
        """Return what the original has, where it counts; ask the model again; never let a tool run."""
        del intent, is_repeatable  # nothing is written, and nothing runs
        match kind:
            case Kind.TOOL_FINISHED:
                return await self._tool(key, fn)
            case Kind.ROUTE_CHOSEN:
                because = _("This turn is played again.")
                return {"route": codec.dump(Route(model=self._model, because=because, place=self._place))}
            case Kind.SESSION_COMPACTED | Kind.SESSION_FROZEN:
                known = self._written.get(key)
                is_known = known is not None and known.get("model", str(self._model)) == str(self._model)
                return known if known is not None and is_known else await fn()
            case _:
                return await self._other(key, fn, kind)

    async def wait(self, topic: str, *, deadline: datetime | None = None) -> JsonObject | None:
        """Nobody is asked: what the original was allowed stands in its outcomes."""
        del topic, deadline
        return None

    async def sleep_until(self, when: datetime) -> None:
        """Go on at once."""

    async def emit(self, kind: Kind, body: JsonObject) -> None:
        """Write nothing."""

    async def _other(self, key: str, fn: Callable[[], Awaitable[JsonObject]], kind: Kind) -> JsonObject:
        body = await fn()
        if kind is Kind.MODEL_ANSWERED and (step := step_of(key, body)) is not None:
            self.steps.append(step)
        if key.endswith(":judged"):
            self._judged = key.removesuffix(":judged")
            verdict = Verdict(ruling=Ruling.ALLOW, because=NEVER_MADE)
            return {**body, "verdict": codec.dump(verdict)}
        return body

    async def _tool(self, key: str, fn: Callable[[], Awaitable[JsonObject]]) -> JsonObject:
        """Return a call's outcome from the log; what was never judged did not fit its tool, and `fn` only says so."""
        call, self.asked_for = self.asked_for, None
        if self._judged != key or call is None:
            return await fn()
        self._judged = None
        return self._outcomes.of(call.name, call.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A tool that can be offered and checked, and not run."""

    tool: Tool
    run_of: ReplayRun

    @property
    def spec(self) -> ToolSpec:
        """As a model is told of it."""
        return self.tool.spec

    @property
    def traits(self) -> ToolTraits:
        """As the policy sees it."""
        return self.tool.traits

    @property
    def timeout_s(self) -> float:
        """How long one call may take."""
        return self.tool.timeout_s

    def check(self, arguments: JsonObject) -> JsonObject:
        """Return the arguments in the shape that the tool takes, and note what is asked for.

        Raises:
            ToolArgumentError: when they do not fit.
        """
        exact = self.tool.check(arguments)
        self.run_of.asked_for = _Asked(name=self.tool.traits.name, arguments=exact)
        return exact

    async def run(self, context: ToolContext, arguments: JsonObject) -> ToolOutput:
        """Refuse."""
        del context, arguments
        raise _nothing_runs()


def still(rooms: Rooms, run: ReplayRun, *, at: datetime) -> Rooms:
    """Return rooms in which nothing can be done, and in which it is the time that it was."""
    tools: Mapping[str, Tool] = {name: Recalled(tool=tool, run_of=run) for name, tool in rooms.tools.items()}
    return replace(
        rooms,
        tools=tools,
        clock=_Then(rooms.clock, at),
        door=_Shut(),
        memory=_ReadOnly(memory=rooms.memory),
        reminders=_Kept(reminders=rooms.reminders),
        sandbox=_Locked(level=rooms.sandbox.level),
    )


# --- rooms in which nothing happens -------------------------------------------------------------------------------


def _nothing_runs() -> RefusedError:
    return RefusedError(
        _("A replay runs nothing."), hint=_("Ask again in the session, if it should be done: homarus retry")
    )


class _Then:
    def __init__(self, clock: Clock, at: datetime) -> None:
        self._at = at.astimezone(clock.zone)

    def now(self) -> datetime:
        return self._at

    @property
    def zone(self) -> ZoneInfo:
        return cast("ZoneInfo", self._at.tzinfo)


class _Shut:
    def open(self, outbound: Outbound) -> AbstractAsyncContextManager[Inlet]:
        del outbound
        raise EgressRefusedError(_("A replay calls nobody but its model."), hint=_("Ask again in the session."))


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadOnly:
    memory: Memory

    async def save(self, text: str, *, label: Label) -> str:
        del text, label
        raise _nothing_runs()

    async def search(self, query: str, *, limit: int = 8) -> tuple[Found, ...]:
        return await self.memory.search(query, limit=limit)

    async def of_day(self, day: date) -> tuple[Found, ...]:
        return await self.memory.of_day(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    reminders: Reminders

    async def add(self, text: str, *, due_at: datetime, session: SessionKey, idempotency_key: str) -> Reminder:
        del text, due_at, session, idempotency_key
        raise _nothing_runs()

    async def upcoming(self, limit: int = 50) -> tuple[Reminder, ...]:
        return await self.reminders.upcoming(limit)

    async def cancel(self, reminder_id: str) -> Reminder:
        del reminder_id
        raise _nothing_runs()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked:
    level: str

    async def run(self, argv: Sequence[str], *, workspace: Path, timeout_s: float) -> Ran:
        del argv, workspace, timeout_s
        raise _nothing_runs()
