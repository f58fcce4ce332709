"""The shapes that experts answer in; small models fill them, so they are short and forgiving."""

from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _share(value: object) -> object:
    """Return `80` and `80 %` as 0.8."""
    if isinstance(value, str):
        try:
            value = float(value.strip().rstrip("%").replace(",", "."))
        except ValueError:
            return value
    return value / 100 if isinstance(value, int | float) and 1 < value <= 100 else value  # noqa: PLR2004 - per cent


def _ids(value: object) -> object:
    """Return `"[f1], f2"` and `["F1"]` as ids."""
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(parts, list):
        return parts
    return [str(part).strip("[]() ").lower() for part in cast("list[object]", parts)]


def _many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _direction(value: object) -> object:
    word = str(value).strip().lower()
    return "down" if word.startswith(("down", "fall", "lower", "decrease", "less", "-")) else "up"


Sentence = Annotated[str, Field(min_length=1, max_length=500)]
Ids = Annotated[list[str], Field(max_length=12), BeforeValidator(_ids)]
Grade = Annotated[int, Field(ge=1, le=5)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class ClaimSaid(_Said):
    """One sentence that stands on facts."""

    text: Sentence
    fact_ids: Ids = Field(default_factory=list[str])


class Proposal(_Said):
    """What to do."""

    title: Annotated[str, Field(min_length=3, max_length=200)]
    first_step: Annotated[str, Field(max_length=400)] = ""
    owner: Annotated[str, Field(max_length=80)] = ""
    metric: Annotated[str, Field(max_length=20)] = ""
    """The id of the fact that will show whether it worked."""
    expect: Annotated[Literal["up", "down"], BeforeValidator(_direction)] = "up"
    impact: Grade = 3
    effort: Grade = 3
    review_in_weeks: Annotated[int, Field(ge=1, le=52)] = 4


class Wanted(_Said):
    """A figure that an expert wants to know."""

    says: Annotated[str, Field(min_length=3, max_length=120)]
    sql: Annotated[str, Field(min_length=7, max_length=4_000)]


class Opinion(_Said):
    """What one expert thinks, alone."""

    claims: Annotated[list[ClaimSaid], Field(min_length=1, max_length=8)]
    recommendation: Proposal
    confidence: Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)]
    assumptions: Annotated[list[str], Field(max_length=6), BeforeValidator(_many)] = Field(default_factory=list[str])
    what_would_change_my_mind: Annotated[str, Field(max_length=400)] = ""
    wanted: Annotated[list[Wanted], Field(max_length=10)] = Field(default_factory=list[Wanted])


class Stance(_Said):
    """What an expert thinks of somebody's claim."""

    claim: str
    stance: Literal["agree", "disagree", "unaddressed"]
    because: Annotated[str, Field(max_length=400)] = ""


class Review(_Said):
    """What an expert thinks of the others' work, without knowing whose it is."""

    ranking: Annotated[list[str], Field(min_length=1, max_length=16), BeforeValidator(_many)]
    stances: Annotated[list[Stance], Field(max_length=80)] = Field(default_factory=list[Stance])


class Answer(_Said):
    """What an expert answers to those who contradict a claim of its own."""

    claim: str
    stands: bool
    text: Annotated[str, Field(max_length=500)] = ""


class Rebuttal(_Said):
    """The one answer that everybody has."""

    answers: Annotated[list[Answer], Field(max_length=16)]


class Group(_Said):
    """Proposals that are the same thing in other words."""

    title: Annotated[str, Field(min_length=3, max_length=200)]
    letters: Annotated[list[str], Field(min_length=1, max_length=16), BeforeValidator(_many)]


class Synthesis(_Said):
    """What the chair adds: which proposals are the same, and a few sentences."""

    summary: Annotated[str, Field(max_length=1_500)]
    groups: Annotated[list[Group], Field(max_length=16)] = Field(default_factory=list[Group])
