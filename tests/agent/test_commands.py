"""Slash commands: what is one, and what is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.agent.commands import INSTEAD, OWN, Command, Spoken, parse
from homarus.domain.errors import UsageError


@pytest.mark.parametrize("command", OWN)
def test_every_command_is_understood_in_any_case(command: Command) -> None:
    assert parse(f" /{command.value.upper()} ") == Spoken(
        command=command, decision="once" if command is Command.APPROVE else ""
    )


@pytest.mark.parametrize("text", ["hello", "/etc/hosts is odd", "/", "// a comment", "/2", "a /stop", "/stop\nnow", ""])
def test_messages_for_the_agent_are_no_commands(text: str) -> None:
    assert parse(text) is None


def test_what_stands_behind_is_kept() -> None:
    assert parse("/model ollama/qwen3:8b") == Spoken(command=Command.MODEL, rest="ollama/qwen3:8b")


@pytest.mark.parametrize(
    ("text", "approval", "decision"),
    [
        ("/approve", "", "once"),
        ("/approve ap_1", "ap_1", "once"),
        ("/approve ap_1 allow-once", "ap_1", "once"),
        ("/approve ap_1 session", "ap_1", "session"),
        ("/approve ap_1 allow-always", "ap_1", "session"),
        ("/approve deny", "", "deny"),
        ("/approve ap_1 DENY", "ap_1", "deny"),
    ],
)
def test_answers_to_questions_are_read(text: str, approval: str, decision: str) -> None:
    assert parse(text) == Spoken(command=Command.APPROVE, approval=approval, decision=decision)


@pytest.mark.parametrize("text", ["/stopp", "/approve ap_1 maybe", "/approve ap_1 once again"])
def test_what_is_not_clear_is_said_with_the_way_to_say_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert "/approve" in caught.value.hint


@given(st.text())
def test_no_message_breaks_the_reader(text: str) -> None:
    try:
        parse(text)
    except UsageError as error:
        assert error.hint  # noqa: PT017 - both ways are right


OF_OPENCLAW = (
    "help commands status model models think verbose reasoning new reset stop compact context usage queue approve exec "
    "elevated subagents kill steer tell skill whoami allowlist config debug restart activation send tts export-session "
    "bash loop btw learn goal tasks fast"
)


@pytest.mark.parametrize("word", OF_OPENCLAW.split())
def test_every_command_of_openclaw_works_or_says_what_to_do_instead(word: str) -> None:
    found = parse(f"/{word}")
    assert found is not None
    assert found.command is not Command.ELSEWHERE or INSTEAD[found.rest]


def test_killing_names_the_sub_agents() -> None:
    assert parse("/kill all") == Spoken(command=Command.SUBAGENTS, rest="kill all")
