"""Which figures of a table are worth a query: what is added up, what parts the rows, what is a share of what."""

import re
from dataclasses import dataclass

from homarus.playbooks.board.tables.shapes import Column, Kind, Table

_WHOLES = re.compile(
    r"(?:^|_)(?:sent|to_send|recipients|deliveries|delivered|impressions|reach|sessions|visits|visitors|users|"
    r"empfaenger|versendet|impressionen|besuche|besucher|sitzungen|aufrufe|views|opens|unique_opens|offered|leads)(?:_|$)"
)
"""Names of what others are a share of."""
_PARTS = re.compile(
    r"(?:^|_)(?:opens|unique_opens|clicks|unique_clicks|klicks|orders|bestellungen|purchases|conversions|key_events|"
    r"unsubscribes|abmeldungen|bounces|total_bounces|views|saves|shares|likes|comments|follows|subscribers|returns|"
    r"refunds|retouren|sold|signups|complaints|abuse_complaints|verkauft|replies|won)(?:_|$)"
)
_MONEY = re.compile(
    r"(?:^|_)(?:revenue|total|subtotal|sales|umsatz|amount|betrag|price|preis|cost|spend|kosten)(?:_|$)"
)
_SUMS = re.compile(r"(?:^|_)(?:revenue|total|sales|umsatz|amount|betrag)(?:_|$)")
_NO_MEASURE = re.compile(
    r"(?:^|_)(?:lat|latitude|longitude|lon|year|jahr|month|monat|hour|weekday|position|rank|duration|dauer|delay|age)(?:_|$)"
)
_MOST_MEASURES = 4
_MOST_SEGMENTS = 12
_MOST_NAMES = 4
_MOST_SHARES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Something that is a part of something else, as clicks are of impressions, or a yes or no."""

    part: str
    whole: str = ""
    """Empty for a column of yes and no."""

    @property
    def name(self) -> str:
        """What its facts are called."""
        return f"{self.part}_per_{self.whole}" if self.whole else f"{self.part}_share"

    @property
    def hits(self) -> str:
        """SQL for how often it happened."""
        return f"sum({self.part})" if self.whole else f"count(*) FILTER (WHERE {self.part})"

    @property
    def tries(self) -> str:
        """SQL for how often it could have."""
        return f"sum({self.whole})" if self.whole else f"count({self.part})"

    @property
    def columns(self) -> tuple[str, ...]:
        """Which columns it is made of."""
        return (self.part, self.whole) if self.whole else (self.part,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a table."""

    measures: tuple[Column, ...]
    segments: tuple[Column, ...]
    shares: tuple[Share, ...]


def planned(table: Table) -> Plan:
    """Choose what to ask of a table."""
    numbers = [
        column
        for column in table.of(Kind.NUMBER)
        if column.distinct > 1 and column.unit != "%" and not _NO_MEASURE.search(column.name)
    ]
    numbers.sort(key=lambda column: (_money_rank(column), column.empty > table.rows / 2))
    segments = [
        column
        for column in table.of(Kind.NAME, Kind.FLAG)
        if 2 <= column.distinct <= _MOST_SEGMENTS and column.name != table.currency  # noqa: PLR2004 - one parts nothing
    ]
    segments.sort(key=lambda column: (column.kind is Kind.FLAG, column.empty))
    return Plan(
        measures=tuple(numbers[:_MOST_MEASURES]),
        segments=tuple(segments[:_MOST_NAMES]),
        shares=tuple(_shares(table, numbers)[:_MOST_SHARES]),
    )


def _money_rank(column: Column) -> int:
    return 0 if _SUMS.search(column.name) else 1 if _MONEY.search(column.name) else 2


def is_money(column: Column) -> bool:
    """Say whether a column holds money, which is never added up over currencies."""
    return bool(_MONEY.search(column.name)) or column.unit in {"EUR", "USD", "GBP", "CHF", "JPY"}


def _shares(table: Table, numbers: list[Column]) -> list[Share]:
    """Pair each part with the smallest whole that is never smaller than it."""
    counts = [column for column in numbers if column.is_whole and not is_money(column)]
    wholes = [column for column in counts if _WHOLES.search(column.name)]
    shares: list[Share] = []
    for part in counts:
        if not _PARTS.search(part.name):
            continue
        larger = [w for w in wholes if w.name != part.name and _most(w) >= _most(part) and _least(w) >= _least(part)]
        if larger:
            shares.append(Share(part=part.name, whole=min(larger, key=_most).name))
    shares += [Share(part=column.name) for column in table.of(Kind.FLAG)]
    return shares


def _most(column: Column) -> float:
    return float(column.largest or 0)


def _least(column: Column) -> float:
    return float(column.smallest or 0)
