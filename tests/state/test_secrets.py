"""Secrets are looked up when they are used and do not get into logs."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.domain.errors import ConfigError, UsageError
from homarus.state.secrets import Secrets, redact


@pytest.fixture
def environment() -> dict[str, str]:
    return {"API_KEY": "sk-environment"}


@pytest.fixture
def secrets(home: Path, environment: dict[str, str]) -> Secrets:
    return Secrets(home / "secrets", environment)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("${API_KEY}", "sk-environment"),
        ("Bearer ${API_KEY}!", "Bearer sk-environment!"),
        ("$${API_KEY}", "${API_KEY}"),
        ("${lower} $API_KEY", "${lower} $API_KEY"),
        ({"source": "env", "id": "API_KEY"}, "sk-environment"),
    ],
)
def test_a_reference_gives_its_value(secrets: Secrets, value: Json, expected: str) -> None:
    assert secrets.resolve(value) == expected


def test_the_value_is_the_one_of_now(secrets: Secrets, environment: dict[str, str]) -> None:
    secrets.resolve("${API_KEY}")
    environment["API_KEY"] = "sk-rotated"
    assert secrets.resolve("${API_KEY}") == "sk-rotated"


def test_the_store_keeps_a_secret_for_the_owner_alone(secrets: Secrets, home: Path) -> None:
    ref = secrets.put("telegram", "123:abc")
    assert secrets.resolve({"source": ref.source, "id": ref.id}) == "123:abc"
    assert (home / "secrets" / "telegram").stat().st_mode & 0o777 == 0o600
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700
    assert secrets.names() == ("telegram",)
    assert [secrets.remove("telegram"), secrets.remove("telegram")] == [True, False]


def test_a_file_is_read_without_its_last_newline(secrets: Secrets, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-file\n")
    assert secrets.resolve({"source": "file", "id": str(tmp_path / "key")}) == "sk-file"


@pytest.mark.parametrize(
    "value",
    [
        "${MISSING}",
        {"source": "env", "id": "MISSING"},
        {"source": "store", "id": "missing"},
        {"source": "file", "id": "/nowhere/key"},
        {"source": "exec", "id": "pass show key"},
        {"source": "env"},
        {"id": "API_KEY"},
        7,
        None,
    ],
)
def test_a_reference_that_leads_nowhere_says_what_to_do(secrets: Secrets, value: Json) -> None:
    with pytest.raises(ConfigError) as error:
        secrets.resolve(value)
    assert error.value.hint


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a\x00b", "x" * 101])
def test_a_name_cannot_lead_out_of_the_folder(secrets: Secrets, name: str) -> None:
    with pytest.raises(UsageError):
        secrets.put(name, "x")


def test_what_was_resolved_is_redacted(secrets: Secrets) -> None:
    secrets.resolve("Bearer ${API_KEY}")
    assert secrets.redact("GET /?key=sk-environment HTTP/1.1") == "GET /?key=[redacted] HTTP/1.1"


def test_a_key_of_the_house_stays_the_same(home: Path) -> None:
    first = Secrets(home / "secrets", {}).own_key("memory.key")
    assert len(first) == 32
    assert Secrets(home / "secrets", {}).own_key("memory.key") == first


@given(st.text(min_size=6, max_size=40), st.text(max_size=40).filter(lambda text: "[redacted]" not in text))
def test_a_secret_does_not_survive_in_any_shape(value: str, around: str) -> None:
    shapes = [value, json.dumps(value)[1:-1], quote(value.encode("utf-8", "replace").decode(), safe="")]
    for shape in shapes:
        assert shape not in redact(f"{around} {shape} {around}", [value]).replace("[redacted]", "\x00")


def test_short_values_do_not_tear_up_words() -> None:
    assert redact("the cat sat", ["cat", ""]) == "the cat sat"
