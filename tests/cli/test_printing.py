"""Nothing that a server or a stranger says drives the terminal."""

import pytest

from homarus.cli import show
from homarus.cli.main import main
from homarus.domain.errors import EXIT_USAGE

EVIL = "a\x1b[2Jb\u202ec\u200bd\r"
SHOWN = "a\\u001b[2Jb\\u202ec\\u200bd\\r"


@pytest.mark.parametrize("write", [show.clean, show.dim, show.bold])
def test_what_cannot_be_seen_is_written_out(write: object) -> None:
    assert callable(write)
    assert write(EVIL) == SHOWN


def test_lines_stay_lines_in_texts_and_are_written_out_in_tables(capsys: pytest.CaptureFixture[str]) -> None:
    show.table([{"name": f"{EVIL}\nsecond"}], empty="")

    assert show.clean("one\n\ttwo") == "one\n\ttwo"
    assert capsys.readouterr().out.splitlines()[1] == f"{SHOWN}\\nsecond"


def test_an_error_is_cleaned_before_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", EVIL]) == EXIT_USAGE
    assert SHOWN in capsys.readouterr().err


def test_a_hint_breaks_between_words_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    url = "https://example.org/a-name-that-is-wider-than-the-whole-terminal"

    show.hint(f"look whether a firewall stands in between the two machines: {url}")

    lines = capsys.readouterr().out.splitlines()
    assert "firewall" in lines[0] or "firewall" in lines[1]
    assert lines[-1] == url
