"""Have a model write from facts: it is given them with their ids, never asked without any, and held to them."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.findings import Fact
from homarus.domain.labels import least_trusted
from homarus.domain.playbooks import Doing, Prose, Stating
from homarus.domain.speaking import Material
from homarus.playbooks.core.stating import no_facts

_RULES = (
    "Use only the facts of the list. Behind every sentence with a figure, a name or a quotation put the id of its fact "
    "in square brackets, as [f12]. Copy figures as they stand. Leave out what no fact says."
)


class Draft(BaseModel):
    """A text."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(min_length=1, max_length=40_000)
    """Markdown."""


class Writes(Doing, Stating, Protocol):
    """The part of a house that writing needs."""


async def written(
    house: Writes,
    key: str,
    ask: str,
    *,
    role: str = "You write short and plainly.",
    facts: Sequence[Fact] | None = None,
    material: Sequence[Material] = (),
    may_have: Sequence[str] = (),
    model: str | None = None,
) -> Prose:
    """Return what is left of a model's text after it was held against the facts.

    Raises:
        NoDataError: when there is not one fact: no model is asked then.
        BadAnswerError: when it answers twice in a shape that does not fit.
        ModelCallError: when no model answers.
    """
    chosen = house.facts() if facts is None else facts
    if not chosen:
        raise no_facts()
    listed = Material(name="facts", text=listed_as(chosen), label=least_trusted(fact.grounds.label for fact in chosen))
    answered = await house.agent(
        key, f"{ask}\n\n{_RULES}", shape=Draft, role=role, material=(listed, *material), model=model
    )
    return await house.checked(f"{key}:checked", answered.value.text, by=answered.model, may_have=may_have)


def listed_as(facts: Sequence[Fact]) -> str:
    """Return facts as a model reads them: one a line, the id first."""
    return "\n".join(f"[{fact.fact_id}] {fact.name}: {fact.value} {fact.unit}".rstrip() for fact in facts)
