"""What the owner sets for a night of research."""

from typing import Literal

from pydantic import Field

from homarus.domain.sections import Section


class ResearchSettings(Section):
    """What is watched and asked, and how much it may cost."""

    sample: bool = False
    """Read the invented market that homarus ships, instead of your sources; each run is one night later."""
    questions: tuple[str, ...] = ()
    """What you want to know: `What do people complain about?`"""
    keywords: tuple[str, ...] = ()
    """Names and words that matter: competitors, products. What speaks of them is read first."""
    sources: tuple[str, ...] = ()
    """Which of your sources are read; all of kinds that research knows when none is named."""
    queries: tuple[str, ...] = ()
    """Further searches for this run, at your sources of kind `search`."""
    more_queries: int = Field(default=0, ge=0, le=20)
    """How many further searches a model may think of."""
    new_places: Literal["list", "ask"] = "list"
    """What happens with results on sites beyond your list: `list` names them in the report, `ask` asks you before they
    are read, and goes on without them when you do not answer within half an hour."""
    price_percent: float = Field(default=1.0, ge=0, le=100)
    """From which change on a price is worth a line."""
    count_percent: float = Field(default=5.0, ge=0, le=1000)
    """From which change on stars and other counts are."""
    text_percent: float = Field(default=5.0, ge=0, le=100)
    """How much of a page's words must be new for a line."""
    ignore: tuple[str, ...] = ()
    """Words; lines of pages that have one of them are not compared."""
    most_documents: int = Field(default=200, ge=1, le=2000)
    """How many new texts are given to researchers."""
    claims_each: int = Field(default=4, ge=1, le=12)
    """How many claims one researcher may bring."""
    at_once: int = Field(default=8, ge=1, le=64)
    """How many readers and researchers work at a time; their model calls wait behind people in any case."""
    researcher: str | None = None
    """The model of the researchers, `provider/id`; the agent's own without one."""
    verifier: str | None = None
    """The model that reads claims again, best another one; the same without one, which the report says."""
