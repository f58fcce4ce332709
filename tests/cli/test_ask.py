"""`homarus ask`: text, JSON, pipes, files, models, sessions, exit codes."""

from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from cli.terminal import Server, Terminal, Typed
from homarus.domain.content import JsonObject

Served = Callable[..., Terminal]
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def test_nothing_runs_so_ask_starts_a_gateway_and_answers(served: Served) -> None:
    said = served("--say", "It is noon.").run("ask", "What time is it?")

    assert (said.code, said.out) == (0, "It is noon.\n")


def test_json_is_one_object_with_everything_a_script_needs(shared: Terminal) -> None:
    reply = shared.run("ask", "--json", "hello").json

    assert {"text", "route", "usage", "timings", "turn_id", "receipts"} <= set(reply)
    route = cast("JsonObject", reply["route"])
    assert route["model"] == "desk/tester"
    assert {"because", "place"} <= set(route)
    assert {"prompt_tokens", "cached_tokens", "completion_tokens"} <= set(cast("JsonObject", reply["usage"]))
    timings = cast("JsonObject", reply["timings"])
    assert set(timings) == {"queue_ms", "prefill_ms", "first_token_ms", "total_ms", "overhead_ms"}


def test_a_pipe_goes_along_as_data(shared: Terminal) -> None:
    reply = shared.run("ask", "--json", "--session", "pipes", "Count the lines", stdin="one\ntwo\n").json
    shown = shared.run("sessions", "export", "pipes").out

    assert reply["is_error"] is False
    assert "Attached: file stdin" in shown


def test_an_empty_pipe_or_file_changes_nothing_and_is_named(shared: Terminal, tmp_path: Path) -> None:
    (tmp_path / "nothing.txt").write_text(" \n")

    piped = shared.run("ask", "hello", stdin="")
    filed = shared.run("ask", "hello", "-f", "nothing.txt", cwd=tmp_path)

    assert (piped.out, filed.out) == ("It is noon.\n", "It is noon.\n")
    assert "What came through the pipe was empty." in piped.err
    assert "'nothing.txt' is empty." in filed.err


def test_a_pdf_that_looks_like_text_is_refused_with_the_next_step(shared: Terminal, tmp_path: Path) -> None:
    (tmp_path / "my plan.pdf").write_text("\n%PDF-1.4\n1 0 obj\n")

    said = shared.run("ask", "Sum up", "-f", "my plan.pdf", cwd=tmp_path)

    assert said.code == 2
    assert "pdftotext 'my plan.pdf' - | homarus ask" in said.err


def test_files_and_pictures_go_along(shared: Terminal, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Pay the rent.")
    (tmp_path / "dot.png").write_bytes(PIXEL)

    said = shared.run("ask", "Look", "--file", "notes.txt", "-f", "dot.png", cwd=tmp_path)

    assert (said.code, said.out) == (0, "It is noon.\n"), said


def test_a_file_that_is_not_there_is_named(shared: Terminal) -> None:
    said = shared.run("ask", "Look", "--file", "nowhere.txt")

    assert said.code == 2
    assert "nowhere.txt" in said.err
    assert "Next:" in said.err


def test_a_file_that_is_neither_text_nor_picture_is_refused_in_words(shared: Terminal, tmp_path: Path) -> None:
    (tmp_path / "blob.bin").write_bytes(b"\xff\xfe\x00\x01\x80")

    said = shared.run("ask", "Look", "--file", str(tmp_path / "blob.bin"))

    assert said.code == 2
    assert "neither UTF-8 text nor a picture" in said.err


def test_a_model_that_was_named_is_the_one_that_answers(shared: Terminal) -> None:
    route = cast("JsonObject", shared.run("ask", "--json", "-m", "desk/other", "hello").json["route"])

    assert route["model"] == "desk/other"


def test_a_model_that_is_not_there_fails_with_the_next_step(shared: Terminal) -> None:
    said = shared.run("ask", "-m", "nowhere/nothing", "hello")

    assert said.code == 1
    assert "nowhere/nothing" in said.out + said.err
    assert "Next:" in said.err


def test_sessions_are_kept_apart(shared: Terminal) -> None:
    shared.run("ask", "--session", "apples", "I like apples")
    shared.run("ask", "--session", "pears", "I like pears")

    assert "pears" not in shared.run("sessions", "show", "apples").out


def test_nothing_to_ask_is_a_matter_of_usage(shared: Terminal) -> None:
    said = shared.run("ask")

    assert said.code == 2
    assert "There is nothing to ask." in said.err


def test_a_reader_that_goes_away_is_no_failure(shared: Terminal) -> None:
    said = shared.shell("homarus ask hello | head -c 2; echo ${PIPESTATUS[0]}")

    assert said.out == "It0\n"
    assert "Traceback" not in said.err


def test_a_server_that_is_down_is_said_in_words(terminal: Terminal) -> None:
    provider = {"baseUrl": "http://127.0.0.1:9/v1", "api": "openai-completions", "models": [{"id": "gone"}]}
    terminal.configure({"models": {"mode": "replace", "providers": {"off": provider}}, "embedded": {"enabled": False}})

    said = terminal.run("ask", "hello")

    assert said.code == 1
    assert "off" in said.out + said.err
    assert "Next:" in said.err
    assert "Traceback" not in said.out + said.err


def test_another_configuration_file_can_be_named(served: Served, tmp_path: Path) -> None:
    terminal = served("--say", "From elsewhere.")
    (terminal.home / "homarus.json5").rename(tmp_path / "other.json5")

    assert terminal.run("ask", "--config", str(tmp_path / "other.json5"), "hello").out == "From elsewhere.\n"


def test_a_pipe_gets_the_answer_once_and_a_fallback_is_told_once(terminal: Terminal) -> None:
    broken, fine = Server("--quirk", "closes_midway"), Server("--say", "It is noon.")
    first, second = broken.settings("first"), fine.settings("second")
    providers = {**_providers(first), **_providers(second)}
    choice: JsonObject = {"primary": "first/tester", "fallbacks": ["second/tester"]}
    terminal.configure(
        {"models": {"mode": "replace", "providers": providers}, "agents": {"defaults": {"model": choice}}}
    )

    said = terminal.run("ask", "hello")
    broken.close()
    fine.close()

    assert (said.code, said.out) == (0, "It is noon.\n"), said
    told = said.err.splitlines()
    assert len(told) == len(set(told)) == 2, told
    assert "second/tester answers in place of first/tester" in told[1]


def _providers(settings: JsonObject) -> JsonObject:
    return cast("JsonObject", cast("JsonObject", settings["models"])["providers"])


@pytest.mark.weights
def test_the_built_in_model_sets_a_reminder_and_says_who_it_is(terminal: Terminal) -> None:
    said = terminal.run("ask", "--json", "Remind me to call Lena at noon")
    receipts = cast("list[JsonObject]", said.json["receipts"])

    assert said.code == 0
    assert cast("JsonObject", said.json["route"])["model"] == "embedded/smollm2"
    assert [(receipt["tool"], receipt["outcome"]) for receipt in receipts] == [("remind.set", "done")]
    assert said.json["notices"]


@pytest.mark.weights
def test_the_built_in_model_quotes_what_came_through_the_pipe(terminal: Terminal) -> None:
    said = terminal.run("ask", "What is due on Friday?", stdin="Pay rent by Friday\nWater the plants\n")

    assert "Pay rent by Friday" in said.out
    assert "Water the plants" not in said.out


@pytest.mark.weights
def test_text_alone_is_no_order(terminal: Terminal) -> None:
    said = terminal.run("ask", stdin="Remind me to eat at 18:00\n")

    assert "I got text but no question." in said.out


def test_an_open_pipe_that_stays_silent_is_explained(shared: Terminal) -> None:
    shared.run("up", "--background")

    said = shared.shell("sleep 3 | homarus ask hello")

    assert said.out == "It is noon.\n"
    assert "Waiting for what comes through the pipe" in said.err


def test_a_person_at_a_terminal_sees_at_once_that_it_goes_on(shared: Terminal) -> None:
    with closing(Typed(shared, "ask", "What time is it?")) as asked:
        asked.wait_for("waiting for the first word")
        asked.wait_for("It is noon.")

        assert asked.end() == 0
