"""A stage for turns: scripted models, small tools, and a session that goes on from turn to turn."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from homarus.agent.history import SessionHistory
from homarus.agent.loop import answer
from homarus.agent.rooms import AgentProfile, Build, Held, Replaced, Rooms, Tier, Turn
from homarus.domain import codec
from homarus.domain.acts import Risk, ToolOutput, ToolTraits
from homarus.domain.content import Json, JsonObject, Part, ToolCall, ToolSpec
from homarus.domain.errors import ToolArgumentError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import AgentId, CallId, SessionKey, TurnId
from homarus.domain.inference import (
    Finish,
    Finished,
    ModelRef,
    ModelRequest,
    StreamEvent,
    TextDelta,
    ToolCallReady,
    Usage,
)
from homarus.domain.labels import HOUSE, OWNER, Label, Origin, Reach
from homarus.domain.tooling import ToolContext
from homarus.domain.turns import Inbound, Moment, Reply, Route, Said
from homarus.policy.judge import Rules
from homarus.testing.clock import FakeClock
from homarus.testing.rooms import fake_rooms
from homarus.testing.run import FakeRun
from homarus.testing.store import FakeStore

BIG = ModelRef(provider="fake", model_id="big")
SMALL = ModelRef(provider="fake", model_id="small")
MAIN = SessionKey("agent:main:main")
WEB = Label(origin=Origin.WEB, source="web.fetch https://example.org")
Step = StreamEvent | Held | Replaced | Exception
Script = Callable[[ModelRequest], Iterable[Step]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeProfile:
    window_tokens: int = 32_768
    max_output_tokens: int | None = None
    inputs: tuple[str, ...] = ("text",)
    tool_protocol: str = "native"
    tier: Tier = "full"
    place: str = "this machine"
    is_local: bool = True
    prefill_tokens_s: float | None = None
    thinks: bool | None = None
    most_risk: Risk | None = Risk.RUN


def says(*pieces: str, reason: Finish = Finish.STOP) -> list[Step]:
    return [*(TextDelta(text=piece) for piece in pieces), Finished(reason=reason, usage=Usage(prompt_tokens=10))]


def calls(name: str, arguments: JsonObject, *, call_id: str = "c1", malformed: str | None = None) -> list[Step]:
    call = ToolCall(call_id=CallId(call_id), name=name, arguments=arguments, malformed=malformed)
    return [ToolCallReady(call=call), Finished(reason=Finish.TOOL_CALLS, usage=Usage(prompt_tokens=10))]


@dataclass(slots=True, kw_only=True)
class FakeModels:
    """Answers by a script: a list of answers in turn, or a function of the request."""

    script: list[list[Step]] = field(default_factory=list[list[Step]])
    react: Script | None = None
    profiles: dict[ModelRef, FakeProfile] = field(default_factory=dict[ModelRef, FakeProfile])
    requests: list[ModelRequest] = field(default_factory=list[ModelRequest])
    failure: Exception | None = None
    fallbacks: tuple[ModelRef, ...] = ()
    named: dict[str, ModelRef] = field(default_factory=dict[str, ModelRef])
    """Which model an agent's choice stands for, when not the usual one."""
    announced: list[ModelRef] = field(default_factory=list[ModelRef])

    async def choose(self, turn: Turn, *, needs_images: bool, reach: Reach, prompt_tokens: int) -> Route:
        del needs_images, reach, prompt_tokens
        if self.failure is not None:
            raise self.failure
        model = turn.inbound.model or self.named.get(turn.agent.model.primary or "", BIG)
        return Route(model=model, because="the first", place="this machine", fallbacks=self.fallbacks)

    async def profile(self, ref: ModelRef) -> FakeProfile:
        return self.profiles.get(ref, FakeProfile())

    async def answer(
        self, route: Route, build: Build, *, turn: Turn, reach: Reach
    ) -> AsyncGenerator[StreamEvent | Held | Replaced]:
        del turn, reach
        request = build(route.model, await self.profile(route.model))
        self.requests.append(request)
        steps = self.react(request) if self.react else self.script.pop(0)
        for step in steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Replaced):
                request = build(step.to.model, await self.profile(step.to.model))
                self.requests.append(request)
            yield step

    def announce(self, ref: ModelRef) -> None:
        self.announced.append(ref)


@dataclass(slots=True, kw_only=True)
class FakeTool:
    """A tool that counts its effects by idempotency key."""

    spec: ToolSpec
    traits: ToolTraits
    react: Callable[[ToolContext, JsonObject], Awaitable[ToolOutput]]
    timeout_s: float = 5.0
    effects: list[str] = field(default_factory=list[str])

    def check(self, arguments: JsonObject) -> JsonObject:
        for name in arguments:
            if name not in ("text", "url", "path"):
                raise ToolArgumentError(f"There is no argument {name!r}.", hint="It takes text.")
        return arguments

    async def run(self, context: ToolContext, arguments: JsonObject) -> ToolOutput:
        self.effects.append(context.idempotency_key)
        return await self.react(context, arguments)


def tool(
    name: str,
    risk: Risk = Risk.WRITE,
    *,
    text: str = "ok",
    label: Label = HOUSE,
    error: Exception | None = None,
    is_repeatable: bool = True,
    key: tuple[str, ...] = (),
) -> FakeTool:
    async def react(_context: ToolContext, _arguments: JsonObject) -> ToolOutput:
        if error is not None:
            raise error
        return ToolOutput(text=text, label=label, summary=f"{name} did it")

    parameters: dict[str, Json] = {"type": "object", "properties": {"text": {"type": "string"}}}
    traits = ToolTraits(name=name, risk=risk, key_arguments=frozenset(key), is_repeatable=is_repeatable)
    return FakeTool(
        spec=ToolSpec(name=name, description=f"Do {name}.", parameters=parameters), traits=traits, react=react
    )


@dataclass(slots=True, kw_only=True)
class Stage:
    """One session, turn after turn."""

    workspace: Path
    models: FakeModels = field(default_factory=FakeModels)
    tools: dict[str, FakeTool] = field(default_factory=dict[str, FakeTool])
    rules: Rules = field(default_factory=Rules)
    session: SessionKey = field(default=MAIN)
    channel: str = "cli"
    agent: AgentProfile | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    moments: list[Moment] = field(default_factory=list[Moment])
    turns: int = 0
    store: FakeStore = field(default_factory=FakeStore)
    history: SessionHistory | None = None

    def has(self, *tools: FakeTool) -> None:
        self.tools.update({made.spec.name: made for made in tools})

    def plays(self, *script: list[Step]) -> None:
        self.models.script.extend(script)

    async def accepts(
        self, text: str, *, label: Label = OWNER, attachments: Sequence[Part] = (), model: ModelRef | None = None
    ) -> "Act":
        """Take a message in, as the gateway does, and return its turn."""
        self.turns += 1
        turn_id = TurnId(f"turn_{self.turns}")
        inbound = Inbound(
            channel=self.channel,
            external_id=str(self.turns),
            session=self.session,
            agent=AgentId("main"),
            text=text,
            label=label,
            attachments=tuple(attachments),
            model=model,
        )
        body = {"inbound": codec.dump(inbound)}
        await self.store.append(NewEvent(kind=Kind.INBOUND_ACCEPTED, body=body, session=self.session, turn=turn_id))
        turn = Turn(
            turn_id=turn_id,
            inbound=inbound,
            agent=self.agent or AgentProfile(agent_id=AgentId("main"), workspace=self.workspace),
            history=self.history or SessionHistory(self.store),
            history_seq=await self.store.last_seq(),
            accepted_at=self.clock.now(),
        )
        run = FakeRun(turn_id, store=self.store, clock=self.clock, session=self.session)
        return Act(stage=self, turn=turn, run=run)

    async def hears(self, text: str, *, label: Label = OWNER, attachments: Sequence[Part] = ()) -> Reply:
        return await (await self.accepts(text, label=label, attachments=attachments)).play()

    def rooms(self) -> Rooms:
        fakes = fake_rooms(self.workspace)
        return Rooms(
            models=self.models,
            tools=self.tools,
            clock=self.clock,
            door=fakes.door,
            memory=fakes.memory,
            reminders=fakes.reminders,
            sandbox=fakes.sandbox,
            rules=self.rules,
        )

    @property
    def said(self) -> str:
        """What a face would show as the answer."""
        from homarus.domain.turns import Retracted

        text = ""
        for moment in self.moments:
            if isinstance(moment, Said):
                text += moment.text
            elif isinstance(moment, Retracted):
                text = ""
        return text


@dataclass(slots=True, kw_only=True)
class Act:
    """One turn on the stage; it can be played again after a death."""

    stage: Stage
    turn: Turn
    run: FakeRun

    async def play(self) -> Reply:
        self.stage.moments.clear()
        return await answer(self.turn, run=self.run, rooms=self.stage.rooms(), watch=self.stage.moments.append)

    def again(self) -> "Act":
        """The turn as it begins after a restart."""
        history = SessionHistory(self.stage.store)
        return Act(stage=self.stage, turn=replace(self.turn, history=history), run=self.run.again())
