"""Read everything that a briefing stands on; what cannot be read is noted and the rest goes on."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.playbooks import House
from homarus.domain.sources import Fetched
from homarus.playbooks.briefing.gathered import CALENDAR, FIGURES, MAIL, TASKS, Gathered, sort_in
from homarus.playbooks.briefing.sample import sample
from homarus.playbooks.briefing.settings import Settings


async def gather(house: House[Settings]) -> Gathered:
    """Read all sources side by side."""
    settings = house.settings
    if settings.sample:
        return await sample(house)
    zone = house.began_at.tzinfo
    mine = frozenset(address.lower() for address in settings.me)
    found = Gathered(now=house.began_at, zone=zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC"), mine=mine)
    kinds = {name: kind for kind in (*MAIL, *CALENDAR, *TASKS, *FIGURES) for name in house.sources(kind)}
    for name in settings.sources:
        if name not in kinds:
            _note_unknown(house, name, kinds)
    chosen = [name for name in kinds if not settings.sources or name in settings.sources]
    options: JsonObject = {"most": settings.most_mails, "days_ahead": settings.days_ahead, "days_before": 1}

    async def read(name: str) -> Fetched:
        return await house.source(f"read:{name}", name, **options)

    await house.say(_("reading {count} sources").format(count=len(chosen)))
    answers = await house.parallel([(lambda name=name: read(name)) for name in chosen], at_once=4)
    fetched: list[tuple[str, Fetched]] = []
    for name, answer in zip(chosen, answers, strict=True):
        if isinstance(answer, Fetched):
            found.read[name] = kinds[name]
            fetched.append((name, answer))
        else:
            found.failed[name] = kinds[name]
            hint = answer.hint if isinstance(answer, HomarusError) else ""
            house.miss(Missing(what=_("source {name!r}").format(name=name), because=str(answer), hint=hint))
    await sort_in(house, found, fetched)
    return found


def _note_unknown(house: House[Settings], name: str, kinds: dict[str, str]) -> None:
    house.miss(
        Missing(
            what=_("source {name!r}").format(name=name),
            because=_("No source of the configuration has this name."),
            hint=_("There are: {names}.").format(names=", ".join(sorted(kinds)) or _("none")),
        )
    )


async def clock(house: House[Settings]) -> datetime:
    """Return what time it was when this run first asked."""

    async def look() -> JsonObject:
        return {"now": datetime.now(UTC).isoformat()}

    return datetime.fromisoformat(str((await house.step("clock", look, said=_("When it was written")))["now"]))
