"""Figures and progress as people read them, at any width."""

import pytest

from homarus.cli import figures, show
from homarus.cli.bars import Bar, Step, line
from homarus.domain.content import Json

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (93_000, "93 kB"), (5_200_000_000, "5.2 GB"), (142e9, "142 GB"), (None, "?")],
)
def test_a_size_has_the_units_of_model_servers(count: Json, shown: str) -> None:
    assert figures.size(count) == shown


@pytest.mark.parametrize(("count", "shown"), [(512 * 1024**2, "512 MiB"), (8 * 1024**3, "8.0 GiB"), (True, "?")])
def test_memory_has_the_units_it_is_sold_in(count: Json, shown: str) -> None:
    assert figures.memory(count) == shown


@pytest.mark.parametrize(("count", "shown"), [(40960, "40k"), (131072, "128k"), (1000, "1,000"), (None, "?")])
def test_a_window_is_short(count: Json, shown: str) -> None:
    assert figures.tokens(count) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(52, "0:52"), (723, "12:03"), (3723.4, "1:02:03"), (-1, "0:00")])
def test_a_time_left_reads_like_a_clock(seconds: float, shown: str) -> None:
    assert figures.lasting(seconds) == shown


def test_a_moment_to_come_is_told_as_a_time_from_now() -> None:
    said = [figures.until("1970-01-01T00:10:00+00:00", now=now) for now in (0, 595, 700)]

    assert said == ["in 10 min", "in 5 s", "now"]
    assert figures.until(None) == ""
    assert figures.until("2318-01-01T00:00:00+00:00") == "never"


@pytest.mark.parametrize("width", [40, 60, 79, 80, 119, 120, 200])
def test_a_bar_never_is_wider_than_the_terminal(width: int) -> None:
    step = Step(status="pulling", done=3 * GB, total=5 * GB, per_s=42e6, left_s=52)

    shown = line("hf.co/somebody/a-model-with-a-very-long-name:Q4_K_M", step, width=width)

    assert len(shown) <= width
    assert "60 %" in shown


def test_a_bar_says_bytes_speed_and_time_left_at_80_columns() -> None:
    shown = line("qwen3:8b", Step(status="pulling", done=3 * GB, total=5 * GB, per_s=42e6, left_s=52), width=80)

    assert "3.0 GB of 5.0 GB" in shown
    assert "42.0 MB/s" in shown
    assert "0:52 left" in shown


def test_a_terminal_without_blocks_gets_plain_signs() -> None:
    shown = line("m", Step(status="", done=1, total=2), width=60, is_plain=True)

    assert shown.isascii()
    assert "##" in shown


def test_before_the_size_is_known_the_server_speaks() -> None:
    assert line("qwen3:8b", Step(status="pulling manifest"), width=80) == "qwen3:8b  pulling manifest ..."


def test_a_pipe_gets_a_line_per_tenth_and_no_control_codes(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar("qwen3:8b")
    for done in range(101):
        bar.show(Step(status="pulling", done=done, total=100))
    bar.clear()

    told = capsys.readouterr().err
    assert len(told.splitlines()) == 11
    assert "\x1b" not in told
    assert "\r" not in told


def test_a_pipe_gets_whole_columns_and_no_column_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show.table([{"model": "m" * 200, "state": "", "size": "5 GB"}], empty="")

    head, row = capsys.readouterr().out.splitlines()
    assert "state" not in head
    assert row == f"{'m' * 200}  5 GB"


def test_a_pipe_gets_a_long_sentence_in_one_line() -> None:
    assert show.hanging("passed  ", "word " * 100) == "passed  " + "word " * 100
