"""What a turn is given: the message, its agent, its past, and everything it may use. All of it is injected."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from homarus.domain.acts import Receipt, Risk, ToolOutput, ToolTraits
from homarus.domain.agents import agent_profile
from homarus.domain.content import JsonObject, Message, ToolCall, ToolSpec
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.inference import Answer, ModelRef, ModelRequest, StreamEvent
from homarus.domain.labels import HOUSE, Bounds, Label, Origin, Reach
from homarus.domain.ports import Blobs, Clock, Door, Memory, Reminders, Run, Sandbox, Watcher
from homarus.domain.settings import ModelChoice, Settings, Subagents, ToolChoice
from homarus.domain.tooling import Account, PlannedJobs, ToolContext
from homarus.domain.turns import Errand, Inbound, Noticed, Reply, Route
from homarus.models.dispatch import Queued
from homarus.models.failover import Switched
from homarus.policy.judge import Grant, Rules

Tier: TypeAlias = Literal["embedded", "entry", "full"]


# --- the agent ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    """A persona: who it is, where its files are, what it may use."""

    agent_id: AgentId
    workspace: Path
    name: str = "Homarus"
    tools: ToolChoice = field(default_factory=ToolChoice)
    house_tools: ToolChoice = field(default_factory=ToolChoice)
    """What no agent may go beyond."""
    model: ModelChoice = field(default_factory=ModelChoice)
    image_model: ModelChoice | None = None
    """Asked first when a message has pictures that the model cannot see."""
    bounds: Bounds = field(default_factory=Bounds)
    """How far its conversations may go, whatever is in them."""
    timeout_s: float = 600.0
    first_token_target_s: float = 8.0
    bootstrap_max_chars: int = 20_000
    bootstrap_total_max_chars: int = 60_000
    max_tool_rounds: int = 12
    reasoning: str | None = None
    """How much a reasoning model thinks: `off`, `low`, `medium`, `high`; `None` leaves it to the server."""
    reserve_tokens: int | None = None
    """Room kept free for the answer; never more than a quarter of the window."""
    compaction_model: str | None = None
    """Which model writes summaries; the one of the conversation when none is named."""
    keep_recent_tokens: int | None = None
    """How much of the newest conversation a compaction leaves as it is."""
    subagents: Subagents = field(default_factory=Subagents)
    brief: str | None = None
    """On an errand: the whole system prompt, in place of the workspace's files."""

    @classmethod
    def of(cls, settings: Settings, agent_id: AgentId, *, workspace: Path) -> "AgentProfile":
        """Read an agent out of the configuration; one that has no entry is made of the defaults."""
        own = agent_profile(settings, agent_id)
        defaults = settings.agents.defaults
        named = own.name if own is not None and own.name != agent_id else None
        return cls(
            agent_id=agent_id,
            workspace=workspace,
            name=(own.identity.name if own is not None else None) or named or "Homarus",
            tools=own.tools if own is not None else ToolChoice(),
            house_tools=ToolChoice(allow=settings.tools.allow, deny=settings.tools.deny),
            model=own.model if own is not None else defaults.model,
            image_model=defaults.image_model,
            bounds=Bounds.parse((own.reach if own is not None else None) or defaults.reach),
            timeout_s=defaults.timeout_seconds,
            first_token_target_s=defaults.first_token_target_s,
            bootstrap_max_chars=defaults.bootstrap_max_chars,
            bootstrap_total_max_chars=defaults.bootstrap_total_max_chars,
            max_tool_rounds=defaults.max_tool_rounds,
            reasoning="low" if defaults.thinking_default == "minimal" else defaults.thinking_default,
            reserve_tokens=defaults.compaction.reserve_tokens,
            compaction_model=defaults.compaction.model,
            keep_recent_tokens=defaults.compaction.keep_recent_tokens,
            subagents=defaults.subagents,
        )

    def may_use(self, tool: str) -> bool:
        """Whether a tool is among this agent's: allowed by the house and by the agent, denied by neither."""
        return all(_is_chosen(tool, choice) for choice in (self.house_tools, self.tools))


def _is_chosen(tool: str, choice: ToolChoice) -> bool:
    def names(patterns: tuple[str, ...]) -> bool:
        return any(
            pattern in ("*", tool) or (pattern.endswith("*") and tool.startswith(pattern[:-1])) for pattern in patterns
        )

    return names(choice.allow) and not names(choice.deny)


# --- the past -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What stays the same for one model in one session, so that the beginning of every request is the same bytes."""

    tier: Tier
    tools: tuple[str, ...]
    memory: str
    """MEMORY.md as it was; empty outside the owner's main session."""
    recent: str = ""
    """What had been noted today and yesterday; empty outside the owner's main session."""
    labels: tuple[Label, ...] = ()
    """Of what had been noted."""
    protocol: str = ""
    """How its tools are asked for from now on, when that turned out to be another way than was thought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTurn:
    """What an earlier turn added to the session, as the model saw it."""

    seq: int
    """Of the event that ended it."""
    messages: tuple[Message, ...]
    tokens: int
    """About; counted once."""
    labels: tuple[Label, ...]
    """Of everything in it, and of everything its model had read."""
    at: datetime | None = None
    """When it ended."""
    notices: tuple[str, ...] = ()
    """What the house said with its reply."""
    model: str = ""
    """Which model answered: `provider/id`."""
    stood_in_for: str = ""
    """Which one should have, when it was another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Words that the owner wants kept as they are, through any number of summaries."""

    pin_id: str
    """A small number: what `/unpin` takes."""
    seq: int
    """Of the event, and of the turn by which the conversation itself tells of it."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What happened in a session before a turn, as models are told of it."""

    turns: tuple[PastTurn, ...] = ()
    summary: str = ""
    """Of everything older than `turns`."""
    summary_label: Label = HOUSE
    frozen: Mapping[str, Frozen] = field(default_factory=dict[str, Frozen])
    """By `provider/id`."""
    grants: frozenset[Grant] = frozenset()
    """What the owner allowed for this session."""
    pins: tuple[Pin, ...] = ()

    @property
    def labels(self) -> tuple[Label, ...]:
        """Where everything in it came from, each label once."""
        said = [label for turn in self.turns for label in turn.labels]
        return tuple(dict.fromkeys([self.summary_label, *said] if self.summary else said))


class History(Protocol):
    """Knows what happened in a session."""

    async def past(self, session: SessionKey, *, upto_seq: int) -> Past:
        """Return the past as of a point in the log; the same point gives the same past."""
        ...


# --- the turn -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message in, on its way to one reply."""

    turn_id: TurnId
    inbound: Inbound
    agent: AgentProfile
    history: History
    history_seq: int
    """Of the turn's `turn.started`: the last event that its past may contain."""
    accepted_at: datetime | None = None
    """When the message came in; the time that the model is told, also on a replay."""
    selected: ModelRef | None = None
    """What the owner chose for this session with `/model`; strict."""
    is_headless: bool = False
    """Whether nobody waits for an answer: schedules, hooks."""
    priority: str = "person"
    """How soon its model calls come in their queue: `person`, `follow-up` (what goes on after an approval, set by `act`
    when the answer is there), `job`, `heartbeat`, `swarm`."""

    region: str | None = None
    """The region that the turn must stay in, when it must; follows what its context has read."""

    @property
    def owner_words(self) -> str:
        """What the owner typed; nothing when somebody else wrote, or when a model did."""
        return self.inbound.text if self.inbound.label.origin is Origin.OWNER else ""

    @property
    def is_main(self) -> bool:
        """Whether this is the owner's private main session, the only one that knows MEMORY.md."""
        session, agent = self.inbound.session, self.agent.agent_id
        return self.inbound.label.origin is Origin.OWNER and session == f"agent:{agent}:main"


# --- models -------------------------------------------------------------------------------------------------------


class Profile(Protocol):
    """What is known of a model."""

    @property
    def window_tokens(self) -> int:
        """The context that its server really gives it."""
        ...

    @property
    def max_output_tokens(self) -> int | None:
        """How much it may say at once."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """`text`, and `image` when it sees."""
        ...

    @property
    def tool_protocol(self) -> str:
        """`native`, `constrained`, `text`, `guided` or `none`."""
        ...

    @property
    def tier(self) -> Tier:
        """How much prompt it can take."""
        ...

    @property
    def place(self) -> str:
        """Where it runs, in words: `this machine`, `your network`, or whose host."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether the prompt stays on this machine or in the owner's network."""
        ...

    @property
    def prefill_tokens_s(self) -> float | None:
        """How fast it reads a prompt here, once that was measured."""
        ...

    @property
    def thinks(self) -> bool | None:
        """Whether it thinks before it answers; `None` when nobody knows."""
        ...

    @property
    def most_risk(self) -> Risk | None:
        """The most that it is trusted to do without asking; `None`: it asks before every tool."""
        ...


Held: TypeAlias = Queued
"""A model's answer has to wait for a slot."""
Replaced: TypeAlias = Switched
"""A model failed and another one is asked; nothing that came before counts."""
Build: TypeAlias = "Callable[[ModelRef, Profile], ModelRequest]"
"""Makes the request for one candidate; called again for each, because their windows differ."""


class Models(Protocol):
    """Everything that answers a prompt."""

    async def choose(self, turn: Turn, *, needs_images: bool, reach: Reach, prompt_tokens: int) -> Route:
        """Return the model for a turn, and why.

        Raises:
            HomarusError: with a hint, when none can be used.
        """
        ...

    async def profile(self, ref: ModelRef) -> Profile:
        """Return what is known of a model, read from its server where possible."""
        ...

    def answer(
        self, route: Route, build: Build, *, turn: Turn, reach: Reach
    ) -> AsyncGenerator[StreamEvent | Held | Replaced]:
        """Ask the route's model, then its fallbacks; closing the iterator cancels on the server.

        Raises:
            ModelCallError: when nobody answered; context overflow at once, because a smaller prompt may do.
        """
        ...

    def announce(self, ref: ModelRef) -> None:
        """Say that a model will be wanted soon: it is loaded where there is room for it, nothing makes way."""


# --- tools --------------------------------------------------------------------------------------------------------


class Tool(Protocol):
    """A tool with everything that is needed to offer, judge and run it."""

    @property
    def spec(self) -> ToolSpec:
        """As a model is told of it."""
        ...

    @property
    def traits(self) -> ToolTraits:
        """As the policy sees it."""
        ...

    @property
    def timeout_s(self) -> float:
        """How long one call may take."""
        ...

    def check(self, arguments: JsonObject) -> JsonObject:
        """Return the arguments in the shape that the tool takes.

        Raises:
            ToolArgumentError: when they do not fit; the sentence tells the model what to mend.
        """
        ...

    async def run(self, context: ToolContext, arguments: JsonObject) -> ToolOutput:
        """Do it. Only `agent/act.py` may call this."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """Whoever gives work to sub-agents: what it may, and what it has read."""

    run: str
    key: str
    """The step that gives it; the same after a crash, so that the same sub-agents answer."""
    agent: AgentId
    depth: int
    labels: tuple[Label, ...]
    tools: tuple[str, ...]
    limits: Subagents
    is_headless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came back from an errand."""

    reply: Reply
    labels: tuple[Label, ...]
    """Of everything that was read on the way."""


class Errands(Protocol):
    """Sends a turn on an errand and waits for its reply."""

    async def __call__(
        self, errand: Errand, ask: str, *, label: Label, agent: AgentId, model: str | None = None
    ) -> Returned:
        """Return the reply; the same errand after a crash is the same turn.

        Raises:
            UsageError: when the model's name means nothing.
            StateError: when it cannot be written down.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Everything a turn may use."""

    models: Models
    tools: Mapping[str, Tool]
    """All that are there, by name; the agent's choice is made from them."""
    clock: Clock
    door: Door
    memory: Memory
    reminders: Reminders
    sandbox: Sandbox
    rules: Rules = field(default_factory=Rules)
    tool_settings: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    """A tool's own section of the configuration, by the tool's name."""
    errands: Errands | None = None
    """Without it there are no sub-agents."""
    accounts: Mapping[str, Account] = field(default_factory=dict[str, Account])
    """What the owner configured to be read and written to, by name."""
    blobs: Blobs | None = None
    jobs: PlannedJobs | None = None
    """Without it nothing can be planned."""


@dataclass(slots=True, kw_only=True)
class Scene:
    """A turn while it runs: what it was given, what its context has read, and what was done."""

    turn: Turn
    run: Run
    rooms: Rooms
    watch: Watcher
    labels: dict[Label, None] = field(default_factory=dict[Label, None])
    """Of everything that the context holds; grows with every tool result."""
    grants: set[Grant] = field(default_factory=set[Grant])
    receipts: list[Receipt] = field(default_factory=list[Receipt])
    notices: list[str] = field(default_factory=list[str])
    gained: list[Message] = field(default_factory=list[Message])
    """What the session's history gains, in order: the user's message first."""
    answers: list[Answer] = field(default_factory=list[Answer])
    """Of all model calls, for usage and timings."""
    route: Route | None = None
    """With the model that answers now."""
    queue_ms: float = 0.0
    waited_ms: float = 0.0
    """Waiting for models, tools and people; the rest of the time is ours."""
    misfits: Counter[str] = field(default_factory=Counter[str])
    """How many answers in a row call a tool with arguments that cannot be mended, or in a name that is none."""
    under_way: ToolCall | None = None
    """A call with an effect that was begun and has not come back."""
    was_denied: bool = False
    """Whether a person has said no in this turn; then nothing more is asked in it."""
    permit: str = ""
    """Of a call that a playbook makes and that was approved before: why it may run without being judged again."""
    idempotency_key: str = ""
    """Of such a call: handed to the tool in place of the run's own."""
    output_chars: int = 20_000
    """How much of a tool's output the window has room for."""

    @property
    def bounds(self) -> Bounds:
        """How far what the context holds may go: no further than its agent lets anything go."""
        return Bounds.of(self.labels).narrowed(self.turn.agent.bounds)

    @property
    def reach(self) -> Reach:
        """How far what the context holds may go; with `REGION`, `turn.region` says which one."""
        return self.bounds.reach

    def has_read(self, *labels: Label) -> None:
        """Note that the context holds something from there."""
        self.labels.update(dict.fromkeys(labels))
        if self.turn.region != self.bounds.region:
            self.turn = replace(self.turn, region=self.bounds.region)

    def notice(self, sentence: str) -> None:
        """Tell the person something that the model did not say."""
        self.notices.append(sentence)
        self.watch(Noticed(text=sentence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the person gets in the end.

    A model whose tool protocol is `guided` is asked by `agent.guided.guided_answer(scene, opening, route) -> Told`,
    where `opening` is an `agent.context.Opening`. It makes its model calls as steps (`Kind.MODEL_ANSWERED`), its tool
    calls through `agent.act.act(call, scene, key=...)`, appends every answer to `scene.answers` and every message that
    the history should gain to `scene.gained`, and says what the person should know with `scene.notice()`.
    """

    text: str
    is_error: bool = False
    hint: str = ""
    failure: str = ""
    """How a model server failed: a `Failure`, when that is what went wrong."""
