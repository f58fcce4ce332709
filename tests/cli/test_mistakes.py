"""What goes wrong on the command line ends in one sentence and a next step."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.terminal import Terminal

Served = Callable[..., Terminal]


def _is_gone(pid: int) -> bool:
    """Whether a process has ended, also when nobody has asked for its exit code yet."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("word", ["up", "ask", "status", "logs"])
def test_a_home_that_is_a_file_is_said_in_a_sentence(terminal: Terminal, tmp_path: Path, word: str) -> None:
    (tmp_path / "plain").write_text("")

    said = terminal.run(word, "--home", str(tmp_path / "plain"), *(["hello"] if word == "ask" else []))

    assert "Traceback" not in said.err
    if word in {"up", "ask"}:
        assert said.code == 1
        assert str(tmp_path / "plain") in said.err
        assert "HOMARUS_HOME" in said.err.splitlines()[-1]


def test_a_home_that_nobody_may_write_to_is_said_in_a_sentence(terminal: Terminal) -> None:
    """Below /proc nothing can be made, not even by root."""
    said = terminal.run("up", "--home", "/proc/homarus")

    assert said.code == 1
    assert "/proc/homarus" in said.err
    assert "Traceback" not in said.err


def test_help_is_a_word_as_well(shared: Terminal) -> None:
    assert shared.run("help").out == shared.run("--help").out
    assert shared.run("help", "sessions").out == shared.run("sessions", "--help").out
    assert shared.run("help", "nonsense").code == 2


def test_an_action_that_is_off_by_a_letter_is_met_with_the_right_one(shared: Terminal) -> None:
    said = shared.run("sessions", "lst")

    assert said.code == 2
    assert "Did you mean 'list'?" in said.err


@pytest.mark.parametrize("words", [("logs", "-n", "0"), ("logs", "-n", "-5"), ("events", "--turn", "nope")])
def test_a_number_or_a_turn_that_makes_no_sense_is_a_matter_of_usage(shared: Terminal, words: tuple[str, ...]) -> None:
    said = shared.run(*words)

    assert said.code == 2
    assert "Next:" in said.err


def test_doctor_names_what_it_looks_at(shared: Terminal) -> None:
    said = shared.run("doctor", "nonsense")

    assert said.code == 2
    assert "configuration" in said.err
    assert shared.run("doctor", "disk").code == 0


def test_adding_another_model_points_to_who_brings_it(shared: Terminal) -> None:
    said = shared.run("models", "add", "qwen3")

    assert said.code == 2
    assert "homarus models pull qwen3" in said.err


def test_stop_comes_back_when_the_process_is_gone(served: Served) -> None:
    terminal = served()
    terminal.run("up", "--background")
    pid = terminal.pid()

    assert terminal.run("stop").code == 0

    assert _is_gone(pid)
    assert os.path.getsize(terminal.home / "lock") == 0  # noqa: PTH202 - a plain number


def test_up_says_what_is_wrong_with_the_configuration_first(terminal: Terminal) -> None:
    terminal.configure({"logging": {"level": 7}})

    said = terminal.run("up", "--background")

    told = (said.out + said.err).splitlines()
    assert next(place for place, line in enumerate(told) if "logging.level" in line) <= 2, told
    assert not any("The gateway is up" in line for line in told[:2]), told


def test_a_taken_port_that_a_broken_file_led_to_is_said_after_the_broken_file(
    shared: Terminal, terminal: Terminal
) -> None:
    shared.run("up", "--background")
    terminal.port = shared.port
    terminal.configure({})
    terminal.run("config", "check")
    terminal.configure({"logging": {"level": 7}})

    said = terminal.run("up", "--background")

    assert said.code == 1
    assert "logging.level" in said.err.splitlines()[0]
    assert "is taken by" in said.err
