"""The briefing in words: one screen for the phone, the whole report, tiles. Templates over facts, no model's."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from homarus.domain.findings import ActionItem, Missing
from homarus.domain.i18n import _
from homarus.domain.sources import Item
from homarus.playbooks.briefing.campaigns import Week
from homarus.playbooks.briefing.days import Pair
from homarus.playbooks.briefing.gathered import CALENDAR, FIGURES, MAIL, TASKS
from homarus.playbooks.briefing.morning import Morning, counted
from homarus.playbooks.briefing.triage import Kind, Sorting
from homarus.tools.posting import PRICED_AT, total_usd

_MOST_CHARS = 1_400
_MOST_LINES = 24
_MOST_SHOWN = 15
_ON_PHONE = 6


def title(morning: Morning) -> str:
    """Return what the briefing is called."""
    day = f"{morning.now:%a %d %b %Y}"
    if morning.gathered.is_sample:
        return _("Morning briefing, {day} (sample data)").format(day=day)
    return _("Morning briefing, {day}").format(day=day)


def summary(morning: Morning) -> str:
    """Return the briefing in one sentence."""
    counts = counted(morning.sorted)
    parts: list[str] = []
    if morning.gathered.has(*MAIL):
        parts.append(_("{urgent} urgent, {reply} to answer").format(urgent=counts["urgent"], reply=counts["reply"]))
    elif morning.gathered.lacks(*MAIL):
        parts.append(_("mails could not be read"))
    if morning.gathered.has(*CALENDAR):
        parts.append(
            _("{today} appointments today").format(today=len([one for one in morning.days.today if one.counts]))
        )
        if morning.days.clashes:
            parts.append(_("{count} clashes").format(count=len(morning.days.clashes)))
    elif morning.gathered.lacks(*CALENDAR):
        parts.append(_("the calendar could not be read"))
    carried = sum(item.first_seen is not None and item.first_seen < morning.now for item in morning.actions)
    if carried:
        parts.append(_("{count} still open from before").format(count=carried))
    moved = sum(len(week.news) + len(week.odd) for week in morning.weeks)
    if moved:
        parts.append(_("{count} things moved in campaigns").format(count=moved))
    if not parts and morning.gathered.read:
        parts.append(_("{count} to do").format(count=len(morning.actions)) if morning.actions else _("all is quiet"))
    return "; ".join(parts) or _("nothing could be read")


def message(morning: Morning, missing: Sequence[Missing], prose: str) -> str:
    """Return the screen that is sent to a phone."""
    lines = [title(morning), *_notes(morning), summary(morning) + ".", *([prose] if prose else []), ""]
    for at, item in enumerate(morning.actions[:_ON_PHONE], 1):
        due = f" ({_spoken_due(item.due, morning.now)})" if item.due else ""
        lines.append(f"{at}. {_cut(item.title, 90)}{due}")
    left = len(morning.actions) - _ON_PHONE
    if left > 0:
        lines.append(_("and {count} more in the report").format(count=left))
    today = [one for one in morning.days.today if one.counts]
    if today:
        lines += [
            "",
            _("Today: {events}").format(
                events="; ".join(f"{one.start:%H:%M} {_cut(one.title, 40)}" for one in today[:5])
            ),
        ]
    if morning.drafts:
        lines.append(_("{count} drafts are ready for you to look at.").format(count=len(morning.drafts)))
    if missing:
        told = ", ".join(dict.fromkeys(_cut(each.what, 40) for each in missing[:4]))
        lines.append(_("Could not be read: {what}").format(what=told))
    text = "\n".join(lines[:_MOST_LINES])
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1].rstrip() + "…"


def report(morning: Morning, missing: Sequence[Missing], prose: str) -> str:
    """Return the whole briefing in Markdown."""
    lines = [f"# {title(morning)}", "", *_notes(morning), summary(morning) + ".", ""]
    if prose:
        lines += [prose, ""]
    for section in (_to_do, _mails, _days, _tasks, _campaigns, _waiting, _drafts, _posts, _newsletters):
        lines += section(morning)
    lines += _unread(missing)
    lines += ["", _how(morning)]
    return "\n".join(lines).strip() + "\n"


def tiles(morning: Morning) -> dict[str, str]:
    """Return the figures for the home page; what could not be read has none."""
    found: dict[str, str] = {}
    if morning.gathered.has(*MAIL):
        counts = counted(morning.sorted)
        found[_("Urgent mails")] = str(counts["urgent"])
        found[_("To answer")] = str(counts["reply"])
    if morning.gathered.has(*CALENDAR):
        found[_("Appointments today")] = str(len([one for one in morning.days.today if one.counts]))
        found[_("Clashes")] = str(len(morning.days.clashes))
    if morning.drafts:
        found[_("Drafts")] = str(len(morning.drafts))
    if morning.posts:
        found[_("Posts to come")] = _("{count}, {cost:.3f} USD").format(
            count=len(morning.posts), cost=total_usd(morning.posts)
        )
    return found


def _notes(morning: Morning) -> list[str]:
    notes = [morning.late] if morning.late else []
    if morning.is_degraded:
        notes.append(
            _("No model that is good enough could be asked: sorted by rules, texts are templates and quotations.")
        )
    return notes


def _section(name: str, lines: Iterable[str], *, lacking: Sequence[str] = ()) -> list[str]:
    """Return a section; one whose source could not be read says so and is not the same as an empty one."""
    told = list(lines)
    warned = [f"> {_('Not complete: {names} could not be read.').format(names=', '.join(lacking))}"] if lacking else []
    if not told and not warned:
        return []
    return [f"## {name}", "", *warned, *([""] if warned and told else []), *told, ""]


def _to_do(morning: Morning) -> list[str]:
    rows = [
        f"| {at} | {_cell(item.title)} | {_spoken_due(item.due, morning.now) if item.due else ''} | {item.score:.1f} "
        f"({item.urgency}·{item.impact}/{item.effort}) | {_cell(item.because)}{_since(item, morning)} |"
        for at, item in enumerate(morning.actions[: _MOST_SHOWN * 2], 1)
    ]
    head = f"| # | {_('What')} | {_('When')} | {_('Score')} | {_('Because')} |"
    return _section(_("What to do"), [head, "|---|---|---|---|---|", *rows] if rows else [])


def _since(item: ActionItem, morning: Morning) -> str:
    days = (morning.now.date() - item.first_seen.astimezone(morning.now.tzinfo).date()).days if item.first_seen else 0
    return _(" (open for {days} days)").format(days=days) if days > 0 else ""


def _mails(morning: Morning) -> list[str]:
    lacking = morning.gathered.lacks(*MAIL)
    if not morning.gathered.has(*MAIL):
        return _section(_("Mails"), [], lacking=lacking)
    counts = counted(morning.sorted)
    lines = [
        _(
            "{total} new mails: {urgent} urgent, {reply} to answer, {wait} where others will act, {read} to know, "
            "{bulk} to many."
        ).format(total=len(morning.sorted), **counts)
        if morning.sorted
        else _("No new mails.")
    ]
    for kind, name in (
        (Kind.URGENT, _("Urgent")),
        (Kind.REPLY, _("To answer")),
        (Kind.WAIT, _("Others will act")),
        (Kind.READ, _("To know")),
    ):
        mails = morning.of(kind)
        if mails:
            lines += ["", f"### {name}", "", *(_mail(one, morning) for one in mails[:_MOST_SHOWN])]
        if len(mails) > _MOST_SHOWN:
            lines.append("- " + _("and {count} more").format(count=len(mails) - _MOST_SHOWN))
    if morning.suspicious:
        warned = _(
            "These mails speak to machines and not to you. They were sorted by rules only, and nothing in them was "
            "followed:"
        )
        lines += ["", f"### {_('Suspicious')}", "", warned, ""]
        lines += [
            f"- {_plain(one.letter.sender)}: {_plain(one.letter.subject)} (“{_plain(_cut(one.features.orders, 160))}”)"
            for one in morning.suspicious
        ]
    return _section(_("Mails"), lines, lacking=lacking)


def _mail(one: Sorting, morning: Morning) -> str:
    when = f"{one.letter.at.astimezone(morning.now.tzinfo):%a %H:%M}" if one.letter.at else ""
    wants = f" — {_plain(one.wants)}" if one.wants else ""
    return f"- **{_plain(one.letter.sender)}**, {when}: {_plain(one.letter.subject)}{wants}\n  “{_plain(one.because)}”"


def _days(morning: Morning) -> list[str]:
    days = morning.days
    lines: list[str] = []
    for one in days.today:
        span = _("all day") if one.is_all_day else f"{one.start:%H:%M}-{one.end:%H:%M}"
        lines.append(f"- {span} {_plain(one.title)}" + (f" ({_plain(one.place)})" if one.place else ""))
    if morning.gathered.has(*CALENDAR) and not days.today:
        lines.append(_("Nothing today."))
    lines += [_overlap(pair) for pair in days.clashes]
    lines += [
        "- ⚠ "
        + _("{minutes} minutes from {first} to {second}").format(
            minutes=pair.minutes, first=_plain(pair.first.place), second=_plain(pair.second.place)
        )
        for pair in days.ways
    ]
    if days.free and morning.gathered.has(*CALENDAR) and not morning.gathered.lacks(*CALENDAR):
        slots = "; ".join(f"{slot.start:%a %H:%M}-{slot.end:%H:%M}" for slot in days.free)
        lines += ["", _("Free: {slots}").format(slots=slots)]
    return _section(_("Calendar"), lines, lacking=morning.gathered.lacks(*CALENDAR))


def _overlap(pair: Pair) -> str:
    return "- ⚠ " + _("{first} and {second} overlap by {minutes} minutes, {day}").format(
        first=_plain(pair.first.title),
        second=_plain(pair.second.title),
        minutes=pair.minutes,
        day=f"{pair.second.start:%a %H:%M}",
    )


def _tasks(morning: Morning) -> list[str]:
    open_tasks = [task for task in morning.gathered.tasks if task.fields.get("is_done") is not True]
    dated = sorted(open_tasks, key=lambda task: str(task.fields.get("due") or "9"))
    lines = [_task(task) for task in dated[:_MOST_SHOWN]]
    return _section(_("Tasks"), lines, lacking=morning.gathered.lacks(*TASKS))


def _task(task: Item) -> str:
    due = str(task.fields.get("due", ""))
    return f"- {_plain(task.title)}" + (_(", due {due}").format(due=due) if due else "")


def _campaigns(morning: Morning) -> list[str]:
    lines: list[str] = []
    for week in morning.weeks:
        lines += _week(week)
    if morning.clicks:
        told = ", ".join(
            f"{source} {count:g}" for source, count in sorted(morning.clicks.items(), key=lambda each: -each[1])[:6]
        )
        lines += ["", _("Clicks through your own links in seven days: {told}").format(told=told)]
    return _section(_("Campaigns"), lines, lacking=morning.gathered.lacks(*FIGURES))


def _week(week: Week) -> list[str]:
    head = f"**{_plain(week.channel)}**, {week.start:%d %b} - {week.end:%d %b}"
    if not week.now:
        return [f"{head}: " + _("no rows for this week (missing is not nought)."), ""]
    money = {"spend", "revenue"}
    sums = ", ".join(
        f"{_(name)} {value:,.2f} {week.currency}".strip() if name in money else f"{_(name)} {value:,g}"
        for name, value in week.now.items()
    )
    lines = [f"{head}: {sums}", ""]
    for share in week.shares:
        told = f"- {_(share.name)}: {share.now.share:.1%}"
        if share.moved is not None and share.before is not None:
            told += _(
                " (week before {before:.1%}; {points:+.1f} points, 95 % interval {low:+.1f} to {high:+.1f})"
            ).format(
                before=share.before.share,
                points=share.moved.points * 100,
                low=share.moved.low * 100,
                high=share.moved.high * 100,
            )
            told += _(": a real change") if share.is_news else ""
        lines.append(told)
    lines += [
        f"- {_(name)}: {value:,.2f} {week.currency}"
        + (
            _(" (week before {before:,.2f})").format(before=week.costs_before[name])
            if name in week.costs_before
            else ""
        )
        for name, value in week.costs.items()
    ]
    lines += [
        "- ⚠ "
        + _("{what} on {day}: {value:g}, usual on such days {usual:g}").format(
            what=_(odd.what), day=f"{odd.day:%a %d %b}", value=odd.value, usual=odd.usual
        )
        for odd in week.odd
    ]
    return [*lines, ""]


def _waiting(morning: Morning) -> list[str]:
    lines = [
        "- "
        + _("{who}, for {days} days: {subject} (“{quote}”)").format(
            who=_plain(one.who),
            days=(morning.now - one.since).days,
            subject=_plain(one.subject),
            quote=_plain(one.quote),
        )
        for one in morning.awaited[:_MOST_SHOWN]
    ]
    lines += [
        "- "
        + _("Invoice {number} to {who}, {amount}, was due on {due}; no mail says that it is paid.").format(
            number=_plain(bill.number), who=_plain(bill.who), amount=bill.amount or "?", due=bill.due.isoformat()
        )
        for bill in morning.unpaid
    ]
    return _section(_("You wait for"), lines)


def _drafts(morning: Morning) -> list[str]:
    lines: list[str] = []
    for draft in morning.drafts:
        place = _("in the drafts folder") if draft.state == "sent" else _("shown only, not saved")
        by = draft.by or _("a template")
        lines += [
            "- "
            + _("To {to}: {subject} ({place}, by {by})").format(
                to=_plain(draft.to), subject=_plain(draft.subject), place=place, by=by
            )
        ]
    return _section(_("Drafts"), [*lines, "", _("Nothing was sent.")] if lines else [])


def _posts(morning: Morning) -> list[str]:
    lines = [
        f"- {post.network} {post.at}: {_plain(_cut(post.text, 120))} ({post.length}/{post.limit}, "
        + (_("price unknown") if post.cost_usd is None else f"{post.cost_usd:.3f} USD")
        + (f"; ⚠ {post.problem}" if post.problem else "")
        + ")"
        for post in morning.posts
    ]
    if lines:
        lines += [
            "",
            _("Together {cost:.3f} USD, at the prices of {day}. Nothing was posted.").format(
                cost=total_usd(morning.posts), day=PRICED_AT
            ),
        ]
    return _section(_("Posts to come"), lines)


def _newsletters(morning: Morning) -> list[str]:
    lines = [
        "- "
        + _("{sender}: {count} mails; leave it at {link}").format(
            sender=_plain(one.sender), count=one.count, link=f"<{one.unsubscribe}>"
        )
        for one in morning.newsletters
    ]
    return _section(_("Newsletters that you could leave"), lines)


def _unread(missing: Sequence[Missing]) -> list[str]:
    lines = [
        f"- {_plain(each.what)}: {_plain(each.because)}" + (f" {each.hint}" if each.hint else "") for each in missing
    ]
    return _section(_("What I could not read"), lines or [_("Everything that is configured was read.")])


def _how(morning: Morning) -> str:
    return _("Score = urgency x impact / effort. Written {when}.").format(
        when=f"{morning.written_at.astimezone(morning.now.tzinfo):%Y-%m-%d %H:%M %Z}"
    )


def _spoken_due(due: str, now: datetime) -> str:
    when = datetime.fromisoformat(due)
    days = (when.date() - now.date()).days
    clock = f" {when:%H:%M}" if "T" in due else ""
    if days == 0:
        return _("today{clock}").format(clock=clock)
    if days == 1:
        return _("tomorrow{clock}").format(clock=clock)
    return f"{when:%a %d %b}{clock}"


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _plain(text: str) -> str:
    """Return somebody else's words as words: no links, pictures, headings or HTML of theirs take effect in a report."""
    line = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|!" else sign for sign in line)


def _cell(text: str) -> str:
    return _plain(_cut(text, 220))
