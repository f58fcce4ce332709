"""The house goes down around every step: it goes on where it was, and asks no site a second time."""

import pytest

from homarus.testing.run import Killed
from playbooks.research.farming import SETTINGS, Market, market

pytestmark = pytest.mark.anyio
ONE_BY_ONE = SETTINGS.model_copy(update={"at_once": 1})
"""Whatever else is on its way when a process dies is asked for again, too; so one thing at a time here."""
SOME = ("shops", "press", "orange")


async def _until_done(at: Market) -> str:
    for _attempt in range(3):
        try:
            return (await at.run(ONE_BY_ONE)).text
        except BaseExceptionGroup as group:
            assert group.subgroup(Killed) is not None  # noqa: PT017 - death comes out of a task group
        except Killed:
            continue
    raise AssertionError


def _without_ports(text: str, at: Market) -> str:
    for number, place in enumerate(at.farm.places):
        text = text.replace(place, f"site{number}")
    return text


async def test_killed_after_any_step_nothing_is_fetched_or_asked_twice() -> None:
    async with market(only=SOME) as calm:
        wanted = _without_ports(await _until_done(calm), calm)
        counts, asked = calm.farm.counts(), len(calm.world.speaking.asked)
        steps = list(calm.world.run.ran)
    assert len(steps) >= 20
    for step in steps:
        async with market(only=SOME) as at:
            at.world.run.die_before = {step}
            text = await _until_done(at)

            assert _without_ports(text, at) == wanted, step
            assert at.farm.counts() == counts, step
            assert len(at.world.speaking.asked) == asked, step


async def test_killed_while_a_page_comes_in_only_that_page_is_fetched_again() -> None:
    async with market(only=("shops",)) as calm:
        await calm.run(ONE_BY_ONE)
        counts = calm.farm.counts()
        steps = [step for step in calm.world.run.ran if step.startswith("read:")]
    for step in steps[:3]:
        async with market(only=("shops",)) as at:
            at.world.run.die_after = {step}
            await _until_done(at)

            again = {page: count for page, count in at.farm.counts().items() if count != counts[page]}
            assert len(again) <= 1, step
