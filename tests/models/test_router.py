from dataclasses import replace

import pytest

from homarus.domain.errors import HomarusError, ModelCallError, NotFoundError
from homarus.domain.inference import ModelRef
from homarus.domain.labels import Reach
from homarus.domain.ports import ModelInfo
from homarus.domain.settings import ModelChoice, Settings
from homarus.domain.turns import Route
from homarus.models.catalog import Catalog, EmbeddedState, Found, Silent, catalog
from homarus.models.hosted import known_providers
from homarus.models.router import RouteAsk, choose

HERE = EmbeddedState(is_usable=True)
HOSTED_FIRST = {
    "agents": {
        "defaults": {
            "model": {
                "primary": "anthropic/claude-sonnet-4-5",
                "fallbacks": ["lmstudio/minimax-m2.1-gs32", "anthropic/claude-opus-4-6"],
            },
            "models": {
                "anthropic/claude-sonnet-4-5": {"alias": "Sonnet"},
                "lmstudio/minimax-m2.1-gs32": {"alias": "MiniMax Local"},
            },
        }
    },
    "models": {
        "providers": {
            "lmstudio": {
                "baseUrl": "http://127.0.0.1:1234/v1",
                "apiKey": "lmstudio",
                "api": "openai-responses",
                "models": [{"id": "minimax-m2.1-gs32", "contextWindow": 196608, "maxTokens": 8192}],
            }
        }
    },
}
LOCAL_PROXY = {
    "models": {
        "providers": {
            "local": {"baseUrl": "http://127.0.0.1:8000/v1", "models": [{"id": "one"}, {"id": "two/deep"}]},
        }
    }
}


def models_of(config: object, *, embedded: EmbeddedState = HERE, found: tuple[Found, ...] = (), **env: str) -> Catalog:
    return catalog(Settings.model_validate(config), env, embedded=embedded, found=found, known=known_providers())


def route(models: Catalog, config: object = None, rests: dict[str, float] | None = None, **ask: object) -> Route:
    choice = Settings.model_validate(config or {}).agents.defaults.model
    wanted = RouteAsk(choice=choice, **ask)  # pyright: ignore[reportArgumentType] - test shorthand
    return choose(wanted, models, rests=lambda ref: (rests or {}).get(str(ref), 0.0))


def test_the_agents_first_model_answers_and_the_rest_stand_ready() -> None:
    chosen = route(models_of(HOSTED_FIRST, ANTHROPIC_API_KEY="k"), HOSTED_FIRST)
    assert (str(chosen.model), chosen.place) == ("anthropic/claude-sonnet-4-5", "api.anthropic.com")
    assert [str(ref) for ref in chosen.fallbacks] == ["lmstudio/minimax-m2.1-gs32", "anthropic/claude-opus-4-6"]


def test_a_hosted_model_without_key_is_skipped_with_its_reason() -> None:
    chosen = route(models_of(HOSTED_FIRST), HOSTED_FIRST)
    assert (str(chosen.model), chosen.place) == ("lmstudio/minimax-m2.1-gs32", "this machine")
    assert "ANTHROPIC_API_KEY" in chosen.skipped[0].because
    assert "no key" in chosen.because


def test_a_private_conversation_has_no_hosted_model_anywhere_in_its_route() -> None:
    models = models_of(HOSTED_FIRST, ANTHROPIC_API_KEY="k")
    chosen = route(models, HOSTED_FIRST, reach=Reach.LOCAL_ONLY)
    assert [str(chosen.model), *map(str, chosen.fallbacks)] == ["lmstudio/minimax-m2.1-gs32"]
    with pytest.raises(HomarusError, match="private"):
        route(models, explicit="Sonnet", reach=Reach.LOCAL_ONLY)


def test_without_a_default_the_first_configured_model_answers() -> None:
    chosen = route(models_of(LOCAL_PROXY))
    assert refs_of(chosen) == ["local/one", "local/two/deep"]


def test_with_nothing_configured_the_embedded_model_answers() -> None:
    found = (Found(provider="ollama", models=(ModelInfo(model_id="qwen3:8b"),)),)
    assert str(route(models_of({}, found=found)).model) == "embedded/smollm2"


def test_where_the_embedded_model_cannot_run_a_found_server_answers() -> None:
    found = (Found(provider="ollama", models=(ModelInfo(model_id="qwen3:8b"),)),)
    models = models_of({}, embedded=EmbeddedState(is_usable=False, because="no AVX2"), found=found)
    assert str(route(models).model) == "ollama/qwen3:8b"


def test_with_nothing_at_all_the_error_says_what_is_missing() -> None:
    models = models_of({}, embedded=EmbeddedState(is_usable=False, because="this processor has no AVX2"))
    with pytest.raises(ModelCallError, match="AVX2") as caught:
        route(models)
    assert caught.value.hint


def test_when_no_named_model_can_be_used_the_embedded_one_says_why() -> None:
    config = {"agents": {"defaults": {"model": "openai/gpt-5"}}}
    chosen = route(models_of(config), config)
    assert str(chosen.model) == "embedded/smollm2"
    assert "OPENAI_API_KEY" in chosen.because


@pytest.mark.parametrize("name", ["MiniMax Local", "minimax local", "lmstudio/minimax-m2.1-gs32", "minimax-m2.1-gs32"])
def test_a_model_is_found_by_alias_by_name_and_by_id(name: str) -> None:
    chosen = route(models_of(HOSTED_FIRST), explicit=name)
    assert (str(chosen.model), chosen.fallbacks) == ("lmstudio/minimax-m2.1-gs32", ())


def test_an_id_may_have_slashes_of_its_own() -> None:
    assert str(route(models_of(LOCAL_PROXY), explicit="local/two/deep").model) == "local/two/deep"
    assert str(route(models_of(LOCAL_PROXY), explicit="two/deep").model) == "local/two/deep"


def test_an_unknown_model_is_answered_with_the_nearest_names() -> None:
    with pytest.raises(NotFoundError) as caught:
        route(models_of(HOSTED_FIRST), explicit="lmstudoi/minimax-m2.1")
    assert "lmstudio/minimax-m2.1-gs32" in caught.value.hint
    assert "homarus models list" in caught.value.hint


def test_a_choice_of_the_session_is_strict_and_wins_over_the_agent() -> None:
    ref = ModelRef(provider="embedded", model_id="smollm2")
    chosen = route(models_of(HOSTED_FIRST, ANTHROPIC_API_KEY="k"), HOSTED_FIRST, selected=ref)
    assert (chosen.model, chosen.fallbacks) == (ref, ())


def test_a_model_that_failed_a_moment_ago_rests_while_another_can_answer() -> None:
    models = models_of(HOSTED_FIRST, ANTHROPIC_API_KEY="k")
    chosen = route(models, HOSTED_FIRST, rests={"anthropic/claude-sonnet-4-5": 20.0})
    assert str(chosen.model) == "lmstudio/minimax-m2.1-gs32"
    assert "rests" in chosen.skipped[0].because


def test_when_all_rest_the_first_is_asked_all_the_same() -> None:
    config = {**LOCAL_PROXY, "agents": {"defaults": {"model": "local/one"}}}
    assert str(route(models_of(config), config, rests={"local/one": 20.0}).model) == "local/one"


def test_pictures_go_to_a_model_that_sees() -> None:
    seeing = {"id": "eyes", "input": ["text", "image"]}
    config = {
        "models": {"providers": {"local": {"baseUrl": "http://127.0.0.1:8000/v1", "models": [{"id": "a"}, seeing]}}}
    }
    assert str(route(models_of(config), needs_images=True).model) == "local/eyes"
    with pytest.raises(HomarusError, match="pictures"):
        route(models_of(config), explicit="local/a", needs_images=True)


def test_the_image_model_is_asked_first_for_pictures() -> None:
    seeing = {"id": "eyes", "input": ["text", "image"]}
    config = {
        "models": {"providers": {"local": {"baseUrl": "http://127.0.0.1:8000/v1", "models": [{"id": "a"}, seeing]}}}
    }
    chosen = route(
        models_of(config),
        {"agents": {"defaults": {"model": "local/a"}}},
        needs_images=True,
        image_choice=ModelChoice(primary="local/eyes"),
    )
    assert (str(chosen.model), chosen.instead_of) == ("local/eyes", "")
    assert chosen.because == "The message has a picture, and this is the model for pictures."


def two_windows() -> dict[str, object]:
    models = [{"id": "small", "contextWindow": 4096}, {"id": "large", "contextWindow": 32768}]
    return {
        "models": {"providers": {"local": {"baseUrl": "http://127.0.0.1:8000/v1", "models": models}}},
        "agents": {"defaults": {"model": {"primary": "local/small", "fallbacks": ["local/large"]}}},
    }


def test_a_long_conversation_goes_to_a_model_that_can_read_it() -> None:
    chosen = route(models_of(two_windows()), two_windows(), prompt_tokens=20_000)
    assert str(chosen.model) == "local/large"
    assert "4096" in chosen.skipped[0].because


def test_what_no_window_holds_goes_to_the_largest_to_be_shortened() -> None:
    chosen = route(models_of(two_windows()), two_windows(), prompt_tokens=300_000)
    assert [str(chosen.model), *map(str, chosen.fallbacks)] == ["local/large", "local/small"]


def test_a_strict_choice_is_kept_although_the_conversation_must_be_shortened() -> None:
    assert str(route(models_of(two_windows()), explicit="local/small", prompt_tokens=300_000).model) == "local/small"


def two_places(*names: str) -> dict[str, object]:
    places = {
        "lab": {"baseUrl": "http://127.0.0.1:1234/v1", "models": [{"id": "a"}, {"id": "b"}]},
        "cloud": {"baseUrl": "https://api.example.com/v1", "apiKey": "k", "models": [{"id": "x"}, {"id": "y"}]},
    }
    return {"models": {"mode": "replace", "providers": {name: places[name] for name in names}}}


def refs_of(chosen: Route) -> list[str]:
    return [str(chosen.model), *map(str, chosen.fallbacks)]


def test_without_a_default_the_other_configured_models_of_the_same_place_stand_ready() -> None:
    assert refs_of(route(models_of(two_places("lab", "cloud")))) == ["lab/a", "lab/b"]
    assert refs_of(route(models_of(two_places("cloud", "lab")))) == ["cloud/x", "cloud/y"]


def test_a_second_choice_does_not_claim_to_be_the_first() -> None:
    chosen = route(models_of(two_places("lab")), rests={"lab/a": 20.0})
    assert refs_of(chosen) == ["lab/b"]
    assert "stands in" in chosen.because
    assert "lab/a failed a moment ago" in chosen.because


def test_unasked_nothing_hosted_takes_the_place_of_a_model_of_ones_own() -> None:
    resting = {"lab/a": 20.0, "lab/b": 20.0}
    assert refs_of(route(models_of(two_places("lab", "cloud")), rests=resting)) == ["lab/a", "lab/b"]
    with pytest.raises(ModelCallError, match="cannot see pictures"):
        route(models_of(two_places("lab", "cloud")), needs_images=True)


def test_a_server_that_does_not_answer_is_named_and_skipped() -> None:
    config = {"models": {"mode": "replace", "providers": {"lab": {"baseUrl": "http://127.0.0.1:1234/v1"}}}}
    silent = Silent(provider="lab", place="127.0.0.1:1234", has_answered=False)
    chosen = route(replace(models_of(config), silent=(silent,)))
    assert str(chosen.model) == "embedded/smollm2"
    assert chosen.because == "lab does not answer at 127.0.0.1:1234, so the one that comes with homarus answers."
    assert [entry.model for entry in chosen.skipped] == ["lab"]


def test_a_silent_server_of_ones_own_is_not_replaced_by_a_hosted_one() -> None:
    silent = Silent(provider="lab", place="127.0.0.1:1234", has_answered=False)
    config = two_places("cloud")
    own = {"lab": {"baseUrl": "http://127.0.0.1:1234/v1"}}
    config["models"]["providers"] = {**own, **config["models"]["providers"]}  # pyright: ignore[reportIndexIssue]
    chosen = route(replace(models_of(config), silent=(silent,)))
    assert str(chosen.model) == "embedded/smollm2"
    assert any("api.example.com would see" in entry.because for entry in chosen.skipped)


def test_the_first_model_is_the_first_although_a_later_name_is_unknown() -> None:
    config = {**two_places("lab"), "agents": {"defaults": {"model": {"primary": "lab/a", "fallbacks": ["nobody"]}}}}
    assert route(models_of(config), config).because == "It is this agent's first model."


def test_an_alias_may_stand_with_the_model_of_a_provider() -> None:
    config = {
        "models": {
            "providers": {
                "lab": {"baseUrl": "http://127.0.0.1:1/v1", "models": [{"id": "a-long-id", "alias": "Quick"}]}
            }
        }
    }
    assert str(route(models_of(config), explicit="quick").model) == "lab/a-long-id"
