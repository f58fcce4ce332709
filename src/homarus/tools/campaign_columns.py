# ruff: noqa: E501 - rows of a table
"""Which column of an export is which figure, in the names that Mailchimp, Listmonk, GA4 and ad networks give them.

Sources: Mailchimp's report export and `GET /3.0/reports`; Listmonk's `GET /api/campaigns`; GA4's report download with
its commented head; Google Ads and Meta downloads in English and German.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from homarus.domain.content import Json
from homarus.tools.tables import day_of, is_german, number_of, table_of

METRICS: Mapping[str, tuple[str, ...]] = {
    "sends": ("successful deliveries", "delivered", "zugestellt", "sent", "emails sent", "total recipients",
              "recipients", "empfänger", "versendet", "gesendet", "to send"),
    "opens": ("unique opens", "opens unique opens", "eindeutige öffnungen", "opens", "views", "öffnungen", "total opens"),
    "clicks": ("unique clicks", "clicks unique clicks", "eindeutige klicks", "link clicks", "clicks", "klicks",
               "clicks total", "total clicks", "klicks auf den link"),
    "impressions": ("impressions", "impr", "impressionen"),
    "unsubscribes": ("unsubscribes", "unsubscribed", "abmeldungen", "unsubs"),
    "bounces": ("total bounces", "bounces", "hard bounces", "bounces hard bounces"),
    "sessions": ("sessions", "sitzungen"),
    "conversions": ("conversions", "key events", "schlüsselereignisse", "purchases", "käufe", "orders",
                    "total orders", "results", "ergebnisse"),
    "spend": ("cost", "kosten", "spend", "amount spent", "ausgegebener betrag", "ausgaben", "ad cost"),
    "revenue": ("total revenue", "gesamtumsatz", "revenue", "umsatz", "purchase revenue", "conversion value", "conv value"),
}  # fmt: skip
"""By figure, the names of its column in the order in which they are preferred."""
_WORDS: Mapping[str, tuple[str, ...]] = {
    "day": ("date", "day", "tag", "datum", "send date", "send time", "started at", "send at", "reporting starts", "created at"),
    "campaign": ("session campaign", "campaign", "kampagne", "campaign name", "kampagnenname", "campaign title",
                 "utm campaign", "title", "titel", "name", "subject", "sitzung kampagne"),
    "source": ("session source", "utm source", "source", "quelle", "sitzung quelle"),
    "medium": ("session medium", "utm medium", "medium", "sitzung medium"),
    "both": ("session source medium", "source medium", "sitzung quelle medium"),
    "currency": ("currency", "currency code", "währung", "währungscode"),
}  # fmt: skip
_SUMS = re.compile(r"^(?:grand )?totals?\b|^gesamt|^summe|^total:", re.IGNORECASE)
_CURRENCY = re.compile(r"\(?\b(EUR|USD|GBP|CHF)\b\)?|([€$£])")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
_NOT_WORD = re.compile(r"[^\w]+")
_MOST_ROWS = 50_000
_LONGEST_HEAD = 60
_ENOUGH = 2
_MOST_DEPTH = 4
_NONE: list[Mapping[str, Json]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a campaign did on a day."""

    campaign: str
    day: str
    """ISO; empty when it is not told."""
    source: str
    medium: str
    currency: str
    metrics: Mapping[str, float]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where what is."""

    words: Mapping[str, str]
    metrics: Mapping[str, str]
    currency: str


def named(header: str) -> str:
    """Return a column's name as it is looked up: lower case, no signs, no currency."""
    return " ".join(
        _NOT_WORD.sub(" ", _CURRENCY.sub(" ", header.replace("_", " ").casefold().replace("eur", "EUR"))).split()
    ).lower()


def rows_of_csv(text: str) -> tuple[Row, ...]:
    """Return the rows of an export; none when no line is a header that is known."""
    table = table_of(text)
    head = next((at for at, row in enumerate(table[:_LONGEST_HEAD]) if _is_head(row)), None)
    if head is None:
        return ()
    names = table[head]
    body = table[head + 1 : head + 1 + _MOST_ROWS]
    return _rows([dict(zip(names, row, strict=False)) for row in body], names, first_line=head + 2)


def rows_of_json(value: object) -> tuple[Row, ...]:
    """Return the rows of an answer: the longest list of objects in it, with what is inside them named by its path."""
    found = max(_lists(value, 0), key=len, default=_NONE)
    cells = [dict(_flat(row, "", 0)) for row in found[:_MOST_ROWS]]
    names = list(dict.fromkeys(name for row in cells for name in row))
    return _rows(cells, names, first_line=1)


def _lists(value: object, depth: int) -> Iterator[list[Mapping[str, Json]]]:
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, list):
        rows = [cast("Mapping[str, Json]", row) for row in cast("list[object]", value) if isinstance(row, dict)]
        if rows:
            yield rows
    elif isinstance(value, dict):
        for inside in cast("dict[str, object]", value).values():
            yield from _lists(inside, depth + 1)


def _flat(row: Mapping[str, Json], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if isinstance(value, Mapping) and depth < _MOST_DEPTH:
            yield from _flat(value, f"{prefix}{name} ", depth + 1)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", str(value)


def _is_head(row: Sequence[str]) -> bool:
    known = {name for names in (*METRICS.values(), *_WORDS.values()) for name in names}
    return sum(named(cell) in known for cell in row) >= _ENOUGH


def _found(names: Sequence[str]) -> _Columns:
    by_name: dict[str, str] = {}
    for header in names:
        by_name.setdefault(named(header), header)

    def pick(wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        return {
            what: by_name[next(name for name in aliases if name in by_name)]
            for what, aliases in wanted.items()
            if any(name in by_name for name in aliases)
        }

    metrics = pick(METRICS)
    return _Columns(words=pick(_WORDS), metrics=metrics, currency=_currency(metrics.get("spend", "")))


def _rows(cells: Sequence[Mapping[str, str]], names: Sequence[str], *, first_line: int) -> tuple[Row, ...]:
    columns = _found(names)
    if not columns.metrics:
        return ()
    seen = [row.get(header) or "" for row in cells[:2_000] for header in columns.metrics.values()]
    has_commas = is_german(seen)
    return tuple(
        row
        for line, cell in enumerate(cells, first_line)
        if (row := _row(cell, columns, line, is_german=has_commas)) is not None
    )


def _row(cell: Mapping[str, str], columns: _Columns, line: int, *, is_german: bool) -> Row | None:
    def word(what: str) -> str:
        return " ".join((cell.get(columns.words.get(what, "")) or "").split())[:200]

    told = {what: number_of(cell.get(header) or "", is_german=is_german) for what, header in columns.metrics.items()}
    metrics = {what: value for what, value in told.items() if value is not None}
    campaign = word("campaign")
    is_sum = bool(_SUMS.match(campaign) or _SUMS.match(word("day")) or not (campaign or word("day")))
    if not metrics or is_sum:
        return None
    source, medium = word("source"), word("medium")
    if not source and word("both"):
        source, _slash, medium = (part.strip() for part in word("both").partition("/"))
    return Row(
        campaign=campaign,
        day=day_of(word("day")),
        source=source.casefold(),
        medium=medium.casefold(),
        currency=word("currency").upper()[:3]
        or _currency(cell.get(columns.metrics.get("spend", "")) or "")
        or columns.currency,
        metrics=metrics,
        line=line,
    )


def _currency(text: str) -> str:
    found = _CURRENCY.search(text.upper())
    return (found[1] or _SIGNS[found[2]]) if found else ""
