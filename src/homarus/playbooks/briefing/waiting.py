"""Answers that did not come, invoices that nobody paid, newsletters that nobody reads: what silence says."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from homarus.domain.content import JsonObject
from homarus.playbooks.briefing import phrases
from homarus.playbooks.briefing.dates import Named, days_in, sentences
from homarus.playbooks.briefing.letters import Letter

_LONGEST_WAIT = timedelta(days=60)
_INVOICE = re.compile(
    r"\b(?:invoice|rechnung)\s*(?:no\.?|nr\.?|number|nummer|#)?\s*:?\s*([A-Z]{0,4}[-/]?\d[\w/-]{2,20})", re.IGNORECASE
)
_PAID = re.compile(
    r"\b(?:paid|payment received|zahlung eingegangen|bezahlt|überwiesen|beglichen|zahlungseingang)\b", re.IGNORECASE
)
_AMOUNT = re.compile(
    r"(?:(?:€|EUR|\$|USD|£|CHF)\s?\d[\d.,]*\d|\d[\d.,]*\d\s?(?:€|EUR|\$|USD|£|GBP|CHF|Euro)(?!\w))", re.IGNORECASE
)
_FEWEST_ISSUES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """An answer that the owner waits for."""

    thread: str
    who: str
    subject: str
    since: datetime
    quote: str
    """The question."""
    key: str = ""
    """Of the mail."""

    def body(self) -> JsonObject:
        """Return it for tomorrow."""
        return {
            "who": self.who,
            "subject": self.subject,
            "since": self.since.isoformat(),
            "quote": self.quote,
            "key": self.key,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaid:
    """An invoice of the owner that no mail calls paid."""

    number: str
    who: str
    amount: str
    """As the mail has it."""
    due: date
    letter: Letter
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """Somebody who writes often, to many."""

    sender: str
    address: str
    count: int
    unsubscribe: str


def awaited(mails: Sequence[Letter], known: Mapping[str, JsonObject], now: datetime) -> tuple[Awaited, ...]:
    """Return the threads in which the owner asked last, those of earlier runs too, oldest first."""
    open_threads = {thread: found for thread, body in known.items() if (found := _read(thread, body)) is not None}
    for mail in mails:
        if not mail.is_mine:
            open_threads.pop(mail.thread, None)
            continue
        quote = asked(mail)
        if quote and mail.at is not None and mail.to:
            open_threads[mail.thread] = Awaited(
                thread=mail.thread, who=mail.to[0], subject=mail.subject, since=mail.at, quote=quote, key=mail.key
            )
        else:
            open_threads.pop(mail.thread, None)
    kept = [one for one in open_threads.values() if now - one.since < _LONGEST_WAIT]
    return tuple(sorted(kept, key=lambda one: one.since))


def asked(mail: Letter) -> str:
    """Return the sentence that asks for an answer; nothing when none does."""
    for _at, words in sentences(mail.text):
        if words.rstrip().endswith("?") or phrases.REQUEST.search(words):
            return words[:240]
    return ""


def _read(thread: str, body: JsonObject) -> Awaited | None:
    try:
        since = datetime.fromisoformat(str(body["since"]))
        told = {name: str(body[name]) for name in ("who", "subject", "quote", "key")}
    except (KeyError, ValueError):
        return None
    return Awaited(thread=thread, since=since, **told)


def unpaid(mails: Sequence[Letter], today: date) -> tuple[Unpaid, ...]:
    """Return invoices that the owner sent, whose day has passed and of which no mail says that they are paid."""
    paid = {
        number
        for mail in mails
        if not mail.is_mine and _PAID.search(f"{mail.subject}\n{mail.text}")
        for number in _numbers(mail)
    }
    found: dict[str, Unpaid] = {}
    for mail in mails:
        if not mail.is_mine or mail.at is None:
            continue
        for number in _numbers(mail):
            due = _due(mail)
            if number not in paid and due is not None and due.day < today:
                amount = _AMOUNT.search(mail.text)
                found[number] = Unpaid(
                    number=number,
                    who=mail.to[0] if mail.to else "",
                    amount=amount.group() if amount else "",
                    due=due.day,
                    letter=mail,
                    quote=due.quote,
                )
    return tuple(found.values())


def _numbers(mail: Letter) -> list[str]:
    return list(dict.fromkeys(found.group(1) for found in _INVOICE.finditer(f"{mail.subject}\n{mail.text}")))


def _due(mail: Letter) -> Named | None:
    assert mail.at is not None
    for _at, words in sentences(mail.text):
        named = days_in(words, written=mail.at.date()) if phrases.DEADLINE.search(words) else ()
        if named:
            return named[-1]
    return None


def newsletters(mails: Sequence[Letter]) -> tuple[Newsletter, ...]:
    """Return who writes to many and often, and can be left; nobody is left by homarus."""
    written = {address for mail in mails if mail.is_mine for address in mail.to}
    bulk = [mail for mail in mails if not mail.is_mine and mail.says("is_bulk") and mail.word("unsubscribe")]
    counts = Counter(mail.address for mail in bulk)
    last = {mail.address: mail for mail in bulk}
    return tuple(
        Newsletter(
            sender=last[address].sender, address=address, count=count, unsubscribe=last[address].word("unsubscribe")
        )
        for address, count in counts.most_common(20)
        if count >= _FEWEST_ISSUES and address not in written
    )
