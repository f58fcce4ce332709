import pytest

from homarus.domain.agents import agent_ids, agent_profile, aliases, default_agent
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


def test_short_names_may_stand_with_a_provider_and_the_agents_section_wins() -> None:
    settings = _settings(models=_MODELS, agents={"defaults": {"models": {"q/m": {"alias": "Quick"}}}})

    found = {name: str(ref) for name, ref in aliases(settings).items()}
    assert found == {"nice": "p/org/n", "quick": "q/m"}
