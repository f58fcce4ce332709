"""Loading: what holds, and what stays when the files are bad."""

from pathlib import Path

import pytest

from homarus.domain.agents import agent_profile, aliases
from homarus.domain.codec import dump
from homarus.domain.ids import AgentId
from homarus.domain.settings import Settings
from homarus.gateway.configure import Configuration, Standing

_FILES = Path(__file__).parents[1] / "data" / "configs"


def _configuration(home: Path, text: str | bytes | None = None, **environment: str) -> Configuration:
    if text is not None:
        raw = text.encode() if isinstance(text, str) else text
        (home / "homarus.json5").write_bytes(raw)
    configuration = Configuration(home, environment=environment)
    configuration.load()
    return configuration


@pytest.mark.parametrize("name", ["hosted-primary-local-fallback", "lmstudio-responses", "openai-compatible-proxy"])
def test_files_that_users_have_load_with_nothing_to_say(home: Path, name: str) -> None:
    file = _FILES / f"{name}.json5"
    configuration = Configuration(home, environment={}, file=file)
    configuration.load()

    assert configuration.problems == ()
    assert configuration.check(path=file) == ()
    assert configuration.standing is Standing.FILES
    assert configuration.standing is Standing.FILES


def test_hosted_first_and_local_after_it(home: Path) -> None:
    settings = _configuration(home, (_FILES / "hosted-primary-local-fallback.json5").read_bytes()).current
    profile = agent_profile(settings, AgentId("main"))

    assert profile
    assert profile.model.primary == "anthropic/claude-sonnet-4-5"
    assert profile.model.fallbacks == ("lmstudio/minimax-m2.1-gs32", "anthropic/claude-opus-4-6")
    assert {name: str(ref) for name, ref in aliases(settings).items()} == {
        "sonnet": "anthropic/claude-sonnet-4-5",
        "minimax local": "lmstudio/minimax-m2.1-gs32",
        "opus": "anthropic/claude-opus-4-6",
    }


def test_lm_studio_with_its_own_protocol(home: Path) -> None:
    settings = _configuration(home, (_FILES / "lmstudio-responses.json5").read_bytes()).current
    provider = settings.models.providers["lmstudio"]

    assert settings.agents.defaults.model.primary == "lmstudio/minimax-m2.1-gs32"
    assert settings.agents.defaults.model.fallbacks == ()
    assert (provider.base_url, provider.api) == ("http://127.0.0.1:1234/v1", "openai-responses")
    assert provider.models[0].context_window == 196_608
    assert provider.models[0].max_tokens == 8192


def test_a_file_may_name_no_default_model(home: Path) -> None:
    settings = _configuration(home, (_FILES / "openai-compatible-proxy.json5").read_bytes()).current

    assert settings.agents.defaults.model.primary is None
    assert [model.id for model in settings.models.providers["local"].models] == ["my-local-model"]


def test_without_files_the_defaults_hold_and_nothing_is_wrong(home: Path) -> None:
    configuration = _configuration(home)

    assert configuration.current == Settings()
    assert configuration.standing is Standing.FILES
    assert configuration.problems == ()


@pytest.mark.parametrize(
    "bad",
    [
        "{gateway: {port: 'abc'}}",
        "{gateway: {port: 1}",
        b"\xff\xfe\x00",
        b"\0" * 5_000_000,
        "[" * 100_000,
        "{gateway: {port: NaN}}",
        '{$include: "gone.json5"}',
    ],
)
def test_a_bad_file_keeps_the_last_good_one(home: Path, bad: str | bytes) -> None:
    configuration = _configuration(home, "{gateway: {port: 5000}}")
    (home / "homarus.json5").write_bytes(bad.encode() if isinstance(bad, str) else bad)

    configuration.load()

    assert configuration.current.gateway.port == 5000
    assert configuration.standing is Standing.LAST_GOOD
    assert "homarus.json5" in configuration.problems[0].sentence


def test_the_last_good_one_survives_a_restart(home: Path) -> None:
    (home / "models.json5").write_text("{mode: 'replace'}")
    _configuration(home, '{gateway: {port: 5000}, models: {$include: "models.json5"}}')
    (home / "models.json5").unlink()

    configuration = _configuration(home, "{gateway: {port: 'abc'}}")

    assert configuration.current.gateway.port == 5000
    assert configuration.current.models.mode == "replace"
    assert configuration.standing is not Standing.FILES


def test_what_is_kept_for_a_restart_is_private_and_holds_no_variables(home: Path) -> None:
    _configuration(home, "{models: {providers: {p: {apiKey: '${KEY}'}}}}", KEY="very-secret")
    kept = home / "backups" / "config-last-good.json"

    assert kept.stat().st_mode & 0o777 == 0o600
    assert "very-secret" not in kept.read_text()


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"files": 7}', '{"files": {"/x": 1}}', '{"files": {"x": "{"}}'])
def test_a_broken_last_good_one_is_no_harm(home: Path, kept: str) -> None:
    (home / "backups").mkdir()
    (home / "backups" / "config-last-good.json").write_text(kept)

    configuration = _configuration(home, "{gateway: {port: 'abc'}}")

    assert configuration.current == Settings()


def test_a_bad_file_that_never_was_good_leaves_the_defaults(home: Path) -> None:
    configuration = _configuration(home, "{gateway: {port: 'abc'}}")

    assert configuration.current == Settings()
    assert configuration.standing is Standing.DEFAULTS
    assert configuration.standing is not Standing.FILES


def test_a_file_that_was_asked_for_and_is_not_there_is_named(home: Path) -> None:
    configuration = Configuration(home, environment={}, file=home / "other.json5")
    configuration.load()

    assert "other.json5" in configuration.problems[0].sentence


def test_notes_do_not_make_noise(home: Path) -> None:
    configuration = _configuration(home, "{discovery: {mdns: {mode: 'minimal'}}}")

    assert configuration.problems == ()
    assert len(configuration.check()) == 1


def test_a_text_and_a_file_are_checked_without_holding(home: Path) -> None:
    configuration = _configuration(home, "{gateway: {port: 5000}}")
    (home / "other.json5").write_text("{gateway: {prot: 1}}")

    assert configuration.check(text="{gateway: {port: 1}}") == ()
    assert configuration.check(text="{gateway: {port: 0}}")[0].key == "gateway.port"
    assert configuration.check(path=home / "other.json5")[0].key == "gateway.prot"
    assert configuration.current.gateway.port == 5000


def test_problems_and_settings_go_through_json(home: Path) -> None:
    configuration = _configuration(home, "{gateway: {prot: 1}}")

    assert dump(configuration.problems[0])["where"]
    assert all(dump(row)["key"] for row in configuration.listing())
