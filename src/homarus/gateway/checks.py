"""What `status` and `doctor` look at: configuration, state folder, disk, models, the engine, tools, plugins."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from homarus.domain import agents
from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.gateway.configure import Configuration, Standing
from homarus.gateway.discover import Discovery
from homarus.gateway.facts import Check, CurrentModel, Finding
from homarus.gateway.root import is_container, is_root
from homarus.gateway.toolbox import Toolbox
from homarus.models.desk import Desk
from homarus.models.embedded import Embedded, State
from homarus.models.router import RouteAsk
from homarus.state.config.problems import Severity
from homarus.state.database import Database
from homarus.state.store import verify

_LITTLE_ROOM_BYTES = 500 * 1024**2
_LAST_WORDS = 3
"""Lines of an engine that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Looks at the parts of a house."""

    home: Path
    configuration: Configuration
    discovery: Discovery
    desk: Desk
    embedded: Embedded
    toolbox: Toolbox
    store: Database

    @property
    def quick(self) -> tuple[Check, ...]:
        """Checks that ask nobody."""
        return (self._configured, self._folder, self._room, self._plugins, self._as_root)

    @property
    def thorough(self) -> tuple[Check, ...]:
        """Checks that ask servers or look for a sandbox."""
        return (self._chain, self._engine, self._models, self._tools)

    async def current_model(self) -> CurrentModel | None:
        """Return the model that would answer the default agent's next message."""
        settings = self.configuration.current
        profile = agents.agent_profile(settings, agents.default_agent(settings))
        try:
            route = await self.desk.choose(
                RouteAsk(choice=profile.model if profile else settings.agents.defaults.model)
            )
        except HomarusError:
            return None
        is_ours = route.model.provider == "embedded"
        return CurrentModel(
            ref=str(route.model),
            place=route.place,
            because=route.because,
            state=self.embedded.state.value if is_ours else "",
            memory_bytes=self.embedded.memory_bytes() if is_ours else 0,
        )

    async def _configured(self) -> Sequence[Finding]:
        standing = {
            Standing.FILES: _("The configuration is read as it is written."),
            Standing.LAST_GOOD: _("The configuration has errors, so the last good one holds."),
            Standing.DEFAULTS: _("The configuration has errors, so the defaults hold."),
        }[self.configuration.standing]
        hint = "" if self.configuration.standing is Standing.FILES else "homarus config check"
        found = [Finding(topic="configuration", is_well=not hint, sentence=standing, hint=hint)]
        found += [
            Finding(topic="configuration", is_well=False, sentence=problem.sentence, hint=problem.hint)
            for problem in self.configuration.problems
            if problem.severity is not Severity.NOTE
        ]
        return found

    async def _folder(self) -> Sequence[Finding]:
        said = [
            Finding(topic="state", is_well=False, sentence=notice, hint="homarus logs") for notice in self.store.notices
        ]
        log = self.store.health()
        return [*said, Finding(topic="state", is_well=log.is_well, sentence=log.sentence, hint=log.hint)]

    async def _room(self) -> Sequence[Finding]:
        free = shutil.disk_usage(self.home).free
        is_well = free > _LITTLE_ROOM_BYTES
        sentence = _("{free:.1f} GiB are free for the state folder.").format(free=free / 1024**3)
        hint = "" if is_well else _("Make room; when the disk is full, nothing more is accepted.")
        return [Finding(topic="disk", is_well=is_well, sentence=sentence, hint=hint)]

    async def _plugins(self) -> Sequence[Finding]:
        return [
            Finding(topic="plugins", is_well=False, sentence=problem.sentence, hint=problem.hint)
            for problem in self.discovery.problems
        ]

    async def _as_root(self) -> Sequence[Finding]:
        if not is_root():
            return []
        if is_container():
            sentence = _("The gateway runs as root of a container.")
            return [Finding(topic="account", is_well=True, sentence=sentence)]
        return [
            Finding(
                topic="account",
                is_well=True,  # it was said to be fine, and doctor must be able to end well
                sentence=_("The gateway runs as root; you said that this is fine here."),
                hint=_("For every day, run it as an ordinary user."),
            )
        ]

    async def _chain(self) -> Sequence[Finding]:
        report = await verify(self.store)
        hint = "" if report.is_whole else _("Copies of the log are in {folder}.").format(folder=self.home / "backups")
        return [Finding(topic="state", is_well=report.is_whole, sentence=report.sentence, hint=hint)]

    async def _engine(self) -> Sequence[Finding]:
        health = self.embedded.health()
        if health.is_well and self.embedded.state is State.OFF:
            sentence = _("The built-in model is not started: it starts with the first message for it.")
            return [Finding(topic="models", is_well=True, sentence=sentence)]
        sentence = health.sentence
        if not health.is_well and (words := self.embedded.log_tail.splitlines()[-_LAST_WORDS:]):
            sentence = _("{sentence} Its last words: {words}").format(sentence=sentence, words=" / ".join(words))
        return [Finding(topic="models", is_well=health.is_well, sentence=sentence, hint=health.hint)]

    async def _models(self) -> Sequence[Finding]:
        found: list[Finding] = []
        for candidate in await self.desk.listing():
            if candidate.unusable is not None and candidate.is_listed:
                sentence = _("{model} is skipped: {because}.").format(
                    model=candidate.ref, because=candidate.unusable.because
                )
                found.append(Finding(topic="models", is_well=False, sentence=sentence, hint=candidate.unusable.hint))
        current = await self.current_model()
        if current is None:
            found.append(
                Finding(topic="models", is_well=False, sentence=_("No model can answer."), hint="homarus models list")
            )
        return found

    async def _tools(self) -> Sequence[Finding]:
        fence = await self.toolbox.found()
        sandbox = fence.sandbox
        offer = await self.toolbox.offer()
        found = [
            _fenced(sandbox.level),
            Finding(
                topic="tools",
                is_well=True,
                sentence=_("Tools: {names}.").format(names=", ".join(offer.tools)),
            ),
        ]
        found += [
            Finding(
                topic="sandbox",
                is_well=True,
                sentence=_("{level} was tried: {because}").format(level=tried.level, because=tried.because),
            )
            for tried in fence.tried
            if tried.because
        ]
        found += [
            Finding(
                topic="tools",
                is_well=True,
                sentence=_("{name} is left out: {because}.").format(name=left.name, because=left.because),
                hint=left.hint,
            )
            for left in offer.left_out
        ]
        return found


def _fenced(level: str) -> Finding:
    sentence = _("Commands run in the sandbox {level!r}.").format(level=level)
    if level == "landlock":
        sentence += _(
            " It cannot hold AGENTS.md, skills and hooks still while a command runs; they are put back when it ends."
        )
    hint = _("apt install bubblewrap") if level == "off" else ""
    return Finding(topic="sandbox", is_well=level != "off", sentence=sentence, hint=hint)
