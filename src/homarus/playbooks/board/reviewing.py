"""The others' work, judged blindly: a ranking in shuffled order, a standing to every claim, one answer."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from string import ascii_uppercase

from homarus.domain.errors import HomarusError, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.playbooks import BadAnswerError
from homarus.playbooks.board import prompts
from homarus.playbooks.board.held import Cluster, Held, Objection, Standing
from homarus.playbooks.board.opinions import Board, supported
from homarus.playbooks.board.roster import Expert
from homarus.playbooks.board.saying import Rebuttal, Review

_MOST_CLAIMS = 24
"""So many claims are put to an expert."""


@dataclass(slots=True, kw_only=True)
class Ballot:
    """What came of the ranking."""

    points: dict[str, float] = field(default_factory=dict[str, float])
    """By expert whose proposal it is: from 0, last everywhere, to 1, first everywhere."""
    votes: int = 0
    void: dict[str, str] = field(default_factory=dict[str, str])
    """Whose vote does not count, and why."""
    tokens: dict[str, int] = field(default_factory=dict[str, int])


def shuffled(held: Sequence[Held], voter: str, *, seed: str) -> dict[str, str]:
    """Return a letter for each of the others' proposals, in an order of the voter's own; the same at every replay."""
    others = sorted(one.expert for one in held if one.expert != voter and one.advice)
    random.Random(f"{seed}:{voter}").shuffle(others)  # noqa: S311 - an order, no secret
    return dict(zip(others, ascii_uppercase, strict=False))


async def reviewed(
    board: Board, held: Sequence[Held], experts: Mapping[str, Expert], clusters: Sequence[Cluster]
) -> Ballot:
    """Let everybody judge the others; standings and objections are written into the clusters."""
    ballot = Ballot()
    spent = {one.expert: one.tokens for one in held}
    limit = board.house.settings.tokens_per_expert
    voters = [one.expert for one in held if spent[one.expert] < limit]
    ballot.void |= {one.expert: "tokens" for one in held if one.expert not in voters}
    results = await board.house.parallel(
        [partial(_review, board, held, experts[voter], clusters, ballot) for voter in voters],
        at_once=board.house.settings.at_once,
    )
    reviews = dict(zip(voters, results, strict=True))
    totals: dict[str, list[float]] = {}
    for voter, review in reviews.items():
        if isinstance(review, Exception):
            ballot.void[voter] = review.message if isinstance(review, HomarusError) else str(review)
            continue
        letters = shuffled(held, voter, seed=board.house.run_id)
        _count(ballot, totals, voter, review, letters)
        await _stand(board, voter, review, clusters)
    ballot.points = {expert: round(sum(given) / len(given), 3) for expert, given in totals.items()}
    return ballot


async def _review(
    board: Board, held: Sequence[Held], expert: Expert, clusters: Sequence[Cluster], ballot: Ballot
) -> Review:
    letters = shuffled(held, expert.name, seed=board.house.run_id)
    claims = [cluster for cluster in clusters if cluster.standings.get(expert.name) is not Standing.CLAIMS]
    claims = claims[:_MOST_CLAIMS]
    label = board.desk.label
    answered = await board.house.agent(
        f"review:{expert.name}",
        prompts.for_review(board.house.settings, board.question, sorted(letters.values()), claims),
        shape=Review,
        role=prompts.role_of(expert),
        said=_("{expert} ranks the proposals without names").format(expert=expert.name),
        material=[
            prompts.proposals_material(held, letters, label),
            prompts.claims_material(claims, board.facts(), label),
        ],
        model=expert.model,
    )
    ballot.tokens[expert.name] = answered.usage.prompt_tokens + answered.usage.completion_tokens
    return answered.value


def _count(
    ballot: Ballot, totals: dict[str, list[float]], voter: str, review: Review, letters: Mapping[str, str]
) -> None:
    """Count a ranking after Borda; one that leaves out half of the proposals does not count."""
    by_letter = {letter: expert for expert, letter in letters.items()}
    ranked = list(dict.fromkeys(word.strip(" .)(").upper() for word in review.ranking))
    known = [by_letter[letter] for letter in ranked if letter in by_letter]
    if len(known) * 2 < len(by_letter):
        ballot.void[voter] = "ranking"
        return
    ballot.votes += 1
    last = max(len(by_letter) - 1, 1)
    for place, expert in enumerate(known):
        totals.setdefault(expert, []).append(1 - place / last)
    left = [expert for expert in by_letter.values() if expert not in known]
    for expert in left:  # who is not named shares the last places
        totals.setdefault(expert, []).append((len(left) - 1) / 2 / last)


async def _stand(board: Board, voter: str, review: Review, clusters: Sequence[Cluster]) -> None:
    by_key = {cluster.key.lower(): cluster for cluster in clusters}
    for said in review.stances:
        cluster = by_key.get(said.claim.strip(" .[]").lower())
        if cluster is None or cluster.standings.get(voter) is not Standing.UNADDRESSED:
            continue
        if said.stance == "agree":
            cluster.standings[voter] = Standing.AGREES
        elif said.stance == "disagree":
            cluster.standings[voter] = Standing.DISAGREES
            key = f"objection:{voter}:{cluster.key}"
            because = await supported(board, key, said.because, (), by=voter) if said.because.strip() else ""
            cluster.objections.append(Objection(expert=voter, because=because))


async def rebutted(
    board: Board, held: Sequence[Held], experts: Mapping[str, Expert], clusters: Sequence[Cluster], ballot: Ballot
) -> None:
    """Let the authors of contradicted claims answer, once; what they take back is marked."""
    limit = board.house.settings.tokens_per_expert
    aimed: dict[str, list[Cluster]] = {}
    for one in held:
        mine = [c for c in clusters if c.is_disputed and c.standings.get(one.expert) is Standing.CLAIMS]
        if mine and one.tokens + ballot.tokens.get(one.expert, 0) < limit:
            aimed[one.expert] = mine
    results = await board.house.parallel(
        [partial(_rebut, board, experts[name], mine) for name, mine in aimed.items()],
        at_once=board.house.settings.at_once,
    )
    for (name, mine), rebuttal in zip(aimed.items(), results, strict=True):
        if isinstance(rebuttal, Exception):
            continue
        by_key = {cluster.key.lower(): cluster for cluster in mine}
        for said in rebuttal.answers:
            cluster = by_key.get(said.claim.strip(" .[]").lower())
            if cluster is None or name in cluster.answers:
                continue
            text = await supported(board, f"answer:{name}:{cluster.key}", said.text, (), by=name) if said.text else ""
            cluster.answers[name] = text
            if not said.stands:
                cluster.standings[name] = Standing.WITHDREW


async def _rebut(board: Board, expert: Expert, mine: Sequence[Cluster]) -> Rebuttal:
    try:
        answered = await board.house.agent(
            f"rebuttal:{expert.name}",
            prompts.for_rebuttal(board.house.settings, board.question, mine),
            shape=Rebuttal,
            role=prompts.role_of(expert),
            said=_("{expert} answers those who contradict").format(expert=expert.name),
            material=[prompts.claims_material(mine, board.facts(), board.desk.label)],
            model=expert.model,
        )
    except (BadAnswerError, ModelCallError):
        return Rebuttal(answers=[])  # nobody has to answer: the claim stands as it stood
    return answered.value
