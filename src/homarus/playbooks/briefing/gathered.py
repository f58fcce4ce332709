"""What a briefing stands on, sorted into mails, events, tasks and figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from homarus.domain.content import Json, JsonObject
from homarus.domain.labels import Label
from homarus.domain.playbooks import House
from homarus.domain.sources import Fetched, Item
from homarus.playbooks.briefing.letters import Letter, letters
from homarus.playbooks.briefing.settings import Settings

MAIL = ("imap", "maildir")
CALENDAR = ("caldav", "ics")
TASKS = ("tasks",)
FIGURES = ("campaigns", "utm")
_MOST_THREADS = 4_000


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What was read."""

    now: datetime
    """For which moment the briefing is, in the owner's zone."""
    zone: ZoneInfo
    mine: frozenset[str]
    is_sample: bool = False
    read: dict[str, str] = field(default_factory=dict[str, str])
    """Sources that could be read, with their kind."""
    failed: dict[str, str] = field(default_factory=dict[str, str])
    """Those that could not."""
    mails: tuple[Letter, ...] = ()
    changes: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    """Of mails of earlier runs: which were answered or have gone, by key."""
    events: list[Item] = field(default_factory=list[Item])
    tasks: list[Item] = field(default_factory=list[Item])
    rows: "list[tuple[str, Item]]" = field(default_factory=list["tuple[str, Item]"])
    labels: dict[str, Label] = field(default_factory=dict[str, Label])

    def has(self, *kinds: str) -> bool:
        """Tell whether a source of these kinds could be read."""
        return any(kind in kinds for kind in self.read.values())

    def lacks(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of sources of these kinds that could not be read."""
        return tuple(name for name, kind in self.failed.items() if kind in kinds)


async def sort_in(house: House[Settings], found: Gathered, fetched: Sequence[tuple[str, Fetched]]) -> None:
    """Sort what sources gave into mails, events, tasks and figures, and mails into their threads."""
    mails: list[tuple[str, Item, Label]] = []
    for name, answer in fetched:
        found.labels[name] = answer.label
        for missing in answer.missing:
            house.miss(missing)
        for item in answer.items:
            match item.kind:
                case "mail" if not item.is_gone:
                    mails.append((name, item, answer.label))
                case "mail" | "flags":
                    found.changes[item.key] = {"is_gone": item.is_gone, **item.fields}
                case "event":
                    found.events.append(item)
                case "task":
                    found.tasks.append(item)
                case _:
                    found.rows.append((name, item))
    found.mine = found.mine | _owners(mails)
    known = {} if found.is_sample else await house.remembered("threads")
    threads = {
        message_id: str(body.get("thread", ""))
        for message_id, body in known.get("all", {}).items()
        if isinstance(body, dict)
    }
    found.mails = letters(mails, mine=found.mine, threads=threads)
    newest: dict[str, Json] = dict(list(threads.items())[-_MOST_THREADS:])
    if found.is_sample:
        return
    await house.remember("threads", "all", newest)


def _owners(mails: Sequence[tuple[str, Item, Label]]) -> frozenset[str]:
    """Return the owner's addresses: those of the account, and whom sent mails are from."""
    found: set[str] = set()
    for _name, item, _label in mails:
        owner = item.fields.get("owner")
        if isinstance(owner, list):
            found.update(each for each in owner if isinstance(each, str))
        if item.fields.get("folder") == "sent":
            found.add(str(item.fields.get("from", "")))
    return frozenset(found - {""})
