"""The playbook that the guide shows: honest with a model, with a lying one, and with none."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from homarus.domain.findings import EffectState, Report
from homarus.domain.sources import NoDataError
from homarus.testing.playbooks import PlaybookWorld, Script
from playbooks.opening import open_house

pytestmark = pytest.mark.anyio

FILE = Path(__file__).parents[2] / "examples" / "weekly_figures.py"
TABLE = b"day,revenue\nMon,100.50\nTue,\nWed,300\n"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("weekly_figures_example", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["weekly_figures_example"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def play(example: ModuleType, world: PlaybookWorld, *, is_degraded: bool = False) -> Report:
    house = await open_house(world, example.Settings(), playbook="weekly_figures", is_degraded=is_degraded)
    report: Report = await example.run(house)
    return report


def world_with(answer: Script) -> PlaybookWorld:
    return PlaybookWorld(answers={"words": answer, "words:again": answer}, files={"sales.csv": TABLE})


async def test_a_model_that_keeps_to_the_facts_is_printed(example: ModuleType) -> None:
    report = await play(example, world_with({"text": "Revenue came to 400.5 EUR [f1], from 2 rows [f3]."}))

    assert report.summary == "Revenue came to 400.5 EUR, from 2 rows."
    assert "[f1] [f3]" in report.text
    assert report.rejected == 0


async def test_an_invented_figure_is_left_out_and_counted(example: ModuleType) -> None:
    report = await play(example, world_with({"text": "Revenue was 400.5 EUR [f1]. That is 12 % more than last week."}))

    assert "12" not in report.text
    assert report.rejected == 1


async def test_a_broken_answer_and_no_model_leave_the_template(example: ModuleType) -> None:
    for report in (
        await play(example, world_with("I would rather not.")),
        await play(example, world_with({}), is_degraded=True),
    ):
        assert report.summary.startswith("The revenue total is 400.5 EUR, from 2 rows.")


async def test_an_empty_table_is_no_data_and_asks_no_model(example: ModuleType) -> None:
    world = PlaybookWorld(files={"sales.csv": b"day,revenue\n"})
    with pytest.raises(NoDataError, match="no figures"):
        await play(example, world)
    assert world.speaking.asked == []


async def test_the_note_is_saved_once_and_not_in_a_dry_run(example: ModuleType) -> None:
    world = world_with({"text": "Revenue: 400.5 EUR [f1]."})
    for _ in range(2):
        await play(example, world)
    (effect,) = await world.books.outgoing.effects()

    assert (effect.state, len(world.acting.used)) == (EffectState.SENT, 1)
