"""Run the driving test on one model and write its score card."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from homarus.domain.cards import Score, ScoreCard
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.models.driving.bench import Bench, Finding
from homarus.models.driving.guided_choice import guided_choice
from homarus.models.driving.injection import injection
from homarus.models.driving.multi_step import multi_step
from homarus.models.driving.nested_json import nested_json
from homarus.models.driving.no_fake_done import no_fake_done
from homarus.models.driving.recall import recall
from homarus.models.driving.silence import silence
from homarus.models.driving.speed import speed
from homarus.models.driving.tool_call import tool_call
from homarus.models.driving.verdict import verdict
from homarus.models.knowledge import Speed

if TYPE_CHECKING:
    from homarus.models.desk import Desk

FULL_S, QUICK_S = 120.0, 30.0
Discipline = Callable[[Bench], Awaitable[Finding]]
DISCIPLINES: Mapping[str, Discipline] = {
    "speed": speed,
    "tool-call": tool_call,
    "injection": injection,
    "multi-step": multi_step,
    "nested-json": nested_json,
    "silence": silence,
    "no-fake-done": no_fake_done,
    "recall": recall,
}
"""In the order in which they are tried: what the later ones need and what decides most comes first."""
_EMBEDDED: Mapping[str, Discipline] = {"speed": speed, "guided-choice": guided_choice, **DISCIPLINES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Begins:
    """A discipline is tried from now on."""

    discipline: str
    number: int
    of: int


Told = Callable[[Begins | Score], None]


def _nobody(_news: Begins | Score) -> None:
    return


async def drive(
    desk: "Desk", ref: ModelRef, *, quick: bool = False, limit_s: float | None = None, told: Told = _nobody
) -> ScoreCard:
    """Try a model for about two minutes, `quick` for half of one, and return its card, which is kept.

    It waits its turn like a job, so that a person goes first; `told` hears of every discipline as it begins and ends.
    `limit_s` gives it another time.

    Raises:
        ModelCallError: when the model cannot be asked at all, or its server went away; no card is written.
        NotFoundError: when there is no such model.
    """
    began = monotonic()
    bench = await _bench(desk, ref, quick=quick, ends_at=began + (limit_s or (QUICK_S if quick else FULL_S)))
    disciplines = _EMBEDDED if bench.is_embedded else DISCIPLINES
    findings: dict[str, Finding] = {}
    for number, (name, try_it) in enumerate(disciplines.items(), start=1):
        told(Begins(discipline=name, number=number, of=len(disciplines)))
        found = await try_it(bench) if bench.left_s > 0 else _untried(name)
        findings[name] = found
        bench.prefill_tokens_s = found.prefill_tokens_s or bench.prefill_tokens_s
        if number == 1:
            _refuse_when_dead(ref, found)
        told(found.score)
    subject = await desk.identity.subject(ref)
    said = verdict(bench, findings, subject)
    card = ScoreCard(
        subject=subject,
        at=datetime.now(UTC),
        took_s=round(monotonic() - began, 1),
        tool_protocol=said.tool_protocol,
        safe_window_tokens=said.safe_window_tokens,
        most_risk=said.most_risk,
        scores=tuple(found.score for found in findings.values()),
        prefill_tokens_s=_rounded(bench.prefill_tokens_s),
        generation_tokens_s=_rounded(findings["speed"].generation_tokens_s),
        weaknesses=said.weaknesses,
    )
    await _keep(desk, ref, card)
    return card


async def _bench(desk: "Desk", ref: ModelRef, *, quick: bool, ends_at: float) -> Bench:
    served = await desk.profile(ref, as_served=True)
    candidate = desk.catalog().get(ref)
    return Bench(
        desk=desk,
        ref=ref,
        quick=quick,
        window_tokens=served.window_tokens,
        is_local=served.is_local,
        is_embedded=candidate is not None and candidate.is_embedded,
        ends_at=ends_at,
    )


def _untried(name: str) -> Finding:
    return Finding(score=Score(name=name, passed=0, tried=0))


def _refuse_when_dead(ref: ModelRef, found: Finding) -> None:
    """Write no card about a model that nobody could ask."""
    if found.score.passed:
        return
    raise ModelCallError(
        Failure.SERVER_DOWN,
        _("{model} could not be tried: {because}").format(model=ref, because=found.score.detail),
        hint=_("`homarus doctor models` says what is wrong; then try again."),
    )


async def _keep(desk: "Desk", ref: ModelRef, card: ScoreCard) -> None:
    await desk.knowledge.keep(card)
    speed = Speed(prefill_tokens_s=card.prefill_tokens_s, generation_tokens_s=card.generation_tokens_s)
    if speed != Speed():
        await desk.knowledge.keep_pace(ref, speed)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 1)
