"""Streams that a hostile page makes a model say."""

import pytest

from homarus.agent.speech import Sieve, without_silence
from homarus.models.spoken import mark_at

TOOLS = ("files.read",)


def _said(sieve: Sieve, text: str, size: int = 4) -> str:
    return "".join(sieve.feed(text[at : at + size]) for at in range(0, len(text), size))


@pytest.mark.parametrize("blank", [" ", "\n", "\t\n"])
def test_blanks_without_an_end_are_not_held_back(blank: str) -> None:
    text = f"Hello.</tool_call>{blank * 5_000}"
    assert len(text) - len(_said(Sieve(TOOLS), text)) <= 200


@pytest.mark.parametrize("begun", ["{", '{"', "<tool_call>", "```tool_code", "NO_REPLY", "<think>"])
def test_what_is_held_back_for_ever_is_not_shown(begun: str) -> None:
    assert not _said(Sieve(TOOLS), begun + " " * 20_000)


def test_a_call_after_many_blanks_is_not_shown() -> None:
    text = f"I look.{' ' * 1_000}<tool_call>"
    assert mark_at(text)
    assert _said(Sieve(TOOLS), text).strip() == "I look."


@pytest.mark.parametrize("size", [4, 60_000])
def test_thousands_of_thoughts_are_dropped(size: int) -> None:
    assert _said(Sieve(TOOLS), "<think>a</think>" * 3_000 + "Done.", size) == "Done."
    assert _said(Sieve(TOOLS), "b<think>a</think>" * 3_000, size) == "b" * 3_000


@pytest.mark.parametrize("word", ["NO_REPLY ", "> NO_REPLY\n", "**HEARTBEAT_OK**. "])
def test_words_of_silence_are_dropped_however_often_they_stand_there(word: str) -> None:
    assert not without_silence(word * 2_000)
    assert without_silence(f"{word * 2_000}Four.\n{word * 2_000}") == "Four."


def test_an_echoed_stamp_is_dropped_behind_a_long_answer() -> None:
    answer = "It is four. " * 2_000
    assert without_silence(f"{answer}\n[Fri 2026-11-20 14:00 Europe/Berlin, afternoon]") == answer.strip()
