"""What a playbook is given: `house`, with everything a job may do, each of it durable.

    @playbook("briefing", settings=Settings, ...)
    async def run(house: House[Settings]) -> Report: ...

A playbook is played from the top again after every crash, pause or wait: whatever it asks of the house by a key comes
back as it was. So it must do the same in the same order for the same outcomes, and ask the house for everything that
can differ: time, chance, files, models, the world.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ModelError, OperatorError
from homarus.domain.findings import (
    Artifact,
    Claim,
    Effect,
    Fact,
    FactValue,
    Grounds,
    Level,
    Missing,
    Report,
    Snapshot,
)
from homarus.domain.inference import Usage
from homarus.domain.labels import HOUSE, Label
from homarus.domain.sources import Fetched
from homarus.domain.speaking import Did, Material

S = TypeVar("S", bound=BaseModel)
S_co = TypeVar("S_co", bound=BaseModel, covariant=True)
M = TypeVar("M", bound=BaseModel)
NO_GROUNDS = Grounds()
T = TypeVar("T")


class BadAnswerError(ModelError):
    """A model answered twice in a shape that does not fit; whoever asked says so and goes on without."""


class LimitReachedError(OperatorError):
    """A budget is used up or the deadline has come: hand over what there is. Never caught by a playbook to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[M]):
    """What a model answered, in the shape that was asked for."""

    value: M
    model: str
    """`provider/id`"""
    turn: str
    usage: Usage = field(default_factory=Usage)
    label: Label = HOUSE
    """Of everything that it had read."""
    is_repaired: bool = False
    """Whether it fitted only at the second try, or after mending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A text whose every figure, quotation and fact id was looked up."""

    text: str
    """What is left: sentences that stand on facts."""
    marked: str = ""
    """The same with a fact id behind each (`[f12]`), for pages that lead to the evidence; never for a phone."""
    claims: tuple[Claim, ...]
    """Every sentence with a figure or a quotation, rejected ones too."""

    @property
    def rejected(self) -> tuple[Claim, ...]:
        """What was left out."""
        return tuple(claim for claim in self.claims if claim.state.value == "rejected")


class Lasting(Protocol[S_co]):
    """What a run is, and what makes it outlast the process."""

    @property
    def run_id(self) -> str:
        """The run."""
        ...

    @property
    def settings(self) -> S_co:
        """What the owner set for this playbook, checked."""
        ...

    @property
    def is_dry(self) -> bool:
        """Whether effects are only shown."""
        ...

    @property
    def is_degraded(self) -> bool:
        """Whether only the embedded model answers: ask it for nothing, use templates and quotations, and say so."""
        ...

    @property
    def began_at(self) -> datetime:
        """When the run was for, with the owner's zone; the same at every replay."""
        ...

    async def step(
        self, key: str, fn: Callable[[], Awaitable[JsonObject]], *, is_repeatable: bool = True, said: str = ""
    ) -> JsonObject:
        """Do something once, and return what came of it at every replay.

        `said` is what it did in words, for whoever looks at the run; of other steps the house says it by itself.
        """
        ...

    async def parallel(
        self, branches: Sequence[Callable[[], Awaitable[T]]], *, at_once: int = 4
    ) -> list[T | Exception]:
        """Do several things at a time, results in order; one that fails is an exception in its place.

        `LimitReachedError` and parking pass through. Models are leased fairly whatever `at_once` says.
        """
        ...


class Gathering(Protocol):
    """What a playbook reads; all of it is kept with the run."""

    def sources(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of the configured sources of these kinds."""
        ...

    async def source(self, key: str, name: str, **options: Json) -> Fetched:
        """Read what is new at a source since this playbook last read it; the watermark moves when the run has it.

        Raises:
            NoDataError: when it cannot be read.
        """
        ...

    async def read(self, key: str, path: str) -> Snapshot:
        """Keep a file of the owner as it is now; its bytes are at `blob(snapshot.sha256)`.

        Raises:
            NoDataError: when there is no such file, or it may not be read.
        """
        ...

    async def keep(self, content: bytes, *, url: str, title: str = "", text: str = "", label: Label) -> Snapshot:
        """Keep something as it was read; the same content is kept once."""
        ...

    async def blob(self, sha256: str) -> bytes:
        """Return what was kept."""
        ...

    async def remembered(self, kind: str) -> dict[str, JsonObject]:
        """Return what earlier runs of this playbook wrote down, as it was when this run first asked."""
        ...


class Stating(Protocol):
    """What a playbook says; figures stand on facts."""

    async def fact(
        self,
        name: str,
        value: FactValue,
        *,
        unit: str = "",
        grounds: Grounds = NO_GROUNDS,
    ) -> Fact:
        """Write a value down that may be printed; the same name and value in a run is the same fact."""
        ...

    def facts(self) -> tuple[Fact, ...]:
        """Return the run's facts, in their order."""
        ...

    async def checked(self, key: str, text: str, *, by: str = "", may_have: Sequence[str] = ()) -> Prose:
        """Hold a text against the facts: a sentence whose figure, quotation or fact id has no support is taken out.

        `may_have` are strings that need none, as the owner's own question.

        Raises:
            NoDataError: when there are no facts at all: a writer is never called with an empty ledger.
        """
        ...

    async def claim(self, key: str, claims: Sequence[Claim]) -> None:
        """Write down what became of sentences that the playbook has held against the facts in its own way.

        The page of the report lists the rejected ones as left out, as those of `checked`. The house numbers them.
        """
        ...

    async def artifact(self, name: str, content: str | bytes, *, media_type: str = "", title: str = "") -> Artifact:
        """Keep something that the run made."""
        ...

    async def remember(self, kind: str, key: str, body: JsonObject) -> None:
        """Write down something that this playbook's later runs look at: last night's records, decisions to score."""
        ...

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What was noted so far as not read or not done."""
        ...

    def miss(self, missing: Missing) -> None:
        """Note something that could not be read or done; it stands in the report."""
        ...

    def keep_for_partial(self, report: Report) -> None:
        """Leave a report that is handed over if the next step meets the deadline or the budget."""
        ...


class Doing(Protocol):
    """Whom a playbook asks, and what it does elsewhere."""

    async def agent(  # noqa: PLR0913 - a question has that many parts
        self,
        key: str,
        ask: str,
        *,
        shape: type[M],
        role: str = "",
        material: Sequence[Material] = (),
        model: str | None = None,
        tools: Sequence[str] = (),
        priority: str = "job",
        said: str = "",
    ) -> Answered[M]:
        """Ask a model, with no past and no more than what is given, for an answer in a shape.

        `said` is what it did in words, for whoever looks at the run; without it, a role of a few words stands there.

        The schema is sent where a server can hold a model to it; the answer is checked, mended where that is plain
        (fences, trailing commas), and asked for once more with what was wrong. With `tools` it may use those.

        Raises:
            BadAnswerError: when the second answer does not fit either.
            ModelCallError: when no model answers.
            LimitReachedError: when the budget is used up.
        """
        ...

    async def tool(self, key: str, name: str, /, **arguments: Json) -> Did:
        """Use a tool, judged like a model's call but for a headless run; a refusal is in the receipt's outcome."""
        ...

    async def effect(
        self, key: str, tool: str, arguments: JsonObject, *, target: str, level: Level, cost_usd: float = 0.0
    ) -> Effect:
        """Do something elsewhere, once: draft, approval or standing rule, sending, sent, failed or unknown.

        Parks while the owner must decide. In a dry run it stays a draft.
        """
        ...

    async def ask(
        self, key: str, question: str, *, choices: Sequence[str] = (), deadline: datetime | None = None
    ) -> str | None:
        """Ask the owner something, and return the answer; `None` when nobody answered in time. Parks meanwhile."""
        ...

    async def say(self, text: str, *, done: int = 0, total: int = 0) -> None:
        """Tell whoever watches how far it is."""
        ...


class House(Lasting[S_co], Gathering, Stating, Doing, Protocol[S_co]):
    """Everything a playbook may do. Keys name steps and must be unique in a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a playbook cannot do without, and what it does better with."""

    sources: tuple[str, ...] = ()
    """Kinds of sources, any one of them: `imap`, `caldav`."""
    packages: tuple[str, ...] = ()
    """Modules of an extra: `duckdb`."""
    tier: str = "any"
    """The smallest model that is worth its while: `any`, `entry`, `mid`, `heavy`."""
