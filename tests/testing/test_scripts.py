import pytest

from homarus.testing.quirks import Asked, Turn, call, say
from homarus.testing.quirks.turns import Heard
from homarus.testing.scripts import every, in_order, on, on_result, script

WEATHER = script(
    on(r"weather in (\w+)", then=call("web.fetch", {"url": "https://example.org"}, text="Looking for {1}.")),
    on_result("The page says: {result}"),
    otherwise=say("I do not know."),
)


def asked(*said: tuple[str, str], number: int = 1) -> Asked:
    messages = tuple(Heard(role=role, text=text) for role, text in said)
    return Asked(api="ollama", model="m", messages=messages, tools=(), is_stream=True, body={}, number=number)


def test_words_that_match_get_their_turn() -> None:
    turn = WEATHER(asked(("user", "What is the WEATHER in Oslo?")))
    assert (turn.text, turn.calls[0].name) == ("Looking for Oslo.", "web.fetch")


def test_a_result_is_told() -> None:
    turn = WEATHER(asked(("user", "The weather in Oslo?"), ("assistant", ""), ("tool", "{rain}")))
    assert turn == say("The page says: {rain}")


def test_what_no_rule_fits_gets_the_rest() -> None:
    assert WEATHER(asked(("user", "Sing."))) == say("I do not know.")


def test_turns_come_in_order_and_then_no_more() -> None:
    model = script(in_order(say("one"), say("two")), otherwise=say("enough"))
    assert [model(asked(("user", "?"))).text for _ in range(3)] == ["one", "two", "enough"]


@pytest.mark.parametrize(("number", "calls"), [(1, 1), (2, 1), (3, 0)])
def test_a_model_is_wrong_when_it_should_be(number: int, calls: int) -> None:
    model = script(on("go", then=call("time.now")), is_wrong=every(3))
    turn: Turn = model(asked(("user", "go"), number=number))
    assert len(turn.calls) == calls
    assert bool(turn.text) is (calls == 0)
