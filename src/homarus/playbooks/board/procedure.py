"""The procedure: facts, blind opinions, blind ranking, one answer, minutes; each step once, come what may."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from homarus.domain.content import JsonObject
from homarus.domain.findings import Missing, Report
from homarus.domain.i18n import _
from homarus.domain.playbooks import House
from homarus.domain.sources import NoDataError
from homarus.playbooks.board import reporting
from homarus.playbooks.board.clustering import clustered
from homarus.playbooks.board.control import controlled
from homarus.playbooks.board.examining import Desk, Evidence, examined, with_more
from homarus.playbooks.board.files import kept_files, roster_of, today_of
from homarus.playbooks.board.held import Absent, Held
from homarus.playbooks.board.opinions import Board, opinion_of
from homarus.playbooks.board.reviewing import rebutted, reviewed
from homarus.playbooks.board.roster import FEWEST, Expert, Roster
from homarus.playbooks.board.settings import Settings
from homarus.playbooks.board.weighing import Verdict, weighed

SAMPLE_QUESTION = "Where should our effort go next quarter: campaign autumn-a or autumn-b, reels, or the newsletter?"


async def played(house: House[Settings]) -> Report:
    """Ask the board, or score what it recommended earlier.

    Raises:
        NoDataError: when there is no question, or no table.
    """
    if house.settings.mode == "rescore":
        from homarus.playbooks.board.rescoring import rescored

        return await rescored(house)
    question = house.settings.question.strip() or (SAMPLE_QUESTION if house.settings.sample else "")
    if not question:
        raise NoDataError(
            _("The board was asked nothing."),
            hint=_('Say what you want to decide: --set question="Should we ...?"'),
        )
    roster = await roster_of(house)
    told = house.settings.local_only
    files = await kept_files(house, local_only=roster.local_only if told is None else told)
    today = today_of(house).date()
    async with Desk(house, files, roster.experts, today=today) as desk:
        await house.say(_("Reading {count} files").format(count=len(files)), done=0, total=4)
        evidence = await examined(house, desk)
        board = Board(house=house, question=question, evidence=evidence, desk=desk)
        return await _sat(board, roster, today)


async def _sat(board: Board, roster: Roster, today: date) -> Report:
    house = board.house
    frame = reporting.Frame(
        question=board.question, roster=roster, settings=house.settings, evidence=board.evidence, asked_on=today
    )
    facts_only = await reporting.plain(house, frame, because=_degraded() if house.is_degraded else _cut_short())
    if house.is_degraded:
        return replace(facts_only, is_degraded=True)
    house.keep_for_partial(replace(facts_only, is_partial=True))
    meeting = await _opinions(board, roster.experts)
    frame = replace(frame, evidence=_with_asked(board.evidence, meeting.held), absent=meeting.absent)
    for absent in meeting.absent:
        house.miss(Missing(what=absent.expert, because=absent.because, hint=_("Try a larger model for this expert.")))
    if len(meeting.held) < FEWEST:
        return await reporting.without_verdict(house, frame, meeting.held)
    house.keep_for_partial(replace(await reporting.without_verdict(house, frame, meeting.held), is_partial=True))
    return await _decided(board, roster, frame, meeting.held, today)


def _degraded() -> str:
    return _(
        "Only the built-in model answers, which is too small for opinions: these are the facts and warnings, no advice."
    )


def _cut_short() -> str:
    return _("The board could not finish; these are the facts and warnings that it had.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meeting:
    held: tuple[Held, ...]
    absent: tuple[Absent, ...]


async def _opinions(board: Board, experts: Sequence[Expert]) -> _Meeting:
    house = board.house
    await house.say(_("Asking {count} experts").format(count=len(experts)), done=1, total=4)
    results = await house.parallel(
        [partial(opinion_of, board, expert) for expert in experts], at_once=house.settings.at_once
    )
    held: list[Held] = []
    absent: list[Absent] = []
    for expert, result in zip(experts, results, strict=True):
        if isinstance(result, Held):
            if result.claims:
                held.append(result)
            else:
                absent.append(Absent(expert=expert.name, because=_("Nothing that it said is supported by the facts.")))
        else:
            absent.append(result if isinstance(result, Absent) else Absent(expert=expert.name, because=str(result)))
    return _Meeting(held=tuple(held), absent=tuple(absent))


def _with_asked(evidence: Evidence, held: Sequence[Held]) -> Evidence:
    return with_more(evidence, [stated for one in held for stated in one.asked])


async def _decided(board: Board, roster: Roster, frame: reporting.Frame, held: Sequence[Held], today: date) -> Report:
    house = board.house
    by_name = {expert.name: expert for expert in roster.experts}
    clusters = clustered(held)
    await house.say(_("Ranking and objections"), done=2, total=4)
    ballot = await reviewed(board, held, by_name, clusters)
    await rebutted(board, held, by_name, clusters, ballot)
    verdict = await weighed(board, held, clusters, ballot, today)
    await _log(house, frame, verdict)
    sitting = reporting.Sitting(held=tuple(held), clusters=tuple(clusters), ballot=ballot, verdict=verdict)
    house.keep_for_partial(replace(await reporting.whole(house, frame, sitting), is_partial=True))
    spent = sum(one.tokens for one in held) + sum(ballot.tokens.values()) + verdict.tokens
    await house.say(_("Comparing with a single model"), done=3, total=4)
    control = await controlled(board, held, board_tokens=spent)
    return await reporting.whole(house, frame, replace(sitting, control=control))


async def _log(house: House[Settings], frame: reporting.Frame, verdict: Verdict) -> None:
    """Write the decision down, so that it can be scored when its time has come."""
    for number, one in enumerate(verdict.recommendations, 1):
        table = frame.evidence.table(one.metric.table) if one.metric else None
        body: JsonObject = {
            "question": frame.question,
            "title": one.title,
            "first_step": one.first_step,
            "owner": one.owner,
            "priority": one.priority,
            "confidence": one.confidence,
            "expect": one.expect,
            "asked_on": frame.asked_on.isoformat(),
            "review_on": one.review_on.isoformat(),
            "metric": one.metric.says if one.metric else "",
            "sql": one.metric.sql if one.metric else "",
            "value": one.metric.value if one.metric else None,
            "unit": one.metric.unit if one.metric else "",
            "low": one.metric.low if one.metric else None,
            "high": one.metric.high if one.metric else None,
            "table": table.name if table else "",
            "last_day": table.last.isoformat() if table and table.last else "",
        }
        await house.remember("decision", f"{house.run_id}:{number}", body)
