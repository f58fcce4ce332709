"""The report: one page to decide on, then the map, the dissent, the warnings, and evidence to be asked again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from homarus.domain.content import JsonObject
from homarus.domain.findings import ActionItem, Artifact, Report
from homarus.domain.i18n import _, ngettext
from homarus.domain.playbooks import House
from homarus.playbooks.board import map as board_map
from homarus.playbooks.board import sections
from homarus.playbooks.board.control import Control
from homarus.playbooks.board.evidence.stated import Stated
from homarus.playbooks.board.examining import Evidence
from homarus.playbooks.board.held import Absent, Cluster, Held
from homarus.playbooks.board.reviewing import Ballot
from homarus.playbooks.board.roster import FEWEST, Roster
from homarus.playbooks.board.settings import Settings
from homarus.playbooks.board.tables.names import spelled
from homarus.playbooks.board.weighing import Recommendation, Verdict

_SHOWN = 25
"""Facts in the report; all of them are in the appendix."""
_NEWS = 3
"""From that weight on a fact stands out."""
_TOLD = 3
"""Recommendations in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every report of a run begins and ends with."""

    question: str
    roster: Roster
    settings: Settings
    evidence: Evidence
    asked_on: date
    absent: tuple[Absent, ...] = ()

    @property
    def title(self) -> str:
        """The report's title; a sample says that it is one."""
        title = _("The board on: {question}").format(question=self.question)
        return _("Sample data. {title}").format(title=title) if self.settings.sample else title


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """What came of a board that had enough opinions."""

    held: tuple[Held, ...]
    clusters: tuple[Cluster, ...]
    ballot: Ballot
    verdict: Verdict
    control: Control | None = None


async def plain(house: House[Settings], frame: Frame, *, because: str) -> Report:
    """Return the facts and warnings alone, labelled as what they are."""
    artifacts = await _evidence(house, frame)
    heavy = _heavy(frame.evidence)
    text = sections.joined(
        _opening(frame),
        f"**{because}**",
        sections.findings(heavy),
        sections.warnings(frame.evidence.found),
        sections.facts(_shown(frame.evidence)),
    )
    summary = ngettext("{count} fact, no opinions.", "{count} facts, no opinions.", len(frame.evidence.stated)).format(
        count=len(frame.evidence.stated)
    )
    lines = [stated.told for stated in heavy[:_TOLD]]
    return Report(
        title=frame.title,
        summary=f"{because} {summary}",
        text=text,
        message="\n".join([frame.title, because, *(f"- {line}" for line in lines)]),
        artifacts=artifacts,
        facts_used=len(frame.evidence.stated),
        fields={"question": frame.question, "notice": frame.roster.notice, "warnings": _warned(frame)},
    )


async def without_verdict(house: House[Settings], frame: Frame, held: Sequence[Held]) -> Report:
    """Return single opinions without a verdict: too few experts had one."""
    because = _(
        "No verdict of the board: {count} of {seats} experts gave an opinion that could be used, {least} are needed."
    )
    told = because.format(count=len(held), seats=len(frame.roster.experts), least=FEWEST)
    rejected = sum(one.rejected for one in held)
    text = sections.joined(
        _opening(frame),
        f"**{told}**",
        sections.absent(frame.absent),
        sections.opinions(held, _by_id(frame.evidence)),
        sections.warnings(frame.evidence.found),
        sections.left_out(rejected),
        sections.facts(_shown(frame.evidence)),
    )
    return Report(
        title=frame.title,
        summary=told,
        text=text,
        message=f"{frame.title}\n{told}",
        artifacts=await _evidence(house, frame),
        facts_used=len({fact_id for one in held for fact_id in one.facts_used}),
        rejected=rejected,
        fields={"question": frame.question, "notice": frame.roster.notice, "warnings": _warned(frame)},
    )


async def whole(house: House[Settings], frame: Frame, sitting: Sitting) -> Report:
    """Return the board's report."""
    experts = [one.expert for one in sitting.held]
    verdict, clusters = sitting.verdict, sitting.clusters
    drawn = await house.artifact(
        "map.svg", board_map.drawn(clusters, experts), media_type="image/svg+xml", title=_("Map of disagreement")
    )
    rejected = sum(one.rejected for one in sitting.held) + verdict.rejected
    facts = _by_id(frame.evidence)
    text = sections.joined(
        _opening(frame),
        sections.verdict(verdict, len(sitting.held), len(frame.roster.experts)),
        sections.recommendations(verdict.recommendations),
        sections.findings(_heavy(frame.evidence)),
        sections.disagreement(clusters, board_map.as_table(clusters, experts)),
        sections.minority(verdict.minority),
        sections.warnings(frame.evidence.found),
        sections.opinions(sitting.held, facts),
        sections.absent(frame.absent),
        sections.ranking(sitting.ballot),
        sections.control(sitting.control, planned=frame.settings.control),
        sections.left_out(rejected),
        sections.facts(_shown(frame.evidence)),
    )
    disputed = sum(cluster.is_disputed for cluster in clusters)
    return Report(
        title=frame.title,
        summary=verdict.recommendations[0].title if verdict.recommendations else _("The board recommends nothing."),
        text=text,
        message=_message(frame, verdict, disputed),
        actions=tuple(_action(one) for one in verdict.recommendations),
        artifacts=(drawn, *await _evidence(house, frame)),
        tiles={
            _("Recommendations"): str(len(verdict.recommendations)),
            _("Disputed claims"): str(disputed),
            _("Sentences left out"): str(rejected),
        },
        facts_used=len({fact_id for one in sitting.held for fact_id in one.facts_used}),
        rejected=rejected,
        fields=_fields(frame, sitting, experts),
    )


def _opening(frame: Frame) -> str:
    asked = _("Asked on {day}: {question}").format(day=frame.asked_on.isoformat(), question=frame.question)
    notice = f"> {frame.roster.notice}" if frame.roster.notice else ""
    sample = _("This is the sample data that homarus ships.") if frame.settings.sample else ""
    return sections.joined(f"# {frame.title}", notice, sample, asked)


def _shown(evidence: Evidence) -> list[Stated]:
    return sorted(evidence.stated, key=lambda stated: -stated.weight)[:_SHOWN]


def _heavy(evidence: Evidence) -> list[Stated]:
    return [stated for stated in _shown(evidence) if stated.weight >= _NEWS]


def _by_id(evidence: Evidence) -> dict[str, Stated]:
    return {stated.fact_id: stated for stated in evidence.stated}


def _warned(frame: Frame) -> list[str]:
    return [found.sentence for found in frame.evidence.found]


def _message(frame: Frame, verdict: Verdict, disputed: int) -> str:
    lines = [frame.title]
    for number, one in enumerate(verdict.recommendations[:_TOLD], 1):
        lines.append(f"{number}. {one.title}")
        lines.append(f"   {one.first_step}")
    lines.append(
        ngettext("{count} claim is disputed.", "{count} claims are disputed.", disputed).format(count=disputed)
    )
    lines += [
        _("{expert} thinks otherwise: {title}").format(expert=one.expert, title=one.title)
        for one in verdict.minority[:2]
    ]
    return "\n".join(lines)


def _action(one: Recommendation) -> ActionItem:
    return ActionItem(
        key=f"board:{spelled(one.title, otherwise='decision')}",
        title=one.title,
        because=one.first_step,
        evidence=(one.metric.fact_id,) if one.metric else (),
        owner=one.owner,
        due=one.review_on.isoformat(),
        urgency=3,
        impact=round(one.impact),
        effort=round(one.effort),
    )


async def _evidence(house: House[Settings], frame: Frame) -> tuple[Artifact, ...]:
    tables = frame.evidence.tables
    return (
        await house.artifact(
            "evidence.md", sections.appendix(frame.evidence.stated, tables), title=_("Every fact with its query")
        ),
        await house.artifact(
            "evidence.sql",
            sections.as_sql(frame.evidence.stated, tables),
            media_type="text/plain",
            title=_("The queries, to be run again"),
        ),
    )


def _fields(frame: Frame, sitting: Sitting, experts: Sequence[str]) -> JsonObject:
    control = sitting.control
    return {
        "question": frame.question,
        "notice": frame.roster.notice,
        "warnings": _warned(frame),
        "map": board_map.as_fields(sitting.clusters, experts),
        "recommendations": [_recommendation(one) for one in sitting.verdict.recommendations],
        "minority": [
            {"expert": one.expert, "title": one.title, "confidence": one.confidence} for one in sitting.verdict.minority
        ],
        "experts": [
            {"name": one.expert, "model": one.model, "confidence": one.confidence, "rejected": one.rejected}
            for one in sitting.held
        ],
        "absent": [{"name": one.expert, "because": one.because} for one in frame.absent],
        "control": {
            "board": sections.tally_fields(control.board),
            "single": sections.tally_fields(control.single),
        }
        if control
        else None,
    }


def _recommendation(one: Recommendation) -> JsonObject:
    return {
        "title": one.title,
        "experts": list(one.experts),
        "first_step": one.first_step,
        "owner": one.owner,
        "impact": one.impact,
        "effort": one.effort,
        "confidence": one.confidence,
        "priority": one.priority,
        "review_on": one.review_on.isoformat(),
        "metric": one.metric.fact_id if one.metric else "",
        "expect": one.expect,
    }
