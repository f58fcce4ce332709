"""The words of the command line: help, mistakes, exit codes, and what each one says without a gateway."""

from collections.abc import Callable

import pytest

from cli.terminal import Terminal, free_port
from homarus.cli import launch
from homarus.cli.main import WORDS
from homarus.domain.errors import RefusedError

Served = Callable[..., Terminal]


def test_the_version_is_one_line(shared: Terminal) -> None:
    assert shared.run("--version").out.startswith("homarus 0.")


@pytest.mark.parametrize("word", [word.name for word in WORDS])
def test_every_word_explains_itself(shared: Terminal, word: str) -> None:
    said = shared.run(word, "--help")

    assert said.code == 0
    assert f"usage: homarus {word}" in said.out
    assert "--json" in said.out


def test_a_word_that_is_off_by_a_letter_is_met_with_the_right_one(shared: Terminal) -> None:
    said = shared.run("modles")

    assert said.code == 2
    assert "homarus models" in said.err


def test_an_option_that_is_not_there_is_a_matter_of_usage(shared: Terminal) -> None:
    said = shared.run("status", "--colour")

    assert said.code == 2
    assert "--colour" in said.err
    assert "homarus status --help" in said.err


def test_a_mistake_is_json_where_json_was_asked_for(shared: Terminal) -> None:
    said = shared.run("ask", "--json")

    assert said.code == 2
    assert set(said.json) == {"error"}


def test_without_a_gateway_status_says_how_to_get_one(terminal: Terminal) -> None:
    said = terminal.run("status")

    assert said.code == 4
    assert "homarus up" in said.out
    assert terminal.run("status", "--json").json["is_up"] is False


def test_homarus_alone_is_status(shared: Terminal) -> None:
    shared.run("ask", "hello")

    assert shared.run().out.splitlines()[0] == shared.run("status").out.splitlines()[0]


def test_up_twice_and_stop_twice_do_no_harm(served: Served) -> None:
    terminal = served()

    first, second = terminal.run("up", "--background"), terminal.run("up", "--background")
    assert (first.code, second.code) == (0, 0), first
    assert "The gateway is up" in first.out
    assert "runs already" in second.out
    assert f"http://127.0.0.1:{terminal.port}/pair#" in second.out

    assert "Stopped." in terminal.run("stop").out
    assert terminal.run("stop").code == 0


def test_a_port_that_is_taken_is_said_in_one_sentence(shared: Terminal, terminal: Terminal) -> None:
    shared.run("up", "--background")
    terminal.port = shared.port
    terminal.configure({})

    said = terminal.run("up", "--background")

    assert said.code == 1
    assert f"Port {shared.port}" in said.err
    assert "Next: " in said.err
    assert len(said.err.splitlines()) == 2


def test_a_gateway_that_cannot_start_can_be_given_another_port(shared: Terminal, terminal: Terminal) -> None:
    shared.run("up", "--background")
    terminal.port = shared.port
    terminal.configure({})

    changed = terminal.run("config", "set", "gateway.port", str(free_port()))

    assert changed.code == 0, changed
    assert terminal.run("up", "--background").code == 0


def test_root_is_asked_for_consent_once(terminal: Terminal) -> None:
    """Outside containers only; there the rule is looked at without a process."""
    home = terminal.home / "fresh"
    with pytest.raises(RefusedError) as refused:
        launch.consent(home, as_root=False)
    assert "homarus up --as-root" in refused.value.hint

    launch.consent(home, as_root=True)
    launch.consent(home, as_root=False)
