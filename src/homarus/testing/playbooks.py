"""Everything that a playbook's house stands on, in memory: scripted roles, sources, tools, files, a purse, a clock.

    world = PlaybookWorld(answers={"expert:legal": {"claims": []}}, sources={"mail": FakeSource("imap", items)})
    house = await opened(world.play("board"), world.ports(), Settings())

The same world opened again is the same house after a restart: what the journal has is not done again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from homarus.domain import codec
from homarus.domain.acts import Outcome, Receipt, ToolOutput
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import InterruptedEffectError, ModelCallError, NotFoundError
from homarus.domain.events import Kind
from homarus.domain.findings import Missing
from homarus.domain.ids import CallId
from homarus.domain.inference import Usage
from homarus.domain.jobs import Budget, Spent
from homarus.domain.labels import HOUSE, Label, Origin, Reach, least_trusted
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.playing import MoneyLimits, Play, Ports
from homarus.domain.ports import Health, Run
from homarus.domain.sources import Fetched, Item, NoDataError
from homarus.domain.speaking import Ask, Did, FileRead, Spoken, ToolNature, Use
from homarus.testing.books import FakeBooks
from homarus.testing.clock import FakeClock
from homarus.testing.run import FakeRun

Answer: TypeAlias = "str | JsonObject | ModelCallError"
"""What a role says: JSON of the shape, the very words, or that no model answers."""
Script: TypeAlias = "Answer | Sequence[Answer] | Callable[[Ask], Answer]"
"""One answer, one after the other (the last one again and again), or a function of the question."""
MAIL = Label(origin=Origin.TOOL, source="fake source", reach=Reach.LOCAL_ONLY)


class FakeBlobs:
    """A `domain.ports.Blobs` in a dictionary."""

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        """Keep content by its hash."""
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return digest

    async def get(self, digest: str, /) -> bytes:
        """Return what was kept.

        Raises:
            NotFoundError: when it is not here.
        """
        if digest not in self.kept:
            raise NotFoundError(f"Nothing is kept as {digest!r}.", hint="Put it first.")
        return self.kept[digest]


class FakePurse:
    """A `domain.running.Purse`; set `budget` or `deadline` to make it run out."""

    def __init__(self, budget: Budget | None = None) -> None:
        """Begin with everything left."""
        self.budget = budget or Budget()
        self.by_key: dict[str, Spent] = {}
        self.is_late = False
        """Set it, and the deadline has come."""

    @property
    def spent(self) -> Spent:
        """All that was used."""
        return sum(self.by_key.values(), Spent(is_joules_estimated=False))

    def left(self) -> Budget:
        """What is left of the tokens."""
        if self.budget.tokens is None:
            return self.budget
        return replace(self.budget, tokens=max(self.budget.tokens - self.spent.tokens, 0))

    def check(self) -> None:
        """Pass while there is something left.

        Raises:
            LimitReachedError: when there is not.
        """
        if self.is_late:
            raise LimitReachedError("The deadline has come.", hint="Give it more time.")
        if self.left().tokens == 0:
            raise LimitReachedError("All tokens are used up.", hint="Give it a larger budget.")

    async def spend(self, key: str, spent: Spent, *, model: str = "") -> None:
        """Note what a step used, once per key."""
        del model
        self.by_key.setdefault(key, spent)


class FakeSpeaking:
    """A `domain.speaking.Speaking`: each question is answered by the script of its step, of its role, or of `*`."""

    def __init__(self, answers: Mapping[str, Script] | None = None, *, model: str = "fake/scripted") -> None:
        """Keep the scripts; `name*` stands for every step or role that begins so."""
        self.answers = dict(answers or {})
        self.model = model
        self.asked: list[Ask] = []
        """Every question that was really asked, in order."""
        self._turns: dict[str, Spoken] = {}
        self._counts: dict[str, int] = {}

    async def __call__(self, ask: Ask) -> Spoken:
        """Answer by the script.

        Raises:
            ModelCallError: when the script says so.
            AssertionError: when nobody wrote an answer for it.
        """
        turn = f"{ask.run}:{ask.step}"
        if turn not in self._turns:
            self.asked.append(ask)
            answer = self._answer(ask)
            if isinstance(answer, ModelCallError):
                raise answer
            text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
            read = len(ask.text) + sum(len(part.text) for part in ask.material)
            self._turns[turn] = Spoken(
                text=text,
                model=ask.model or self.model,
                turn=turn,
                usage=Usage(prompt_tokens=read // 4 + 1, completion_tokens=len(text) // 4 + 1),
                label=least_trusted(part.label for part in ask.material),
            )
        return self._turns[turn]

    def _answer(self, ask: Ask) -> Answer:
        name = self._scripted(ask)
        script = self.answers[name]
        if callable(script):
            return script(ask)
        if isinstance(script, list | tuple):
            count = self._counts[name] = self._counts.get(name, 0) + 1
            return script[min(count, len(script)) - 1]
        return script  # pyright: ignore[reportReturnType] - a text is a sequence, too

    def _scripted(self, ask: Ask) -> str:
        step = ask.step.removesuffix(":again")
        for said in (ask.step, step, ask.role):
            if said in self.answers:
                return said
        for name in self.answers:
            if name.endswith("*") and (step.startswith(name[:-1]) or ask.role.startswith(name[:-1])):
                return name
        raise AssertionError(f"no answer is written for step {ask.step!r} or role {ask.role!r}")


class FakeSource:
    """A source whose items a test sets; each has a number, and the watermark is the last one that was read."""

    def __init__(self, kind: str, items: Sequence[Item] = (), *, label: Label = MAIL, settings: object = None) -> None:
        """Begin with items; set `broken` to a sentence to make it unreadable."""
        self.kind = kind
        self.items = list(items)
        self.label = label
        self.settings = settings
        self.broken = ""
        self.missing: tuple[Missing, ...] = ()
        self.fetched = 0
        """How often it was really read."""

    def read(self, since: JsonObject | None) -> Fetched:
        """Return what is new.

        Raises:
            NoDataError: when it is broken.
        """
        self.fetched += 1
        if self.broken:
            raise NoDataError(self.broken, hint="Mend it, then run again.")
        start = since.get("read", 0) if since else 0
        assert isinstance(start, int)
        return Fetched(
            items=tuple(self.items[start:]),
            watermark={"read": len(self.items)},
            label=self.label,
            is_whole=since is None,
            missing=self.missing,
        )


class FakeSources:
    """A `domain.sources.Sources` of fake ones."""

    def __init__(self, sources: Mapping[str, FakeSource] | None = None) -> None:
        """Keep them by name."""
        self.by_name = dict(sources or {})

    def names(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of these kinds."""
        return tuple(name for name, one in self.by_name.items() if not kinds or one.kind in kinds)

    def kind_of(self, name: str) -> str:
        """Return a kind."""
        return self._named(name).kind

    def settings_of(self, name: str) -> object:
        """Return the settings."""
        return self._named(name).settings

    async def fetch(self, name: str, *, since: JsonObject | None, options: JsonObject) -> Fetched:
        """Read one.

        Raises:
            NoDataError: when it is broken.
        """
        del options
        return self._named(name).read(since)

    async def probe(self, name: str) -> Health:
        """Say how one is."""
        broken = self._named(name).broken
        return Health(is_well=not broken, sentence=broken or "Well.")

    def _named(self, name: str) -> FakeSource:
        if name not in self.by_name:
            raise NotFoundError(f"No source {name!r}.", hint=f"There are: {', '.join(self.by_name)}")
        return self.by_name[name]


ToolScript: TypeAlias = "Callable[[Use], ToolOutput | Receipt]"


@dataclass(slots=True, kw_only=True)
class FakeTool:
    """A tool of a test: what it does, and what kind it is."""

    does: ToolScript
    nature: ToolNature = field(default_factory=lambda: ToolNature(is_known=True))


class FakeActing:
    """A `domain.speaking.Acting`: each tool is a function; a tool without one does nothing and says so.

    A use is a step of the run, as in the house: what the journal has is not done again, and a use that was cut off is
    unknown when its tool is not repeatable. `die_before` and `die_after` of the run work on `<key>:send`, too.
    """

    def __init__(self, tools: Mapping[str, FakeTool] | None = None) -> None:
        """Keep the tools."""
        self.tools = dict(tools or {})
        self.used: list[Use] = []
        """Every use that really ran, in order."""
        self.run: Run | None = None
        """The run as this process has it."""

    async def __call__(self, use: Use) -> Did:
        """Use a tool once per step."""
        assert self.run is not None, "open the ports of the world first"

        async def do() -> JsonObject:
            self.used.append(use)
            return codec.dump(self._did(use))

        try:
            body = await self.run.step(
                use.step,
                do,
                kind=Kind.TOOL_FINISHED,
                intent={"tool": use.tool},
                is_repeatable=self.nature(use.tool).is_repeatable,
            )
        except InterruptedEffectError:
            return _told(use, Outcome.UNKNOWN, "Nobody knows whether it happened.")
        return codec.load(Did, body)

    def nature(self, tool: str) -> ToolNature:
        """Return what kind of tool it is."""
        return self.tools[tool].nature if tool in self.tools else ToolNature(is_known=True)

    def _did(self, use: Use) -> Did:
        if use.tool not in self.tools:
            return _told(use, Outcome.DONE, "Done.")
        came = self.tools[use.tool].does(use)
        if isinstance(came, Receipt):
            return Did(text=came.summary, label=HOUSE, receipt=came)
        told = _told(use, Outcome.DONE, came.summary)
        return Did(text=came.text, label=came.label, receipt=replace(told.receipt, facts=came.facts))


def _told(use: Use, outcome: Outcome, summary: str) -> Did:
    call_id = CallId(use.step)
    receipt = Receipt(call_id=call_id, tool=use.tool, outcome=outcome, summary=summary, arguments=use.arguments)
    return Did(text=summary, label=HOUSE, receipt=receipt)


class FakeFiles:
    """A `domain.speaking.Files` over a folder or a dictionary of contents."""

    def __init__(self, files: Mapping[str, bytes] | None = None, *, folder: Path | None = None) -> None:
        """Keep the contents by path."""
        self.files = dict(files or {})
        self.folder = folder

    async def read(self, path: str) -> FileRead:
        """Return a file.

        Raises:
            NoDataError: when there is none.
        """
        content = self.files.get(path)
        if content is None and self.folder is not None and (self.folder / path).is_file():
            content = (self.folder / path).read_bytes()
        if content is None:
            raise NoDataError(f"There is no file {path!r}.", hint="Name one that exists.")
        return FileRead(path=path, content=content, label=Label(origin=Origin.FILE, source=f"file {path}"))


class PlaybookWorld:
    """All ports of a house, in memory; `again()` is the same world after the process was restarted."""

    def __init__(
        self,
        *,
        answers: Mapping[str, Script] | None = None,
        sources: Mapping[str, FakeSource] | None = None,
        tools: Mapping[str, FakeTool] | None = None,
        files: Mapping[str, bytes] | None = None,
        folder: Path | None = None,
        budget: Budget | None = None,
        clock: FakeClock | None = None,
        run_id: str = "run_1",
    ) -> None:
        """Begin with nothing known but what is given."""
        self.clock = clock or FakeClock()
        self.run = FakeRun(run_id, clock=self.clock)
        self.books = FakeBooks()
        self.blobs = FakeBlobs()
        self.purse = FakePurse(budget)
        self.speaking = FakeSpeaking(answers)
        self.acting = FakeActing(tools)
        self.sources = FakeSources(sources)
        self.files = FakeFiles(files, folder=folder)
        self.money = MoneyLimits()
        self.said: list[str] = []

    def ports(self) -> Ports:
        """Return the ports, with the run as a process that was just started has it."""
        self.run = self._replayed()
        self.acting.run = self.run
        return Ports(
            journal=self.run,
            purse=self.purse,
            books=self.books,
            blobs=self.blobs,
            speaking=self.speaking,
            acting=self.acting,
            sources=self.sources,
            files=self.files,
            clock=self.clock,
            say=self._hear,
            money=self.money,
        )

    def play(self, playbook: str, *, is_dry: bool = False, is_degraded: bool = False, retry_of: str = "") -> Play:
        """Return the run as a play of this playbook."""
        return Play(
            run_id=self.run.run_id,
            playbook=playbook,
            began_at=self.clock.now(),
            root=retry_of or self.run.run_id,
            retry_of=retry_of,
            is_dry=is_dry,
            is_degraded=is_degraded,
        )

    def next_run(self, run_id: str) -> None:
        """Go on with another run in the same world: tomorrow's, over the same books and sources."""
        self.run = FakeRun(run_id, store=self.run.store, clock=self.clock)
        self.purse = FakePurse(self.purse.budget)

    def _hear(self, text: str, done: int, total: int) -> None:
        del done, total
        self.said.append(text)

    def _replayed(self) -> FakeRun:
        again = self.run.again()
        again.die_before, again.die_after = self.run.die_before, self.run.die_after
        return again


def approved(fingerprint: str) -> dict[str, Json]:
    """Return the body of the owner's yes to a question with this fingerprint."""
    return {"decision": "once", "fingerprint": fingerprint, "by": "owner", "reason": ""}
