"""`homarus setup`: three questions at most, all written or nothing, and one real answer."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.terminal import Engine, Terminal, Typed

Engines = Callable[..., Engine]


@pytest.fixture
def engines() -> Iterator[Engines]:
    """Start servers that end with the test."""
    started: list[Engine] = []

    def start(*arguments: str) -> Engine:
        started.append(Engine(*arguments))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """One terminal with a server for all tests that write nothing."""
    server = Engine()
    made = Terminal(tmp_path_factory.mktemp("looked") / "h")
    made.configure({"models": {"providers": {"ollama": {"baseUrl": server.url}}}})
    yield made
    assert written(made) == ""
    made.close()
    server.close()


@pytest.fixture
def typed() -> Iterator[Callable[..., Typed]]:
    """Begin a command behind a real terminal; it ends with the test."""
    begun: list[Typed] = []

    def begin(terminal: Terminal, *words: str) -> Typed:
        begun.append(Typed(terminal, *words))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def written(terminal: Terminal) -> str:
    own = terminal.home / "homarus.ui.json5"
    return own.read_text() if own.exists() else ""


def test_three_questions_lead_to_a_real_answer(
    terminal: Terminal, engines: Engines, typed: Callable[..., Typed]
) -> None:
    terminal.configure(engines("--load", "0", "--say", "Hello, I set reminders.").provider())
    owners = (terminal.home / "homarus.json5").read_text()

    person = typed(terminal, "setup")
    person.wait_for("1. Which model")
    person.wait_for("Your choice")
    person.type("nonsense\n")
    person.wait_for("is none of them")
    person.type("ollama/qwen3:8b\n")
    person.wait_for("2. What may it do")
    person.type("talk\n")
    person.wait_for("3. Where do you want")
    person.type("\n")
    person.wait_for("Hello, I set reminders.")
    person.wait_for("The first word came after")

    assert person.end() == 0
    assert '"primary": "ollama/qwen3:8b"' in written(terminal)
    assert terminal.run("config", "get", "tools.deny").out.startswith('tools.deny = ["*"]')
    assert (terminal.home / "homarus.json5").read_text() == owners


@pytest.mark.parametrize("after", ["Your choice", "2. What may it do", "3. Where do you want"])
def test_whoever_leaves_at_a_question_has_changed_nothing(
    looked: Terminal, typed: Callable[..., Typed], after: str
) -> None:
    person = typed(looked, "setup")
    for question in ("Your choice", "2. What may it do", "3. Where do you want"):
        person.wait_for(question)
        if question == after:
            break
        person.type("\n")
    person.interrupt()
    person.wait_for("Nothing was changed")

    assert person.end() == 130
    assert written(looked) == ""


def test_without_a_terminal_somebody_must_say_yes(looked: Terminal) -> None:
    said = looked.run("setup")

    assert said.code == 3
    assert "homarus setup --yes" in said.err


def test_yes_takes_what_is_recommended_and_again_changes_nothing(terminal: Terminal, engines: Engines) -> None:
    terminal.configure(engines("--load", "0").provider())

    first = terminal.run("setup", "--yes", "--json").json
    again = terminal.run("setup", "--yes", "--json").json

    assert first["is_written"] is True
    assert isinstance(first["changes"], list)
    assert isinstance(first["answer"], dict)
    assert first["answer"]["text"] == "Hello. I am a scripted model."
    assert (again["model"], again["changes"]) == (first["model"], [])


def test_a_dry_run_says_what_would_change(looked: Terminal) -> None:
    said = looked.run("setup", "--dry-run", "--preset", "more")

    assert said.code == 0, said
    assert "advice" in said.err
    assert "Recommended." in said.err
    assert 'tools.exec.mode = "allowlist" (was "ask")' in said.out


def test_a_model_that_is_named_is_downloaded_first(terminal: Terminal, engines: Engines) -> None:
    terminal.configure(engines("--load", "0", "--pause", "0", "--registry", "qwen3:4b").provider())

    planned = terminal.run("setup", "--dry-run", "--model", "qwen3:4b")
    refused = terminal.run("setup", "--yes", "--model", "qwen3:4b", "--no-pull")
    done = terminal.run("setup", "--yes", "--model", "qwen3:4b")

    assert (planned.code, "qwen3:4b would be downloaded" in planned.out) == (0, True), planned
    assert (refused.code, "Without --no-pull it is downloaded" in refused.err) == (2, True), refused
    assert done.code == 0, done
    assert "100 %" in done.err
    assert '"primary": "ollama/qwen3:4b"' in written(terminal)


def test_a_server_elsewhere_is_named_by_its_address(terminal: Terminal, engines: Engines) -> None:
    box = engines("--kind", "lmstudio", "--load", "0")
    terminal.configure({"models": {"mode": "replace"}})

    said = terminal.run("setup", "--yes", "--server", box.url, "--json").json
    provider = json.loads(terminal.run("config", "get", "models.providers.lmstudio.baseUrl", "--json").out)

    assert said["model"] == "lmstudio/qwen/qwen3-8b"
    assert provider["settings"][0]["value"] == f"{box.url}/v1"


@pytest.mark.parametrize(
    ("address", "code", "told"),
    [
        ("http://127.0.0.1:9", 1, "127.0.0.1:9"),
        ("http://user:pw@box:1", 2, "no name, key or query"),
        ("ftp://box", 2, "not an address"),
        ("http://[::1", 2, "not an address"),
    ],
)
def test_a_server_that_is_none_says_what_to_check(looked: Terminal, address: str, code: int, told: str) -> None:
    said = looked.run("setup", "--yes", "--server", address)

    assert said.code == code, said
    assert told in said.err
    assert "/?" not in said.err
    assert "Next:" in said.err


def test_with_no_server_at_all_the_built_in_model_is_set_up(terminal: Terminal) -> None:
    terminal.configure({"models": {"mode": "replace"}})

    said = terminal.run("setup", "--yes", "--json").json

    assert said["model"] == "embedded/smollm2"
    assert isinstance(said["answer"], dict)
    assert said["answer"]["text"]


def test_a_key_for_a_hosted_service_is_kept_as_a_secret(looked: Terminal, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("nvapi-very-secret\n")

    said = looked.run(
        "setup", "--dry-run", "--hosted", "nvidia", "--model", "meta/llama-3.3-70b-instruct", "--key-from", str(key)
    )
    unnamed = looked.run("setup", "--yes", "--hosted", "nvidia", "--key-from", str(key))

    assert said.code == 0, said
    assert "the secret nvidia-api-key" in said.out
    assert "nvapi-very-secret" not in said.out + said.err
    assert "--model" in unnamed.err


def test_a_key_from_standard_input_opens_the_server_that_was_named(terminal: Terminal, engines: Engines) -> None:
    terminal.configure({"models": {"mode": "replace"}})
    box = engines("--kind", "llama-server", "--key", "sesame", "--load", "0")
    address = ("--server", f"{box.url}/v1")

    shut = terminal.run("setup", "--yes", *address)
    done = terminal.run("setup", "--yes", *address, "--key-from", "-", stdin="sesame\n")

    assert (shut.code, "--key-from" in shut.err) == (1, True), shut
    assert done.code == 0, done
    assert "sesame" not in done.out + done.err + written(terminal)


def test_a_house_without_a_chosen_model_points_to_the_set_up(terminal: Terminal) -> None:
    terminal.configure({"models": {"mode": "replace"}})

    assert "homarus setup" in terminal.run("up", "--background").out
