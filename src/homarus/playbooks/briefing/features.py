"""What can be seen in a mail without any model: deadlines, questions, who it is from, whom it went to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from homarus.playbooks.briefing import phrases
from homarus.playbooks.briefing.dates import Named, days_in, hour_in, sentences
from homarus.playbooks.briefing.letters import Letter

_NEAR_DAYS = 1
_SOON_DAYS = 3
_LONGEST_QUOTE = 240
_FIRST_MAIL = 1990
_METHOD = re.compile(r"^METHOD:\s*([A-Z-]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The owner, as far as mails are read for them."""

    addresses: frozenset[str]
    vips: tuple[str, ...]
    """Addresses, or domains as `@example.org`, lower case."""
    written_to: frozenset[str]
    """To whom the owner has written."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By when something is wanted."""

    day: date
    at: time | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What was seen, each with the words that say it."""

    is_vip: bool = False
    is_bulk: bool = False
    is_advertising: bool = False
    is_automatic: bool = False
    is_known: bool = False
    deadline: Deadline | None = None
    at_once: str = ""
    trouble: str = ""
    question: str = ""
    promised: str = ""
    information: str = ""
    money: str = ""
    has_invite: bool = False
    orders: str = ""
    """Words that speak to a machine; whatever stands in them counts for nothing."""
    language: str = "en"

    @property
    def points(self) -> int:
        """How urgent it is, by what was seen; from three on it is."""
        return (
            self._deadline_points
            + (2 if self.at_once else 0)
            + (2 if self.trouble else 0)
            + (1 if self.is_vip else 0)
            + (1 if self.question and (self.is_known or self.at_once or self.trouble) else 0)
        )

    nearness_days: int | None = None
    """How far off the deadline is."""

    @property
    def _deadline_points(self) -> int:
        if self.nearness_days is None:
            return 0
        if self.nearness_days <= _NEAR_DAYS:
            return 3
        return 1 if self.nearness_days <= _SOON_DAYS else 0


def seen_in(letter: Letter, reader: Reader) -> Features:
    """Return what can be seen in a mail; of those that went to many only that they did, and orders to machines."""
    if letter.says("is_bulk") and not is_vip(letter.address, reader.vips) and not _is_for_the_owner(letter):
        return Features(is_bulk=True, is_automatic=True, orders=_orders(letter), language="")
    spoken = tuple(words for _at, words in sentences(letter.text))
    mine = tuple(words for words in spoken if not phrases.ORDERS.search(words))
    subject = "" if phrases.ORDERS.search(letter.subject) else letter.subject
    whole = (*mine, subject)
    written = _written(letter.at, reader.now)
    deadline = _deadline(mine, written, reader.now.date(), subject)
    address = letter.address
    is_known = address in reader.written_to
    is_advertising = not is_known and bool(_first(phrases.OPT_OUT, whole)) and bool(_first(phrases.SALES, whole))
    is_automatic = letter.says("is_automatic") or bool(phrases.NO_REPLY.match(address))
    return Features(
        is_vip=is_vip(address, reader.vips),
        is_bulk=letter.says("is_bulk") and not _is_for_the_owner(letter),
        is_advertising=is_advertising,
        is_automatic=is_automatic,
        is_known=is_known,
        deadline=deadline,
        nearness_days=(deadline.day - reader.now.date()).days if deadline else None,
        at_once=_first(phrases.AT_ONCE, whole),
        trouble=_first(phrases.TROUBLE, whole),
        question="" if is_automatic else _question(whole),
        promised=_first(phrases.PROMISED, mine),
        information=_first(phrases.FOR_INFORMATION, whole),
        money=_first(phrases.MONEY, whole),
        has_invite=is_invitation(letter.word("calendar")),
        orders=_orders(letter),
        language=_language(letter.text),
    )


def is_invitation(calendar: str) -> bool:
    """Tell whether a calendar part wants an answer: a cancellation, an answer or a published event does not."""
    method = _METHOD.search(calendar)
    return bool(calendar) and (method is None or method[1].upper() in {"REQUEST", "COUNTER", "ADD", "REFRESH"})


def _is_for_the_owner(letter: Letter) -> bool:
    """Tell whether what went out as mails to many do says that something of the owner's own is in trouble."""
    spoken = (*(words for _at, words in sentences(letter.text)), letter.subject)
    if any(phrases.SALES.search(words) or phrases.ORDERS.search(words) for words in spoken):
        return False
    return any(
        phrases.TROUBLE.search(words) and (phrases.YOURS.search(words) or phrases.AT_ONCE.search(words))
        for words in spoken
    )


def _written(at: datetime | None, now: datetime) -> date:
    """Return the day of writing; clocks that are wrong by years, or ahead, do not move what is meant by `today`."""
    is_plausible = at is not None and at.year >= _FIRST_MAIL and at <= now + timedelta(days=1)
    return (at if at is not None and is_plausible else now).astimezone(now.tzinfo).date()


def _orders(letter: Letter) -> str:
    """Return the first sentence that speaks to a machine."""
    found = phrases.ORDERS.search(f"{letter.subject}\n\n{letter.text}")
    if found is None:
        return ""
    return next((words for _at, words in sentences(letter.text) if phrases.ORDERS.search(words)), letter.subject)


def is_vip(address: str, vips: Sequence[str]) -> bool:
    """Tell whether the owner named this sender, or its domain."""
    return any(address == vip or (vip.startswith("@") and address.endswith(vip)) for vip in vips if vip)


def _first(pattern: re.Pattern[str], spoken: Sequence[str]) -> str:
    return next((words[:_LONGEST_QUOTE] for words in spoken if pattern.search(words)), "")


def _question(spoken: Sequence[str]) -> str:
    for words in spoken:
        asks = words.rstrip().endswith("?") or bool(phrases.REQUEST.search(words))
        if asks and not phrases.POLITE_QUESTION.search(words):
            return words[:_LONGEST_QUOTE]
    return ""


def _deadline(spoken: Sequence[str], written: date, today: date, subject: str) -> Deadline | None:
    """Return the next day by which something is wanted; one that has just passed still is."""
    named: list[Named] = []
    for words in (*spoken, subject):
        is_due = any(pattern.search(words) for pattern in (phrases.DEADLINE, phrases.CHANGED, phrases.TROUBLE))
        is_asked = bool(phrases.REQUEST.search(words)) or words.endswith("?")
        days = days_in(words, written=written) if is_due or is_asked else ()
        named += days if is_due else [one for one in days if 0 <= (one.day - today).days <= _NEAR_DAYS]
        hour = hour_in(words, written=written) if is_due and not days and written == today else None
        named += [hour] if hour else []
    coming = [one for one in named if one.day >= today]
    if coming:
        first = min(coming, key=lambda one: (one.day, one.at or time(23, 59)))
    elif missed := [one for one in named if (today - one.day).days <= _SOON_DAYS]:
        first = max(missed, key=lambda one: one.day)
    else:
        return None
    return Deadline(day=first.day, at=first.at, quote=first.quote[:_LONGEST_QUOTE])


def _language(text: str) -> str:
    german, english = len(phrases.GERMAN.findall(text[:2_000])), len(phrases.ENGLISH.findall(text[:2_000]))
    return "de" if german > english else "en"
