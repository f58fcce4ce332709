"""The configuration files that people already have, unchanged, in a real gateway with real servers behind them."""

import json
import shutil
import socket
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from faults.living import Living, free_port
from gateway.local_server import llama_server, weights
from homarus.domain.content import JsonObject

FILES = Path(__file__).parent.parent / "data" / "configs"
LMSTUDIO_PORT = 1234
NAME = "minimax-m2.1-gs32"
MODELS = (f"lmstudio/{NAME}", "anthropic/claude-sonnet-4-5", "local/my-local-model")
"""The weights behind them ramble, so what they say is kept short."""
needs_weights = pytest.mark.skipif(weights() is None, reason="needs the embedded model's weights")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def lm_studio_port() -> int:
    """The port that people's files name; somebody's LM Studio may have it."""
    if not is_free(LMSTUDIO_PORT):
        pytest.skip("something listens on port 1234 here")
    return LMSTUDIO_PORT


pytestmark = [pytest.mark.weights, needs_weights]


@pytest.fixture
def living(home: Path) -> Generator[Living]:
    made = Living(home, model_url="http://127.0.0.1:9")
    yield made
    made.stop()


def use(living: Living, name: str, **overlay: object) -> None:
    """Take a user's file as it is; what a test changes goes into the file that `homarus config set` writes."""
    shutil.copy(FILES / name, living.home / "homarus.json5")
    brief = {name: {"params": {"max_tokens": 40}} for name in MODELS}
    agents = cast("dict[str, dict[str, object]]", overlay.pop("agents", {"defaults": {}}))
    agents["defaults"]["models"] = brief
    changed = {"gateway": {"port": free_port()}, "agents": agents, **overlay}
    (living.home / "homarus.ui.json5").write_text(json.dumps(changed))
    living.start()


def route(reply: JsonObject) -> str:
    model = cast("dict[str, dict[str, str]]", reply["route"])["model"]
    return f"{model['provider']}/{model['model_id']}"


def ask(living: Living, text: str = "Say hello.") -> JsonObject:
    return living.reply(living.send(text), limit_s=90)


@pytest.mark.usefixtures("lm_studio_port")
def test_lm_studio_over_responses_answers(living: Living) -> None:
    with llama_server(LMSTUDIO_PORT, NAME):
        use(living, "lmstudio-responses.json5")

        reply = ask(living)

    assert (route(reply), reply["is_error"]) == (f"lmstudio/{NAME}", False)


@pytest.mark.usefixtures("lm_studio_port")
def test_a_hosted_model_without_a_key_is_skipped_with_its_reason(living: Living) -> None:
    with llama_server(LMSTUDIO_PORT, NAME):
        use(living, "hosted-primary-local-fallback.json5")

        reply = ask(living)

    told = cast("dict[str, list[dict[str, str]]]", reply["route"])
    assert (route(reply), reply["is_error"]) == (f"lmstudio/{NAME}", False)
    assert "ANTHROPIC_API_KEY" in told["skipped"][0]["because"]


@pytest.mark.usefixtures("lm_studio_port")
def test_a_hosted_model_that_is_down_gives_way_to_the_local_one_with_a_notice(living: Living) -> None:
    dead = {"baseUrl": f"http://127.0.0.1:{free_port()}", "apiKey": "sk-made-up"}
    with llama_server(LMSTUDIO_PORT, NAME):
        use(living, "hosted-primary-local-fallback.json5", models={"providers": {"anthropic": dead}})

        reply = ask(living)

    assert (route(reply), reply["is_error"]) == (f"lmstudio/{NAME}", False)
    assert any("claude-sonnet-4-5" in notice for notice in cast("list[str]", reply["notices"]))


def test_with_the_order_swapped_the_hosted_model_steps_in_for_the_local_one(living: Living) -> None:
    order = {"defaults": {"model": {"primary": f"lmstudio/{NAME}", "fallbacks": ["anthropic/claude-sonnet-4-5"]}}}
    with llama_server(free_port(), "claude-sonnet-4-5") as hosted:
        base = hosted if hosted.startswith("http") else f"http://{hosted}"
        use(
            living,
            "hosted-primary-local-fallback.json5",
            agents=order,
            models={
                "providers": {
                    "anthropic": {"baseUrl": base, "apiKey": "sk-made-up"},
                    "lmstudio": {"baseUrl": f"http://127.0.0.1:{free_port()}/v1"},
                }
            },
        )

        reply = ask(living)

    assert (route(reply), reply["is_error"]) == ("anthropic/claude-sonnet-4-5", False)
    assert any(NAME in notice for notice in cast("list[str]", reply["notices"]))


def test_any_openai_style_endpoint_answers_without_a_default_model(living: Living) -> None:
    with llama_server(free_port(), "my-local-model") as server:
        base = server if server.startswith("http") else f"http://{server}"
        use(
            living,
            "openai-compatible-proxy.json5",
            models={"providers": {"local": {"baseUrl": f"{base}/v1"}}},
        )

        reply = ask(living)

    assert (route(reply), reply["is_error"]) == ("local/my-local-model", False)


@pytest.mark.usefixtures("lm_studio_port")
def test_a_model_that_the_user_chose_is_strict(living: Living) -> None:
    use(living, "hosted-primary-local-fallback.json5")

    reply = living.reply(living.send("Say hello.", model=f"lmstudio/{NAME}"), limit_s=60)

    assert reply["is_error"]
    assert "127.0.0.1:1234" in str(reply["text"])
    assert reply["hint"]
