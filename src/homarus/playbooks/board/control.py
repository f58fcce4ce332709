"""The control: one model asked the same several times, for at most what the board cost, and compared without the truth.

Nobody knows the right answer here, so only what can be counted is compared: facts used, sentences that nothing
supported, and how far the answers agree with each other. Which of the two is better does not follow from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from homarus.domain.errors import ModelCallError
from homarus.domain.i18n import _
from homarus.domain.playbooks import BadAnswerError
from homarus.playbooks.board import prompts
from homarus.playbooks.board.held import Held
from homarus.playbooks.board.opinions import Board, checked_opinion, used
from homarus.playbooks.board.saying import Opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What can be counted about several answers to one question."""

    answers: int
    facts_used: int
    """Different ones, over all answers."""
    claims: int
    rejected: int
    agreement: float
    """Mean overlap of the facts that two answers stand on; 0 none, 1 all the same."""
    tokens: int
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The single model's answers beside the board's."""

    board: Tally
    single: Tally
    titles: tuple[str, ...]
    """What the single model recommends, each time."""
    failed: int = 0


async def controlled(board: Board, held: Sequence[Held], *, board_tokens: int) -> Control | None:
    """Ask a single model as often as the settings say, while it has used less than the board."""
    settings = board.house.settings
    facts = sorted(board.evidence.stated, key=lambda stated: -stated.weight)[: settings.facts_per_expert]
    label = board.desk.label
    answers: list[Held] = []
    spent = failed = 0
    for number in range(1, settings.control + 1):
        if spent >= board_tokens:
            break
        try:
            answered = await board.house.agent(
                f"control:{number}",
                prompts.for_opinion(settings, board.question, (), may_query=False),
                shape=Opinion,
                role=prompts.SINGLE,
                said=_("One model alone, for comparison"),
                material=[prompts.facts_material(facts, label)],
                model=settings.control_model,
            )
        except (BadAnswerError, ModelCallError):
            failed += 1
            continue
        spent += used(answered)
        answers.append(await checked_opinion(board, f"control-{number}", answered, facts, tokens=used(answered)))
    if not answers:
        return None
    return Control(
        board=tallied(held, tokens=board_tokens),
        single=tallied(answers, tokens=spent),
        titles=tuple(one.advice.title for one in answers if one.advice),
        failed=failed,
    )


def tallied(held: Sequence[Held], *, tokens: int) -> Tally:
    """Count."""
    pairs = [_overlap(one, two) for one, two in combinations(held, 2)]
    return Tally(
        answers=len(held),
        facts_used=len(frozenset[str]().union(*(one.facts_used for one in held))),
        claims=sum(len(one.claims) for one in held),
        rejected=sum(one.rejected for one in held),
        agreement=round(sum(pairs) / len(pairs), 2) if pairs else 1.0,
        tokens=tokens,
        models=tuple(sorted({one.model for one in held})),
    )


def _overlap(one: Held, two: Held) -> float:
    both = one.facts_used | two.facts_used
    return len(one.facts_used & two.facts_used) / len(both) if both else 0.0
