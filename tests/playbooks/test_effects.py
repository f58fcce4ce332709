"""An effect happens once, or nobody knows: wherever the process dies, and whoever tries it again."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from homarus.domain.acts import Outcome, Receipt
from homarus.domain.books import StandingRule
from homarus.domain.content import Json
from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.findings import Effect, EffectState, Level
from homarus.domain.ids import CallId
from homarus.domain.playing import MoneyLimits
from homarus.domain.ports import Parked
from homarus.domain.speaking import ToolNature, Use
from homarus.playbooks.core.effects import settle
from homarus.policy.standing import signed
from homarus.testing.playbooks import FakeTool, PlaybookWorld, approved
from homarus.testing.run import FakeRun, Killed
from playbooks.opening import NoSettings, open_house

pytestmark = pytest.mark.anyio

POST: dict[str, Json] = {"to": "ann@example.org", "text": "Hi"}
ONCE = ToolNature(is_known=True, is_repeatable=False, keys=frozenset({"to"}))


def receipt(use: Use, outcome: Outcome, **facts: Json) -> Receipt:
    return Receipt(
        call_id=CallId(use.step), tool=use.tool, outcome=outcome, summary="", arguments=use.arguments, facts=facts
    )


def world_with(nature: ToolNature = ONCE, outcome: Outcome = Outcome.DONE) -> PlaybookWorld:
    tool = FakeTool(does=lambda use: receipt(use, outcome, remote_id="7"), nature=nature)
    return PlaybookWorld(tools={"post": tool})


async def carry(
    world: PlaybookWorld, level: Level = Level.SELF, payload: Mapping[str, Json] = POST, **more: float
) -> Effect:
    house = await open_house(world, NoSettings(), retry_of=world.run.run_id.partition("~")[0])
    return await house.effect("post", "post", payload, target="Ann", level=level, **more)


def sent(world: PlaybookWorld) -> int:
    return sum(use.tool == "post" for use in world.acting.used)


async def ask(world: PlaybookWorld, payload: Mapping[str, Json] = POST) -> Effect:
    """Ask for it and return the draft that waits."""
    with pytest.raises(Parked):
        await carry(world, Level.OTHERS, payload)
    return (await world.books.outgoing.effects())[0]


async def say_yes(world: PlaybookWorld, fingerprint: str) -> None:
    with pytest.raises(Parked) as wait:
        await carry(world, Level.OTHERS)
    await world.run.decide(wait.value.topic, approved(fingerprint))


class Dying:
    """Has the process die once, before or after an effect gets into a state."""

    def __init__(self, world: PlaybookWorld, state: EffectState, *, is_after: bool) -> None:
        self._world, self._state, self._is_after = world, state, is_after
        outgoing = world.books.outgoing
        self._draft, self._move, self._approve = outgoing.draft, outgoing.move, outgoing.approve
        outgoing.draft, outgoing.move, outgoing.approve = self.draft, self.move, self.approve

    def _die(self, effect: Effect, *, is_after: bool) -> None:
        if effect.state is self._state and is_after is self._is_after:
            self._state = EffectState.REFUSED
            raise Killed(effect.state)

    async def draft(self, effect: Effect) -> Effect:
        self._die(effect, is_after=False)
        kept = await self._draft(effect)
        self._die(effect, is_after=True)
        return kept

    async def move(self, effect: Effect, *, was: EffectState) -> Effect:
        self._die(effect, is_after=False)
        kept = await self._move(effect, was=was)
        self._die(effect, is_after=True)
        return kept

    async def approve(self, effect: Effect, **rest: object) -> bool:
        self._die(effect, is_after=False)
        kept = await self._approve(effect, **rest)  # pyright: ignore[reportArgumentType] - handed on as it came
        self._die(effect, is_after=True)
        return kept


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("state", [EffectState.DRAFT, EffectState.APPROVED, EffectState.SENDING, EffectState.SENT])
async def test_a_death_around_any_state_sends_it_once(state: EffectState, *, is_after: bool) -> None:
    world = world_with()
    Dying(world, state, is_after=is_after)
    with pytest.raises(Killed):
        await carry(world)

    assert (await carry(world)).state is EffectState.SENT
    assert (sent(world), (await carry(world)).remote_id) == (1, "7")


async def test_a_death_after_it_went_out_leaves_it_unknown_and_nothing_sends_it_again() -> None:
    world = world_with()
    world.run.die_after.add("post:send")
    with pytest.raises(Killed):
        await carry(world)
    for _ in range(2):
        assert (await carry(world)).state is EffectState.UNKNOWN

    world.next_run("run_1~2")
    assert (await carry(world)).state is EffectState.UNKNOWN
    assert sent(world) == 1


async def test_a_receiver_that_drops_doubles_gets_it_again_under_the_same_key() -> None:
    world = world_with(ToolNature(is_known=True, is_repeatable=True))
    world.run.die_after.add("post:send")
    with pytest.raises(Killed):
        await carry(world)

    assert (await carry(world)).state is EffectState.SENT
    assert {use.idempotency_key for use in world.acting.used} == {"run_1:post"}


@pytest.mark.parametrize(
    ("found", "state"),
    [(True, EffectState.SENT), (False, EffectState.FAILED), (None, EffectState.UNKNOWN)],
)
async def test_what_is_unknown_is_looked_up_at_the_other_side(found: Json, state: EffectState) -> None:
    world = world_with(replace(ONCE, look_up="find"), Outcome.UNKNOWN)
    world.acting.tools["find"] = FakeTool(does=lambda use: receipt(use, Outcome.DONE, found=found, remote_id="9"))

    assert (await carry(world)).state is state
    assert sent(world) == 1


async def test_a_person_settles_what_nobody_knows_and_nothing_else() -> None:
    world = world_with(outcome=Outcome.UNKNOWN)
    effect = await carry(world)
    at = world.clock.now()
    with pytest.raises(UsageError):
        await settle(world.books, effect.effect_id, EffectState.DRAFT, by="owner", at=at)
    assert (await settle(world.books, effect.effect_id, EffectState.SENT, by="owner", at=at)).state is EffectState.SENT
    with pytest.raises(UsageError, match="nothing to settle"):
        await settle(world.books, effect.effect_id, EffectState.FAILED, by="owner", at=at)
    with pytest.raises(NotFoundError):
        await settle(world.books, "nowhere", EffectState.SENT, by="owner", at=at)


async def test_what_was_sent_is_not_sent_by_a_retry() -> None:
    world = world_with()
    await carry(world)
    world.next_run("run_1~2")

    assert (await carry(world)).state is EffectState.SENT
    assert sent(world) == 1


async def test_what_surely_failed_is_tried_by_a_retry_and_not_by_a_replay() -> None:
    world = world_with(outcome=Outcome.FAILED)
    assert [(await carry(world)).state for _ in range(2)] == [EffectState.FAILED] * 2
    world.next_run("run_1~2")

    assert (await carry(world)).state is EffectState.FAILED
    assert sent(world) == 2


async def test_a_yes_is_for_exactly_what_was_shown() -> None:
    world = world_with()
    shown = await ask(world)
    await say_yes(world, shown.payload_sha256)

    assert (await ask(world, {**POST, "text": "Something else"})).state is EffectState.DRAFT
    assert sent(world) == 0


async def test_a_yes_with_another_fingerprint_is_a_no() -> None:
    world = world_with()
    await ask(world)
    await say_yes(world, "0" * 64)

    assert (await carry(world, Level.OTHERS)).state is EffectState.REFUSED
    assert sent(world) == 0


async def test_nobody_answers_in_time() -> None:
    world = world_with()
    await ask(world)
    world.clock.advance(25 * 3600)
    refused = await carry(world, Level.OTHERS)

    assert (refused.state, refused.because) == (EffectState.REFUSED, "Nobody answered in time.")


async def test_a_dry_run_shows_it_and_does_nothing() -> None:
    world = world_with()
    house = await open_house(world, NoSettings(), is_dry=True)
    effect = await house.effect("post", "post", POST, target="Ann", level=Level.OTHERS)

    assert (effect.state, sent(world)) == (EffectState.DRAFT, 0)


async def test_money_asks_even_within_its_limits_and_not_beyond_them() -> None:
    world = world_with()
    assert (await carry(world, Level.MONEY, cost_usd=0.2)).state is EffectState.REFUSED

    world = world_with()
    world.money = MoneyLimits(per_effect_usd=1, per_day_usd=1)
    with pytest.raises(Parked):
        await carry(world, Level.MONEY, cost_usd=0.2)


async def test_a_signed_rule_lets_it_go_as_often_as_it_says() -> None:
    world = world_with()
    rule = StandingRule(
        rule_id="r_1",
        tool="post",
        recipients=("ann@example.org",),
        template={"text": "*"},
        per_day=1,
        made_at=world.clock.now(),
    )
    await world.books.rules.put(signed(rule, at=world.clock.now()))
    assert (await carry(world, Level.OTHERS)).approval == "rule:r_1"

    world.next_run("run_2")
    with pytest.raises(Parked):
        await carry(world, Level.OTHERS)
    assert isinstance(world.run, FakeRun)
    world.clock.advance(24 * 3600)
    world.next_run("run_3")
    assert (await carry(world, Level.OTHERS)).state is EffectState.SENT
