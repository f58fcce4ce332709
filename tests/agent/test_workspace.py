"""The first files of a workspace, and what of them goes into a prompt."""

import os
from pathlib import Path

import pytest

from homarus.agent.workspace import SHIPPED, Caps, bootstrap, memory, seed

CAPS = Caps(file_chars=20_000, total_chars=60_000)


def test_the_first_start_writes_what_is_not_there_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "SOUL.md").write_text("mine")
    assert set(seed(folder)) == {*SHIPPED} - {"SOUL.md"}
    assert seed(folder) == ()
    assert (folder / "SOUL.md").read_text() == "mine"
    assert (folder / "memory").is_dir()


def test_files_come_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("TOOLS.md", "USER.md", "IDENTITY.md", "SOUL.md", "AGENTS.md"):
        (tmp_path / name).write_text(f"I am {name}")
    text = bootstrap(tmp_path, CAPS)
    places = [text.index(f"I am {name}") for name in ("AGENTS.md", "SOUL.md", "IDENTITY.md", "USER.md", "TOOLS.md")]
    assert places == sorted(places)


def test_a_folder_or_odd_bytes_in_place_of_a_file_break_nothing(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").mkdir()
    (tmp_path / "SOUL.md").write_bytes(b"caf\xe9 \xff")
    text = bootstrap(tmp_path, CAPS)
    assert "## AGENTS.md\n(missing file)" in text
    assert "caf" in text


def test_all_files_together_stay_within_the_total(tmp_path: Path) -> None:
    for name in ("AGENTS.md", "SOUL.md", "USER.md", "TOOLS.md"):
        (tmp_path / name).write_text("x" * 5000)
    assert len(bootstrap(tmp_path, Caps(file_chars=5000, total_chars=6000))) < 8000


@pytest.mark.parametrize("text", ["Be kind.", "Be longer than before."])
def test_a_changed_file_is_read_anew_even_when_its_time_is_set_back(tmp_path: Path, text: str) -> None:
    file = tmp_path / "SOUL.md"
    for words in ("Be calm.", text):
        file.write_text(words)
        os.utime(file, (1_000_000, 1_000_000))
        assert words in bootstrap(tmp_path, CAPS)


def test_a_memory_that_says_nothing_costs_nothing(tmp_path: Path) -> None:
    seed(tmp_path)
    assert memory(tmp_path, CAPS) == ""
    (tmp_path / "MEMORY.md").write_text("# Kept\n\n<!-- note -->\n- The key is blue.")
    assert memory(tmp_path, CAPS) == "# Kept\n\n- The key is blue."
