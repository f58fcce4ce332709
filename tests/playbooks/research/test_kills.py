"""The house goes down around every step: it goes on where it was, and asks no site a second time."""

import pytest

from homarus.testing.run import Killed
from homarus.testing.store import FakeStore
from playbooks.research.farming import SETTINGS, Market, market

pytestmark = pytest.mark.anyio
ONE_BY_ONE = SETTINGS.model_copy(update={"at_once": 1})
"""Whatever is on its way when a process dies is asked for again; one thing at a time here, so that it is one thing."""


class Nth(set[str]):
    """The n-th step that is run whose key begins so; keys have addresses in them, which differ from farm to farm."""

    def __init__(self, number: int, kind: str = "") -> None:
        super().__init__()
        self.left, self.kind, self.key = number, kind, ""

    def __contains__(self, key: object) -> bool:
        self.left -= str(key).startswith(self.kind)
        if self.left or self.key or not str(key).startswith(self.kind):
            return False
        self.key = str(key)
        return True


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
    for number, step in enumerate(steps, start=1):
        async with market(only=SOME) as at:
            at.world.run.die_before = dying = Nth(number)
            text = await _until_done(at)

            assert dying.key

            assert _without_ports(text, at) == wanted, step
            assert at.farm.counts() == counts, step
            assert len(at.world.speaking.asked) == asked, step


async def test_killed_while_a_page_comes_in_only_what_was_on_its_way_is_fetched_again() -> None:
    async with market(only=("shops",)) as calm:
        await calm.run(ONE_BY_ONE)
        counts = calm.farm.counts()
    for number in (1, 2, 3):
        async with market(only=("shops",)) as at:
            at.world.run.die_after = dying = Nth(number, "read:")
            with pytest.raises((Killed, BaseExceptionGroup)):
                await at.run(ONE_BY_ONE)
            assert _on_its_way(at) == {dying.key}
            await _until_done(at)

            assert (at.farm.counts() - counts).total() == 1, dying.key


def _on_its_way(at: Market) -> set[str]:
    """Return the readings that had begun when the house went down and whose end is not in the log."""
    store = at.world.run.store
    assert isinstance(store, FakeStore)
    known = {event.dedupe for event in store.events}
    begun = {step for step in at.world.run.ran if step.startswith("read:")}
    return {step for step in begun if f"{at.world.run.run_id}:{step}" not in known}
