"""Say what time it is, and promise to say something at a time."""

from datetime import datetime, timedelta
from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.tooling import ToolContext
from homarus.domain.turns import Reminder
from homarus.tools.jobs import planned
from homarus.tools.when import repeats, spoken, understand

_MOST_CHARS = 1_000
_LONGEST_WHEN = 200
_LOOKED_AT = 10_000
_SAME_WITHIN = timedelta(minutes=1)
_SOON = timedelta(minutes=2)
"""A time as near as that is told with its seconds."""


@tool("time.now", risk=Risk.READ)
async def now(context: ToolContext) -> ToolOutput:
    """Return the date and time."""
    here = context.clock.now().astimezone(context.clock.zone)
    return ToolOutput(
        text=f"{spoken(here)}, ISO {here.isoformat(timespec='seconds')}, week {here.isocalendar().week}",
        label=HOUSE,
        summary=_("Looked at the clock"),
        facts={"now": here.isoformat()},
    )


@tool("remind.set", risk=Risk.WRITE, key=["text", "when"])
async def set_reminder(
    context: ToolContext, *, text: Annotated[str, at_most(_MOST_CHARS)], when: Annotated[str, at_most(_LONGEST_WHEN)]
) -> ToolOutput:
    """Set a reminder. `when` as the owner said it, e.g. "in 20 minutes", "monday at 9", "every weekday at 7"."""
    words = " ".join(text.split())
    if not words or len(words) > _MOST_CHARS:
        raise ToolArgumentError("`text` must have 1 to 1000 characters.", hint="Write what to be reminded of.")
    if repeats(when) and context.jobs is not None:
        return await planned(context, when, words, is_reminder=True)
    due = understand(when, now=context.clock.now(), zone=context.clock.zone)
    twin = await _same(context, words, due.at)
    reminder = twin or await context.reminders.add(
        words, due_at=due.at, session=context.session, idempotency_key=context.idempotency_key
    )
    at = reminder.due_at.astimezone(context.clock.zone)
    is_soon = at - context.clock.now() < _SOON
    summary = (_("Already set for {time}: {text}") if twin else _("Saved a reminder for {time}: {text}")).format(
        time=spoken(at, with_seconds=is_soon), text=reminder.text
    )
    if due.note:
        summary += f" ({due.note})"
    return ToolOutput(
        text=f"{summary}.",
        label=HOUSE,
        summary=summary,
        facts={
            "due_at": reminder.due_at.isoformat(),
            "zone": reminder.zone,
            "reminder_id": reminder.reminder_id,
            "was_set": twin is not None,
        },
    )


async def _same(context: ToolContext, words: str, due_at: datetime) -> Reminder | None:
    """Return the reminder that waits with the same words for the same time: somebody asked twice.

    A span (`in 20 minutes`) that is said again a moment later means the same, too.
    """
    for waiting in await context.reminders.upcoming(_LOOKED_AT):
        if waiting.text.casefold() == words.casefold() and abs(waiting.due_at - due_at) < _SAME_WITHIN:
            return waiting
    return None
