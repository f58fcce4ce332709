"""Where a model is tried: asked as in a turn, but with a job's priority, greedily, and not for longer than planned.

What a task is told and how it is read back depends on the tool protocol, exactly as in a turn.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, TypeVar, cast

from homarus.domain.cards import Score, ToolProtocol
from homarus.domain.content import JsonObject, Message, Role, Text, ToolCall, ToolSpec, system
from homarus.domain.errors import EngineError, Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ids import CallId
from homarus.domain.inference import (
    Finish,
    Finished,
    ModelRef,
    ModelRequest,
    ReasoningDelta,
    Sampling,
    TextDelta,
    ToolCallReady,
    Unsaid,
    Usage,
)
from homarus.domain.labels import HOUSE, Reach
from homarus.models.closing import closing
from homarus.models.dispatch import Priority
from homarus.models.protocols import prepared, understood

if TYPE_CHECKING:
    from homarus.models.desk import Desk

SEED = 20_261_120
_LONGEST_ASK_S = 60.0
_SHORTEST_ASK_S = 8.0
_QUOTED_CHARS = 120
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model answered to one question of the test, or why it did not."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    reason: Finish = Finish.STOP
    usage: Usage = field(default_factory=Usage)
    prefill_ms: float | None = None
    generation_ms: float | None = None
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    problem: str = ""
    """Why there is no answer, in a sentence."""
    failure: Failure | None = None
    window_tokens: int | None = None
    """The window that the server named when the prompt did not fit."""

    @property
    def quoted(self) -> str:
        """What it said, in its own words and short, for a sentence about it."""
        if self.problem:
            return self.problem
        called = ", ".join(f"{call.name}({dict(call.arguments)})" for call in self.calls)
        words = " ".join((self.text.strip() or called or self._silence()).split())
        return f"“{words[:_QUOTED_CHARS]}…”" if len(words) > _QUOTED_CHARS else f"“{words}”"

    def _silence(self) -> str:
        if self.reasoning.strip():
            return _("only thoughts, no answer")
        return _("nothing at all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a discipline found out."""

    score: Score
    protocol: ToolProtocol | None = None
    """The protocol in which calls came through."""
    safe_tokens: int | None = None
    prefill_tokens_s: float | None = None
    generation_tokens_s: float | None = None
    window_tokens: int | None = None
    """The window that the server turned out to have, when a prompt did not fit."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts what went well, and keeps the first thing that did not."""

    name: str
    passed: int = 0
    tried: int = 0
    detail: str = ""

    def count(self, is_good: bool, because: Callable[[], str]) -> None:  # noqa: FBT001 - the one thing it counts
        """Count a case; `because` says what went wrong."""
        self.tried += 1
        self.passed += is_good
        if not is_good and not self.detail:
            self.detail = because()

    @property
    def score(self) -> Score:
        """The discipline's score."""
        return Score(name=self.name, passed=self.passed, tried=self.tried, detail=self.detail)


@dataclass(slots=True, kw_only=True)
class Bench:
    """One model while it is tried."""

    desk: "Desk"
    ref: ModelRef
    quick: bool
    window_tokens: int
    is_local: bool
    is_embedded: bool
    ends_at: float
    """On the monotonic clock: what does not fit before is left out and said."""
    protocol: ToolProtocol = "native"
    """How tools are offered; set by the first discipline."""
    prefill_tokens_s: float | None = None
    """Measured by the discipline `speed`."""
    asked: int = 0

    @property
    def left_s(self) -> float:
        """How much of the planned time is left."""
        return self.ends_at - monotonic()

    def some(self, cases: Sequence[T]) -> Sequence[T]:
        """Return as many cases as the kind of test has time for."""
        return cases[: max(1, (len(cases) + 1) // 2)] if self.quick else cases

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        schema: JsonObject | None = None,
        max_tokens: int = 240,
        longest_s: float = _LONGEST_ASK_S,
    ) -> Said:
        """Ask once and return what was said; with tools, in the protocol that is being tried."""
        request = ModelRequest(
            model=self.ref,
            messages=tuple(messages),
            sampling=Sampling(temperature=0.0, seed=SEED, max_tokens=max_tokens),
            reasoning="off",
            response_schema=schema,
        )
        if not tools:
            return await self.put(request, longest_s=longest_s)
        posed = prepared(replace(request, tools=tuple(tools)), self.protocol)
        said = await self.put(posed, longest_s=longest_s)
        if self.protocol == "native" or (self.protocol == "constrained" and not _is_held(said.text)):
            return (
                said  # what is printed all the same would be rescued in a turn, and shows that this is not its protocol
            )
        spoken = understood(said.text, said.calls, tools, self.protocol, is_cut=said.reason is Finish.LENGTH)
        return replace(said, text=spoken.text, calls=spoken.calls)

    async def put(self, request: ModelRequest, *, longest_s: float = _LONGEST_ASK_S) -> Said:
        """Put a request as it is, and return what was said."""
        self.asked += 1
        limit_s = min(longest_s, max(self.left_s, _SHORTEST_ASK_S))
        try:
            async with asyncio.timeout(limit_s):
                return await self._hear(request)
        except TimeoutError:
            return Said(problem=_("It did not answer within {seconds} s.").format(seconds=round(limit_s)))
        except ModelCallError as error:
            return Said(problem=error.message, failure=error.failure, window_tokens=error.window_tokens)
        except EngineError as error:
            return Said(problem=error.message, failure=Failure.SERVER_DOWN)

    async def _hear(self, request: ModelRequest) -> Said:
        began, text, thoughts = monotonic(), "", ""
        calls: list[ToolCall] = []
        first_ms = 0.0
        finished = Finished(reason=Finish.STOP)
        stream = self.desk.stream(self.ref, request, reach=Reach.ANYWHERE, priority=Priority.JOB)
        async with closing(stream) as events:
            async for event in events:
                match event:
                    case TextDelta():
                        first_ms = first_ms or (monotonic() - began) * 1000
                        text += event.text
                    case ReasoningDelta():
                        first_ms = first_ms or (monotonic() - began) * 1000
                        thoughts += event.text
                    case Unsaid():
                        text, thoughts = "", thoughts + text
                    case ToolCallReady():
                        calls.append(event.call)
                    case Finished():
                        finished = event
                    case _:
                        if self.asked == 1:  # waiting for the engine says nothing about the model
                            began = monotonic()
        return Said(
            text=text,
            calls=tuple(calls),
            reasoning=thoughts,
            reason=finished.reason,
            usage=finished.usage,
            prefill_ms=finished.prefill_ms,
            generation_ms=finished.generation_ms,
            first_token_ms=first_ms,
            total_ms=(monotonic() - began) * 1000,
        )


def _is_held(text: str) -> bool:
    """Whether the server held an answer to the form that was asked for; many ignore a schema without a word."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and bool({"say", "tool"} & {*cast("dict[str, object]", value)})


# --- words of the test --------------------------------------------------------------------------------------------


def person(text: str) -> Message:
    """Return what a person would type."""
    return Message(role=Role.USER, parts=(Text(text=text, label=HOUSE),))


def house(text: str) -> Message:
    """Return the instructions of a task."""
    return system(text)


def called(call: ToolCall) -> Message:
    """Return the assistant's message that made a call."""
    return Message(role=Role.ASSISTANT, tool_calls=(call,))


def result(call: ToolCall, text: str) -> Message:
    """Return what a tool said to a call."""
    part = Text(text=text, label=HOUSE)
    return Message(role=Role.TOOL, parts=(part,), call_id=call.call_id, tool_name=call.name)


def with_id(call: ToolCall, number: int) -> ToolCall:
    """Return a call with an id of its own: some servers give none."""
    return replace(call, call_id=CallId(f"call_{number}"))


def spec(name: str, description: str, **arguments: JsonObject) -> ToolSpec:
    """Return a tool whose arguments are all required."""
    schema: JsonObject = {
        "type": "object",
        "properties": arguments,
        "required": list(arguments),
        "additionalProperties": False,
    }
    return ToolSpec(name=name, description=description, parameters=schema)


def words(description: str) -> JsonObject:
    """Return the schema of an argument that is text."""
    return {"type": "string", "description": description}


def has(arguments: Mapping[str, object], **expected: object) -> bool:
    """Whether a call has these arguments: text without regard to case and what stands around it, the rest exactly."""
    for name, value in expected.items():
        got = arguments.get(name)
        if isinstance(value, str):
            if not isinstance(got, str) or value.casefold() not in got.casefold():
                return False
        elif got != value:
            return False
    return True
