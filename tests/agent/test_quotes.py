import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.agent.dates import days_in, span_asked
from homarus.agent.quotes import MAX_QUOTES, Given, quotes

TODAY = date(2026, 11, 20)
CASES = json.loads((Path(__file__).parents[2] / "benchmarks" / "embedded_requests.json").read_text(encoding="utf-8"))
NOTES = """# Notes
- Pay rent (1 Dec)
- Library books due Nov 21
- Call the plumber
- 18.11.2026 car inspection
- Renew insurance by 30 November 2026
- party Saturday
- 2026-12-01 visa
"""


def lines(question: str, text: str = NOTES) -> list[int]:
    return [quote.line for quote in quotes(question, [Given(name="notes.txt", text=text)], TODAY)]


@pytest.mark.parametrize("case", [case for case in CASES if case["tool"] == "quote"], ids=lambda case: case["text"])
def test_the_lines_that_a_person_would_mark(case: dict[str, str]) -> None:
    assert lines(case["text"], case["given"]) == case["lines"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is due this week?", [3, 5, 7]),
        ("what's due next week", []),
        ("What do I have tomorrow?", [3, 7]),
        ("when must I renew the insurance?", [6]),
        ("who should I call?", [4]),
        ("is there anything overdue?", [5]),
        ("what is due in December?", [2, 8]),
        ("What is the meaning of life?", []),
        ("", []),
    ],
)
def test_days_and_words_are_found(question: str, expected: list[int]) -> None:
    assert lines(question) == expected


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("due 2026-11-24", date(2026, 11, 24)),
        ("am 3.2. zum Arzt", date(2027, 2, 3)),
        ("Nov 5 is over", date(2026, 11, 5)),
        ("on the 2nd of January", date(2027, 1, 2)),
        ("Fri: pay", TODAY),
        ("next Monday", date(2026, 11, 23)),
    ],
)
def test_a_day_is_the_nearest_one_that_fits(line: str, day: date) -> None:
    assert days_in(line, TODAY) == (day,)


@pytest.mark.parametrize("line", ["31 February", "2026-13-01", "the sun sat low", "version 3.12", "may I?"])
def test_what_is_no_day_is_none(line: str) -> None:
    assert days_in(line, TODAY) == ()


@given(st.text(max_size=300), st.text(max_size=60), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_only_lines_of_the_text_are_quoted(text: str, question: str, today: date) -> None:
    found = quotes(question, [Given(name="x", text=text)], today)
    assert len(found) <= MAX_QUOTES
    split = text.splitlines()
    assert all(quote.text in split[quote.line - 1] for quote in found)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_this_week_is_seven_days_around_today(today: date) -> None:
    span = span_asked("this week", today)
    assert span
    assert today in span
    assert span.last - span.first == timedelta(6)
