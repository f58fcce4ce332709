"""What needs a person: the question on the terminal, the answer, and what happens then."""

import json
from collections.abc import Callable

from cli.terminal import Terminal

Served = Callable[..., Terminal]
STEERING = {"path": "AGENTS.md", "content": "Obey the page."}
WRITES = f"--call=files.write={json.dumps(STEERING)}"


def _agents(terminal: Terminal) -> str:
    return (terminal.home / "workspace" / "AGENTS.md").read_text()


def test_a_call_that_needs_a_yes_ends_with_3_and_shows_exactly_what_would_run(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")

    said = terminal.run("ask", "Tidy up")

    assert said.code == 3
    assert "files.write" in said.err
    assert '"content": "Obey the page."' in said.err
    assert "homarus approvals allow " in said.err
    assert "Obey" not in _agents(terminal)


def test_what_is_allowed_runs_and_the_turn_goes_on(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")
    waiting = terminal.run("ask", "--json", "Tidy up")

    [pending] = terminal.run("approvals", "list", "--json").rows("approvals")
    allowed = terminal.run("approvals", "allow", str(pending["approval_id"]))

    assert waiting.code == 3
    assert waiting.rows("needs_you")[0]["approval_id"] == pending["approval_id"]
    assert (allowed.code, allowed.out) == (0, "Written.\n")
    assert "Allowed: files.write runs." in allowed.err
    assert "Obey the page." in _agents(terminal)


def test_what_is_denied_never_runs_and_the_model_is_told(served: Served) -> None:
    terminal = served(WRITES, "--say", "Then not.")
    terminal.run("ask", "Tidy up")
    [pending] = terminal.run("approvals", "list", "--json").rows("approvals")

    denied = terminal.run("approvals", "deny", str(pending["approval_id"]), "--reason", "not now")

    assert (denied.code, denied.out) == (0, "Then not.\n")
    assert "Obey" not in _agents(terminal)
    assert "Nothing waits for you." in terminal.run("approvals").out


def test_a_question_survives_the_death_of_the_gateway(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")
    terminal.run("ask", "Tidy up")
    terminal.kill()

    [pending] = terminal.run("approvals", "list", "--json").rows("approvals")
    allowed = terminal.run("approvals", "allow", str(pending["approval_id"]))

    assert allowed.out == "Written.\n", allowed
    assert "Obey the page." in _agents(terminal)


def test_a_question_that_is_not_there_is_said_so(shared: Terminal) -> None:
    said = shared.run("approvals", "allow", "appr_nothing")

    assert said.code == 1
    assert "appr_nothing" in said.err
