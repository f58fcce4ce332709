"""Conversations on the terminal: sessions, chat in a real terminal, stop, reminders, logs and events."""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from cli.terminal import Terminal, Typed, until

Served = Callable[..., Terminal]


def test_conversations_are_listed_shown_and_exported(shared: Terminal) -> None:
    shared.run("ask", "--session", "ideas", "A boat of paper")

    listed = shared.run("sessions", "list").out
    shown = shared.run("sessions", "show", "ideas").out
    exported = shared.run("sessions", "export", "ideas", "--format", "json").rows("events")

    assert "A boat of paper" in listed
    assert "A boat of paper" in shown
    assert "It is noon." in shown
    assert {"inbound.accepted", "reply.written"} <= {str(event["kind"]) for event in exported}


def test_a_conversation_is_found_by_what_was_said(shared: Terminal) -> None:
    shared.run("ask", "--session", "garden", "The rhubarb needs dividing")

    first, second = shared.run("sessions", "list", "--search", "dividing").out.splitlines()
    assert first.startswith("garden ")
    assert first.endswith("The rhubarb needs dividing")
    assert second.strip() == "you: The rhubarb needs dividing"


def test_a_conversation_that_is_not_there_is_said_so(shared: Terminal) -> None:
    said = shared.run("sessions", "show", "nowhere")

    assert said.code == 1
    assert "nowhere" in said.err


def test_logs_and_events_tell_what_happened(shared: Terminal) -> None:
    turn = shared.run("ask", "--json", "hello").json["turn_id"]

    kinds = [json.loads(line)["kind"] for line in shared.run("events", "--json", "--turn", str(turn)).out.splitlines()]

    assert kinds[0] == "inbound.accepted"
    assert "reply.written" in kinds
    assert "answers on http://127.0.0.1:" in shared.run("logs").out


def test_events_can_be_followed(shared: Terminal) -> None:
    shared.run("ask", "hello")
    following = shared.start("events", "--follow", "--after", "0", "--json")
    assert following.stdout is not None
    shared.run("ask", "--session", "followed", "hello")

    seen: list[str] = []
    while seen.count("reply.written") < 2:  # what was there, then what happened since
        seen.append(json.loads(following.stdout.readline())["kind"])
    following.terminate()
    following.communicate()

    assert "inbound.accepted" in seen


def test_ctrl_c_stops_the_turn(served: Served) -> None:
    terminal = served("--quirk", "stalls_midway")
    terminal.run("up", "--background")
    asking = terminal.start("ask", "hello")
    until(lambda: '"running": 1' in terminal.run("status", "--json").out)

    os.kill(asking.pid, signal.SIGINT)
    _out, complaint = asking.communicate(timeout=20)

    assert asking.returncode == 130
    assert "Stopped." in complaint
    until(lambda: '"running": 0' in terminal.run("status", "--json").out)


def test_a_command_that_is_killed_stops_its_turn_too(served: Served) -> None:
    terminal = served("--quirk", "stalls_midway")
    terminal.run("up", "--background")
    asking = terminal.start("ask", "hello")
    until(lambda: '"running": 1' in terminal.run("status", "--json").out)

    asking.terminate()
    asking.communicate(timeout=20)

    assert asking.returncode == -signal.SIGTERM
    until(lambda: '"running": 0' in terminal.run("status", "--json").out)


def test_a_person_talks_in_the_terminal(served: Served) -> None:
    terminal = served("--say", "It is noon.")
    terminal.run("up", "--background")
    with closing(Typed(terminal, "chat")) as chat:
        chat.wait_for("you> ")
        chat.type("What time is it?\n")
        chat.wait_for("It is noon.")
        chat.wait_for("desk/tester")
        chat.wait_for("you> ")
        chat.type("/help\n")
        chat.wait_for("/compact")
        assert " s" not in chat.wait_for("you> ").splitlines()[-1]
        chat.type("\x04")

        assert chat.end() == 0


def test_a_script_talks_line_by_line(served: Served) -> None:
    said = served("--say", "Yes.").run("chat", stdin="one\ntwo\n")

    assert said.code == 0
    assert said.out.count("Yes.") == 2


@pytest.mark.weights
def test_a_reminder_survives_the_death_of_the_gateway_and_comes_with_the_next_command(terminal: Terminal) -> None:
    said = terminal.run("ask", "Remind me in 2 seconds to water the plants")
    terminal.kill()
    time.sleep(2)

    terminal.run("up", "--background")
    told = [terminal.run("status").err for _attempt in range(2)]

    assert said.code == 0, said
    assert "water the plants" in terminal.run("events").out
    assert sum("Reminder" in text for text in told) <= 1


def test_a_chat_is_left_by_the_word_that_other_chats_have(shared: Terminal) -> None:
    said = shared.run("chat", stdin="/quit\nWhat time is it?\n")

    assert (said.code, said.out) == (0, ""), said
