"""Which database a gateway uses, and where what several of them share is kept."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from homarus.domain.errors import StateError
from homarus.domain.job_settings import JobSettings
from homarus.domain.settings import Settings
from homarus.gateway.common import VARIABLE, database_of, share_files
from homarus.state.blobs import Blobs

CONFIGURED = "postgresql://a@configured/x"


def sharing(folder: Path | str | None) -> Settings:
    return Settings(jobs=JobSettings(database=SecretStr(CONFIGURED), shared=str(folder) if folder else None))


def test_the_environment_comes_before_the_configuration() -> None:
    assert database_of(Settings(), {}) is None
    assert database_of(sharing(None), {}) == CONFIGURED
    assert database_of(sharing(None), {VARIABLE: " postgresql://b@named/x "}) == "postgresql://b@named/x"


def test_without_a_shared_folder_everything_stays_at_home(home: Path) -> None:
    assert share_files(home, Settings()) == home
    assert not (home / "blobs").exists()


@pytest.mark.anyio
async def test_what_one_gateway_keeps_the_other_reads(tmp_path: Path) -> None:
    homes = [tmp_path / name for name in "ab"]
    for place, home in enumerate(homes):
        home.mkdir()
        digest = await Blobs(home / "blobs").put(b"before %d" % place)
        assert share_files(home, sharing(tmp_path / "shared")) == tmp_path / "shared"
        assert share_files(home, sharing(tmp_path / "shared")) == tmp_path / "shared"
        assert await Blobs(homes[0] / "blobs").get(digest) == b"before %d" % place
    assert stat.S_IMODE((tmp_path / "shared" / "blobs").stat().st_mode) == 0o700
    later = await Blobs(homes[1] / "blobs").put(b"later")
    assert await Blobs(homes[0] / "blobs").get(later) == b"later"


def test_a_folder_that_cannot_be_used_is_told_with_the_next_step(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(StateError, match="shared folder") as caught:
        share_files(home, sharing(home / "file" / "below"))
    assert "jobs.shared" in caught.value.hint
