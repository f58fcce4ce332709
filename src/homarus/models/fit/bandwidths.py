"""How fast the memory of known hardware is, by its name: a small dated table with a source per row."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("bandwidths.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandwidth:
    """A row of the table."""

    match: str
    gb_s: float
    source: str


@cache
def table() -> tuple[Bandwidth, ...]:
    """Return all rows, the longest names first."""
    found = json.loads(TABLE.read_bytes())["rows"]
    rows = (Bandwidth(match=row["match"], gb_s=row["gb_s"], source=row["source"]) for row in found)
    return tuple(sorted(rows, key=lambda row: -len(row.match)))


def bandwidth_of(name: str) -> float | None:
    """Return the memory bandwidth of hardware by its name, GB/s; `None` when it is not in the table."""
    words = f" {re.sub(r'[^a-z0-9]+', ' ', name.lower())} "
    for row in table():
        if f" {re.sub(r'[^a-z0-9]+', ' ', row.match.lower())} " in words:
            return row.gb_s
    return None
