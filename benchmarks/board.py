"""The board's own time over a CSV of a million rows, to the last fact. `python -m benchmarks.board`.

Models answer at once here, by a script: what is measured is ours. The baseline is DuckDB alone: it reads the same file
with its own guesses and groups it once. Memory is what the process took at its highest, above what it had before.
"""

import asyncio
import random
import resource
import sys
import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, main
from homarus.domain.content import JsonObject
from homarus.domain.speaking import Ask
from homarus.playbooks.board.playbook import run
from homarus.playbooks.board.settings import Settings
from homarus.playbooks.core.house import opened
from homarus.testing.playbooks import PlaybookWorld

_ROWS = 1_000_000
_QUICK = 50_000
_HEADER = "Order;Created at;Region;Product;Sessions;Orders;Revenue;Returned\n"


def written(path: Path, rows: int) -> None:
    """Write a shop's table as Germans export it: semicolons, decimal commas."""
    chance = random.Random(7)  # noqa: S311 - the same every time
    first = date(2026, 1, 1)
    regions, products = ["north", "south", "east", "west"], [f"product {number}" for number in range(12)]
    with path.open("w", encoding="utf-8") as out:
        out.write(_HEADER)
        for number in range(rows):
            day = first + timedelta(days=number * 300 // rows)
            sessions = chance.randint(20, 60)
            cells = (chance.choice(regions), chance.choice(products), sessions, chance.randint(0, 9))
            told = ";".join(map(str, cells))
            amount = f"{chance.uniform(5, 90):.2f}".replace(".", ",")
            out.write(f"A{number};{day:%d.%m.%Y};{told};{amount};{'ja' if number % 9 == 0 else 'nein'}\n")


def _opinion(ask: Ask) -> JsonObject:
    text = next(part.text for part in ask.material if part.name == "facts")
    fact_id = text[text.index("[") + 1 : text.index("]")]
    advice: JsonObject = {"title": "Keep going", "first_step": "Look at it again.", "impact": 3, "effort": 2}
    return {"claims": [{"text": "It goes on.", "fact_ids": [fact_id]}], "recommendation": advice, "confidence": 0.6}


async def sat(content: bytes) -> int:
    """Let the board sit over a file, with models that answer at once; return how many facts it used."""
    world = PlaybookWorld(
        answers={
            "opinion:*": _opinion,
            "review:*": {"ranking": list("ABCDEFG"), "stances": []},
            "rebuttal:*": {"answers": []},
            "synthesis": {"summary": "", "groups": []},
        },
        files={"shop.csv": content},
    )
    settings = Settings(question="What now?", files=("shop.csv",), control=0, stale_days=9_999)
    house = await opened(world.play("board"), world.ports(), settings)
    report = await run(house)
    assert report.fields["map"]
    return len(house.facts())


def bare_s(path: Path) -> float:
    """Return how long DuckDB alone takes to read the file and to group it once."""
    import duckdb

    began = perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("CREATE TABLE t AS SELECT * FROM read_csv(?, delim = ';')", [str(path)])
        connection.execute("SELECT Region, avg(Sessions), count(*) FROM t GROUP BY 1").fetchall()
    return perf_counter() - began


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 if sys.platform == "linux" else 1024) / 1024


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Measure the board over one large file."""
    rows = _QUICK if is_quick else _ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.csv"
        written(path, rows)
        baseline, content = bare_s(path), path.read_bytes()
        before = _peak_mb()
        began = perf_counter()
        facts = asyncio.run(sat(content))
        took = perf_counter() - began
        yield Figure(
            name=f"board over {rows:,} rows, without the models",
            value=round(took, 2),
            unit="s",
            goal=20,
            baseline=round(baseline, 2),
            baseline_name="DuckDB reads it and groups once",
            note=f"{facts} facts, {len(content) / 1e6:.0f} MB of CSV",
        )
        yield Figure(name="board, memory above idle", value=round(_peak_mb() - before), unit="MB")


if __name__ == "__main__":
    main(measure)
