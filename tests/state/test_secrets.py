"""Secrets are kept for the owner alone and do not get into texts."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import UsageError
from homarus.state.config.references import secrets_of
from homarus.state.config.substitute import Reference
from homarus.state.secrets import Secrets, redact, shapes_of


@pytest.fixture
def secrets(home: Path) -> Secrets:
    return Secrets(home / "secrets")


def test_the_store_keeps_a_secret_for_the_owner_alone(secrets: Secrets, home: Path) -> None:
    secrets.put("telegram", "123:abc")

    assert secrets.get("telegram") == "123:abc"
    assert (home / "secrets" / "telegram").stat().st_mode & 0o777 == 0o600
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_secret_that_others_could_read_is_closed_to_them_when_a_configuration_asks_for_it(home: Path) -> None:
    (home / "secrets").mkdir()
    path = home / "secrets" / "mine"
    path.write_text("sk-mine\n")
    path.chmod(0o644)

    assert secrets_of(home, {})(Reference(source="store", id="mine")) == "sk-mine"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["missing", "", "../up", "a/b", ".hidden", "a\x00b", "x" * 101])
def test_what_is_not_there_is_nothing(secrets: Secrets, name: str) -> None:
    assert secrets.get(name) is None


def test_a_link_does_not_lead_out_of_the_folder(secrets: Secrets, home: Path) -> None:
    (home / "elsewhere").write_text("not yours")
    (home / "secrets").mkdir()
    (home / "secrets" / "link").symlink_to(home / "elsewhere")

    assert secrets.get("link") is None


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a\x00b", "x" * 101])
def test_a_name_cannot_lead_out_of_the_folder(secrets: Secrets, name: str) -> None:
    with pytest.raises(UsageError):
        secrets.put(name, "x")


def test_a_key_of_the_house_stays_the_same(home: Path) -> None:
    first = Secrets(home / "secrets").own_key("memory.key")

    assert len(first) == 32
    assert Secrets(home / "secrets").own_key("memory.key") == first


@given(st.text(min_size=6, max_size=40), st.text(max_size=40).filter(lambda text: "[redacted]" not in text))
def test_a_secret_does_not_survive_in_any_shape(value: str, around: str) -> None:
    shapes = [value, json.dumps(value)[1:-1], quote(value.encode("utf-8", "replace").decode(), safe="")]
    for shape in shapes:
        assert shape not in redact(f"{around} {shape} {around}", shapes_of([value])).replace("[redacted]", "\x00")


def test_short_values_do_not_tear_up_words() -> None:
    assert redact("the cat sat", shapes_of(["cat", ""])) == "the cat sat"
