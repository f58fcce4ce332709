"""Overnight research: what is new, what changed, and what is said about it, each with its source."""

from homarus.domain.findings import Report
from homarus.domain.marks import playbook
from homarus.domain.playbooks import House
from homarus.playbooks.research.settings import ResearchSettings


@playbook(
    "research",
    settings=ResearchSettings,
    title="Overnight research",
    does="Reads a watch-list politely and compares prices, releases, jobs and posts with last night. "
    "Prints only claims whose quotation it found in the source.",
    needs_sources=("web", "feed", "github", "prices", "forum", "search", "files"),
    needs_packages=("feedparser", "protego"),
    tier="entry",
    risk="Reads public pages that you listed. It writes and buys nothing.",
    minutes=45,
    schedule="every day 03:00",
)
async def run(house: House[ResearchSettings]) -> Report:
    """Do one night of research."""
    from homarus.playbooks.research.night import night

    return await night(house)
