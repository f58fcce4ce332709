"""Requests and summaries in which one sign stands thousands of times: read, and read the same as without it."""

import pytest

from homarus.agent.alarms import alarm
from homarus.agent.claims import claims
from homarus.agent.quality import facts_in
from homarus.agent.requests import Order, is_question, key_words, noted, plain_order

RUNS = [" ", "\n", ".", ",", "-", "_", "?", "a1", "a/", "a.", "-a", "1 ", "\u00e9"]


@pytest.mark.parametrize("run", RUNS)
def test_a_long_run_is_no_reminder(run: str) -> None:
    assert not alarm(run * 30_000 + "x").when


@pytest.mark.parametrize("run", [" ", "\n", ",", ".", "- "])
def test_an_order_behind_a_note_is_taken_off(run: str) -> None:
    note = f"The code is 4711{run * 20_000}please remember this"
    assert noted(note).startswith("The code is 4711")
    assert "remember" not in noted(note)
    assert plain_order(f"The code is 4711{run}please remember this") is Order.NOTE


def test_questions_are_told_by_their_last_mark() -> None:
    assert is_question("Four" + "?" * 30_000)
    assert not is_question("?" * 30_000 + "x")


def test_key_words_keep_what_joins_them() -> None:
    assert key_words("lena@example.org a.b ..c++ d-e. @f") == ("lena@example.org", "a.b", "..c", "d-e", "@f")
    assert not key_words("." * 30_000)


@pytest.mark.parametrize("run", RUNS)
def test_facts_behind_a_long_run_are_found(run: str) -> None:
    facts = facts_in(run * 10_000 + " write to lena@example.org about notes/a.md, b.txt or https://example.org/x")
    assert {"lena@example.org", "notes/a.md", "b.txt", "https://example.org/x"} <= set(facts)


def test_a_claim_behind_thousands_of_empty_lines_is_found() -> None:
    assert not claims("\n" * 19_000 + "> I have sent the mail.")
    assert claims("\n" * 19_000 + "I have sent the mail.")
