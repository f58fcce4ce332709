"""A report fits a terminal without signs of Markdown; into a pipe it goes as it is written."""

import pytest

from homarus.cli.jobs_show import effect_state
from homarus.cli.reports import print_report
from homarus.cli.steps import step_rows
from homarus.domain.content import JsonObject

REPORT = r"""# Sales of shop\_orders


**Rose** on [press.example](https://press.example/news).

- a long item that has to go on in the next line because forty signs are few

| # | What | Because |
|---|---|---|
| 1 | Call Ann | “she asked for a call before Friday at noon” |
"""


def test_a_pipe_gets_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(REPORT)

    assert capsys.readouterr().out == REPORT + "\n"


def test_a_terminal_gets_lines_that_fit_and_say_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_report(REPORT)

    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 40
    assert lines[0] == "Sales of shop_orders"
    assert "https://press.example/news" in "".join(lines)
    assert not any(sign in line for line in lines for sign in ("**", "|", "\\", "#  #"))
    assert " ".join(" ".join(lines).split()).endswith("1 Call Ann “she asked for a call before Friday at noon”")


def test_many_steps_of_a_kind_are_one_row_that_adds_them_up() -> None:
    begun, ended = "2026-11-20T09:00:00+00:00", "2026-11-20T09:00:02+00:00"
    spent: JsonObject = {"tokens": 10, "cost_usd": 0, "seconds": 0, "joules": 0}
    step: JsonObject = {"state": "done", "began_at": begun, "ended_at": ended, "model": "m", "said": "", "spent": spent}
    rows = step_rows([{**step, "key": f"claim:{place}"} for place in range(5)])

    assert [list(row.values())[:5] for row in rows] == [["claim (5 steps)", "done", "10.0 s", "m", "50 tokens"]]


def test_a_draft_that_was_saved_is_not_said_to_be_sent() -> None:
    assert effect_state({"level": "self", "state": "sent"}) == "saved"
    assert effect_state({"level": "others", "state": "sent"}) == "sent"
