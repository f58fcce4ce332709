"""What the owner may want to do, with the evidence: from mails, the calendar, tasks, campaigns, and from yesterday."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from homarus.domain.content import JsonObject
from homarus.domain.findings import ActionItem
from homarus.domain.i18n import _
from homarus.domain.playbooks import House
from homarus.domain.sources import Item
from homarus.playbooks.briefing import evidence
from homarus.playbooks.briefing.campaigns import Odd, Share, Week
from homarus.playbooks.briefing.days import Appointment, Days, Pair
from homarus.playbooks.briefing.features import Deadline, Features
from homarus.playbooks.briefing.gathered import Gathered
from homarus.playbooks.briefing.settings import Settings
from homarus.playbooks.briefing.triage import Kind, Sorting
from homarus.playbooks.briefing.waiting import Awaited, Unpaid

_MOST_REPLIES = 25
_CARRIED = timedelta(days=7)
_PRIORITIES = {"A": 5, "B": 4, "C": 3}
_MOST_ITEMS = 60
_SHORT_MAIL = 400
_MOST_URGENT = 5


def key_of(kind: str, *parts: str) -> str:
    """Return a key that is the same on the next day for the same matter."""
    return f"{kind}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:20]}"


async def of_mails(house: House[Settings], mails: Sequence[Sorting], now: datetime) -> list[ActionItem]:
    """Return an item for each thread that is urgent or waits for an answer, with the words that show it as a fact."""
    found: list[ActionItem] = []
    for one in _by_thread(mails):
        fact = await evidence.words(house, one.letter, one.because)
        found.append(_of_mail(one, now, (fact.fact_id,)))
    return found


def of_ruled(mails: Sequence[Sorting], now: datetime) -> list[ActionItem]:
    """Return the same by rules alone, without facts: for a report that is handed over when time is up."""
    return [_of_mail(one, now, ()) for one in _by_thread(mails)]


def _by_thread(mails: Sequence[Sorting]) -> list[Sorting]:
    found: dict[str, Sorting] = {}
    for one in mails:
        if one.kind is Kind.URGENT or len(found) < _MOST_REPLIES:
            found.setdefault(one.letter.thread, one)
    return list(found.values())


def _of_mail(one: Sorting, now: datetime, facts: tuple[str, ...]) -> ActionItem:
    letter, seen = one.letter, one.features
    is_urgent = one.kind is Kind.URGENT
    deadline = seen.deadline
    return ActionItem(
        key=key_of("mail", letter.thread),
        title=one.wants or f"{letter.sender}: {letter.subject}",
        because=f"{letter.sender}: “{one.because}”",
        evidence=facts,
        due=_due(deadline) if deadline else "",
        urgency=_urgency(deadline.day if deadline else None, now.date(), is_urgent=is_urgent, is_vip=seen.is_vip),
        impact=_impact(seen, is_urgent=is_urgent),
        effort=1 if seen.has_invite or len(letter.text) < _SHORT_MAIL else 2,
        link=letter.item.url,
    )


def _due(deadline: Deadline) -> str:
    if deadline.at is None:
        return deadline.day.isoformat()
    return datetime.combine(deadline.day, deadline.at).isoformat()[:16]


def _impact(seen: Features, *, is_urgent: bool) -> int:
    if seen.trouble:
        return 5
    if seen.is_vip or (is_urgent and seen.money):
        return 4
    return 3 if is_urgent or seen.money else 2


def _urgency(due: date | None, today: date, *, is_urgent: bool, is_vip: bool) -> int:
    if is_urgent:
        return 5 if due is None or due <= today else 4
    return 3 if is_vip or (due is not None and (due - today).days <= 3) else 2  # noqa: PLR2004 - soon


def of_tasks(tasks: Sequence[Item], today: date) -> list[ActionItem]:
    """Return open tasks that are due within two days, and those of the highest priority."""
    found: list[ActionItem] = []
    for task in tasks:
        due = str(task.fields.get("due", ""))
        priority = str(task.fields.get("priority", "")).upper()
        days = (date.fromisoformat(due) - today).days if due else None
        is_near = days is not None and days <= 2  # noqa: PLR2004 - the day after tomorrow
        if task.fields.get("is_done") is True or not (is_near or priority == "A"):
            continue
        because = _("a task without a day, of the highest priority")
        if days is not None:
            late = _("due {days} days ago"), _("due today"), _("due in {days} days")
            because = late[0 if days < 0 else 1 if days == 0 else 2].format(days=abs(days))
        urgency = 5 if days is not None and days < 0 else 4 if days == 0 else 3
        found.append(
            ActionItem(
                key=task.key,
                title=task.title,
                because=because,
                due=due,
                urgency=urgency,
                impact=_PRIORITIES.get(priority, 3),
                effort=2,
            )
        )
    return found


def of_days(days: Days, *, today: date) -> list[ActionItem]:
    """Return clashes, ways that are too short, and invitations without an answer."""
    clashes = [_clash(pair, today) for pair in days.clashes]
    ways = [_way(pair, today) for pair in days.ways]
    return [*clashes, *ways, *(_invitation(one, today) for one in days.invitations)]


def _way(pair: Pair, today: date) -> ActionItem:
    return ActionItem(
        key=key_of("way", pair.first.uid, pair.second.uid, pair.first.start.date().isoformat()),
        title=_("Only {minutes} minutes from {first} to {second}").format(
            minutes=pair.minutes, first=pair.first.title, second=pair.second.title
        ),
        because=f"{pair.first.place} → {pair.second.place}",
        due=pair.second.start.isoformat()[:16],
        urgency=4 if pair.first.start.date() == today else 3,
        impact=2,
        effort=1,
    )


def _invitation(one: Appointment, today: date) -> ActionItem:
    return ActionItem(
        key=key_of("invite", one.uid),
        title=_("Answer the invitation to {title}").format(title=one.title),
        because=_("{organizer} asked for {when}").format(
            organizer=one.organizer or _("Somebody"), when=f"{one.start:%a %d %b %H:%M}"
        ),
        due=one.start.isoformat()[:16],
        urgency=4 if one.start.date() == today else 2,
        impact=2,
        effort=1,
    )


def _clash(pair: Pair, today: date) -> ActionItem:
    return ActionItem(
        key=key_of("clash", pair.first.uid, pair.second.uid, pair.first.start.date().isoformat()),
        title=_("{first} and {second} overlap").format(first=pair.first.title, second=pair.second.title),
        because=_("{first_from}-{first_to} and {second_from}-{second_to}: {minutes} minutes").format(
            first_from=f"{pair.first.start:%a %H:%M}",
            first_to=f"{pair.first.end:%H:%M}",
            second_from=f"{pair.second.start:%H:%M}",
            second_to=f"{pair.second.end:%H:%M}",
            minutes=pair.minutes,
        ),
        due=pair.first.start.isoformat()[:16],
        urgency=4 if pair.first.start.date() == today else 3,
        impact=3,
        effort=1,
    )


def of_weeks(weeks: Sequence[Week]) -> list[ActionItem]:
    """Return what moved surely in campaigns, and days that stand out."""
    rates = [_rate(week, share) for week in weeks for share in week.news]
    return rates + [_odd(week, odd) for week in weeks for odd in week.odd]


def _rate(week: Week, share: Share) -> ActionItem:
    assert share.before is not None
    return ActionItem(
        key=key_of("rate", week.source, share.name, week.end.isoformat()),
        title=_("Look at {channel}: {name} {now:.1%}, {before:.1%} the week before").format(
            channel=week.channel, name=_(share.name), now=share.now.share, before=share.before.share
        ),
        because=_("The difference is no chance at 95 percent."),
        urgency=3,
        impact=3,
        effort=2,
    )


def _odd(week: Week, odd: Odd) -> ActionItem:
    value = f"{odd.value:g} {odd.currency if odd.what == 'spend' else ''}".strip()
    return ActionItem(
        key=key_of("odd", week.source, odd.what, odd.day.isoformat()),
        title=_("{channel}: {what} of {value} on {day}").format(
            channel=week.channel, what=_(odd.what), value=value, day=f"{odd.day:%a %d %b}"
        ),
        because=_("Usual on such days: {usual:g}").format(usual=odd.usual),
        urgency=3,
        impact=4 if odd.what == "spend" else 2,
        effort=2,
    )


def of_waiting(awaited: Sequence[Awaited], unpaid: Sequence[Unpaid], now: datetime, days: int) -> list[ActionItem]:
    """Return whom to ask again, and whom to remind of an invoice."""
    found = [
        ActionItem(
            key=key_of("await", one.thread),
            title=_("Ask {who} again: {subject}").format(who=one.who, subject=one.subject),
            because=_("No answer for {days} days to “{quote}”").format(days=(now - one.since).days, quote=one.quote),
            urgency=2,
            impact=3,
            effort=1,
        )
        for one in awaited
        if now - one.since >= timedelta(days=days)
    ]
    return [*found, *(_bill(bill) for bill in unpaid)]


def _bill(bill: Unpaid) -> ActionItem:
    return ActionItem(
        key=key_of("invoice", bill.number),
        title=_("Remind {who} of invoice {number} ({amount})").format(
            who=bill.who, number=bill.number, amount=bill.amount or _("amount not in the mail")
        ),
        because=f"“{bill.quote}”",
        due=bill.due.isoformat(),
        urgency=3,
        impact=4,
        effort=1,
        link=bill.letter.item.url,
    )


async def ordered(house: House[Settings], items: Sequence[ActionItem], gathered: Gathered) -> tuple[ActionItem, ...]:
    """Return today's items and what is open from the last days, by score; the same matter once, what is done not."""
    from dataclasses import replace

    known = {} if gathered.is_sample else await house.remembered("items")
    ticked = {key for key, body in (await house.remembered("ticked")).items() if body.get("is_done", True)}
    today = {item.key: item for item in items}
    carried = {item.key: item for item in _carried(known, gathered) if item.key not in today}
    first_seen = {key: _time(body.get("first_seen")) for key, body in known.items()}
    found = [
        replace(item, first_seen=first_seen.get(item.key) or gathered.now)
        for item in (*today.values(), *carried.values())
        if item.key not in ticked
    ]
    found.sort(key=lambda item: (-item.score, item.due or ("0" if item.urgency == _MOST_URGENT else "9"), item.title))
    for item in () if gathered.is_sample else found[:_MOST_ITEMS]:
        seen = gathered.now if item.key in today else _time(known[item.key].get("last_seen")) or gathered.now
        await house.remember("items", item.key, _body(item, seen))
    return tuple(found[:_MOST_ITEMS])


def _carried(known: Mapping[str, JsonObject], gathered: Gathered) -> list[ActionItem]:
    """Return items of mails of earlier runs that are still open: neither answered, nor gone, nor too long ago."""
    answered = {key_of("mail", mail.thread) for mail in gathered.mails if mail.is_mine}
    found: list[ActionItem] = []
    for key, body in known.items():
        last = _time(body.get("last_seen"))
        if not key.startswith("mail:") or key in answered or last is None or gathered.now - last > _CARRIED:
            continue
        found.append(
            ActionItem(
                key=key,
                title=str(body.get("title", "")),
                because=str(body.get("because", "")),
                due=str(body.get("due", "")),
                urgency=_number(body.get("urgency"), 1),
                impact=_number(body.get("impact"), 1),
                effort=_number(body.get("effort"), 1),
                link=str(body.get("link", "")),
            )
        )
    return found


def _body(item: ActionItem, seen: datetime) -> JsonObject:
    return {
        "title": item.title,
        "because": item.because,
        "due": item.due,
        "urgency": item.urgency,
        "impact": item.impact,
        "effort": item.effort,
        "link": item.link,
        "first_seen": item.first_seen.isoformat() if item.first_seen else "",
        "last_seen": seen.isoformat(),
    }


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
