"""What a person sees of a model that misbehaves, through a whole gateway."""

from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest
from benchmarks.quirks.board import Verdict
from benchmarks.quirks.pains import SCENARIOS

from faults.conftest import House
from faults.scoreboard import Playing, playing
from homarus.testing.quirks import Turn, say
from homarus.testing.quirks.turns import Asked

QUICK = {scenario.name: scenario for scenario in SCENARIOS if not scenario.is_slow}


@pytest.fixture(scope="module")
def board(request: pytest.FixtureRequest) -> Generator[Playing]:
    """The scenarios of the tests that were chosen, several at once."""
    chosen = [name for name in QUICK if any(item.name.endswith(f"[{name}]") for item in request.session.items)]
    with playing([QUICK[name] for name in chosen]) as under_way:
        yield under_way


@pytest.mark.parametrize("name", QUICK)
def test_it_ends_well_for_the_person(board: Playing, name: str) -> None:
    result = board.result(name)

    assert result.verdict is Verdict.PASS, f"{QUICK[name].about}\n{result.because}\nsaw: {result.saw}"


def test_a_model_that_repeats_itself_is_stopped_and_the_person_is_told(house: House) -> None:
    living = house([Turn(text="The moon is " + "bright and " * 2000)])

    reply = living.reply(living.send("Describe the moon."))

    assert str(reply["text"]).startswith("The moon is bright and bright and")
    assert len(str(reply["text"])) < 100
    assert any("repeat itself" in notice for notice in cast("list[str]", reply["notices"]))


def test_the_words_of_an_error_never_reach_a_model(house: House) -> None:
    heard: list[str] = []

    def script(asked: Asked) -> Turn:
        heard.append("\n".join(message.text for message in asked.messages))
        return say("" if "first" in asked.last_user else "Good morning.")

    living = house(script)
    failed = living.reply(living.send("first"))
    living.reply(living.send("second"))

    assert failed["is_error"]
    assert str(failed["text"]) not in heard[-1]
    assert "No answer" not in heard[-1]


def test_a_workspace_that_holds_the_house_itself_is_refused_in_words(house: House, home: Path) -> None:
    living = house([say("Good morning.")], agents={"defaults": {"workspace": str(home)}})

    reply = living.reply(living.send("hello"))

    assert reply["is_error"]
    assert "agents.defaults.workspace" in str(reply["hint"])
