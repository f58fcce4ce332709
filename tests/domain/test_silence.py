import pytest

from homarus.domain.silence import is_heartbeat_well, without_tokens


@pytest.mark.parametrize(
    "text",
    [
        "NO_REPLY",
        "no_reply",
        "**NO_REPLY**",
        '"NO_REPLY"',
        "`HEARTBEAT_OK`.",
        "> NO_REPLY",
        "```\nNO_REPLY\n```",
        "NO REPLY",
        "NO_REPLY\nNO_REPLY",
        '{"action": "NO_REPLY"}',
        "\u201cNO_REPLY\u201d",
    ],
)
def test_silence_in_any_dress_is_silence(text: str) -> None:
    assert without_tokens(text) == ""


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("NO_REPLY\n\nAll well.", "All well."),
        ("All well.\n\n**HEARTBEAT_OK**", "All well."),
        ('All well.\n"NO_REPLY"', "All well."),
        ("All well. heartbeat_ok", "All well."),
    ],
)
def test_a_token_beside_words_is_taken_off(text: str, rest: str) -> None:
    assert without_tokens(text) == rest


@pytest.mark.parametrize(
    "text",
    [
        'The word is "NO_REPLY" and nothing else.',
        '"NO_REPLY" means that nothing is said.',
        "MY_NO_REPLY",
        "There is no reply yet.",
        "no reply",
        '{"action": "NO_REPLY", "to": "Lena"}',
    ],
)
def test_who_speaks_of_the_token_is_heard(text: str) -> None:
    assert without_tokens(text) == text


def test_a_heartbeat_that_is_well_is_silent_with_a_few_words_more() -> None:
    assert is_heartbeat_well("HEARTBEAT_OK")
    assert is_heartbeat_well("Nothing new in the inbox. HEARTBEAT_OK")
    assert not is_heartbeat_well("HEARTBEAT_OK\n" + "The cellar is under water. " * 20)
    assert not is_heartbeat_well("The cellar is under water.")
