"""homarus worker: no password where others could read it, and words when there is nothing to work on."""

from pathlib import Path

import pytest

from homarus.cli.main import main
from homarus.cli.worker import without_password
from homarus.domain.errors import EXIT_USAGE, UsageError
from homarus.gateway.root import CONSENT


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:secret@here/house",
        "postgres://:secret@here/house",
        "postgresql://me@here/house?password=secret",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(UsageError) as told:
        without_password(address)
    assert "PGPASSWORD" in told.value.hint
    assert "secret" not in told.value.message + told.value.hint


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="mysql"):
        without_password("mysql://me@here/house")


def test_an_address_without_one_is_taken() -> None:
    assert without_password("postgresql://me@here:5433/house") == "postgresql://me@here:5433/house"


def test_a_worker_without_a_shared_database_says_what_to_name(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOMARUS_DATABASE", raising=False)
    (home / CONSENT).touch()
    assert main(["worker", "--state", str(home)]) == EXIT_USAGE
    assert "--database" in capsys.readouterr().err
