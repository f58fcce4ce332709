"""A plugin from its file to the doctor: not approved, approved, changed."""

import shutil

import pytest

from cli.terminal import Terminal
from house.source import ROOT


def _drop(terminal: Terminal) -> None:
    (terminal.home / "plugins").mkdir()
    shutil.copy(ROOT / "examples" / "weather_tool.py", terminal.home / "plugins")


def _tools(terminal: Terminal) -> str:
    said = terminal.run("doctor", "tools").out
    terminal.run("stop")
    return said


def test_a_plugin_runs_once_its_bytes_are_approved(terminal: Terminal) -> None:
    _drop(terminal)
    before = _tools(terminal)

    approved = terminal.run("plugin", "approve", "weather_tool.py")

    assert approved.code == 0, approved
    assert "weather.now" not in before
    assert "weather.now" in _tools(terminal)


def test_a_plugin_that_changed_needs_a_new_approval(terminal: Terminal) -> None:
    _drop(terminal)
    terminal.run("plugin", "approve", "weather_tool")
    with (terminal.home / "plugins" / "weather_tool.py").open("a") as file:
        file.write("\n# changed\n")

    [listed] = terminal.run("plugin", "list", "--json").rows("plugins")

    assert listed["is_approved"] is False
    assert "weather.now" not in _tools(terminal)


def test_an_approval_is_taken_back(terminal: Terminal) -> None:
    _drop(terminal)
    terminal.run("plugin", "approve", "weather_tool")

    assert terminal.run("plugin", "revoke", "weather_tool").code == 0
    assert "not approved" in terminal.run("plugin", "list").out


def test_a_plugin_that_is_not_there_is_said_so(terminal: Terminal) -> None:
    said = terminal.run("plugin", "approve", "nothing.py")

    assert said.code == 1
    assert "nothing.py" in said.err


def test_a_file_elsewhere_is_not_taken_for_the_one_in_the_folder(terminal: Terminal) -> None:
    _drop(terminal)
    other = terminal.home / "weather_tool.py"
    other.write_text("another file")

    said = terminal.run("plugin", "approve", str(other))

    assert (said.code, "cp " in said.err) == (2, True)
    assert "not approved" in terminal.run("plugin", "list").out


def test_what_was_approved_is_for_the_owner_alone(terminal: Terminal) -> None:
    _drop(terminal)
    terminal.run("plugin", "approve", str(terminal.home / "plugins" / "weather_tool.py"))

    assert (terminal.home / "plugins.approved.json").stat().st_mode & 0o777 == 0o600
    assert "approved" in terminal.run("plugin", "list").out


@pytest.mark.parametrize("name", ["weather_tool.py", "workshop_provider.py", "folder_channel.py"])
def test_the_examples_keep_what_plugins_promise(terminal: Terminal, name: str) -> None:
    said = terminal.run("plugin", "check", str(ROOT / "examples" / name))

    assert (said.code, "LOOK" in said.out) == (0, False)
    assert f"homarus plugin approve {name}" in said.out


def test_a_check_says_what_to_mend(terminal: Terminal) -> None:
    file = terminal.home / "odd.py"
    file.write_text((ROOT / "examples" / "weather_tool.py").read_text().replace(', key=["latitude", "longitude"]', ""))

    found = terminal.run("plugin", "check", str(file), "--json")

    broken = [claim for claim in found.rows("claims") if not claim["is_kept"]]
    assert (found.code, [claim["because"] for claim in broken]) == (
        1,
        ["a tool of risk 'reach' names its `key` arguments"],
    )


def test_a_check_of_a_file_that_breaks_names_its_line(terminal: Terminal) -> None:
    file = terminal.home / "odd.py"
    file.write_text("import homarus\n1 / 0\n")

    said = terminal.run("plugin", "check", str(file))

    assert (said.code, f"{file}:2" in said.err) == (1, True)
