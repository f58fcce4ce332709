"""Say which reminders wait, and take one back."""

from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError, ToolArgumentError
from homarus.domain.i18n import _, ngettext
from homarus.domain.labels import HOUSE, Label, Origin
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.tooling import ToolContext
from homarus.domain.turns import Reminder
from homarus.tools.when import spoken

_MOST = 50
_LONGEST_ID = 100


@tool("remind.list", risk=Risk.READ)
async def upcoming(context: ToolContext) -> ToolOutput:
    """List the reminders that wait, with their ids."""
    found = await context.reminders.upcoming(_MOST)
    lines = [f"{one.reminder_id}: {_time(context, one)}: {one.text}" for one in found]
    listed: list[Json] = [
        {"reminder_id": one.reminder_id, "text": one.text, "due_at": one.due_at.isoformat(), "zone": one.zone}
        for one in found
    ]
    return ToolOutput(
        text="\n".join(lines) or "[no reminder waits]",
        label=Label(origin=Origin.MODEL, source="reminders", reach=context.reach) if found else HOUSE,
        summary=ngettext("Found {count} reminder", "Found {count} reminders", len(found)).format(count=len(found)),
        facts={"found": len(found), "reminders": listed},
    )


@tool("remind.cancel", risk=Risk.WRITE, key=["id"])
async def cancel(
    context: ToolContext,
    *,
    id: Annotated[str, at_most(_LONGEST_ID)],  # noqa: A002 - the name that models are told
) -> ToolOutput:
    """Cancel a reminder. `id` as remind.list shows it."""
    try:
        reminder = await context.reminders.cancel(id.strip())
    except NotFoundError as error:
        raise ToolArgumentError(error.message, hint="remind.list shows the ids of those that wait.") from error
    summary = _("Cancelled the reminder for {time}: {text}").format(time=_time(context, reminder), text=reminder.text)
    return ToolOutput(
        text=f"{summary}.",
        label=HOUSE,
        summary=summary,
        facts={"reminder_id": reminder.reminder_id, "due_at": reminder.due_at.isoformat(), "zone": reminder.zone},
    )


def _time(context: ToolContext, reminder: Reminder) -> str:
    return spoken(reminder.due_at.astimezone(context.clock.zone))
