"""A folder that holds more than a workspace is refused, however it is named."""

from pathlib import Path

import pytest

from homarus.domain.workspaces import refuse


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "/etc",
        "/etc/homarus",
        "/usr/local",
        "/home",
        "/home/lena",
        "/Users/lena",
        "/root",
        "/var",
        "/tmp",
        "~",
    ],
)
def test_a_folder_of_the_system_or_of_a_person_is_refused(path: str, home: Path) -> None:
    assert refuse(Path(path), home)


def test_the_state_folder_and_what_holds_it_are_refused(home: Path) -> None:
    assert refuse(home, home)
    assert refuse(home.parent, home)


def test_a_link_does_not_hide_where_it_leads(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "state").symlink_to(home)
    assert refuse(tmp_path / "link", home)
    assert refuse(tmp_path / "state", home)


@pytest.mark.parametrize("name", ["workspace", "workspace-work", "agents/a/workspace"])
def test_a_folder_below_the_state_folder_is_a_workspace(name: str, home: Path) -> None:
    assert refuse(home / name, home) is None


@pytest.mark.parametrize("path", ["/home/lena/agent", "/srv/agent", "/var/lib/homarus/workspace", "/opt/homarus", "/w"])
def test_a_folder_of_its_own_is_a_workspace(path: str, home: Path) -> None:
    assert refuse(Path(path), home) is None


@pytest.mark.parametrize("name", ["secrets", "plugins", "plugins/deeper", "backups", "blobs"])
def test_what_the_house_keeps_for_itself_is_refused(name: str, home: Path) -> None:
    assert refuse(home / name, home)
