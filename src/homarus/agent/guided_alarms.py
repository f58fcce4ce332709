"""What the small built-in model does about times: set, list and cancel reminders, and tell the time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from homarus.agent import requests
from homarus.agent.alarms import Alarm, Hurdle, alarm
from homarus.agent.requests import Order
from homarus.agent.small import Small, ask, do, due_of, moment, receipt_of
from homarus.agent.time_phrases import phrases
from homarus.domain.acts import Outcome
from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.domain.times import in_words
from homarus.models import guided
from homarus.tools.when import understand

_SOON = timedelta(minutes=2)
_MOST_LISTED = 20
_ALL = re.compile(r"\b(?:all|every|each|alle|tod[oa]s)\b", re.IGNORECASE)


async def remind(small: Small) -> str:
    """Set a reminder, or say what stands in the way and how to say it."""
    wanted = await _wanted(small)
    if wanted.hurdle is Hurdle.REPEATS and wanted.text and small.scene.rooms.jobs is not None:
        return await _planned(small, wanted)
    if wanted.hurdle is not None:
        return _stopped(wanted)
    await do(small, Order.REMIND, {"text": wanted.text, "when": wanted.when})
    receipt = receipt_of(small)
    if receipt.outcome is not Outcome.DONE:
        return _("No reminder was set. {why}").format(why=receipt.summary)
    due = due_of(receipt)
    if due is None:
        return _("I will remind you: {what} - {summary}").format(what=wanted.text, summary=receipt.summary)
    sentence = (
        _("Already set: {what} - {time}") if receipt.facts.get("was_set") else _("I will remind you: {what} - {time}")
    )
    is_soon = due - small.scene.rooms.clock.now() < _SOON
    return sentence.format(what=wanted.text, time=in_words(due, with_seconds=is_soon))


async def _planned(small: Small, wanted: Alarm) -> str:
    """Have it said again and again; the tool reads the schedule and says when it comes."""
    await do(small, Order.REMIND, {"text": wanted.text, "when": wanted.again})
    receipt = receipt_of(small)
    if receipt.outcome is Outcome.DONE:
        return receipt.summary
    return _("No reminder was set. {why}").format(why=receipt.summary)


async def _wanted(small: Small) -> Alarm:
    """Let the model copy the text where no rule finds an order, and keep what the rules agree with.

    Only the rules know that `at noon` is no part of what shall be said, only the model finds an order in free words.
    """
    text = small.request
    ruled = alarm(text)
    if ruled.hurdle is not None or len(text) > requests.MAX_CHARS:
        return ruled
    answer = await ask(small, "guided:spans", guided.spans_request(small.route.model, text))
    copied = guided.read_spans(answer, text)
    if copied is None or requests.plain_order(text) is Order.REMIND:
        return ruled
    said = alarm(copied.text).text
    is_whole = said in ruled.text and 2 * len(said) > len(ruled.text) and not phrases(said)
    return Alarm(text=said, when=ruled.when) if is_whole else ruled


def _stopped(wanted: Alarm) -> str:
    what = wanted.text if wanted.text and not re.search(r"\d", wanted.text) else _("call Lena")
    match wanted.hurdle:
        case Hurdle.REPEATS:
            return _repeats(wanted, what)
        case Hurdle.FOREIGN:
            return _(
                "No reminder was set: I read times in English, German and Spanish so far. Say it like this: "
                "Remind me at 12:00 to call Marie."
            )
        case Hurdle.NO_TEXT:
            return _("Remind you of what? For example: Remind me {when} to call Lena.").format(when=wanted.when)
        case Hurdle.UNCLEAR_TIME:
            return _(
                "When? I am not sure what {piece!r} means, so no reminder was set. "
                "Say it with one time, for example: Remind me to {what} at 17:00."
            ).format(piece=wanted.piece, what=_("call Lena"))
        case _:
            return _("When? Say it with one time, for example: Remind me to {what} at 17:00.").format(what=what)


def _repeats(wanted: Alarm, what: str) -> str:
    return _(
        "No reminder was set: reminders that repeat ({piece}) are not possible yet. "
        "For the next one alone, say: Remind me {when} to {what}."
    ).format(piece=wanted.piece, when=wanted.when or _("tomorrow at 9:00"), what=what)


# --- those that wait ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A reminder as the receipt of `remind.list` has it."""

    reminder_id: str
    text: str
    due_at: datetime


async def tell_waiting(small: Small) -> str:
    """List the reminders that wait."""
    waiting = await _listed(small)
    if not waiting:
        return _none()
    return _("Your reminders:") + "\n\n" + _lines(waiting)


async def cancel(small: Small) -> str:
    """Cancel the reminder that was meant; where several fit, ask which."""
    waiting = await _listed(small)
    if not waiting:
        return _none()
    meant = _meant(small, waiting)
    if not meant:
        return _("None of your reminders fits that. These wait:") + "\n\n" + _lines(waiting)
    if len(meant) > 1 and not _ALL.search(small.request):
        return _("Which one? Say some words of it, for example: Cancel my reminder about {what}").format(
            what=meant[0].text
        ) + ("\n\n" + _lines(meant))
    done: list[str] = []
    for number, one in enumerate(meant):
        await do(small, Order.CANCEL, {"id": one.reminder_id}, key=f"guided:cancel:{number}")
        receipt = receipt_of(small)
        is_done = receipt.outcome is Outcome.DONE
        sentence = _("Cancelled: {what} - {time}").format(what=one.text, time=in_words(one.due_at))
        done.append(sentence if is_done else _("Not cancelled. {why}").format(why=receipt.summary))
    return "\n".join(done)


async def _listed(small: Small) -> tuple[_Waiting, ...]:
    await do(small, Order.LIST, {}, key="guided:list")
    listed = receipt_of(small).facts.get("reminders")
    known = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []
    timed = [(one, moment(one.get("due_at"), one.get("zone"))) for one in known]
    return tuple(
        _Waiting(reminder_id=str(one["reminder_id"]), text=str(one["text"]), due_at=due) for one, due in timed if due
    )


def _meant(small: Small, waiting: Sequence[_Waiting]) -> tuple[_Waiting, ...]:
    """Return the reminders that a request names by words or by time; all when it names nothing."""
    rest, at = small.request, _time_named(small)
    for phrase in reversed(phrases(rest)):
        rest = f"{rest[: phrase.start]} {rest[phrase.end :]}"
    words = {word.casefold() for word in requests.key_words(rest)} - requests.CANCEL_WORDS
    fitting = [one for one in waiting if at is None or one.due_at == at]
    if not words:
        return tuple(fitting)
    hits = {one.reminder_id: len(words & {w.casefold() for w in re.findall(r"\w+", one.text)}) for one in fitting}
    best = max(hits.values(), default=0)
    return tuple(one for one in fitting if best and hits[one.reminder_id] == best)


def _time_named(small: Small) -> datetime | None:
    clock = small.scene.rooms.clock
    for phrase in phrases(small.request):
        try:
            return understand(phrase.words, now=clock.now(), zone=clock.zone).at
        except ToolArgumentError:
            continue
    return None


def _lines(waiting: Sequence[_Waiting]) -> str:
    shown = [f"- {one.text} - {in_words(one.due_at)}" for one in waiting[:_MOST_LISTED]]
    if len(waiting) > _MOST_LISTED:
        shown.append(_("- and {count} more").format(count=len(waiting) - _MOST_LISTED))
    return "\n".join(shown)


def _none() -> str:
    return _("No reminder is waiting. To set one, say for example: Remind me to call Lena at noon")


# --- the time -----------------------------------------------------------------------------------------------------


async def tell_time(small: Small) -> str:
    """Say what time and day it is."""
    await do(small, Order.CLOCK, {})
    receipt = receipt_of(small)
    now = moment(receipt.facts.get("now"), small.scene.rooms.clock.zone.key)
    if now is None:
        return receipt.summary
    if re.search(r"\b(?:week|woche|semana)\b", small.request, re.IGNORECASE):
        return _("It is {time}, week {week}.").format(time=in_words(now.replace(second=0)), week=now.isocalendar().week)
    return _("It is {time}.").format(time=in_words(now.replace(second=0)))
