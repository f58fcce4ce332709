"""Tell the owner's main session what was noted today and yesterday, once, when it begins.

What the house noted stands as it is, and so does what somebody wrote into the file by hand, as with MEMORY.md. What was
noted after reading a page stays that page's words: marked, and with its label, so the session knows what it has read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from homarus.agent.rooms import Profile
from homarus.agent.wrapping import capped, wrapped
from homarus.domain.labels import Label, Origin, Reach
from homarus.domain.ports import Found, Memory
from homarus.policy.taint import is_tainted

_HEAD = "[Noted today and yesterday]"
_MORE = "[older notes of these days: memory.search]"
_MOST_CHARS = {"full": 4_000, "entry": 1_000, "embedded": 1_000}
_ENTRY_CHARS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What was noted, ready for a prompt."""

    text: str = ""
    labels: tuple[Label, ...] = ()


async def recent(memory: Memory, now: datetime, profile: Profile, tier: str) -> Recent:
    """Return the notes of two days, the newest when not all fit; nothing private for a model that is elsewhere."""
    days = [await memory.of_day((now - timedelta(days=ago)).date()) for ago in (1, 0)]
    entries = [_own(entry) for day in days for entry in day]
    return _fitting([entry for entry in entries if _may_go(entry, profile)], _MOST_CHARS[tier])


def _own(entry: Found) -> Found:
    """Return an entry without a label of its own as what it is: a line that only the owner lets be written."""
    if entry.label.origin is Origin.FILE and entry.label.source == entry.file:
        return Found(file=entry.file, line=entry.line, text=entry.text, label=Label(origin=Origin.HOUSE))
    return entry


def _may_go(entry: Found, profile: Profile) -> bool:
    return profile.is_local or entry.label.reach is Reach.ANYWHERE


def _fitting(entries: Iterable[Found], room: int) -> Recent:
    kept: list[str] = []
    labels: dict[Label, None] = {}
    is_cut = False
    for entry in reversed(list(entries)):
        line = _line(entry)
        room -= len(line) + 1
        if room < 0:
            is_cut = True
            break
        kept.append(line)
        labels[entry.label] = None
    if not kept:
        return Recent()
    lines = [_HEAD, *([_MORE] if is_cut else []), *reversed(kept)]
    return Recent(text="\n".join(lines), labels=tuple(labels))


def _line(entry: Found) -> str:
    text = capped(" ".join(entry.text.split()), _ENTRY_CHARS)
    day = entry.file.removeprefix("memory/").removesuffix(".md")
    if is_tainted([entry.label]):
        return f"- {day}:\n{wrapped(text, entry.label).text}"
    return f"- {day}: {text}"
