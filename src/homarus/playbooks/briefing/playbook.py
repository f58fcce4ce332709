"""The morning briefing: what came in overnight, what today holds, what to do first, and what could not be read."""

from homarus.domain.findings import Report
from homarus.domain.marks import playbook
from homarus.domain.playbooks import House
from homarus.playbooks.briefing.settings import Settings


@playbook(
    "briefing",
    settings=Settings,
    title="Morning briefing",
    does="Reads mailboxes, calendars, tasks and campaigns, says what matters with the words that show it, "
    "and saves answers as drafts.",
    needs_sources=("imap", "maildir", "caldav", "ics", "tasks", "campaigns", "utm"),
    tier="entry",
    risk="Saves drafts in your own mailbox; sends nothing, posts nothing, deletes nothing.",
    minutes=5,
    schedule="every weekday 07:30",
    version=1,
)
async def run(house: House[Settings]) -> Report:
    """Brief the owner."""
    from homarus.playbooks.briefing.steps import brief

    return await brief(house)
