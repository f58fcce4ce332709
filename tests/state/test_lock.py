"""One process owns a state folder, and nobody else can look into it."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homarus.domain.errors import StateError
from homarus.state.lock import hold, owner_of, prepare


def test_the_folder_is_made_private(tmp_path: Path) -> None:
    assert prepare(tmp_path / "deep" / "home") == ""
    assert (tmp_path / "deep" / "home").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_open_to_others_is_closed_and_that_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert "private now" in prepare(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_file_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StateError, match="home") as error:
        prepare(tmp_path / "home")
    assert "HOMARUS_HOME" in error.value.hint


def test_the_second_one_is_told_who_has_it(home: Path) -> None:
    with hold(home):
        assert owner_of(home) == os.getpid()
        with pytest.raises(StateError, match=f"process {os.getpid()}"), hold(home):
            pass
    assert owner_of(home) is None


def test_a_look_at_the_lock_does_not_keep_a_gateway_from_starting(home: Path) -> None:
    with hold(home):
        pass
    with ThreadPoolExecutor() as looking:
        looks = [looking.submit(owner_of, home) for _ in range(300)]
        for _attempt in range(30):
            with hold(home):
                pass
        assert {look.result() for look in looks} <= {None, 0, os.getpid()}


def test_it_is_free_when_its_owner_was_killed(home: Path) -> None:
    code = "import sys, pathlib, time; from homarus.state.lock import hold\nwith hold(pathlib.Path(sys.argv[1])): "
    wait = "print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code + wait, str(home)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(StateError, match=f"process {child.pid}"), hold(home):
            pass
        child.kill()
    with hold(home):
        assert owner_of(home) == os.getpid()
