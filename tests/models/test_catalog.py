import pytest

from homarus.domain.inference import ModelRef
from homarus.domain.marks import mark_of
from homarus.domain.ports import ModelInfo
from homarus.domain.settings import Settings
from homarus.models import hosted
from homarus.models.catalog import Candidate, EmbeddedState, Found, catalog, live
from homarus.models.hosted import known_providers
from homarus.models.profile import profile_of


def candidate(config: dict[str, object], ref: str, **env: str) -> Candidate:
    made = catalog(
        Settings.model_validate({"models": config}),
        env,
        embedded=EmbeddedState(is_usable=True),
        known=known_providers(),
    )
    found = made.get(ModelRef.parse(ref))
    assert found is not None
    return found


def test_every_known_provider_bears_a_mark_and_hosted_ones_want_a_key() -> None:
    marks = known_providers()
    assert {"openai", "anthropic", "openrouter", "nvidia", "ollama", "lmstudio", "vllm", "llamacpp"} <= set(marks)
    assert all(mark.key_env and mark.base_url.startswith("https://") for mark in marks.values() if mark.is_hosted)
    assert mark_of(hosted.OllamaHere) is marks["ollama"]


def test_a_known_provider_needs_only_its_key() -> None:
    found = candidate({}, "openrouter/qwen/qwen3-32b", OPENROUTER_API_KEY="k")
    assert found.endpoint is not None
    assert (found.endpoint.base_url, found.endpoint.api_key) == ("https://openrouter.ai/api/v1", "k")
    assert (found.endpoint.is_local, found.place) == (False, "openrouter.ai")


def test_a_key_of_the_environment_is_not_sent_to_another_address() -> None:
    config: dict[str, object] = {"providers": {"openai": {"baseUrl": "https://evil.example/v1"}}}
    found = candidate(config, "openai/gpt-5", OPENAI_API_KEY="k")
    assert found.endpoint is None or found.endpoint.api_key is None


def test_what_the_owner_writes_wins_over_what_is_known() -> None:
    config: dict[str, object] = {
        "providers": {
            "openai": {
                "baseUrl": "http://127.0.0.1:9999/v1/",
                "api": "openai-completions",
                "timeoutSeconds": 7,
                "headers": {"X-Team": "a"},
                "params": {"temperature": 0.1, "top_p": 1},
                "compat": {"supportsTools": True},
                "models": [{"id": "m", "params": {"top_p": 0.5}, "compat": {"supportsTools": False}}],
            }
        }
    }
    found = candidate(config, "openai/m")
    assert found.endpoint is not None
    assert (found.api, found.endpoint.base_url, found.is_local) == (
        "openai-completions",
        "http://127.0.0.1:9999/v1",
        True,
    )
    assert (found.endpoint.timeouts.first_byte_s, found.has_own_patience) == (7, True)
    assert found.params == {"temperature": 0.1, "top_p": 0.5}
    assert profile_of(found).tool_protocol == "text"


@pytest.mark.parametrize(("base_url", "words"), [(None, "no address"), ("http://:8000/v1", "not an address")])
def test_a_provider_without_an_address_is_skipped_with_the_next_step(base_url: str | None, words: str) -> None:
    entry = {"models": [{"id": "m"}], **({"baseUrl": base_url} if base_url else {})}
    found = candidate({"providers": {"mine": entry}}, "mine/m")
    assert found.unusable is not None
    assert words in found.unusable.because
    assert "models.providers.mine.baseUrl" in found.unusable.hint


def test_replace_leaves_only_what_is_written() -> None:
    settings = Settings.model_validate(
        {
            "models": {
                "mode": "replace",
                "providers": {"mine": {"baseUrl": "http://127.0.0.1:1/v1", "models": [{"id": "m"}]}},
            }
        }
    )
    found = (Found(provider="ollama", models=(ModelInfo(model_id="a"),)),)
    made = catalog(settings, {}, embedded=EmbeddedState(is_usable=True), found=found, known=known_providers())
    assert [str(entry.ref) for entry in made.candidates] == ["mine/m", "embedded/smollm2"]


def test_a_server_can_only_make_a_window_smaller() -> None:
    config: dict[str, object] = {
        "providers": {
            "lmstudio": {"baseUrl": "http://127.0.0.1:1234/v1", "models": [{"id": "m", "contextWindow": 196608}]}
        }
    }
    found = live(candidate(config, "lmstudio/m"), ModelInfo(model_id="m", window_tokens=4096))
    assert profile_of(found).window_tokens == 4096
    assert profile_of(found).tier == "entry"


def test_ollama_is_asked_for_the_window_that_the_owner_wrote() -> None:
    config: dict[str, object] = {
        "providers": {"ollama": {"baseUrl": "http://127.0.0.1:11434", "models": [{"id": "m", "contextWindow": 32768}]}}
    }
    loaded_small = ModelInfo(model_id="m", window_tokens=4096, is_loaded=True)
    assert profile_of(live(candidate(config, "ollama/m"), loaded_small)).window_tokens == 32768


def test_a_cloud_model_of_ollama_is_not_local() -> None:
    assert not candidate({}, "ollama/big:cloud").is_local
    remote = live(candidate({}, "ollama/big"), ModelInfo(model_id="big", is_remote=True))
    assert (remote.is_local, remote.place) == (False, "Ollama's cloud")


def test_the_embedded_model_is_guided_and_small() -> None:
    profile = profile_of(candidate({}, "embedded/smollm2"))
    assert (profile.tool_protocol, profile.tier, profile.is_local) == ("guided", "embedded", True)
