"""A score card as a page and as a file."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from homarus.domain import codec
from homarus.domain.cards import Score, ScoreCard, Subject
from homarus.models.driving.showing import as_json, as_markdown

CARD = ScoreCard(
    subject=Subject(provider="shed", model_id="tiny"),
    at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    took_s=31.5,
    tool_protocol="text",
    safe_window_tokens=4096,
    most_risk=None,
    scores=(
        Score(name="tool-call", passed=2, tried=3, detail="It said “a | b”\n# and more."),
        Score(name="recall", passed=0, tried=0),
    ),
    weaknesses=("It is slow.",),
)


def test_a_card_is_a_page_that_names_what_is_not_known() -> None:
    page = as_markdown(CARD)
    assert page.startswith("# shed/tiny\n")
    assert "- digest: not named by the server" in page
    assert "- asks before tools above: every tool" in page
    assert "- It is slow." in page


def test_words_of_a_model_cannot_break_the_table() -> None:
    page = as_markdown(CARD)
    assert "| tool-call | 2/3 | It said “a \\| b” # and more. |" in page
    assert "| recall | - |  |" in page


def test_a_card_without_weaknesses_claims_none() -> None:
    assert "What to know" not in as_markdown(replace(CARD, weaknesses=()))


def test_an_exported_card_can_be_read_again() -> None:
    kept = json.loads(json.dumps(as_json([CARD])))
    assert codec.load(ScoreCard, kept["cards"][0]) == CARD
