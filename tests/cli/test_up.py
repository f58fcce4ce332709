"""`homarus up` says what it found, with the one command that uses it."""

import os
import signal
from collections.abc import Callable

from cli.terminal import Server, Terminal, free_port, until


def test_a_model_server_that_was_found_is_named_with_the_command_that_uses_it(terminal: Terminal) -> None:
    port = free_port()
    server = Server("--port", str(port), "--speaks", "ollama", "--model", "qwen3")
    terminal.configure({"models": {"providers": {"ollama": {"baseUrl": server.url}}}})

    said = terminal.run("up", "--background")
    server.close()

    assert said.code == 0, said
    assert "ollama/qwen3" in said.out


def test_up_is_one_object_for_scripts(shared: Terminal) -> None:
    told = shared.run("up", "--json").json

    assert set(told) == {"was_running", "status", "pairing"}


def test_ctrl_c_ends_a_gateway_that_runs_in_the_foreground(served: Callable[..., Terminal]) -> None:
    terminal = served()
    running = terminal.start("up", "--no-browser")
    until(lambda: terminal.run("status").code == 0)

    os.kill(running.pid, signal.SIGINT)
    told, _complaint = running.communicate(timeout=30)

    assert running.returncode == 0
    assert "Stopped." in told
    assert terminal.run("status").code == 4
    assert (terminal.home / "lock").read_text() == ""


def test_a_gateway_starts_without_what_it_may_never_need(terminal: Terminal) -> None:
    """Read from the import times that a real start leaves in its log."""
    assert terminal.shell("PYTHONPROFILEIMPORTTIME=1 homarus up --background").code == 0

    lines = (terminal.home / "logs" / "gateway.log").read_text().splitlines()
    loaded = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}

    assert "aiohttp.web" in loaded
    assert loaded & {"dbos", "jinja2", "markdown_it", "mcp", "nh3", "numpy", "selectolax", "xllamacpp"} == set()


def test_a_gateway_that_reads_another_file_does_not_answer_for_the_one_that_was_named(terminal: Terminal) -> None:
    other = terminal.home / "other.json5"
    other.write_text("{}")
    assert terminal.run("up", "--background").code == 0

    refused = [
        terminal.run(*words, "--config", str(other))
        for words in (["up"], ["status"], ["config", "list"], ["ask", "hello"], ["models"])
    ]
    same = terminal.run("config", "list", "--config", str(terminal.home / "homarus.json5"))

    assert [said.code for said in refused] == [2] * 5, refused
    assert all(str(other) in said.err and "homarus stop" in said.err for said in refused)
    assert same.code == 0


def test_a_setting_that_is_read_at_the_start_says_so_while_a_gateway_runs(terminal: Terminal) -> None:
    before = terminal.run("config", "set", "embedded.threads", "1")
    assert terminal.run("up", "--background").code == 0

    changed = terminal.run("config", "set", "embedded.threads", "2")
    other = terminal.run("config", "set", "reminders.maxPending", "50")

    assert "next start" not in before.err + other.err
    assert "embedded.threads counts from the next start" in changed.err
    assert "homarus stop && homarus up" in changed.err
    assert terminal.run("config", "get", "embedded.threads", "--json").rows("settings")[0]["needs_restart"] is True
