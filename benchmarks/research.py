"""Overnight research over 500 snapshots: the house's own time, models apart. `python -m benchmarks.research`.

The second of two nights: 500 pages of 4 kB, of which a tenth changed, are compared with the records of the first, kept
by their hash, made into stories; 200 claims are held against their texts, and the report with its tables is written.
Models answer at once and from a script; journal, books and blobs are in memory, for `jobs` measures them on disk.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from benchmarks.figures import Figure, main
from homarus.domain.content import JsonObject
from homarus.domain.sources import Fetched, Item
from homarus.domain.speaking import Ask
from homarus.playbooks.core.house import opened
from homarus.playbooks.research.night import night
from homarus.playbooks.research.settings import ResearchSettings
from homarus.testing.playbooks import MAIL, FakeSources, PlaybookWorld

_PAGES, _QUICK_PAGES = 500, 200
_CHARS = 4_000


class _Pages(FakeSources):
    """Pages in memory, each a part of its own."""

    def __init__(self, count: int) -> None:
        super().__init__()
        chance = random.Random("pages")  # noqa: S311 - the same made-up words every time
        words = ["".join(chance.choices("abcdefghijklmnoprstuvw", k=6)) for _ in range(5_000)]
        self.texts = [self._written(chance, words) for _ in range(count)]
        self.night = 1

    @staticmethod
    def _written(chance: random.Random, words: list[str]) -> str:
        lines: list[str] = []
        while sum(map(len, lines)) < _CHARS:
            lines.append(f"The {' '.join(chance.choices(words, k=12))} costs {chance.randrange(9_999)} EUR.")
        return "\n".join(lines)

    def names(self, *kinds: str) -> tuple[str, ...]:
        return ("pages",) if "web" in kinds else ()

    async def fetch(self, name: str, *, since: JsonObject | None, options: JsonObject) -> Fetched:
        del name, since
        if options.get("plan"):
            parts = (Item(key=str(number), kind="part", title="") for number in range(len(self.texts)))
            return Fetched(items=tuple(parts), watermark={}, label=MAIL)
        number = int(str(options["part"]))
        url = f"https://site{number % 50}.example/{number}"
        text = self.texts[number]
        price = "10.00"
        if self.night == 2 and number % 10 == 0:
            text, price = f"Of tonight: {number} pieces.\n" + text[: _CHARS // 2], "9.00"
        fields: JsonObject = {"price": price, "currency": "EUR"}
        at = datetime.now(tz=UTC)
        page = Item(key=url, kind="page", title=f"Page {number}", text=text, url=url, at=at)
        offer = Item(key=f"{url}#price", kind="price", title=f"Kit {number}", url=url, at=at, fields=fields)
        return Fetched(items=(page, offer), watermark={"night": self.night}, label=MAIL)


def _researcher(ask: Ask) -> str:
    lines = [line for line in ask.material[0].text.splitlines() if "costs" in line][:4]
    return json.dumps({"claims": [{"claim": line, "quote": line} for line in lines]})


def _verifier(_ask: Ask) -> JsonObject:
    return {"verdicts": [{"number": number, "follows": "yes"} for number in range(1, 5)]}


async def _nights(pages: int) -> float:
    answers = {"researcher": _researcher, "verifier": _verifier, "editor": {"sentences": ["All is calm."]}}
    world = PlaybookWorld(answers=answers)
    source = _Pages(pages)
    world.sources = source
    settings = ResearchSettings(keywords=("pieces",), most_documents=50)
    for number in (1, 2):
        source.night = number
        world.next_run(f"run_{number}")
        began = time.perf_counter()
        report = await night(await opened(world.play("research"), world.ports(), settings))
        took = time.perf_counter() - began
    if f"{pages // 10} changed" not in report.summary:
        raise RuntimeError(report.summary)
    return took


def _bare(pages: int) -> float:
    """Return how long it takes to only look at the same texts: read each and say which words it has."""
    texts = _Pages(pages).texts
    began = time.perf_counter()
    for text in texts:
        _words = sorted(set(text.split()))
    return time.perf_counter() - began


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Return the figures."""
    pages = _QUICK_PAGES if is_quick else _PAGES
    bare = _bare(pages)
    yield Figure(
        name=f"research, report over {pages} snapshots",
        value=asyncio.run(_nights(pages)),
        unit="s",
        goal=10.0,
        baseline=bare,
        baseline_name="the words of the texts",
    )


if __name__ == "__main__":
    sys.exit(main(measure))
