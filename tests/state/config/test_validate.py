from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from homarus.state.config.files import Remembered
from homarus.state.config.problems import Severity
from homarus.state.config.reading import Ask, Reading, read

ReadText = Callable[..., Reading]


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("gatway: {port: 1}", "'gateway'"),
        ("gateway: {prot: 1}", "'gateway.port'"),
        ("models: {providers: {p: {base_url: 'http://x'}}}", "'models.providers.p.baseUrl'"),
        (
            "models: {providers: {p: {models: [{id: 'm', contextwindow: 1}]}}}",
            "'models.providers.p.models[0].contextWindow'",
        ),
        ("agents: {defaults: {model: {primry: 'a/b'}}}", "'agents.defaults.model.primary'"),
        ("agents: {entries: {a: {modle: 'a/b'}}}", "'agents.entries.a.model'"),
        ("agents: {defaults: {models: {'a/b': {alais: 'x'}}}}", """'agents.defaults.models["a/b"].alias'"""),
        ("tools: {denny: ['x']}", "'tools.deny'"),
        ("chanels: {}", "'channels'"),
        ("channels: {telegarm: {}}", "'channels.telegram'"),
    ],
)
def test_a_typo_is_named_with_its_line_and_the_nearest_key(read_text: ReadText, written: str, near: str) -> None:
    reading = read_text(f"{{\n // a comment\n {written},\n}}")

    (problem,) = reading.problems
    assert problem.severity is Severity.WARNING
    assert near in problem.hint
    assert problem.where
    assert problem.where.line == 3
    assert reading.settings


def test_a_key_like_nothing_we_know_has_no_suggestion(read_text: ReadText) -> None:
    (problem,) = read_text("{xyzzyplugh: 1}").problems

    assert "Did you mean" not in problem.hint


@pytest.mark.parametrize(
    ("written", "key", "expected"),
    [
        ("gateway: {port: 'abc'}", "gateway.port", "a whole number from 1 to 65535, not 'abc'"),
        ("gateway: {port: 0}", "gateway.port", "a whole number from 1 to 65535, not 0"),
        ("gateway: {port: 1.5}", "gateway.port", "a whole number"),
        ("gateway: {bind: 'moon'}", "gateway.bind", "one of loopback"),
        ("gateway: 7", "gateway", "an object"),
        ("models: {mode: 'mrege'}", "models.mode", "one of merge, replace, not 'mrege'"),
        ("models: {providers: {p: {api: 'nope'}}}", "models.providers.p.api", "one of ollama, openai-completions"),
        ("models: {providers: {p: {baseUrl: 'localhost:1'}}}", "models.providers.p.baseUrl", "an http:// or https://"),
        ("models: {providers: {p: {models: [{name: 'x'}]}}}", "models.providers.p.models[0].id", "is missing"),
        ("models: {providers: {p: {models: 'x'}}}", "models.providers.p.models", "a list"),
        ("models: {providers: {p: 'x'}}", "models.providers.p", "an object, not 'x'"),
        ("models: {providers: {p: {models: ['m']}}}", "models.providers.p.models[0]", "an object, not 'm'"),
        ("models: {providers: {p: {headers: {A: 1}}}}", "models.providers.p.headers.A", "text"),
        ("agents: {defaults: {model: 7}}", "agents.defaults.model", "a name or an object with primary, fallbacks"),
        ("agents: {defaults: {timeoutSeconds: -1}}", "agents.defaults.timeoutSeconds", "a number above 0, not -1"),
        ("agents: {defaults: {userTimezone: 'Mars/X'}}", "agents.defaults.userTimezone", "Europe/Berlin"),
        ("agents: {entries: {a: {default: 'maybe'}}}", "agents.entries.a.default", "true or false, not 'maybe'"),
    ],
)
def test_a_wrong_value_names_key_line_and_what_was_expected(
    read_text: ReadText, written: str, key: str, expected: str
) -> None:
    reading = read_text(f"{{\n\n {written},\n}}")

    assert reading.settings is None
    (problem,) = reading.problems
    assert problem.severity is Severity.ERROR
    assert problem.key == key
    assert expected in problem.sentence
    assert "homarus.json5:3:" in problem.sentence


def test_a_wrong_secret_is_not_shown(read_text: ReadText) -> None:
    (problem,) = read_text("{models: {providers: {p: {apiKey: 123456789}}}}").problems

    assert problem.key == "models.providers.p.apiKey"
    assert "123456789" not in problem.sentence


def test_settings_of_openclaw_without_use_here_are_notes_only(read_text: ReadText) -> None:
    reading = read_text(
        "{$schema: 'x', heartbeat: {every: '1h'}, messages: {tts: {}}, cron: {enabled: true}, hooks: {enabled: true},"
        " agents: {defaults: {verboseDefault: 'off', sandbox: {mode: 'all'}}}, gateway: {mode: 'local',"
        " auth: {mode: 'token', token: 't'}}, channels: {telegram: {botToken: 't'}}, session: {dmScope: 'main'}}"
    )

    assert {problem.severity for problem in reading.problems} == {Severity.NOTE}
    assert reading.settings


def test_a_key_written_twice_is_named_with_both_lines(read_text: ReadText) -> None:
    reading = read_text("{\n gateway: {port: 1},\n gateway: {port: 2},\n}")

    (problem,) = reading.problems
    assert "twice" in problem.sentence
    assert "homarus.json5:3:" in problem.sentence
    assert "line 2" in problem.sentence
    assert reading.settings
    assert reading.settings.gateway.port == 2


class _Pigeon(BaseModel):
    """A channel's settings."""

    loft: str
    ring: SecretStr | None = None


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("{loft: 'roof'}", None),
        ("{loft: 7}", "channels.pigeon.loft"),
        ("{loft: 'x', rnig: 'y'}", "channels.pigeon.rnig"),
    ],
)
def test_a_discovered_section_is_checked_by_its_own_settings(written: str, key: str | None) -> None:
    path = Path("/nowhere/homarus.json5")
    ask = Ask(home=path.parent, files=(path,), sections={"channels.pigeon": _Pigeon})

    reading = read(ask, Remembered({path: f"{{channels: {{pigeon: {written}}}}}"}))

    assert [problem.key for problem in reading.problems] == ([key] if key else [])
    assert isinstance(reading.extra.get("channels.pigeon"), _Pigeon) == (key != "channels.pigeon.loft")


def test_a_file_that_is_all_mistakes_is_answered_with_the_first_hundred(read_text: ReadText) -> None:
    reading = read_text("{" + ",".join(f"k{number}: {{a: 1}}" for number in range(100_000)) + "}")

    assert len(reading.problems) == 100
