"""What needs a person: the question on the terminal, the answer, and what happens then."""

import json
from collections.abc import Callable
from contextlib import closing

from cli.terminal import Terminal, Typed

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
    assert denied.err.count("The owner said no: “not now”") == 1


def test_a_question_survives_the_death_of_the_gateway(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")
    terminal.run("ask", "Tidy up")
    terminal.kill()

    [pending] = terminal.run("approvals", "list", "--json").rows("approvals")
    allowed = terminal.run("approvals", "allow", str(pending["approval_id"]))

    assert allowed.out == "Written.\n", allowed
    assert "Obey the page." in _agents(terminal)


def test_a_person_at_the_terminal_is_asked_at_once(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")
    terminal.run("up", "--background")
    with closing(Typed(terminal, "ask", "Tidy up")) as asking:
        asking.wait_for('"content": "Obey the page."')
        asking.wait_for("[o]nce / [s]ession / [d]eny")
        asking.type("what?\n")
        asking.wait_for("none of the three")
        asking.type("o\n")
        asking.wait_for("Allowed: files.write runs.")
        told = asking.wait_for("Written.")

        assert asking.end() == 0
    assert "- files.write: " in told
    assert "Obey the page." in _agents(terminal)


def test_a_yes_in_a_chat_is_an_answer_and_no_message(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")
    terminal.run("up", "--background")
    with closing(Typed(terminal, "chat")) as chat:
        chat.wait_for("you> ")
        chat.type("Tidy up\n")
        chat.wait_for("[o]nce / [s]ession / [d]eny")
        chat.type("\n")
        chat.wait_for("/approve ap_")
        chat.wait_for("you> ")
        chat.type("y\n")
        chat.wait_for("Allowed: files.write runs.")
        chat.wait_for("Written.")
        chat.type("\x04")

    said = terminal.run("sessions", "export", "main", "--format", "json").rows("events")
    assert sum(event["kind"] == "inbound.accepted" for event in said) == 1


def test_what_tools_did_is_told_in_one_line_each(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")
    terminal.run("ask", "Tidy up")
    [pending] = terminal.run("approvals", "list", "--json").rows("approvals")

    allowed = terminal.run("approvals", "allow", str(pending["approval_id"]))

    assert "- files.write: " in allowed.err
    assert "- files.write: " in terminal.run("sessions", "show", "main").out


def test_a_tool_that_failed_is_told_and_one_that_only_looked_is_not(served: Served) -> None:
    calls = ("--call=files.read=" + json.dumps({"path": "AGENTS.md"}), "--call=nothing.here={}")
    terminal = served(*calls, "--say", "Done.")

    said = terminal.run("ask", "Look")

    assert len(said.err.splitlines()) == 1, said.err
    assert "! nothing_here failed: There is no tool" in said.err


def test_a_question_that_is_not_there_is_said_so(shared: Terminal) -> None:
    said = shared.run("approvals", "allow", "appr_nothing")

    assert said.code == 1
    assert "appr_nothing" in said.err
