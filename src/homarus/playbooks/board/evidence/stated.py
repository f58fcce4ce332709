"""A fact as the board hands it round: what it says, which columns it stands on, and how to ask for it again."""

from dataclasses import dataclass

from homarus.domain.findings import FactValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A fact with what an expert must know of it."""

    fact_id: str
    name: str
    value: FactValue
    says: str
    """What it is, in words, without the value."""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    rows: int = 0
    sql: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    weight: int = 0
    """How much it matters: 3 what the owner would want to know first, 0 what is there to look up."""
    is_small: bool = False
    """Whether too few rows stand behind it."""
    is_shared: bool = False
    """Whether every expert sees it."""

    @property
    def line(self) -> str:
        """Return it as experts read it."""
        unit = f" {self.unit}" if self.unit else ""
        told = f"[{self.fact_id}] {self.says}: {self.value}{unit}"
        if self.low is not None and self.high is not None:
            told += f" (95 % between {self.low:g} and {self.high:g})"
        if self.rows:
            told += f", {self.rows} rows"
        return told + (", SMALL SAMPLE" if self.is_small else "")

    @property
    def told_value(self) -> str:
        """The value with its unit, as people read it."""
        return f"{self.value} {self.unit}".strip()

    @property
    def told_interval(self) -> str:
        """The interval of an estimate, empty for what was counted."""
        return f"{self.low:g} to {self.high:g}" if self.low is not None and self.high is not None else ""

    @property
    def told(self) -> str:
        """The fact as a sentence."""
        span = f" ({self.told_interval})" if self.told_interval else ""
        return f"{self.says}: {self.told_value}{span}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A fact before it is written down."""

    name: str
    value: FactValue
    says: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    rows: int = 0
    sql: str = ""
    columns: tuple[str, ...] = ()
    weight: int = 0
    is_small: bool = False
    is_shared: bool = False
