from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.settings import Settings
from homarus.state.config.reading import Reading
from homarus.state.config.substitute import dotenv

ReadText = Callable[..., Reading]


def _key_of(settings: Settings | None) -> str | None:
    assert settings
    key = settings.models.providers["p"].api_key
    return key.get_secret_value() if key else None


def _provider(key: str) -> str:
    return f"{{\n models: {{providers: {{p: {{baseUrl: 'http://x', apiKey: {key}}}}}}}}}"


def test_a_variable_is_put_in_also_inside_a_text(read_text: ReadText) -> None:
    reading = read_text(_provider("'a-${ONE}-${TWO_2}'"), environment={"ONE": "1", "TWO_2": "2"})

    assert _key_of(reading.settings) == "a-1-2"
    assert reading.problems == ()


@pytest.mark.parametrize("text", ["$${ONE}", "x $${ONE} y"])
def test_two_dollars_stand_for_the_text_itself(read_text: ReadText, text: str) -> None:
    reading = read_text(_provider(f"'{text}'"), environment={"ONE": "1"})

    assert _key_of(reading.settings) == text.replace("$$", "$")


@pytest.mark.parametrize("text", ["${one}", "$ONE", "${}", "${1A}", "$"])
def test_only_upper_case_names_in_braces_are_variables(read_text: ReadText, text: str) -> None:
    assert _key_of(read_text(_provider(f"'{text}'"), environment={"ONE": "1"}).settings) == text


@pytest.mark.parametrize("environment", [{}, {"NOPE": ""}])
def test_a_missing_variable_is_named_and_its_setting_counts_as_not_set(
    read_text: ReadText, environment: dict[str, str]
) -> None:
    reading = read_text(_provider("'${NOPE}'"), environment=environment)

    assert _key_of(reading.settings) is None
    (problem,) = reading.problems
    assert "NOPE" in problem.sentence
    assert problem.key == "models.providers.p.apiKey"
    assert problem.where
    assert problem.where.line == 2
    assert ".env" in problem.hint


def test_the_process_wins_over_dotenv_and_that_over_the_configuration(home: Path, read_text: ReadText) -> None:
    (home / ".env").write_text("A=dotenv\nB=dotenv\n")
    text = "{env: {C: 'file', vars: {A: 'file', B: 'file'}}, " + _provider("'${A} ${B} ${C}'")[1:]

    assert _key_of(read_text(text, environment={"A": "process"}).settings) == "process dotenv file"


def test_dotenv_is_not_read_from_the_workspace(home: Path, read_text: ReadText) -> None:
    (home / "workspace").mkdir()
    (home / "workspace" / ".env").write_text("A=planted\n")

    assert _key_of(read_text(_provider("'${A}'")).settings) is None


def test_dotenv_has_quotes_comments_and_export() -> None:
    text = "# no\nA=1\nexport B='two words' # tail\nC=\"x#y\"\n D = 4 # tail\nbroken line\nE=\n"

    assert dotenv(text) == {"A": "1", "B": "two words", "C": "x#y", "D": "4", "E": ""}


@given(st.text())
def test_any_dotenv_can_be_read(text: str) -> None:
    dotenv(text)


def test_references_are_looked_up_in_variables_files_and_the_store(home: Path, read_text: ReadText) -> None:
    (home / "secrets").mkdir()
    (home / "secrets" / "mine").write_text("stored\n")
    (home / "all.json").write_text('{"a": {"b/c": "pointed"}}')
    providers = f"secrets: {{providers: {{f: {{source: 'file', path: '{home}/all.json'}}}}}}, "

    def resolved(reference: str) -> str | None:
        return _key_of(read_text("{" + providers + _provider(reference)[1:], environment={"V": "variable"}).settings)

    assert resolved("{source: 'env', provider: 'default', id: 'V'}") == "variable"
    assert resolved("{source: 'store', id: 'mine'}") == "stored"
    assert resolved("{source: 'file', provider: 'f', id: '/a/b~1c'}") == "pointed"
    assert resolved(f"{{source: 'file', id: '{home}/secrets/mine'}}") == "stored"


@pytest.mark.parametrize(
    "reference",
    [
        "{source: 'env', id: 'NOPE'}",
        "{source: 'store', id: 'gone'}",
        "{source: 'store', id: '../homarus.json5'}",
        "{source: 'file', provider: 'none', id: '/x'}",
        "{source: 'exec', provider: 'vault', id: 'key'}",
    ],
)
def test_a_reference_that_leads_nowhere_or_to_a_program_is_named(read_text: ReadText, reference: str) -> None:
    reading = read_text(_provider(reference))

    assert _key_of(reading.settings) is None
    assert [problem.key for problem in reading.problems] == ["models.providers.p.apiKey"]


def test_an_unreadable_dotenv_is_named_and_stops_nothing(home: Path, read_text: ReadText) -> None:
    (home / ".env").write_bytes(b"A=\xff")
    reading = read_text("{gateway: {port: 5000}}")

    assert reading.settings
    assert ".env" in reading.problems[0].sentence


def test_a_wrong_value_from_a_variable_is_not_shown(read_text: ReadText) -> None:
    (problem,) = read_text("{gateway: {port: '${KEY}'}}", environment={"KEY": "very-secret"}).problems

    assert problem.key == "gateway.port"
    assert "very-secret" not in problem.sentence
