"""What a person sees of a model that misbehaves, through a whole gateway."""

from pathlib import Path
from typing import cast

from faults.conftest import House
from homarus.testing.quirks import Turn, say
from homarus.testing.quirks.turns import Asked


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
        return say("" if len(heard) <= 2 else "Good morning.")

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
