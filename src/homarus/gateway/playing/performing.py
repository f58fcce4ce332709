"""Play a playbook for a run: open its house, let it run, and hand over what it has, whole or in part."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from homarus import __version__
from homarus.domain import agents
from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError
from homarus.domain.findings import ClaimState, Missing, Report
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.jobs import JobRun, RunState, Trigger
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.playing import MoneyLimits, Play, Ports
from homarus.domain.ports import Parked, Run
from homarus.domain.running import Purse, RunOutcome
from homarus.domain.turns import Moment
from homarus.gateway.answering import workspace_of
from homarus.gateway.playing.acting import HouseActing
from homarus.gateway.playing.files import OwnersFiles
from homarus.gateway.playing.manifest import manifest
from homarus.gateway.playing.speaking import SpeakingDesk
from homarus.playbooks.core.house import PlaybookHouse, opened
from homarus.playbooks.core.steps import MISHAPS

if TYPE_CHECKING:
    from pydantic import BaseModel

    from homarus.gateway.playing.playing import Playing

_FAILURES = (*MISHAPS, TypeError, AttributeError, AssertionError)
"""What ends a run without anything to hand over; waiting for a person is none of it."""
_REPLAY_S = 20.0
"""How long a run whose time is over may take to come to where it was: nothing new begins, and what it left goes out."""
EMBEDDED = "embedded"
REPORT, MANIFEST = "report.md", "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Implements `domain.running.Performer` for playbooks."""

    playing: "Playing"

    async def __call__(
        self, run: JobRun, journal: Run, purse: Purse, say: Callable[[str, int, int], None]
    ) -> RunOutcome:
        """Play it, and say what came of it; called again from the start after a crash or a wait.

        Raises:
            Parked: while a person must decide, or until a time.
            LimitReachedError: when it ran out and has nothing to hand over.
            NoDataError: when there is nothing to work with.
        """
        gallery = self.playing.gallery_now()
        mark, settings = gallery.mark(run.work.playbook), gallery.settings(run.work.playbook, run.work.settings)
        play = cast("Callable[[object], Awaitable[Report]]", gallery.thing(run.work.playbook))
        begun = await self._begun(run, journal, settings)
        house = await opened(await self._play(run, begun), await self._ports(run, journal, purse, say), settings)
        try:
            report = await _in_time(play(house), purse)
        except LimitReachedError as error:
            if house.partial is None:
                await house.give_back()
                raise
            report = _cut_short(house.partial, error)
        except Parked:
            if house.partial is None or not self._is_too_late(run):
                raise
            report = _cut_short(house.partial, _time_is_over())
        except _FAILURES:
            await house.give_back()
            raise
        finally:
            await house.close()
        report = await self._handed_over(run, house, report, begun, mark.version)
        state = RunState.PARTIAL if report.is_partial else RunState.DONE
        return RunOutcome(state=state, summary=report.summary, report=report)

    def _is_too_late(self, run: JobRun) -> bool:
        return run.deadline_at is not None and self.playing.clock.now() >= run.deadline_at

    async def _begun(self, run: JobRun, journal: Run, settings: "BaseModel") -> JsonObject:
        """Return what must be the same in every leg: whether a real model is there, and which seed is used."""

        async def begin() -> JsonObject:
            model = await self.playing.model()
            return {
                "said": _("Which model and settings it has"),
                "is_degraded": model is None or model.provider == EMBEDDED,
                "model": str(model or ""),
                "seed": run.seed,
                "settings": cast("JsonObject", settings.model_dump(mode="json")),
            }

        return await journal.step("begin", begin)

    async def _play(self, run: JobRun, begun: JsonObject) -> Play:
        return Play(
            run_id=run.run_id,
            playbook=run.work.playbook,
            began_at=(run.slot or run.queued_at).astimezone(ZoneInfo(run.zone)),
            root=await self.playing.root_of(run),
            retry_of=run.retry_of or "",
            seed=int(str(begun["seed"])),
            is_dry=run.is_dry,
            is_degraded=bool(begun["is_degraded"]),
            agent=self._agent(run),
            session=SessionKey(f"agent:{self._agent(run)}:job:{run.run_id}"),
        )

    async def _ports(self, run: JobRun, journal: Run, purse: Purse, say: Callable[[str, int, int], None]) -> Ports:
        playing, agent = self.playing, self._agent(run)
        assert playing.answering is not None
        assert playing.errands is not None
        settings = playing.settings()
        profile = playing.answering.agent(agent)
        rooms = replace(
            await playing.answering.rooms(profile), blobs=playing.blobs, accounts=playing.sources.accounts()
        )
        return Ports(
            journal=journal,
            purse=purse,
            books=playing.books,
            blobs=playing.blobs,
            speaking=SpeakingDesk(errands=playing.errands, agent=agent, settings=playing.settings),
            acting=HouseActing(
                answering=playing.answering,
                rooms=rooms,
                journal=journal,
                agent=agent,
                session=SessionKey(f"agent:{agent}:job:{run.run_id}"),
                watch=_nobody,
            ),
            sources=playing.sources,
            files=OwnersFiles(
                home=playing.home,
                workspace=workspace_of(playing.home, settings, agent),
                is_bound=run.trigger in (Trigger.AGENT, Trigger.HOOK),
            ),
            clock=playing.clock,
            say=say,
            money=MoneyLimits(per_effect_usd=settings.money.per_effect_usd, per_day_usd=settings.money.per_day_usd),
        )

    def _agent(self, run: JobRun) -> AgentId:
        return run.work.agent or agents.default_agent(self.playing.settings())

    async def _handed_over(
        self, run: JobRun, house: "PlaybookHouse[BaseModel]", report: Report, begun: JsonObject, version: int
    ) -> Report:
        """Keep the report and the manifest as artifacts, and the action items in their book."""
        now = self.playing.clock.now()
        items = self.playing.books.items
        actions = report.actions
        if not run.is_dry:
            actions = tuple([await items.see(run.run_id, item, at=now) for item in report.actions])
        findings = self.playing.books.findings
        text = manifest(
            run,
            playbook_version=version,
            settings=cast("JsonObject", begun["settings"]),
            digests=self.playing.digests(run.models),
            snapshots=await findings.snapshots(run.run_id),
            house_version=__version__,
            seed=int(str(begun["seed"])),
        )
        await house.artifact(REPORT, report.text, media_type="text/markdown", title=report.title)
        await house.artifact(MANIFEST, text, media_type="application/json", title=_("What this run was made of"))
        left_out = sum(claim.state is ClaimState.REJECTED for claim in await findings.claims(run.run_id))
        missing = tuple(dict.fromkeys((*report.missing, *house.missing, *_contradictions(house))))
        return replace(
            report,
            actions=actions,
            missing=missing,
            artifacts=await findings.artifacts(run.run_id),
            is_degraded=report.is_degraded or house.is_degraded,
            rejected=max(report.rejected, left_out),
        )


async def _in_time(work: Awaitable[Report], purse: Purse) -> Report:
    """Return the report; a step that takes longer than there is time left is cut off, so that what there is goes out.

    Raises:
        LimitReachedError: when the time is over.
    """
    left_s = purse.left().seconds
    limit = asyncio.timeout(_REPLAY_S if left_s == 0 else left_s)
    try:
        async with limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
        purse.check()
        raise _time_is_over() from None


def _time_is_over() -> LimitReachedError:
    return LimitReachedError(
        _("The time of the run is over."), hint=_("Give it an earlier start, a later deadline, or less to do.")
    )


def _contradictions(house: "PlaybookHouse[BaseModel]") -> list[Missing]:
    """Return what has several values in this run: nobody can tell which one is right."""
    return [
        Missing(
            what=name,
            because=_("It has several values: {values}.").format(
                values=", ".join(f"{fact.value} {fact.unit}".strip() for fact in facts)
            ),
            hint=_("Look at the facts of the run for where each is from."),
        )
        for name, facts in house.contradictions().items()
    ]


def _cut_short(report: Report, error: HomarusError) -> Report:
    """Return what there is, marked as a part, with why it ends here."""
    rest = Missing(what=_("the rest of it"), because=error.message, hint=error.hint)
    return replace(report, is_partial=True, missing=(*report.missing, rest))


def _nobody(moment: Moment) -> None:
    del moment
