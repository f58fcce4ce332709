"""What is compared night over night: typed records with few fields, and the changes between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from homarus.domain.content import Json, JsonObject
from homarus.domain.sources import Item
from homarus.playbooks.research.volatile import lasting_lines, short

_COMPARED: Mapping[str, tuple[str, ...]] = {
    "price": ("price", "currency", "availability"),
    "count": ("stars", "forks", "open_issues"),
    "release": ("tag",),
    "job": ("title", "place"),
    "issue": ("state", "print"),
}
"""Of each kind, the fields in which a change means something; of all others, their words."""
_WHOLE = frozenset({"page", "price", "job"})
"""Kinds that come with a page: when it was read and one is missing, it is gone."""
_MOST_LINES = 400


class Turn(StrEnum):
    """What happened to a record."""

    FIRST = "first"
    """Its part was read for the first time: nothing to compare with."""
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing as it was at one reading."""

    kind: str
    key: str
    title: str
    url: str
    fields: JsonObject
    snapshot: str = ""
    """Of what it was read from."""
    seen_at: str = ""

    def as_json(self) -> JsonObject:
        """Return it as it is remembered."""
        return {
            "kind": self.kind,
            "key": self.key,
            "title": self.title,
            "url": self.url,
            "fields": self.fields,
            "snapshot": self.snapshot,
            "seen_at": self.seen_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different from the last reading."""

    turn: Turn
    kind: str
    key: str
    title: str
    url: str
    what: str = ""
    """The field: `price`, `availability`, `currency`, `text` ..."""
    before: str = ""
    after: str = ""
    unit: str = ""
    percent: float | None = None
    is_significant: bool = True
    snapshot: str = ""
    found_at: str = ""
    source: str = ""

    def as_json(self) -> JsonObject:
        """Return it as it is remembered and exported."""
        return {
            "turn": self.turn.value,
            "kind": self.kind,
            "key": self.key,
            "title": self.title,
            "url": self.url,
            "what": self.what,
            "before": self.before,
            "after": self.after,
            "unit": self.unit,
            "percent": self.percent,
            "is_significant": self.is_significant,
            "snapshot": self.snapshot,
            "found_at": self.found_at,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """From when on a change is worth a line."""

    price_percent: float = 1.0
    count_percent: float = 5.0
    text_percent: float = 5.0
    ignored: tuple[str, ...] = ()
    """Words of lines that are not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A reading of one part held against the last one."""

    records: tuple[Record, ...]
    """As they are now, those included that were not read anew."""
    changes: tuple[Change, ...] = field(default=())
    unchanged: int = 0


def record_of(item: Item, rule: Rule, *, at: datetime) -> Record:
    """Return what is compared of an item."""
    fields: dict[str, Json] = {name: item.fields[name] for name in _COMPARED.get(item.kind, ()) if name in item.fields}
    if item.kind not in _COMPARED or item.kind == "issue":
        fields["print"] = short(f"{item.title}\0{item.text}")
    if item.kind in {"page", "file"}:
        lines = lasting_lines(item.text, ignored=rule.ignored)[:_MOST_LINES]
        fields = {"lines": [short(line) for line in lines], "words": sum(len(line.split()) for line in lines)}
    return Record(
        kind=item.kind,
        key=item.key,
        title=item.title,
        url=item.url,
        fields=fields,
        snapshot=item.blob,
        seen_at=at.isoformat(timespec="seconds"),
    )


def compare(
    before: Sequence[Record] | None, items: Sequence[Item], rule: Rule, *, at: datetime, source: str = ""
) -> Compared:
    """Hold what was read against what was known; `None` when this part was never read before."""
    known = {record.key: record for record in before or ()}
    now = dict(known)
    changes: list[Change] = []
    for item in items:
        if item.is_gone:
            changes += _gone_with(item, now, at, source)
            continue
        record = record_of(item, rule, at=at)
        changes += _turns(known.get(item.key), record, item, rule, is_first=before is None, source=source)
        now[item.key] = record
    changes += _missing_of_pages(items, now, at, source)
    changes = [_beside(change, changes) for change in changes]
    unchanged = len(now) - len({change.key for change in changes} & set(now))
    return Compared(records=tuple(now.values()), changes=tuple(changes), unchanged=unchanged)


def _beside(change: Change, others: Sequence[Change]) -> Change:
    """Let a price or a job that changed stand for the words of its page."""
    is_said = change.what == "text" and any(other.key.startswith(f"{change.key}#") for other in others)
    return replace(change, is_significant=False) if is_said else change


def _turns(old: Record | None, new: Record, item: Item, rule: Rule, *, is_first: bool, source: str) -> list[Change]:
    if old is None:
        return [_change(new, Turn.FIRST if is_first else Turn.NEW, source=source, after=_in_short(new))]
    if new.kind in {"page", "file"}:
        return _text_turns(old, new, item, rule, source)
    found: list[Change] = []
    for name in _COMPARED.get(new.kind, ("print",)):
        was, now = _said(old, name), _said(new, name)
        if was != now:
            found.append(_field(old, new, name, rule, source))
    return [change for change in found if not _is_in_another_currency(change, found)]


def _is_in_another_currency(change: Change, found: Sequence[Change]) -> bool:
    """Say whether this is a price beside a change of currency: the figures have nothing to do with each other."""
    return change.what == "price" and any(other.what == "currency" for other in found)


def _field(old: Record, new: Record, name: str, rule: Rule, source: str) -> Change:
    was, now = _said(old, name), _said(new, name)
    if name == "print":
        return _change(new, Turn.CHANGED, source=source, what="text")
    if name == "currency":
        was, now = f"{_said(old, 'price')} {was}".strip(), f"{_said(new, 'price')} {now}".strip()
        return _change(new, Turn.CHANGED, source=source, what=name, before=was, after=now)
    percent = _percent(was, now) if name in {"price", "stars", "forks", "open_issues"} else None
    least = rule.price_percent if name == "price" else rule.count_percent
    return _change(
        new,
        Turn.CHANGED,
        source=source,
        what=name,
        before=was,
        after=now,
        unit=_said(new, "currency") if name == "price" else "",
        percent=percent,
        is_significant=percent is None or abs(percent) >= least,
    )


def _text_turns(old: Record, new: Record, item: Item, rule: Rule, source: str) -> list[Change]:
    was, now = _lines(old), _lines(new)
    if was == now:
        return []
    said = lasting_lines(item.text, ignored=rule.ignored)[:_MOST_LINES]
    added = [line for line, mark in zip(said, now, strict=False) if mark not in set(was)]
    removed = len([mark for mark in was if mark not in set(now)])
    words = new.fields.get("words")
    share = 100.0 * sum(len(line.split()) for line in added) / max(words if isinstance(words, int) else 1, 1)
    if not added and not removed:
        return []
    return [
        _change(
            new,
            Turn.CHANGED,
            source=source,
            what="text",
            after=" / ".join(added)[:300],
            percent=round(share, 1),
            is_significant=share >= rule.text_percent or (not added and removed * 100 >= rule.text_percent * len(was)),
        )
    ]


def _gone_with(item: Item, now: dict[str, Record], at: datetime, source: str) -> list[Change]:
    """Take a page and all that stood on it out of what is known; it counts as one change."""
    keys = [key for key in now if key == item.key or key.startswith(f"{item.key}#")]
    gone = [now.pop(key) for key in keys]
    if not gone:
        return []
    first = next((record for record in gone if record.kind != "page"), gone[0])
    return [_change(first, Turn.GONE, source=source, at=at, before=_in_short(first))]


def _missing_of_pages(items: Sequence[Item], now: dict[str, Record], at: datetime, source: str) -> list[Change]:
    """Return what stood on a page that was read, and does not any more."""
    read = {item.key for item in items}
    pages = [item.key for item in items if item.kind == "page" and not item.is_gone]
    gone = [
        key
        for key, record in now.items()
        if record.kind in _WHOLE and key not in read and any(key.startswith(f"{page}#") for page in pages)
    ]
    return [
        _change(record, Turn.GONE, source=source, at=at, before=_in_short(record))
        for record in (now.pop(key) for key in gone)
    ]


def _change(record: Record, turn: Turn, *, source: str, at: datetime | None = None, **more: object) -> Change:
    said = {
        "what": "",
        "before": "",
        "after": "",
        "unit": "",
        "percent": None,
        "is_significant": True,
        **more,
    }
    return Change(
        turn=turn,
        kind=record.kind,
        key=record.key,
        title=record.title,
        url=record.url,
        snapshot=record.snapshot,
        found_at=at.isoformat(timespec="seconds") if at is not None else record.seen_at,
        source=source,
        **said,  # pyright: ignore[reportArgumentType] - the names are those of the fields above
    )


def _in_short(record: Record) -> str:
    if record.kind == "price":
        return " ".join(part for part in (_said(record, "price"), _said(record, "currency")) if part)
    return _said(record, "tag") or _said(record, "place")


def _said(record: Record, name: str) -> str:
    value = record.fields.get(name)
    return str(value) if isinstance(value, str | int | float) else ""


def _lines(record: Record) -> list[str]:
    lines = record.fields.get("lines")
    return [str(line) for line in lines] if isinstance(lines, list | tuple) else []


def _percent(before: str, after: str) -> float | None:
    try:
        was, now = Decimal(before), Decimal(after)
    except InvalidOperation:
        return None
    return round(float((now - was) / was * 100), 1) if was else None


def record_from(body: JsonObject) -> Record:
    """Return a record as it was remembered."""
    fields = body.get("fields")
    return Record(
        kind=str(body.get("kind", "")),
        key=str(body.get("key", "")),
        title=str(body.get("title", "")),
        url=str(body.get("url", "")),
        fields=fields if isinstance(fields, Mapping) else {},
        snapshot=str(body.get("snapshot", "")),
        seen_at=str(body.get("seen_at", "")),
    )


def change_from(body: JsonObject) -> Change:
    """Return a change as it was remembered."""
    percent = body.get("percent")
    words = {
        name: str(body.get(name, ""))
        for name in ("kind", "key", "title", "url", "what", "before", "after", "unit", "snapshot", "found_at", "source")
    }
    return Change(
        turn=Turn(str(body.get("turn", "new"))),
        percent=percent if isinstance(percent, float | int) else None,
        is_significant=body.get("is_significant") is not False,
        **words,
    )
