"""From proposals to priorities: impact x confidence / effort, and the dissent beside it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from string import ascii_uppercase

from homarus.domain.errors import ModelCallError
from homarus.domain.i18n import _
from homarus.domain.playbooks import BadAnswerError
from homarus.domain.speaking import Material
from homarus.playbooks.board import prompts
from homarus.playbooks.board.evidence.stated import Stated
from homarus.playbooks.board.held import Advice, Cluster, Held
from homarus.playbooks.board.opinions import Board, supported
from homarus.playbooks.board.reviewing import Ballot
from homarus.playbooks.board.saying import Synthesis


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """Something to do, with everything that is needed to begin and to look back."""

    title: str
    experts: tuple[str, ...]
    """Who proposes it, the best ranked first."""
    first_step: str
    owner: str
    impact: float
    effort: float
    confidence: float
    points: float
    """Of the blind ranking, 0 to 1."""
    priority: float
    review_on: date
    metric: Stated | None = None
    expect: str = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minority:
    """Who recommends something else than the first recommendation."""

    expert: str
    title: str
    confidence: float
    because: str
    """Its first claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the board hands over."""

    summary: str
    recommendations: tuple[Recommendation, ...]
    minority: tuple[Minority, ...]
    rejected: int = 0
    """Sentences of the summary that nothing supported."""
    tokens: int = 0
    notes: tuple[str, ...] = field(default_factory=tuple[str, ...])


async def weighed(
    board: Board, held: Sequence[Held], clusters: Sequence[Cluster], ballot: Ballot, today: date
) -> Verdict:
    """Return the verdict: proposals that mean the same together, the weightiest first, and who thinks otherwise."""
    with_advice = {one.expert: one for one in held if one.advice}
    ranked = sorted(with_advice, key=lambda name: (-ballot.points.get(name, 0.0), name))
    letters = dict(zip(ranked, ascii_uppercase, strict=False))
    synthesis, tokens = Synthesis(summary=""), 0
    try:
        answered = await board.house.agent(
            "synthesis",
            prompts.for_synthesis(board.house.settings, board.question, list(letters.values())),
            shape=Synthesis,
            role=prompts.CHAIR,
            said=_("The chair writes the minutes"),
            material=_material(board, list(with_advice.values()), letters, clusters),
        )
        synthesis = answered.value
        tokens = answered.usage.prompt_tokens + answered.usage.completion_tokens
    except (BadAnswerError, ModelCallError):
        pass  # the ranking and the figures stand without minutes
    groups = _merged(await _groups(board, synthesis, letters), with_advice, ranked)
    facts = board.facts()
    recommendations = sorted(
        (
            _recommendation(same.title, [with_advice[name] for name in same.experts], ballot, facts, today)
            for same in groups
        ),
        key=lambda one: (-one.priority, -one.points),
    )
    summary, rejected = "", 0
    if synthesis.summary.strip():
        prose = await board.house.checked("summary", synthesis.summary, by="chair", may_have=board.free)
        summary, rejected = prose.text.strip(), len(prose.rejected)
    return Verdict(
        summary=summary,
        recommendations=tuple(recommendations),
        minority=_minority(recommendations, with_advice),
        rejected=rejected,
        tokens=tokens,
    )


def _material(
    board: Board, held: Sequence[Held], letters: dict[str, str], clusters: Sequence[Cluster]
) -> list[Material]:
    label = board.desk.label
    stands = "\n".join(
        f"{cluster.key}: {', '.join(f'{word} {count}' for word, count in _counts(cluster).items())}"
        for cluster in clusters
    )
    return [
        prompts.proposals_material(held, letters, label),
        prompts.claims_material(clusters, board.facts(), label),
        Material(name="how many stand how to each claim", text=stands or "none", label=label),
    ]


def _counts(cluster: Cluster) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for standing in cluster.standings.values():
        counts[standing.value] = counts.get(standing.value, 0) + 1
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Same:
    """Proposals that are the same in other words."""

    title: str
    """Empty for one alone: its own title is the truest."""
    experts: list[str]


async def _groups(board: Board, synthesis: Synthesis, letters: Mapping[str, str]) -> list[_Same]:
    """Return groups with their titles; a letter is in one group only, and whoever was forgotten stands alone."""
    by_letter = {letter: name for name, letter in letters.items()}
    groups: list[_Same] = []
    taken: set[str] = set()
    for number, group in enumerate(synthesis.groups, 1):
        said = dict.fromkeys(letter.strip(" .)(").upper() for letter in group.letters)
        names = [by_letter[letter] for letter in said if letter in by_letter and by_letter[letter] not in taken]
        if len(names) < 2:  # noqa: PLR2004 - one is no group: its own title is the truest
            continue
        taken.update(names)
        title = await supported(board, f"group:{number}", group.title, (), by="chair")
        groups.append(_Same(title=title.rstrip("."), experts=sorted(names, key=lambda name: letters[name])))
    return [*groups, *(_Same(title="", experts=[name]) for name in letters if name not in taken)]


def _merged(groups: Sequence[_Same], held: Mapping[str, Held], ranked: Sequence[str]) -> list[_Same]:
    """Put groups together in which somebody proposes what is called the same, whatever the chair made of them."""
    found: list[_Same] = []
    for group in groups:
        titles = _titles(group, held)
        twins = [other for other in found if titles & _titles(other, held)]
        if not twins:
            found.append(group)
            continue
        together = [*twins, group]
        experts = [name for name in ranked if any(name in one.experts for one in together)]
        title = next((one.title for one in together if one.title), "")
        found[found.index(twins[0])] = _Same(title=title, experts=experts)
        for twin in twins[1:]:
            found.remove(twin)
    return found


def _titles(group: _Same, held: Mapping[str, Held]) -> frozenset[str]:
    """Return how a group is called, as titles are compared: without case, punctuation and white space."""
    own = (advice.title for name in group.experts if (advice := held[name].advice) is not None)
    plain = (" ".join(re.findall(r"[^\W_]+", title.casefold())) for title in (group.title, *own))
    return frozenset(title for title in plain if title)


def _recommendation(
    title: str, held: Sequence[Held], ballot: Ballot, facts: Mapping[str, Stated], today: date
) -> Recommendation:
    advices: list[Advice] = [one.advice for one in held if one.advice]
    first = advices[0]
    impact, effort = _mean([one.impact for one in advices]), _mean([one.effort for one in advices])
    confidence = _mean([one.confidence for one in held])
    metric = next((facts[one.metric] for one in advices if one.metric in facts), None)
    expect = next((one.expect for one in advices if one.metric in facts), first.expect)
    return Recommendation(
        title=title or first.title,
        experts=tuple(one.expert for one in held),
        first_step=first.first_step,
        owner=first.owner,
        impact=impact,
        effort=effort,
        confidence=confidence,
        points=max(ballot.points.get(one.expert, 0.0) for one in held),
        priority=round(impact * confidence / max(effort, 1), 2),
        review_on=today + timedelta(weeks=min(one.review_in_weeks for one in advices)),
        metric=metric,
        expect=expect,
    )


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 2)


def _minority(recommendations: Sequence[Recommendation], held: Mapping[str, Held]) -> tuple[Minority, ...]:
    if not recommendations:
        return ()
    return tuple(
        Minority(
            expert=one.expert,
            title=one.advice.title,
            confidence=one.confidence,
            because=one.claims[0].text if one.claims else "",
        )
        for one in held.values()
        if one.expert not in recommendations[0].experts and one.advice
    )
