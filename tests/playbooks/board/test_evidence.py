import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.findings import Fact
from homarus.playbooks.board.evidence.collecting import collected
from homarus.playbooks.board.evidence.estimates import bootstrapped, wilson
from homarus.playbooks.board.evidence.stated import Draft
from homarus.playbooks.board.evidence.windows import SPANS
from homarus.playbooks.board.tables.asking import Asking, seat
from homarus.playbooks.board.tables.loading import File, load
from homarus.playbooks.core.checking import check
from playbooks.board.world import FILES

pytestmark = pytest.mark.anyio
SAMPLE = Path(__file__).parents[3] / "src" / "homarus" / "playbooks" / "samples" / "board"


async def drafts(folder: Path, files: dict[str, bytes]) -> list[Draft]:
    """Return the facts of tables, after each query ran again through the guard and gave the same."""
    listed = [File(path=name, sha256=name, content=content) for name, content in files.items()]
    came = load(listed, folder, today=date(2026, 11, 16), stale_days=30)
    seats = {"all": {table.name: [column.name for column in table.columns] for table in came.tables}}
    seat(folder, seats)
    found: list[Draft] = []
    with Asking(folder, seats=seats) as asking:
        for table in came.tables:
            found += await collected(asking, table)
        for draft in found:
            rows = list((await asking.theirs(draft.sql, expert="all")).rows)
            assert len(rows) > 1 or rows[0][0] == draft.value, draft.sql
    return found


async def test_every_fact_of_the_sample_comes_out_of_its_query_again(tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in SAMPLE.iterdir() if path.suffix != ".txt"}

    found = await drafts(tmp_path, files)

    assert len(found) > 100
    assert len({draft.name for draft in found}) == len(found)
    assert not any(draft.name.startswith("shop_orders_total_total") for draft in found), "currencies were added up"


async def test_a_paradox_is_told_and_what_misleads_is_marked(tmp_path: Path) -> None:
    found = await drafts(tmp_path, {"campaigns.csv": FILES["campaigns.csv"]})

    assert found[0].value == "a"
    assert "Simpson's paradox" in found[0].says
    misleading = [draft for draft in found if "misleading" in draft.says]
    assert misleading
    assert all(draft.weight == 0 for draft in misleading)


async def test_a_winner_by_chance_is_no_winner(tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = "\n".join(f"{chance.choice('abc')},{chance.gauss(100, 30):.2f}" for _row in range(200))

    found = await drafts(tmp_path, {"x.csv": f"kind,amount\n{rows}\n".encode()})

    assert not [draft for draft in found if "highest of all" in draft.says]


async def test_few_rows_are_called_a_small_sample(tmp_path: Path) -> None:
    rows = "\n".join(["a,100", "a,101", "b,1", "b,2"] * 3)

    found = await drafts(tmp_path, {"x.csv": f"kind,amount\n{rows}\n".encode()})

    assert [draft.is_small for draft in found if "_mean_" in draft.name] == [True, True]


async def test_weeks_are_not_compared_across_a_gap(tmp_path: Path) -> None:
    def day(number: int) -> str:
        return date.fromordinal(date(2026, 9, 1).toordinal() + number).isoformat()

    whole = "\n".join(f"{day(number)},{10 + number % 3}" for number in range(70))
    torn = "\n".join(f"{day(number)},{10 + number % 3}" for number in range(70) if not 45 <= number < 60)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    complete = await drafts(tmp_path / "one", {"x.csv": f"day,amount\n{whole}\n".encode()})
    gap = await drafts(tmp_path / "two", {"x.csv": f"day,amount\n{torn}\n".encode()})

    assert [draft for draft in complete if draft.name.endswith("_change")]
    assert not [draft for draft in gap if draft.name.endswith("_change")]


def test_the_interval_of_a_share_is_wilsons() -> None:
    span = wilson(172, 250)

    assert (round(span.low, 3), round(span.high, 3)) == (0.628, 0.742)
    assert span.is_apart(wilson(20, 250))
    assert not span.is_apart(wilson(150, 250))


@given(hits=st.integers(0, 500), more=st.integers(0, 500))
def test_a_share_lies_in_its_interval(hits: int, more: int) -> None:
    span = wilson(hits, hits + more)

    assert 0 <= span.low <= span.high <= 1
    assert not hits + more or span.low - 1e-9 <= hits / (hits + more) <= span.high + 1e-9


def test_a_bootstrap_is_the_same_each_time() -> None:
    values = [1.0, 2.0, 4.0, 8.0]

    assert bootstrapped(values, seed="x") == bootstrapped(values, seed="x")
    assert bootstrapped(values, seed="x").low < 3.75 < bootstrapped(values, seed="x").high


async def test_what_a_fact_says_can_be_said_by_an_expert(tmp_path: Path) -> None:
    """The check of sentences takes a fact's own words for that fact, and for no other."""
    files = {path.name: path.read_bytes() for path in SAMPLE.iterdir() if path.suffix != ".txt"}
    found = [draft for draft in await drafts(tmp_path, files) if not isinstance(draft.value, str)]
    facts = [
        Fact(fact_id=f"f{number}", name=draft.name, value=draft.value, unit=draft.unit)
        for number, draft in enumerate(found, 1)
    ]
    lines = [
        f"- {draft.says}: {fact.value} {fact.unit} [{fact.fact_id}]." for draft, fact in zip(found, facts, strict=True)
    ]

    prose = check("\n".join(lines), facts, may_have=SPANS, step="all")

    assert "\n".join(f"{claim.text} => {claim.because}" for claim in prose.rejected) == ""
