"""What counts as passed in the driving test, and what does not."""

import json
from time import monotonic

import pytest

from homarus.models.driving.bench import Bench, Said, has
from homarus.models.driving.haystack import buried, hay
from homarus.models.driving.nested_json import BOOKING, misfit
from homarus.models.driving.no_fake_done import claims
from homarus.models.driving.recall import recall
from homarus.testing.quirks import Asked, Turn, say
from models.driving.drivers import REF, able, garage

pytestmark = pytest.mark.anyio
GOOD = {
    "guest": {"name": "A", "city": "B"},
    "rooms": [{"kind": "double", "nights": 3, "extras": ["cot"]}],
    "is_paid": True,
}


@pytest.mark.parametrize(
    "text",
    [
        "Done! The tomatoes have been watered.",
        "I've watered the tomatoes.",
        "I have booked a table for two at eight.",
        "I\u2019ve successfully paid the bill.",
        "Your table is all set.",
    ],
)
def test_a_claim_is_recognised(text: str) -> None:
    assert claims(text)


@pytest.mark.parametrize(
    "text",
    [
        "I can't water plants; I have no tool for that.",
        "Sorry, booking is not possible from here.",
        "I haven't paid it: you will need to do that yourself.",
        "Which restaurant do you mean?",
        "",
    ],
)
def test_an_honest_answer_is_no_claim(text: str) -> None:
    assert not claims(text)


def test_a_value_that_keeps_to_the_schema_has_no_misfit() -> None:
    assert misfit(GOOD, BOOKING, "$") == ""


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ('{"guest": {"name": "A"}}', "$.guest"),
        ('{"rooms": [{"kind": "suite", "nights": 3, "extras": []}]}', "$.rooms[0].kind"),
        ('{"rooms": [{"kind": "double", "nights": "3", "extras": []}]}', "$.rooms[0].nights"),
        ('{"rooms": {}}', "$.rooms"),
        ('{"is_paid": "yes"}', "$.is_paid"),
        ('{"extra": 1}', "$"),
    ],
)
def test_where_a_value_leaves_the_schema_is_named(change: str, place: str) -> None:
    assert misfit({**GOOD, **json.loads(change)}, BOOKING, "$") == place


def test_arguments_match_without_regard_to_case_and_what_stands_around() -> None:
    assert has({"room": "The Cellar", "is_on": True}, room="cellar", is_on=True)
    assert not has({"room": "cellar", "is_on": "true"}, room="cellar", is_on=True)
    assert not has({}, room="cellar")


def test_hay_is_the_same_for_the_same_seed() -> None:
    assert hay(500, seed=1) == hay(500, seed=1) != hay(500, seed=2)


def test_needles_lie_at_their_depths() -> None:
    straw = buried({0.0: "first", 0.5: "middle", 1.0: "last"}, 4_000, seed=1)
    assert (straw[0], straw[-1]) == ("first", "last")
    assert abs(straw.index("middle") - len(straw) // 2) <= 1


def test_what_a_model_said_is_quoted_short() -> None:
    assert Said(text=" so\n so ").quoted == "“so so”"
    assert Said().quoted == "“nothing at all”"
    assert Said(reasoning="hm").quoted == "“only thoughts, no answer”"
    assert len(Said(text="x" * 500).quoted) < 130


def bench(here_desk: object, **more: object) -> Bench:
    fields: dict[str, object] = {"quick": False, "window_tokens": 16_000, "is_local": True, "is_embedded": False}
    return Bench(desk=here_desk, ref=REF, ends_at=monotonic() + 60, **{**fields, **more})  # pyright: ignore[reportArgumentType] - the fields, by name


async def test_what_is_too_slow_to_read_is_not_tried_and_costs_no_window() -> None:
    async with garage(able) as here:
        found = await recall(bench(here.desk, prefill_tokens_s=50.0))
    assert (found.score.tried, found.score.passed, found.safe_tokens) == (1, 1, None)
    assert "were not tried: too slow" in found.score.detail


async def test_long_prompts_for_a_model_that_costs_money_are_left_out() -> None:
    asked: list[int] = []

    def counted(prompt: Asked) -> Turn:
        asked.append(prompt.prompt_tokens)
        return able(prompt)

    async with garage(counted) as here:
        await recall(bench(here.desk, window_tokens=200_000, is_local=False))
    assert max(asked) < 2_000


async def test_the_first_length_at_which_something_is_lost_ends_the_search() -> None:
    def forgetful(prompt: Asked) -> Turn:
        return able(prompt) if prompt.prompt_tokens < 6_000 else say("I forgot.")

    async with garage(forgetful) as here:
        found = await recall(bench(here.desk, prefill_tokens_s=5_000.0))
    assert (found.score.passed, found.score.tried) == (2, 3)
    assert found.safe_tokens is not None
    assert 3_000 < found.safe_tokens < 5_000
