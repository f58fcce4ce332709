"""What the board is asked, and about what."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _parted(value: object) -> object:
    """Return `a.csv, b.csv` as it is typed after `--set files=` as two names."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(BaseModel):
    """What the board is asked, and about what."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    question: Annotated[str, Field(max_length=1_000)] = ""
    """What you want to decide, as you would ask a person."""
    files: Annotated[tuple[str, ...], BeforeValidator(_parted)] = ()
    """Tables, as they were exported: CSV, TSV, JSON or Parquet."""
    sample: bool = False
    """Read the sample data that homarus ships, not files of your own."""
    roster: str = "business"
    """`business`, `legal`, `health`, `real-estate`, or the path of a file of your own."""
    mode: Literal["ask", "rescore"] = "ask"
    """`ask` the board, or `rescore` what it recommended earlier from the data of today."""
    company: Annotated[str, Field(max_length=1_000)] = ""
    """Who you are, in a few sentences."""
    constraints: Annotated[str, Field(max_length=1_000)] = ""
    """What cannot be changed: money, time, people."""
    risk: Literal["careful", "balanced", "bold"] = "balanced"
    """How much risk you like."""
    control: Annotated[int, Field(ge=0, le=16)] = 3
    """How often a single model is asked the same, to be compared with the board; 0 leaves it out."""
    control_model: str | None = None
    """Your best model, for the control: `provider/id`; without it, the job's model."""
    at_once: Annotated[int, Field(ge=1, le=8)] = 1
    """How many experts are asked at a time; one keeps a single GPU's model loaded."""
    tokens_per_expert: Annotated[int, Field(ge=1_000)] = 40_000
    """What one expert may use; whoever is over it is not asked again."""
    facts_per_expert: Annotated[int, Field(ge=5, le=200)] = 40
    """How many facts an expert is given; the weightiest first."""
    queries_per_expert: Annotated[int, Field(ge=0, le=10)] = 3
    """How many queries of its own an expert may ask."""
    query_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    """How long a query may take."""
    stale_days: Annotated[int, Field(ge=1)] = 45
    """A table that ends longer ago is said to be old."""
    local_only: bool | None = None
    """Whether only models of your own may see it; the roster decides when it is not said."""
