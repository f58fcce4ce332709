"""What a check of a wire works with: a wire, the door, a quirk server in front of it, and what was heard."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

from homarus.domain.content import Message, Role, Text, ToolCall, ToolSpec, system, user
from homarus.domain.errors import ModelCallError
from homarus.domain.ids import CallId
from homarus.domain.inference import (
    Finished,
    ModelRef,
    ModelRequest,
    Prefill,
    ReasoningDelta,
    Sampling,
    StreamEvent,
    TextDelta,
    ToolCallReady,
)
from homarus.domain.labels import OWNER, Label, Origin, Reach
from homarus.domain.ports import Door, Endpoint, Timeouts, Wire
from homarus.testing.quirks import Quirk, QuirkServer
from homarus.testing.quirks.server import Manner
from homarus.testing.quirks.turns import ANTHROPIC_MESSAGES, OPENAI_COMPLETIONS, OPENAI_RESPONSES, Script

SHORT = Timeouts(connect_s=0.5, first_byte_s=0.4, idle_s=0.4)
PATIENT = Timeouts(connect_s=5, first_byte_s=20, idle_s=20)
BASE_PATHS = {OPENAI_COMPLETIONS: "/v1", OPENAI_RESPONSES: "/v1", ANTHROPIC_MESSAGES: "/v1"}

FETCH = ToolSpec(
    name="web.fetch",
    description="Fetch a page.",
    parameters={"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]},
)
NOW = ToolSpec(name="time.now", description="Tell the time.", parameters={"type": "object", "properties": {}})


@dataclass(slots=True, kw_only=True)
class Heard:
    """Everything that came out of one stream."""

    events: list[StreamEvent] = field(default_factory=list[StreamEvent])

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def reasoning(self) -> str:
        """The thinking."""
        return "".join(event.text for event in self.events if isinstance(event, ReasoningDelta))

    @property
    def calls(self) -> list[ToolCall]:
        """The tool calls."""
        return [event.call for event in self.events if isinstance(event, ToolCallReady)]

    @property
    def prefills(self) -> list[Prefill]:
        """What was said of reading the prompt."""
        return [event for event in self.events if isinstance(event, Prefill)]

    @property
    def finished(self) -> Finished:
        """The end, which is there once and last."""
        ends = [event for event in self.events if isinstance(event, Finished)]
        assert len(ends) == 1, f"a stream ends once, not {len(ends)} times"
        assert self.events[-1] is ends[0], "nothing comes after the end"
        return ends[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireBench:
    """A wire under test."""

    wire: Wire
    api: str
    door: Door

    def server(self, script: Script = (), *, quirks: Iterable[str | Quirk] = (), pause_s: float = 0.02) -> QuirkServer:
        """Return a quirk server that speaks only this wire's protocol."""
        return QuirkServer(script, quirks=quirks, manner=Manner(speaks=(self.api,), pause_s=pause_s))

    def endpoint(self, url: str, *, timeouts: Timeouts = PATIENT, api_key: str | None = "sk-test") -> Endpoint:
        """Return where a server is reached."""
        return Endpoint(
            provider="quirk", base_url=f"{url}{BASE_PATHS.get(self.api, '')}", api_key=api_key, timeouts=timeouts
        )

    async def ask(
        self, server: QuirkServer, request: ModelRequest | None = None, *, timeouts: Timeouts = PATIENT
    ) -> Heard:
        """Ask and listen to the end.

        Raises:
            ModelCallError: as the wire does.
        """
        return await self.ask_at(server.url, request, timeouts=timeouts)

    async def ask_at(self, url: str, request: ModelRequest | None = None, *, timeouts: Timeouts = PATIENT) -> Heard:
        """Ask whoever listens at an address, and listen to the end."""
        heard = Heard()
        async with aclosing(self.stream(url, request, timeouts=timeouts)) as events:
            async for event in events:
                heard.events.append(event)
        return heard

    async def stream(
        self, url: str, request: ModelRequest | None = None, *, timeouts: Timeouts = PATIENT
    ) -> AsyncGenerator[StreamEvent]:
        """Ask and yield what comes; closing it closes the wire's own stream."""
        at = self.endpoint(url, timeouts=timeouts)
        stream = self.wire.stream(request or asking("Hi"), at, self.door, reach=Reach.ANYWHERE)
        async with aclosing(cast("AsyncGenerator[StreamEvent]", stream)) as events:
            async for event in events:
                yield event

    async def failure(
        self, server: QuirkServer, request: ModelRequest | None = None, *, timeouts: Timeouts = PATIENT
    ) -> ModelCallError:
        """Ask, and return the error that comes of it."""
        return await self.failure_at(server.url, request, timeouts=timeouts)

    async def failure_at(
        self, url: str, request: ModelRequest | None = None, *, timeouts: Timeouts = PATIENT
    ) -> ModelCallError:
        """Ask whoever listens at an address, and return the error that comes of it."""
        caught: ModelCallError | None = None
        text = ""
        try:
            text = (await self.ask_at(url, request, timeouts=timeouts)).text
        except ModelCallError as error:
            caught = error
        assert caught is not None, f"expected a failure, heard {text!r}"
        assert caught.message, "every error says what happened"
        assert caught.hint, "every error says what to do next"
        return caught


def asking(text: str, *, tools: tuple[ToolSpec, ...] = (), before: tuple[Message, ...] = ()) -> ModelRequest:
    """Return a request with a system message, what was said before, and the user's words."""
    return ModelRequest(
        model=ModelRef(provider="quirk", model_id="quirk"),
        messages=(system("You are kind."), *before, user(text, OWNER)),
        tools=tools,
        sampling=Sampling(max_tokens=64, temperature=0),
    )


def answered(request: ModelRequest, call: ToolCall, result: str) -> ModelRequest:
    """Return the request that follows when a tool was run."""
    told = Label(origin=Origin.TOOL, source=call.name)
    said = Message(role=Role.ASSISTANT, tool_calls=(call,))
    outcome = Message(
        role=Role.TOOL,
        parts=(Text(text=result, label=told),),
        call_id=CallId(call.call_id),
        tool_name=call.name,
    )
    return ModelRequest(
        model=request.model,
        messages=(*request.messages, said, outcome),
        tools=request.tools,
        sampling=request.sampling,
    )
