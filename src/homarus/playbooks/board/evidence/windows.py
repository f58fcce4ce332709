"""The last four weeks against the four before, with what chance alone would do."""
# ruff: noqa: S608 - names were made by `names`, words are quoted by `text`

from dataclasses import dataclass

from homarus.domain.i18n import _
from homarus.playbooks.board.evidence.estimates import Interval, bootstrapped
from homarus.playbooks.board.evidence.stated import Draft
from homarus.playbooks.board.evidence.words import rounded, text
from homarus.playbooks.board.tables.asking import Asking
from homarus.playbooks.board.tables.shapes import Column, Table

WINDOW_DAYS = 28
_WEEKS = WINDOW_DAYS // 7
SPANS = (f"{_WEEKS} weeks", f"{WINDOW_DAYS} days", "7 days", "1 week")
"""How facts over time name their windows; whoever repeats that invents no figure."""
_BIG_CHANGE = 10.0
"""Per cent: smaller ones are not told as news."""
_FEWEST_DAYS = 2 * WINDOW_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A column of numbers as it is asked for: in one currency where there are several."""

    table: Table
    column: Column
    currency: str = ""

    @property
    def name(self) -> str:
        """What its facts' names begin with."""
        return f"{self.table.name}_{self.column.name}" + (f"_{self.currency.lower()}" if self.currency else "")

    @property
    def where(self) -> str:
        """The condition of its rows, as SQL."""
        return f"{self.table.currency} = {text(self.currency)}" if self.currency else "true"

    @property
    def unit(self) -> str:
        """The unit of its sums and means."""
        return self.currency or self.column.unit


async def windows(asking: Asking, measure: Measure) -> list[Draft]:
    """Compare the last four weeks with the four before, where both have rows in every week; and the last week, too."""
    table = measure.table
    if not table.day or not table.first or not table.last or (table.last - table.first).days + 1 < _FEWEST_DAYS:
        return []
    days = await _daily(asking, measure)
    if not days:
        return []
    drafts = await _compared(asking, measure, days, WINDOW_DAYS, _("its last {weeks} weeks").format(weeks=_WEEKS))
    return drafts + (await _compared(asking, measure, days, 7, _("its last 7 days")))[2:]


async def _compared(asking: Asking, measure: Measure, days: list[float], span_days: int, told: str) -> list[Draft]:
    """Return this span's sum, the one before, and the change; `days` are sums per day, the newest first."""
    name = f"{measure.name}_last_{_WEEKS}_weeks" if span_days == WINDOW_DAYS else f"{measure.name}_last_7_days"
    recent, before = _sql(measure, 0, span_days), _sql(measure, span_days, 2 * span_days)
    now, then = rounded((await asking.ours(recent)).rows[0][0]), rounded((await asking.ours(before)).rows[0][0])
    if isinstance(now, str | None) or isinstance(then, str | None) or not then:
        return []
    spans = (
        _span(days[:span_days], f"{name}:now"),
        _span(days[span_days : 2 * span_days], f"{name}:then"),
    )
    change_pct = round(100 * (now / then - 1), 1)
    is_news = abs(change_pct) >= _BIG_CHANGE and spans[0].is_apart(spans[1])
    told_of = {"column": measure.column.title, "table": measure.table.name, "span": told}
    says_now = _("sum of {column} in {table}, {span}").format(**told_of)
    says_then = _("sum of {column} in {table}, as long before {span}").format(**told_of)
    drafts = [
        _sum(measure, name, now, says_now, spans[0], recent),
        _sum(measure, f"{name}_before", then, says_then, spans[1], before),
    ]
    if float(measure.column.smallest or 0) < 0:
        return drafts  # a percentage of what may be below zero says nothing
    says = _("change of {column} in {table}, {span} against as long before").format(**told_of)
    change = Draft(
        name=f"{name}_change",
        value=change_pct,
        says=says if is_news else says + _(" (not proven: the intervals overlap)"),
        unit="%",
        sql=f"SELECT round(100.0 * (({recent}) / nullif(({before}), 0) - 1), 1)",
        weight=3 if is_news else 1,
        rows=measure.table.rows,
        columns=(measure.column.name, measure.table.day),
    )
    return [*drafts, change]


def _sum(measure: Measure, name: str, value: int | float, says: str, span: Interval, sql: str) -> Draft:
    return Draft(
        name=name,
        value=value,
        says=says,
        unit=measure.unit,
        low=round(span.low, 2),
        high=round(span.high, 2),
        sql=sql,
        weight=1 if name.endswith("before") else 2,
        columns=(measure.column.name, measure.table.day),
        rows=measure.table.rows,
    )


def _span(values: list[float], seed: str) -> Interval:
    one = bootstrapped(values, seed=seed)
    return Interval(low=one.low * len(values), high=one.high * len(values))


def _sql(measure: Measure, after: int, until: int) -> str:
    day, table = measure.table.day, measure.table.name
    newest = f"(SELECT CAST(max({day}) AS DATE) FROM {table})"
    upper = f" AND CAST({day} AS DATE) <= {newest} - INTERVAL {after} DAY" if after else ""
    also = f" AND {measure.where}" if measure.currency else ""
    return (
        f"SELECT round(sum({measure.column.name}), 2) FROM {table} "
        f"WHERE CAST({day} AS DATE) > {newest} - INTERVAL {until} DAY{upper}{also}"
    )


async def _daily(asking: Asking, measure: Measure) -> list[float]:
    """Return the sums of the last 56 days, the newest first; nothing where a week of them has no rows at all."""
    table = measure.table
    assert table.last is not None
    rows = await asking.ours(
        f"SELECT date_diff('day', CAST({table.day} AS DATE), DATE '{table.last.isoformat()}') AS back, "
        f"sum({measure.column.name}) FROM {table.name} WHERE {table.day} IS NOT NULL AND {measure.where} "
        f"GROUP BY 1 HAVING back < {2 * WINDOW_DAYS} ORDER BY 1"
    )
    days = [0.0] * (2 * WINDOW_DAYS)
    seen: set[int] = set()
    for back, value in rows.rows:
        if isinstance(back, int) and 0 <= back < len(days):
            seen.add(back // 7)
            days[back] = float(value) if isinstance(value, int | float) else 0.0
    return days if len(seen) == 2 * _WEEKS else []
