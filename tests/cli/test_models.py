"""What a person does with models from the terminal, against a server that remembers what it was told."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.terminal import Engine, Terminal, Typed


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    server = Engine("--kind", "ollama", "--load", "0", "--pause", "0.05", "--registry", "qwen3:4b")
    yield server
    server.close()


@pytest.fixture
def engines() -> Iterator[Callable[..., Engine]]:
    """Start servers that end with the test."""
    started: list[Engine] = []

    def start(*arguments: str) -> Engine:
        started.append(Engine(*arguments))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[Terminal]:
    made = Terminal(tmp_path_factory.mktemp("models") / "h")
    made.configure(engine.provider())
    yield made
    made.close()


def test_the_list_says_what_is_loaded_and_until_when(desk: Terminal) -> None:
    loaded = desk.run("models", "load", "ollama/qwen3:8b", "--context", "8k")
    listed = desk.run("models", "list")
    unloaded = desk.run("models", "unload", "ollama/qwen3:8b")
    after = desk.run("models", "list")

    assert "context of 8k tokens.\n" in loaded.out
    assert "is unloaded" in unloaded.out
    assert "loaded" in listed.out
    assert "in 5 min" in listed.out
    assert "loaded" not in after.out


def test_a_model_is_pulled_shown_and_deleted(desk: Terminal) -> None:
    pulled = desk.run("models", "pull", "qwen3:4b")
    shown = desk.run("models", "show", "ollama/qwen3:4b")
    asked = desk.run("models", "rm", "ollama/qwen3:4b")
    deleted = desk.run("models", "rm", "ollama/qwen3:4b", "--yes")

    assert [said.code for said in (pulled, shown, asked, deleted)] == [0, 0, 3, 0], (pulled, shown, asked, deleted)
    assert "100 %" in pulled.err
    assert "\x1b" not in pulled.out + pulled.err
    assert "homarus models use ollama/qwen3:4b" in pulled.out
    assert "Q4_K_M" in shown.out
    assert "--yes" in asked.err


def test_everything_is_json_for_scripts(desk: Terminal) -> None:
    told = [
        desk.run("models", *words, "--json").json
        for words in (["list"], ["show", "ollama/qwen3:8b"], ["fit", "qwen3:8b"], ["test"], ["pin"])
    ]

    assert [set(one) for one in told] == [
        {"models", "engines"},
        {"model", "place", "profile", "facts", "served", "card", "pin"},
        {"machine", "model", "catalog", "recommended"},
        {"cards"},
        {"pins"},
    ]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["models", "load", "ollama/qwn3:8b"], 1, "ollama/qwen3:8b"),
        (["models", "pull", "qwen3:9b"], 1, "qwen3:8b"),
        (["models", "pull", "x", "--provider", "nobody"], 1, "homarus models list"),
        (["models", "pull", "x", "--stop"], 1, "homarus models pull"),
        (["models", "use", "ollama/qwn3:8b"], 1, "homarus models use ollama/qwen3:8b"),
        (["models", "fit", "qwen3:88b"], 1, "qwen3:8b"),
        (["models", "fit", "nowhere.gguf"], 1, "GGUF"),
        (["models", "fit", "qwen3:8b", "--kv", "q3"], 2, "q8_0"),
        (["models", "fit", "--context", "many"], 2, "16k"),
        (["models", "fit", "--machine", "missing.json"], 2, "JSON"),
        (["models", "lst"], 2, "list"),
        (["replay", "turn_none"], 1, "homarus"),
    ],
)
def test_a_mistake_has_an_exit_code_and_a_next_step(desk: Terminal, words: list[str], code: int, told: str) -> None:
    said = desk.run(*words)

    assert said.code == code, said
    assert told in said.err
    assert "Next:" in said.err


def test_another_machine_is_described_in_a_file(desk: Terminal, tmp_path: Path) -> None:
    box = tmp_path / "box.json"
    box.write_text(json.dumps({"memory": "64 GB", "cores": 16, "gpus": [{"name": "RTX 4090", "memory": "24 GB"}]}))

    said = desk.run("models", "fit", "qwen3:8b", "--machine", str(box), "--context", "12000", "--kv", "q8_0")
    table = desk.run("models", "fit", "--machine", str(box))

    assert "RTX 4090" in said.out
    assert "12,000 *" in said.out
    assert "GPU" in said.out
    assert "homarus models pull" in table.out


def test_a_model_is_pinned_and_let_go(desk: Terminal) -> None:
    pinned = desk.run("models", "pin", "ollama/qwen3:8b")
    listed = desk.run("models", "pin")
    dropped = desk.run("models", "pin", "ollama/qwen3:8b", "--drop")

    assert [said.code for said in (pinned, listed, dropped)] == [0, 0, 0], (pinned, listed, dropped)
    assert "as pinned" in listed.out
    assert "pinned no more" in dropped.out
    again = desk.run("models", "pin", "ollama/qwen3:8b", "--drop")
    assert "is not pinned" in again.err


def test_the_doctor_tells_each_server_and_model(desk: Terminal) -> None:
    said = desk.run("doctor", "models")

    assert "answers at" in said.out
    assert "homarus models test" in said.out or "not in memory" in said.out


def test_a_turn_is_asked_again_and_compared(desk: Terminal) -> None:
    desk.run("ask", "-m", "ollama/qwen3:8b", "hello")

    same = desk.run("replay", "last")
    other = desk.run("replay", "last", "-m", "ollama/gemma3:12b", "--json")

    assert same.code == 0, same
    assert "to the byte" in same.out
    assert set(other.json) >= {"same", "difference", "before", "after"}


def test_a_download_goes_on_when_its_terminal_leaves_and_can_be_stopped(
    terminal: Terminal, engines: Callable[..., Engine]
) -> None:
    slow = engines("--pause", "0.6", "--registry", "qwen3:4b")
    terminal.configure(slow.provider())
    assert terminal.run("up", "--background").code == 0
    typed = Typed(terminal, "models", "pull", "qwen3:4b")
    typed.wait_for("% ")
    typed.interrupt()
    left = typed.wait_for("--stop")
    code = typed.end()
    typed.close()

    stopped = terminal.run("models", "pull", "qwen3:4b", "--stop")
    again = terminal.run("models", "pull", "qwen3:4b")

    assert "goes on" in left
    assert code == 130
    assert (stopped.code, again.code) == (0, 0), (stopped, again)


def test_without_any_server_a_pull_says_how_to_get_one(terminal: Terminal) -> None:
    terminal.configure({"models": {"mode": "replace"}})

    said = terminal.run("models", "pull", "qwen3:8b")

    assert said.code == 1
    assert "https://ollama.com/download" in said.err


def test_a_server_that_is_down_is_named_by_list_and_doctor(terminal: Terminal, engines: Callable[..., Engine]) -> None:
    gone = engines()
    terminal.configure(gone.provider())
    gone.close()

    listed, doctor = terminal.run("models", "list"), terminal.run("doctor", "models")

    assert "no answer" in listed.out
    assert doctor.code == 1
    assert "LOOK" in doctor.out


def test_a_wrong_path_is_told_from_a_server_that_is_down(terminal: Terminal, engines: Callable[..., Engine]) -> None:
    server = engines("--kind", "llama-server")
    wrong = {"baseUrl": f"{server.url}/api/v9", "api": "openai-completions", "models": [{"id": "m"}]}
    terminal.configure({"models": {"mode": "replace", "providers": {"box": wrong}}})

    doctor = terminal.run("doctor", "models")

    assert f"homarus config set models.providers.box.baseUrl {server.url}/v1" in doctor.out


def test_a_context_smaller_than_configured_is_told(terminal: Terminal, engines: Callable[..., Engine]) -> None:
    server = engines("--clamp", "4096", "--load", "0")
    provider = {"baseUrl": server.url, "models": [{"id": "qwen3:8b", "contextWindow": 32768}]}
    model = {"agents": {"defaults": {"model": "ollama/qwen3:8b"}}}
    terminal.configure({"models": {"mode": "replace", "providers": {"ollama": provider}}, **model})
    loaded = terminal.run("models", "load", "ollama/qwen3:8b", "--context", "32k")

    assert "4k tokens, not 32k" in loaded.out
    doctor = terminal.run("doctor", "models")

    assert doctor.code == 1
    assert "4096" in doctor.out
    assert "32768" in doctor.out
