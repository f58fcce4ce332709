"""The steps of a briefing, in their order."""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from pydantic import BaseModel, Field

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import HomarusError
from homarus.domain.findings import ActionItem, Artifact, Missing, Report
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE, least_trusted
from homarus.domain.playbooks import House, LimitReachedError
from homarus.domain.sources import NoDataError
from homarus.domain.speaking import Material
from homarus.playbooks.briefing import drafts, evidence, items, text
from homarus.playbooks.briefing.campaigns import measured, weeks
from homarus.playbooks.briefing.days import appointments, hours_of, looked_at
from homarus.playbooks.briefing.features import Reader
from homarus.playbooks.briefing.gathered import CALENDAR, Gathered
from homarus.playbooks.briefing.gathering import clock, gather
from homarus.playbooks.briefing.invitations import invited
from homarus.playbooks.briefing.letters import Letter
from homarus.playbooks.briefing.morning import Morning, counted
from homarus.playbooks.briefing.settings import Settings
from homarus.playbooks.briefing.triage import Kind, Sorting, by_all_rules, sort
from homarus.playbooks.briefing.waiting import awaited, newsletters, unpaid
from homarus.playbooks.sampling import sample_folder
from homarus.tools.posting import Post, posts

_FEWEST_FACTS = 3
_GRACE = timedelta(minutes=10)


class Opening(BaseModel):
    """How a briefing begins."""

    sentences: list[str] = Field(max_length=3)
    """At most three sentences; a figure in them is followed by its fact in brackets, as in `8 urgent mails [f1]`."""


async def brief(house: House[Settings]) -> Report:
    """Read, sort, weigh, write drafts, and tell.

    Raises:
        NoDataError: when there is nothing at all to read from.
    """
    settings = house.settings
    gathered = await gather(house)
    if not gathered.read and not gathered.failed:
        raise NoDataError(
            _("There is nothing to brief about: no source is configured."),
            hint=_("Add a mailbox or a calendar under `sources`, or look at the sample: `--set sample=true`."),
        )
    mails = [mail for mail in gathered.mails if not mail.is_mine]
    ruled = await asyncio.to_thread(by_all_rules, mails, _reader(settings, gathered))
    morning = await _morning(house, gathered, ruled)
    house.keep_for_partial(_ruled_report(house, morning))
    morning = replace(morning, sorted=await sort(house, ruled))
    await _facts(house, morning)
    if settings.drafts and settings.most_drafts:
        answerable = drafts.chosen(morning.of(Kind.URGENT, Kind.REPLY), settings.most_drafts)
        await house.say(_("writing {count} drafts").format(count=len(answerable)))
        is_known = gathered.has(*CALENDAR) and not gathered.lacks(*CALENDAR)
        free = morning.days.free if is_known else ()
        morning = replace(morning, drafts=await drafts.save(house, answerable, free))
    letters = await items.of_mails(house, morning.of(Kind.URGENT, Kind.REPLY), morning.now)
    actions = await items.ordered(house, [*letters, *_other_actions(house, morning)], gathered)
    morning = replace(morning, actions=actions, written_at=await clock(house))
    morning = replace(morning, late=_late(morning, settings))
    prose = await _opening(house, morning)
    report = _told(house, morning, prose=prose)
    return replace(report, artifacts=await _artifacts(house, morning))


def _reader(settings: Settings, gathered: Gathered) -> Reader:
    from homarus.playbooks.briefing.sample import VIPS

    own = tuple(vip.lower() for vip in settings.vips)
    return Reader(
        addresses=gathered.mine,
        vips=own or (VIPS if gathered.is_sample else ()),
        written_to=frozenset(address for mail in gathered.mails if mail.is_mine for address in mail.to),
        now=gathered.now,
    )


async def _morning(house: House[Settings], gathered: Gathered, mails: Sequence[Sorting]) -> Morning:
    settings = house.settings
    events = [
        *gathered.events,
        *invited([one.letter for one in mails], gathered.now, settings.days_ahead, gathered.zone),
    ]
    found = appointments(events, zone=gathered.zone, mine=gathered.mine)
    days = looked_at(
        found, gathered.now, hours=hours_of(settings.work_from, settings.work_to), way_minutes=settings.travel_minutes
    )
    rows = [(name, item) for name, item in gathered.rows if gathered.read.get(name) == "campaigns"]
    waiting = awaited(gathered.mails, await _known(house, "awaited"), gathered.now)
    if not gathered.is_sample:
        for one in waiting:
            await house.remember("awaited", one.thread, one.body())
        for thread in _answered(gathered.mails, {one.thread for one in waiting}):
            await house.remember("awaited", thread, {})
    return Morning(
        gathered=gathered,
        written_at=gathered.now,
        sorted=tuple(mails),
        days=days,
        weeks=weeks(measured(rows), gathered.now.date()),
        clicks=_clicks(gathered),
        awaited=tuple(one for one in waiting if gathered.now - one.since >= timedelta(days=settings.waiting_days)),
        unpaid=unpaid(gathered.mails, gathered.now.date()),
        newsletters=newsletters(gathered.mails),
        posts=await _posts(house),
        is_degraded=house.is_degraded,
    )


async def _facts(house: House[Settings], morning: Morning) -> None:
    """Write down every figure that the briefing says."""
    days = morning.days
    if morning.sorted:
        for kind, value in counted(morning.sorted).items():
            await evidence.count(house, f"{kind}_mails", value, how=f"mails sorted as {kind}")
        await evidence.count(house, "new_mails", len(morning.sorted), how="mails since the last briefing")
    if morning.gathered.events:
        busy = len([one for one in days.today if one.counts])
        await evidence.count(house, "appointments_today", busy, how="events of today that take time")
        await evidence.count(house, "clashes", len(days.clashes), how="pairs of appointments that overlap")
    for week in morning.weeks:
        await evidence.week(house, week, morning.gathered)


def _other_actions(house: House[Settings], morning: Morning) -> list[ActionItem]:
    today = morning.now.date()
    return [
        *items.of_days(morning.days, today=today),
        *items.of_tasks(morning.gathered.tasks, today),
        *items.of_weeks(morning.weeks),
        *items.of_waiting(morning.awaited, morning.unpaid, morning.now, house.settings.waiting_days),
    ]


def _ruled_report(house: House[Settings], morning: Morning) -> Report:
    """Return what is handed over when time or budget is up before a model has said anything."""
    letters = items.of_ruled(morning.of(Kind.URGENT, Kind.REPLY), morning.now)
    actions = sorted([*letters, *_other_actions(house, morning)], key=lambda item: (-item.score, item.title))
    return _told(house, replace(morning, actions=tuple(actions), is_degraded=True), prose="")


async def _opening(house: House[Settings], morning: Morning) -> str:
    """Return what a model says of the morning, as far as it stands on facts; nothing without a model."""
    facts = house.facts()
    if house.is_degraded or len(facts) < _FEWEST_FACTS:
        return ""
    shown = "\n".join(f"[{fact.fact_id}] {fact.name}: {fact.value} {fact.unit}".rstrip() for fact in facts[:80])
    tasks = "\n".join(f"- {item.title} ({item.due or 'no day'})" for item in morning.actions[:8])
    label = least_trusted([one.letter.label for one in morning.sorted]) if morning.sorted else HOUSE
    try:
        answered = await house.agent(
            "opening",
            "Write the opening of the owner's morning briefing: what matters most today, in at most three short "
            "sentences. Use only these facts and items; put the id of its fact after every figure.",
            shape=Opening,
            role="writer",
            said=_("Opening words"),
            material=[Material(name="facts", text=shown, label=label), Material(name="items", text=tasks, label=label)],
            model=house.settings.model or None,
        )
        prose = await house.checked("opening:checked", " ".join(answered.value.sentences), by="writer")
    except LimitReachedError:
        raise
    except HomarusError as error:
        house.miss(Missing(what=_("opening words of a model"), because=error.message, hint=error.hint))
        return ""
    return " ".join(prose.text.split())


def _told(house: House[Settings], morning: Morning, *, prose: str) -> Report:
    """Put it into words."""
    missing = house.missing
    return Report(
        title=text.title(morning),
        summary=text.summary(morning),
        text=text.report(morning, missing, prose),
        message=text.message(morning, missing, prose),
        actions=morning.actions,
        missing=missing,
        tiles=text.tiles(morning),
        is_degraded=morning.is_degraded,
        facts_used=len(house.facts()),
        fields=_fields(morning),
    )


async def _artifacts(house: House[Settings], morning: Morning) -> tuple[Artifact, ...]:
    found: list[Artifact] = []
    if morning.sorted:
        found.append(
            await house.artifact("mails.csv", _mails_csv(morning), media_type="text/csv", title=_("Mails, sorted"))
        )
    for at, draft in enumerate(morning.drafts, 1):
        words = f"To: {draft.to}\nSubject: {draft.subject}\n\n{draft.text}\n"
        found.append(await house.artifact(f"draft-{at}.txt", words, media_type="text/plain", title=draft.subject))
    return tuple(found)


def _mails_csv(morning: Morning) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["kind", "at", "from", "subject", "because", "by", "overruled", "message_id"])
    for one in morning.sorted:
        at = one.letter.at.isoformat() if one.letter.at else ""
        said = [
            one.letter.address,
            one.letter.subject,
            one.because,
            one.by,
            one.overruled,
            one.letter.word("message_id"),
        ]
        cells = [one.kind.value, at, *said]
        writer.writerow([f"'{cell}" if cell[:1] in {"=", "+", "-", "@"} else cell for cell in cells])
    return file.getvalue()


def _fields(morning: Morning) -> JsonObject:
    mails: list[Json] = [
        {
            "key": one.letter.key,
            "kind": one.kind.value,
            "from": one.letter.sender,
            "subject": one.letter.subject,
            "because": one.because,
            "by": one.by,
            "overruled": one.overruled,
            "is_suspicious": bool(one.features.orders),
        }
        for one in morning.of(Kind.URGENT, Kind.REPLY, Kind.WAIT, Kind.READ)[:100]
    ]
    waiting: list[Json] = [one.body() for one in morning.awaited]
    queue: list[Json] = [
        {"network": post.network, "at": post.at, "text": post.text, "cost_usd": post.cost_usd, "problem": post.problem}
        for post in morning.posts
    ]
    return {"counts": dict(counted(morning.sorted)), "mails": mails, "awaited": waiting, "posts": queue}


async def _posts(house: House[Settings]) -> tuple[Post, ...]:
    where = house.settings.posts
    if house.settings.sample:
        return posts((sample_folder("briefing") / "posts.csv").read_text("utf-8"))
    if not where:
        return ()
    try:
        snapshot = await house.read("posts", where)
    except NoDataError as error:
        house.miss(Missing(what=_("posts to come"), because=error.message, hint=error.hint))
        return ()
    return posts((await house.blob(snapshot.sha256)).decode("utf-8", "replace"))


def _clicks(gathered: Gathered) -> dict[str, float]:
    start = (gathered.now.date() - timedelta(days=7)).isoformat()
    counts: Counter[str] = Counter()
    for name, item in gathered.rows:
        metrics = item.fields.get("metrics")
        is_recent = start <= str(item.fields.get("day", "")) < gathered.now.date().isoformat()
        if gathered.read.get(name) == "utm" and is_recent and isinstance(metrics, dict):
            clicks = metrics.get("clicks")
            counts[str(item.fields.get("source") or item.title)] += (
                int(clicks) if isinstance(clicks, int | float) else 0
            )
    return {source: float(count) for source, count in counts.items()}


async def _known(house: House[Settings], kind: str) -> dict[str, JsonObject]:
    """Return what earlier runs wrote down; a sample knows nothing of the owner's days, and leaves nothing for them."""
    return {} if house.settings.sample else await house.remembered(kind)


def _answered(mails: Sequence[Letter], waiting: set[str]) -> set[str]:
    return {mail.thread for mail in mails} - waiting


def _late(morning: Morning, settings: Settings) -> str:
    """Say that it is late, when it is; a sample and a run for another day never are."""
    if not settings.ready_by or morning.gathered.is_sample:
        return ""
    wanted = datetime.combine(morning.now.date(), time.fromisoformat(settings.ready_by), morning.now.tzinfo)
    written = morning.written_at.astimezone(morning.now.tzinfo)
    if written.date() != wanted.date() or written <= wanted + _GRACE:
        return ""
    return _("Late: it was wanted by {wanted} and is written at {written}.").format(
        wanted=f"{wanted:%H:%M}", written=f"{written:%H:%M}"
    )
