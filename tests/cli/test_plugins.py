"""A plugin from its file to the doctor: not approved, approved, changed."""

import shutil

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
