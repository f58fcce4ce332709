"""Look back: ask today's tables for the figure that each recommendation named, and say if it held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from homarus.domain import codec
from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Report
from homarus.domain.i18n import _
from homarus.domain.playbooks import House
from homarus.domain.sources import NoDataError
from homarus.playbooks.board import sections
from homarus.playbooks.board.evidence.stated import Draft
from homarus.playbooks.board.evidence.words import rounded
from homarus.playbooks.board.examining import EVERYTHING, Desk, state
from homarus.playbooks.board.files import kept_files, roster_of, today_of
from homarus.playbooks.board.settings import Settings
from homarus.playbooks.board.tables.names import spelled
from homarus.playbooks.board.tables.shapes import RefusedQueryError

_SURELY = 0.05
"""Without an interval, so much of a change counts."""


class Score(StrEnum):
    """What became of a recommendation."""

    HELD = "held"
    NOT = "not"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A recommendation, looked at again."""

    key: str
    title: str
    score: Score
    because: str
    then: str
    now: str
    asked_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _All:
    scored: tuple[Scored, ...]
    waiting: int


async def rescored(house: House[Settings]) -> Report:
    """Score every decision whose day has come.

    Raises:
        NoDataError: when nothing was ever recommended, or no table can be read.
    """
    decisions = await house.remembered("decision")
    if not decisions:
        raise NoDataError(
            _("The board has recommended nothing yet that could be looked at."),
            hint=_("Ask it first: homarus playbooks run board --set question=..."),
        )
    roster = await roster_of(house)
    files = await kept_files(house, local_only=roster.local_only)
    today = today_of(house).date()
    async with Desk(house, files, (), today=today) as desk:

        async def look() -> JsonObject:
            return codec.dump(await _scored(house, desk, decisions, today))

        came = codec.load(_All, await house.step("scores", look, said=_("What came of earlier decisions")))
    for one in came.scored:
        body: JsonObject = {"score": one.score.value, "because": one.because, "on": today.isoformat(), "now": one.now}
        await house.remember("score", f"{one.key}:{today.isoformat()}", body)
    return _report(house, came, today)


async def _scored(house: House[Settings], desk: Desk, decisions: Mapping[str, JsonObject], today: date) -> _All:
    scored: list[Scored] = []
    waiting = 0
    for key, decision in decisions.items():
        if str(decision.get("review_on", "")) > today.isoformat():
            waiting += 1
            continue
        scored.append(await _score(house, desk, key, decision))
    return _All(scored=tuple(scored), waiting=waiting)


async def _score(house: House[Settings], desk: Desk, key: str, decision: JsonObject) -> Scored:
    sql, then = str(decision.get("sql") or ""), decision.get("value")
    if not sql or not isinstance(then, int | float):
        return _made(key, decision, Score.CANNOT_TELL, _("It named no figure that can be asked again."), "")
    loaded = await desk.loaded()
    name = str(decision.get("table") or "")
    table = next((table for table in loaded.tables if table.name == name), None)
    last = table.last.isoformat() if table and table.last else ""
    if name and (table is None or (last and last <= str(decision.get("last_day") or ""))):
        told = _("There is no newer data in {table}.").format(table=name)
        return _made(key, decision, Score.CANNOT_TELL, told, "")
    try:
        rows = await (await desk.asking()).theirs(sql, expert=EVERYTHING)
    except RefusedQueryError as error:
        return _made(key, decision, Score.CANNOT_TELL, error.message, "")
    now = rounded(rows.rows[0][0]) if rows.rows else None
    if not isinstance(now, int | float):
        return _made(key, decision, Score.CANNOT_TELL, _("The figure is not there any more."), "")
    unit = str(decision.get("unit") or "")
    says = f"{decision.get('metric') or sql}"
    draft = Draft(name=spelled(f"{says} now", otherwise="score"), value=now, says=says, unit=unit, sql=sql)
    await state(house, draft, table, desk.label)
    score = judged(then, now, decision.get("low"), decision.get("high"), is_up=decision.get("expect") != "down")
    because = {
        Score.HELD: _("It moved as expected, by more than chance."),
        Score.NOT: _("It moved the other way, by more than chance."),
        Score.CANNOT_TELL: _("It moved by no more than chance would."),
    }[score]
    return _made(key, decision, score, because, f"{now} {unit}".strip())


def judged(then: float, now: float, low: Json, high: Json, *, is_up: bool) -> Score:
    """Say whether a figure moved as expected: out of its interval then, or by a twentieth where there is none."""
    has_span = isinstance(low, int | float) and isinstance(high, int | float)
    bottom = float(low) if has_span and isinstance(low, int | float) else then - abs(then) * _SURELY
    top = float(high) if has_span and isinstance(high, int | float) else then + abs(then) * _SURELY
    if bottom <= now <= top:
        return Score.CANNOT_TELL
    return Score.HELD if (now > top) == is_up else Score.NOT


def _made(key: str, decision: JsonObject, score: Score, because: str, now: str) -> Scored:
    then = f"{decision.get('value')} {decision.get('unit') or ''}".strip() if decision.get("value") is not None else ""
    return Scored(
        key=key,
        title=str(decision.get("title") or key),
        score=score,
        because=because,
        then=then,
        now=now,
        asked_on=str(decision.get("asked_on") or ""),
    )


def _word(score: Score) -> str:
    return {Score.HELD: _("held"), Score.NOT: _("did not hold"), Score.CANNOT_TELL: _("cannot tell")}[score]


def _report(house: House[Settings], came: _All, today: date) -> Report:
    counts = {score: sum(one.score is score for one in came.scored) for score in Score}
    summary = _("{held} held, {not_held} did not, {unknown} cannot be told.").format(
        held=counts[Score.HELD], not_held=counts[Score.NOT], unknown=counts[Score.CANNOT_TELL]
    )
    title = _("Did the board's recommendations hold?")
    if house.settings.sample:
        title = _("Sample data. {title}").format(title=title)
    waiting = _("{count} more wait for their day.").format(count=came.waiting) if came.waiting else ""
    honest = _("That a figure moved does not prove that the recommendation moved it.")
    return Report(
        title=title,
        summary=summary,
        text=sections.joined(f"# {title}", summary, _listed(came.scored), waiting, honest),
        message=f"{title}\n{summary}",
        tiles={_("Recommendations that held"): f"{counts[Score.HELD]} / {len(came.scored)}"},
        facts_used=len(house.facts()),
        fields={
            "on": today.isoformat(),
            "scores": [{"key": one.key, "title": one.title, "score": one.score.value} for one in came.scored],
        },
    )


def _listed(scored: Sequence[Scored]) -> str:
    if not scored:
        return _("No recommendation's day has come yet.")
    head = [_("recommendation"), _("asked on"), _("then"), _("now"), _("it"), _("because")]
    rows = [[one.title, one.asked_on, one.then, one.now, _word(one.score), one.because] for one in scored]
    return sections.table(head, rows)
