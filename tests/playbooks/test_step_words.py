"""Whoever looks at a run reads what its steps did, not only how they are called."""

import pytest

from homarus.domain.content import JsonObject
from homarus.testing.playbooks import PlaybookWorld
from playbooks.board.roles import answers
from playbooks.board.test_board import asked
from playbooks.board.world import small_world
from playbooks.opening import NoSettings, open_house
from playbooks.research.farming import market
from playbooks.test_briefing import briefed, honest

pytestmark = pytest.mark.anyio


async def _silent(world: PlaybookWorld) -> list[str]:
    """Return the steps of a run that say nothing in words."""
    steps = {key: await world.run.store.find(f"{world.run.run_id}:{key}") for key in world.run.ran}
    return [key for key, event in steps.items() if event is None or not event.body.get("said")]


async def test_what_a_step_says_is_no_part_of_its_outcome_and_stays_at_a_replay() -> None:
    world = PlaybookWorld()

    async def count() -> JsonObject:
        return {"rows": 7}

    for _ in range(2):
        house = await open_house(world, NoSettings())
        assert await house.step("count", count, said="Counted the rows") == {"rows": 7}
    assert await _silent(world) == []


async def test_every_step_of_a_board_says_what_it_did() -> None:
    world = small_world(answers())
    await asked(world)

    assert await _silent(world) == []


async def test_every_step_of_a_briefing_says_what_it_did() -> None:
    world = PlaybookWorld(answers={"*": honest})
    await briefed(world, sample=True)

    assert await _silent(world) == []


async def test_every_step_of_a_night_says_what_it_did() -> None:
    async with market(only=("shops", "press")) as at:
        await at.run()

        assert await _silent(at.world) == []
