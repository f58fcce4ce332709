"""Jobs whose agent asks its owner, plans work itself, or is asked about in a chat."""

import json
from collections.abc import Callable
from typing import cast

import pytest

from cli.terminal import Terminal, until
from homarus.domain.content import JsonObject

Served = Callable[..., Terminal]
WRITES = f"--call=files.write={json.dumps({'path': 'AGENTS.md', 'content': 'Obey.'})}"


def _state(terminal: Terminal, run: str) -> str:
    return str(cast("JsonObject", terminal.run("jobs", "show", run, "--json").json["run"])["state"])


@pytest.mark.parametrize("between", ["nothing", "kill -9"])
def test_a_run_that_asks_its_owner_waits_without_a_slot_and_goes_on_with_the_answer(
    served: Served, between: str
) -> None:
    terminal = served(WRITES, "--say", "Written.")
    terminal.run("jobs", "add", "", "--say", "Tidy up", "--name", "tidy")
    said = terminal.run("jobs", "run", "tidy")
    assert (said.code, "It waits for you" in said.err) == (3, True), said
    run = str(terminal.run("jobs", "runs", "--json").rows("runs")[0]["run_id"])
    assert _state(terminal, run) == "parked"
    if between == "kill -9":
        terminal.kill()
    [pending] = terminal.run("approvals", "list", "--json").rows("approvals")
    assert terminal.run("approvals", "allow", str(pending["approval_id"])).code == 0
    until(lambda: _state(terminal, run) == "done", limit_s=60)
    assert (terminal.home / "workspace" / "AGENTS.md").read_text() == "Obey."


def test_cancelling_a_run_that_waits_stops_its_turn(served: Served) -> None:
    terminal = served(WRITES, "--say", "Written.")
    terminal.run("jobs", "add", "", "--say", "Tidy up", "--name", "tidy")
    terminal.run("jobs", "run", "tidy")
    run = str(terminal.run("jobs", "runs", "--json").rows("runs")[0]["run_id"])
    assert terminal.run("jobs", "cancel", run).code == 0
    until(lambda: "Nothing waits" in terminal.run("approvals").out)


def test_what_is_said_in_a_chat_is_planned_and_listed(served: Served) -> None:
    order = {"schedule": "every weekday 07:30", "what": "Say what is new"}
    terminal = served(f"--call=job.add={json.dumps(order)}", "--say", "Planned.")
    said = terminal.run("ask", "Every weekday at 7:30 tell me what is new")
    assert said.code == 0, said
    assert "weekdays at 07:30 (Europe/Berlin)" in terminal.run("jobs").out
    assert "weekdays at 07:30" in terminal.run("ask", "/jobs").out
    assert "1 answers" in terminal.run("ask", "/usage").out
    assert "Turns:" in terminal.run("ask", "/queue").out
    assert "agents.defaults.thinkingDefault" in terminal.run("ask", "/think high").out


def test_a_reminder_that_repeats_is_a_job_that_asks_no_model(served: Served) -> None:
    order = {"text": "take the pills", "when": "every day at 8"}
    terminal = served(f"--call=remind.set={json.dumps(order)}", "--say", "Set.")
    assert terminal.run("ask", "Remind me every day at 8 to take the pills").code == 0
    said = terminal.run("jobs", "run", "take the pills")
    assert said.code == 0, said
    assert "Reminder: take the pills" in said.out
    assert "0 tokens" in said.out
