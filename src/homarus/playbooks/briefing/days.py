"""What the calendar holds: clashes, ways that are too short, free hours, invitations that wait for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from homarus.domain.sources import Item

_ONLINE = ("http://", "https://", "zoom", "teams", "meet", "online", "video", "telefon", "phone", "call")
_SHORTEST_FREE = timedelta(minutes=45)
_WORKDAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """Something in a calendar, at a time in the owner's zone."""

    key: str
    uid: str
    title: str
    start: datetime
    end: datetime
    place: str
    is_all_day: bool
    is_free: bool
    """Whether it leaves the owner free, as a holiday of somebody else does."""
    is_open: bool
    """Whether the owner was asked and has not answered."""
    blob: str = ""
    organizer: str = ""

    @property
    def is_somewhere(self) -> bool:
        """Whether one must go there."""
        words = self.place.casefold()
        return bool(words) and not any(word in words for word in _ONLINE)

    @property
    def counts(self) -> bool:
        """Whether it takes the owner's time."""
        return not self.is_all_day and not self.is_free and self.end > self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two appointments that do not fit."""

    first: Appointment
    second: Appointment
    minutes: int
    """By how much they overlap, or how much time there is for the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Free time."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """How long it is."""
        return int((self.end - self.start).total_seconds() // 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days ahead."""

    today: tuple[Appointment, ...] = ()
    ahead: tuple[Appointment, ...] = ()
    clashes: tuple[Pair, ...] = ()
    ways: tuple[Pair, ...] = ()
    free: tuple[Slot, ...] = ()
    """Of today and the next working day."""
    invitations: tuple[Appointment, ...] = ()


def appointments(items: Sequence[Item], *, zone: ZoneInfo, mine: frozenset[str]) -> tuple[Appointment, ...]:
    """Return what calendars hold, each event once although two calendars have it."""
    found: dict[tuple[str, datetime], Appointment] = {}
    for item in items:
        start, end = item.fields.get("start"), item.fields.get("end")
        if item.kind != "event" or item.is_gone or not isinstance(start, str) or not isinstance(end, str):
            continue
        if item.fields.get("is_cancelled") is True:
            continue
        begins = datetime.fromisoformat(start).astimezone(zone)
        uid = str(item.fields.get("uid", item.key))
        found.setdefault(
            (uid, begins),
            Appointment(
                key=item.key,
                uid=uid,
                title=item.title,
                start=begins,
                end=datetime.fromisoformat(end).astimezone(zone),
                place=str(item.fields.get("location", "")),
                is_all_day=item.fields.get("is_all_day") is True,
                is_free=item.fields.get("is_free") is True,
                is_open=_is_open(item, mine),
                blob=item.blob,
                organizer=str(item.fields.get("organizer", "")),
            ),
        )
    return tuple(sorted(found.values(), key=lambda one: (one.start, one.title)))


def _is_open(item: Item, mine: frozenset[str]) -> bool:
    people = item.fields.get("attendees")
    return isinstance(people, list) and any(
        isinstance(person, dict) and person.get("address") in mine and person.get("state") == "NEEDS-ACTION"
        for person in people
    )


def looked_at(found: Sequence[Appointment], now: datetime, *, hours: "Hours", way_minutes: int) -> Days:
    """Return what is to be known of the days ahead; what has ended is over."""
    coming = [one for one in found if one.end > now or one.is_all_day]
    timed = [one for one in coming if one.counts]
    pairs = [
        (first, second) for at, first in enumerate(timed) for second in timed[at + 1 :] if second.start < first.end
    ]
    neighbours = pairwise(timed)
    today = now.date()
    return Days(
        today=tuple(one for one in coming if one.start.date() <= today <= _last_day(one)),
        ahead=tuple(one for one in coming if one.start.date() > today),
        clashes=tuple(Pair(first=a, second=b, minutes=_minutes(min(a.end, b.end) - b.start)) for a, b in pairs),
        ways=tuple(
            Pair(first=a, second=b, minutes=_minutes(b.start - a.end))
            for a, b in neighbours
            if a.is_somewhere
            and b.is_somewhere
            and a.place.casefold() != b.place.casefold()
            and timedelta() <= b.start - a.end < timedelta(minutes=way_minutes)
        ),
        free=tuple(slot for day in _work_days(today, 2) for slot in _free(timed, day, now, hours)),
        invitations=tuple(one for one in coming if one.is_open),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The owner's working day."""

    start: time
    end: time


def hours_of(start: str, end: str) -> Hours:
    """Return working hours as they are set; hours that make no day are the usual ones."""
    try:
        hours = Hours(start=time.fromisoformat(start), end=time.fromisoformat(end))
    except ValueError:
        hours = Hours(start=time(0), end=time(0))
    return hours if hours.start < hours.end else Hours(start=time(9), end=time(17, 30))


def _last_day(one: Appointment) -> date:
    return (one.end - timedelta(seconds=1)).date() if one.end > one.start else one.start.date()


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _work_days(today: date, count: int) -> list[date]:
    days = [today + timedelta(days=ahead) for ahead in range(10)]
    return [day for day in days if day.weekday() < _WORKDAYS][:count]


def _free(timed: Sequence[Appointment], day: date, now: datetime, hours: Hours) -> list[Slot]:
    start = max(
        datetime.combine(day, hours.start, now.tzinfo),
        now if now.date() == day else datetime.min.replace(tzinfo=now.tzinfo),
    )
    end = datetime.combine(day, hours.end, now.tzinfo)
    slots: list[Slot] = []
    for one in sorted((one for one in timed if one.start < end and one.end > start), key=lambda each: each.start):
        if one.start - start >= _SHORTEST_FREE:
            slots.append(Slot(start=start, end=one.start))
        start = max(start, one.end)
    if end - start >= _SHORTEST_FREE:
        slots.append(Slot(start=start, end=end))
    return slots
