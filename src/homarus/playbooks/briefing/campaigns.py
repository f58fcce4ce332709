"""What campaigns did this week against the week before, with how sure that is, and the days that stand out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from homarus.domain.sources import Item
from homarus.playbooks.briefing.chances import Difference, Rate, difference, outliers, rate

SHARES = {
    "open rate": ("opens", "sends"),
    "click rate": ("clicks", "sends"),
    "unsubscribe rate": ("unsubscribes", "sends"),
    "ad click rate": ("clicks", "impressions"),
}
COSTS = {"cost per conversion": "conversions", "cost per click": "clicks"}
_SUMMED = ("sends", "opens", "clicks", "impressions", "sessions", "unsubscribes", "conversions", "spend", "revenue")
_WATCHED = ("spend", "clicks", "conversions", "sessions")
_DAYS = 7
_WATCHED_DAYS = 28
_LEAST_CHANGE = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one row of an export says."""

    source: str
    campaign: str
    channel: str
    day: date
    currency: str
    metrics: Mapping[str, float]
    blob: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A rate of this week against the week before."""

    name: str
    now: Rate
    before: Rate | None
    moved: Difference | None

    @property
    def is_news(self) -> bool:
        """Whether it moved surely, and by enough to matter."""
        if self.moved is None or self.before is None or not self.before.share:
            return False
        return self.moved.is_sure and abs(self.moved.points) / self.before.share >= _LEAST_CHANGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """A day that stands out."""

    what: str
    day: date
    value: float
    usual: float
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What a source's campaigns in a currency did."""

    source: str
    channel: str
    currency: str
    start: date
    end: date
    now: Mapping[str, float]
    before: Mapping[str, float]
    shares: tuple[Share, ...] = ()
    costs: Mapping[str, float] = field(default_factory=dict[str, float])
    costs_before: Mapping[str, float] = field(default_factory=dict[str, float])
    odd: tuple[Odd, ...] = ()
    blob: str = ""
    rows: int = 0

    @property
    def news(self) -> tuple[Share, ...]:
        """Rates that surely moved."""
        return tuple(share for share in self.shares if share.is_news)


def measured(items: Iterable[tuple[str, Item]]) -> tuple[Measured, ...]:
    """Return the rows that have a day, with campaign names in one form, as links and exports write them differently."""
    found: list[Measured] = []
    for source, item in items:
        metrics, day = item.fields.get("metrics"), str(item.fields.get("day", ""))
        if item.kind != "row" or not isinstance(metrics, dict) or not day:
            continue
        line = item.fields.get("line")
        found.append(
            Measured(
                source=source,
                campaign=one_form(str(item.fields.get("campaign", ""))),
                channel=str(item.fields.get("channel", "")) or source,
                day=date.fromisoformat(day),
                currency=str(item.fields.get("currency", "")),
                metrics={name: float(value) for name, value in metrics.items() if isinstance(value, int | float)},
                blob=item.blob,
                line=line if isinstance(line, int) else 0,
            )
        )
    return tuple(found)


def one_form(campaign: str) -> str:
    """Return a campaign's name as it is compared: `Vorlagen-Herbst` and `vorlagen+herbst` are one."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in campaign.casefold()).split())


def weeks(rows: Sequence[Measured], today: date) -> tuple[Week, ...]:
    """Return the last seven days against the seven before, per source and currency; money of two is never added."""
    groups: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for row in rows:
        groups[row.source, row.currency if "spend" in row.metrics or "revenue" in row.metrics else ""].append(row)
    return tuple(_week(source, currency, group, today) for (source, currency), group in sorted(groups.items()))


def _week(source: str, currency: str, rows: Sequence[Measured], today: date) -> Week:
    end = today - timedelta(days=1)
    start = end - timedelta(days=_DAYS - 1)
    now = [row for row in rows if start <= row.day <= end]
    before = [row for row in rows if start - timedelta(days=_DAYS) <= row.day < start]
    sums, sums_before = _sums(now), _sums(before)
    channels = {row.channel for row in rows}
    return Week(
        source=source,
        channel=channels.pop() if len(channels) == 1 else source,
        currency=currency,
        start=start,
        end=end,
        now=sums,
        before=sums_before,
        shares=tuple(_shares(sums, sums_before)),
        costs=_costs(sums),
        costs_before=_costs(sums_before),
        odd=tuple(_odd(rows, start, end, currency)),
        blob=rows[0].blob,
        rows=len(now),
    )


def _sums(rows: Sequence[Measured]) -> dict[str, float]:
    return {
        name: round(sum(row.metrics[name] for row in rows if name in row.metrics), 2)
        for name in _SUMMED
        if any(name in row.metrics for row in rows)
    }


def _shares(now: Mapping[str, float], before: Mapping[str, float]) -> Iterable[Share]:
    for name, (hits, of) in SHARES.items():
        if hits not in now or of not in now:
            continue
        is_now = rate(now[hits], now[of])
        was = rate(before[hits], before[of]) if hits in before and of in before else None
        if is_now is not None:
            yield Share(name=name, now=is_now, before=was, moved=difference(is_now, was) if was else None)


def _costs(sums: Mapping[str, float]) -> dict[str, float]:
    """Return what things cost; what nobody did has no price."""
    spend = sums.get("spend", 0.0)
    return {name: round(spend / sums[of], 2) for name, of in COSTS.items() if spend > 0 and sums.get(of, 0) > 0}


def _odd(rows: Sequence[Measured], start: date, end: date, currency: str) -> Iterable[Odd]:
    """Yield days of this week that fall out of the last four weeks; weekdays against weekdays."""
    for name in _WATCHED:
        by_day: dict[date, float] = defaultdict(float)
        for row in rows:
            if name in row.metrics and end - timedelta(days=_WATCHED_DAYS) < row.day <= end:
                by_day[row.day] += row.metrics[name]
        for is_weekend in (False, True):
            days = sorted(day for day in by_day if (day.weekday() > 4) is is_weekend)  # noqa: PLR2004 - Saturday
            values = [by_day[day] for day in days]
            for at in outliers(values):
                if days[at] >= start:
                    usual = sorted(values)[len(values) // 2]
                    yield Odd(
                        what=name, day=days[at], value=round(values[at], 2), usual=round(usual, 2), currency=currency
                    )
