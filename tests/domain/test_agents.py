import pytest

from homarus.domain.agents import agent_ids, agent_profile, default_agent, first_configured, resolve_model
from homarus.domain.ids import AgentId
from homarus.domain.settings import Settings


def _settings(**sections: object) -> Settings:
    return Settings.model_validate(sections)


_MODELS = {
    "providers": {
        "empty": {"baseUrl": "http://e"},
        "p": {"baseUrl": "http://p", "models": [{"id": "m"}, {"id": "org/n", "alias": "Nice"}]},
        "q": {"baseUrl": "http://q", "models": [{"id": "m"}]},
    }
}


def test_without_entries_there_is_main() -> None:
    assert agent_ids(Settings()) == ("main",)
    assert default_agent(Settings()) == "main"
    assert agent_profile(Settings(), AgentId("main"))
    assert agent_profile(Settings(), AgentId("other")) is None


@pytest.mark.parametrize(
    ("entries", "chosen"),
    [
        ({"a": {}, "b": {"default": True}}, "b"),
        ({"a": {}, "main": {}}, "main"),
        ({"a": {}, "b": {}}, "a"),
    ],
)
def test_the_default_agent_is_marked_or_main_or_the_first(entries: dict[str, object], chosen: str) -> None:
    assert default_agent(_settings(agents={"entries": entries})) == chosen


@pytest.mark.parametrize(
    ("model", "primary", "fallbacks"),
    [
        (None, "p/m", ("q/m",)),
        ("p/x", "p/x", ()),
        ({"primary": "p/x"}, "p/x", ("q/m",)),
        ({"primary": "q/m"}, "q/m", ()),
        ({"primary": "p/x", "fallbacks": []}, "p/x", ()),
        ({"fallbacks": ["p/y"]}, "p/m", ("p/y",)),
    ],
)
def test_a_name_alone_is_strict_and_an_object_keeps_the_fallbacks(
    model: object, primary: str, fallbacks: tuple[str, ...]
) -> None:
    settings = _settings(
        agents={
            "defaults": {"model": {"primary": "p/m", "fallbacks": ["q/m"]}},
            "entries": {"a": {"model": model}},
        }
    )
    profile = agent_profile(settings, AgentId("a"))

    assert profile
    assert (profile.model.primary, profile.model.fallbacks) == (primary, fallbacks)


def test_the_first_configured_model_is_the_first_that_is_listed() -> None:
    assert str(first_configured(_settings(models=_MODELS))) == "p/m"
    assert first_configured(Settings()) is None


@pytest.mark.parametrize(
    ("name", "ref"),
    [
        ("nice", "p/org/n"),
        (" QUICK ", "q/m"),
        ("p/m", "p/m"),
        ("new/model", "new/model"),
        ("org/n", "p/org/n"),
        ("m", "None"),
        ("nothing", "None"),
    ],
)
def test_a_model_is_meant_by_alias_name_or_a_single_id(name: str, ref: str) -> None:
    settings = _settings(models=_MODELS, agents={"defaults": {"models": {"q/m": {"alias": "Quick"}}}})

    assert str(resolve_model(settings, name)) == ref
