"""Scripted experts: they answer from the material that they are given, and lie where a test wants it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from homarus.domain.content import Json, JsonObject
from homarus.domain.speaking import Ask
from homarus.testing.playbooks import Script

_FACT = re.compile(r"^\[(f\d+)\] (.+): ([^:\n]+?)(?: \(95 % between .*?\))?(?:, \d+ rows)?(?:, SMALL SAMPLE)?$")
EXPERTS = ("growth", "finance", "product", "content", "customer", "operations", "risk", "contrarian")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    fact_id: str
    says: str
    value: str


def facts_in(ask: Ask) -> list[Line]:
    """Return the facts that an expert was given."""
    text = next(part.text for part in ask.material if part.name == "facts")
    found = [_FACT.match(line) for line in text.splitlines()]
    return [Line(fact_id=one[1], says=one[2], value=one[3]) for one in found if one]


def honest(ask: Ask) -> dict[str, Json]:
    """Say what the weightiest facts say, and nothing else."""
    facts = facts_in(ask)
    claims = [{"text": f"{one.says}: {one.value}", "fact_ids": [one.fact_id]} for one in facts[:2]]
    metric = next((one.fact_id for one in facts if one.says.startswith(("sum of", "mean"))), "")
    return opinion(claims, title=f"Follow what {ask.step.partition(':')[2]} sees", metric=metric)


def opinion(claims: Sequence[object], *, title: str, metric: str = "", **more: object) -> dict[str, Json]:
    """Return an opinion in the asked shape."""
    body: dict[str, object] = {
        "claims": list(claims),
        "recommendation": {
            "title": title,
            "first_step": "Talk to those who do the work.",
            "owner": "the owner",
            "metric": metric,
            "expect": "up",
            "impact": 4,
            "effort": 2,
            "review_in_weeks": 4,
        },
        "confidence": 0.7,
        "assumptions": ["The data is complete."],
        "what_would_change_my_mind": "Newer data.",
    }
    return body | more  # pyright: ignore[reportReturnType] - JSON as a test writes it


def letters_in(ask: Ask) -> list[str]:
    """Return the letters of the proposals in a review."""
    text = next(part.text for part in ask.material if part.name == "proposals")
    return re.findall(r"^([A-Z]): ", text, re.MULTILINE)


def claims_in(ask: Ask) -> list[str]:
    """Return the keys of the claims in a review or a rebuttal."""
    text = next(part.text for part in ask.material if part.name == "claims")
    return re.findall(r"^(C\d+): ", text, re.MULTILINE)


def review(ask: Ask) -> JsonObject:
    """Rank as given, and agree with every claim."""
    return {
        "ranking": letters_in(ask),
        "stances": [{"claim": key, "stance": "agree", "because": ""} for key in claims_in(ask)],
    }


def answers(**changed: "Script | Callable[[Ask], JsonObject]") -> dict[str, Script]:
    """Return scripts for a whole board; `opinion_growth=...` changes one step."""
    scripts: dict[str, Script] = {step.replace("_", ":", 1): script for step, script in changed.items()}
    scripts.setdefault("opinion:*", honest)
    scripts.setdefault("review:*", review)
    scripts.setdefault("rebuttal:*", {"answers": []})
    scripts.setdefault("synthesis", {"summary": "The board sees one paradox.", "groups": []})
    scripts.setdefault("control:*", honest)
    return scripts
