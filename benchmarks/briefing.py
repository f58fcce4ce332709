"""A morning briefing over two thousand mails: our own time, with a model that answers at once.

`python -m benchmarks.briefing`. Mails are read from a file on this disk, everything is journaled, kept and booked as a
gateway does (SQLite, blobs with a flush each). The baseline only parses the same mails with the standard library.
"""

import asyncio
import mailbox
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter

from benchmarks import ground
from benchmarks.figures import Figure, main, median
from homarus.domain.content import JsonObject
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, SourceContext
from homarus.domain.speaking import Ask
from homarus.playbooks.briefing.playbook import run
from homarus.playbooks.briefing.settings import Settings
from homarus.playbooks.core.house import opened
from homarus.state.blobs import Blobs
from homarus.state.books.stored import StoredBooks
from homarus.state.journal import Journal
from homarus.state.store import open_store
from homarus.testing.clock import START, FakeClock
from homarus.testing.door import FakeDoor
from homarus.testing.playbooks import PlaybookWorld
from homarus.tools.sources.maildir import Maildir, MaildirSettings

_MAILS = 2_000
_GOAL_S = 20.0
_WORDS = "Thank you for the meeting about the portal and the report that we spoke of last week. " * 30
_LATIN = (
    "Können Sie uns bis Freitag ein Angebot schicken?",
    "Could you send me the figures by tomorrow 12:00?",
    "For your information, nothing to do.",
    "We will get back to you on Monday.",
)


def fill(path: Path, count: int) -> None:
    """Write a mailbox: every second mail to many, the others from forty people in threads."""
    box = mailbox.mbox(path)
    for number in range(count):
        mail = EmailMessage()
        mail["From"] = f"Person {number % 40} <person{number % 40}@example.org>"
        mail["To"] = "me@example.org"
        mail["Subject"] = f"Matter {number}"
        mail["Date"] = format_datetime(START)
        mail["Message-ID"] = f"<{number}@example.org>"
        if number % 2:
            mail["List-Unsubscribe"] = "<https://example.org/leave>"
        elif number > 80:
            mail["In-Reply-To"] = f"<{number - 80}@example.org>"
        mail.set_content(f"Hello,\n\n{_LATIN[number // 2 % 4]}\n\n{_WORDS}\n")
        mail.add_alternative(f"<p>{_LATIN[number // 2 % 4]}</p><p>{_WORDS}</p>", subtype="html")
        box.add(mailbox.mboxMessage(mail))
    box.flush()
    box.close()


@dataclass(slots=True)
class OneMailbox:
    """A `domain.sources.Sources` with one mailbox."""

    path: Path
    context: SourceContext
    read_s: list[float] = field(default_factory=list[float])

    def names(self, *kinds: str) -> tuple[str, ...]:
        """Return its name."""
        return ("mail",) if not kinds or "maildir" in kinds else ()

    def kind_of(self, name: str) -> str:
        """Return its kind."""
        del name
        return "maildir"

    def settings_of(self, name: str) -> object:
        """Return its settings."""
        del name
        return MaildirSettings(path=str(self.path))

    async def fetch(self, name: str, *, since: JsonObject | None, options: JsonObject) -> Fetched:
        """Read it."""
        del name
        began = perf_counter()
        context = replace(self.context, options=options)
        found = await Maildir(MaildirSettings(path=str(self.path))).fetch(context, since=since)
        self.read_s.append(perf_counter() - began)
        return found

    async def probe(self, name: str) -> Health:
        """Say that it is well."""
        return Health(is_well=True, sentence=name)


def instant(ask: Ask) -> JsonObject:
    """Answer at once."""
    if ask.role == "sorter":
        return {"kind": "reply", "quote": ask.material[0].text.partition("\n\n")[2].splitlines()[2][:60]}
    if ask.role == "secretary":
        return {"text": "Hello,\n\nthank you, I will come back to you about this.\n\nBest regards"}
    return {"sentences": ["Look at what is urgent first."]}


async def briefing(folder: Path, box: Path) -> Mapping[str, float]:
    """Return how long a briefing took, and its parts, seconds."""
    clock = FakeClock()
    world = PlaybookWorld(answers={"*": instant}, clock=clock)
    async with await open_store(folder) as store:
        blobs = Blobs(folder / "blobs")
        sources = OneMailbox(box, SourceContext(name="mail", door=FakeDoor(), blobs=blobs, clock=clock))
        journal = Journal(store, TurnId("run_1"), SessionKey("agent:main:job:run_1"), clock=clock)
        ports = replace(world.ports(), journal=journal, blobs=blobs, books=StoredBooks(store), sources=sources)
        began = perf_counter()
        house = await opened(world.play("briefing"), ports, Settings(me=["me@example.org"]))
        report = await run(house)
        await house.close()
        whole = perf_counter() - began
    assert f"{_MAILS} new mails" in report.text, report.text[:500]
    return {"whole": whole, "read": sources.read_s[0]}


def bare_s(box: Path) -> float:
    """Return how long the standard library takes to parse the same mails, seconds."""
    began = perf_counter()
    for mail in mailbox.mbox(box):
        mail.as_bytes()
    return perf_counter() - began


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Measure a briefing over two thousand mails."""
    wholes: list[float] = []
    reads: list[float] = []
    bare: list[float] = []
    with ground.folder() as base:
        box = base / "mail.mbox"
        fill(box, _MAILS)
        for number in range(1 if is_quick else 3):
            place = base / f"round{number}"
            place.mkdir()
            bare.append(bare_s(box))
            took = asyncio.run(briefing(place, box))
            wholes.append(took["whole"])
            reads.append(took["read"])
    note = f"reading and parsing {median(reads):.1f} s of it; 60 mails asked of an instant model"
    return [
        Figure(
            name=f"briefing over {_MAILS} mails, own time",
            value=median(wholes),
            unit="s",
            goal=_GOAL_S,
            baseline=median(bare),
            baseline_name="parsing them only",
            note=note,
        )
    ]


if __name__ == "__main__":
    sys.exit(main(measure))
