import pytest

from homarus.domain.findings import Report
from homarus.playbooks.board.playbook import run
from homarus.playbooks.board.rescoring import Score, judged
from homarus.playbooks.board.settings import Settings
from homarus.testing.playbooks import PlaybookWorld
from playbooks.board.roles import answers
from playbooks.board.world import FILES, small_world
from playbooks.opening import open_house

pytestmark = pytest.mark.anyio
SETTINGS = Settings(question="Which?", files=("campaigns.csv", "orders.csv"), roster="mine.json5", control=0)
AGAIN = SETTINGS.model_copy(update={"mode": "rescore"})
FIVE_WEEKS_S = 35 * 86_400


async def decided() -> PlaybookWorld:
    """Return a world in which the board has decided, five weeks later."""
    world = small_world(answers())
    house = await open_house(world, SETTINGS, playbook="board")
    await run(house)
    await house.close()
    world.next_run("run_2")
    world.clock.advance(FIVE_WEEKS_S)
    return world


async def scored(world: PlaybookWorld) -> Report:
    return await run(await open_house(world, AGAIN, playbook="board"))


async def test_without_newer_data_nobody_can_tell() -> None:
    report = await scored(await decided())

    assert "no newer data" in report.text
    assert report.summary.startswith("0 held, 0 did not")


async def test_a_figure_that_rose_as_expected_held() -> None:
    world = await decided()
    more = (
        FILES["orders.csv"]
        + b"\n"
        + b"\n".join(b"%02d.11.2026;north;400,50;later %d" % (day, day) for day in range(1, 29))
    )
    world.files.files["orders.csv"] = more
    more = FILES["campaigns.csv"] + b"\n" + b"\n".join(b"a,mobile,2026-11-%02d,9000,300" % day for day in range(1, 29))
    world.files.files["campaigns.csv"] = more

    report = await scored(world)

    assert "held" in report.text
    assert not report.summary.startswith("0 held")
    assert "does not prove" in report.text


async def test_before_its_day_nothing_is_scored() -> None:
    world = small_world(answers())
    await run(await open_house(world, SETTINGS, playbook="board"))
    world.next_run("run_2")

    report = await scored(world)

    assert "No recommendation's day has come yet." in report.text
    assert "5 more wait" in report.text


@pytest.mark.parametrize(
    ("now", "low", "high", "expect", "score"),
    [
        (120.0, 90.0, 110.0, "up", Score.HELD),
        (120.0, 90.0, 110.0, "down", Score.NOT),
        (100.0, 90.0, 110.0, "up", Score.CANNOT_TELL),
        (80.0, 90.0, 110.0, "up", Score.NOT),
        (80.0, 90.0, 110.0, "down", Score.HELD),
        (104.0, None, None, "up", Score.CANNOT_TELL),
        (106.0, None, None, "up", Score.HELD),
        (94.0, None, None, "up", Score.NOT),
    ],
)
def test_only_more_than_chance_counts(
    now: float, low: float | None, high: float | None, expect: str, score: Score
) -> None:
    assert judged(100.0, now, low, high, is_up=expect == "up") is score
