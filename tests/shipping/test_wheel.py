"""The wheel works in an empty environment: commands, the page at `/` with everything it asks for, an answer."""

import json
import re
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from cli.terminal import Terminal
from shipping.installed import Installed

pytestmark = pytest.mark.slow


@pytest.fixture
def terminal(installed: Installed, tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "h", command=installed.bin / "homarus")
    yield made
    made.close()


def test_the_wheel_carries_the_pages_and_no_tests(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()

    assert {"homarus/web/static/app.css", "homarus/state/sql/0001_house.sql", "homarus/py.typed"} <= set(names)
    assert [name for name in names if "test_" in name or "conftest" in name] == []
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_command_is_there(terminal: Terminal) -> None:
    assert terminal.run("--version").out.startswith("homarus 0.")


@pytest.mark.weights
def test_one_message_is_answered(terminal: Terminal) -> None:
    said = terminal.run("ask", "Remind me to call Lena at noon")

    assert said.code == 0, said
    assert "call Lena" in said.out


def test_the_page_at_the_root_loads_for_a_paired_browser(terminal: Terminal) -> None:
    url = str(terminal.run("devices", "pair", "--json").json["url"])
    browser = _Browser(terminal.port)

    browser.pair(url.partition("#")[2])
    page = browser.get("/")
    wanted = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert "<html" in page
    assert wanted
    assert all(browser.get(path) for path in wanted)


class _Browser:
    """As much of a browser as loading a page takes."""

    def __init__(self, port: int) -> None:
        self._place = f"127.0.0.1:{port}"
        self._cookie = ""

    def pair(self, code: str) -> None:
        headers = {"Content-Type": "application/json", "Origin": f"http://{self._place}"}
        connection = HTTPConnection(self._place, timeout=20)
        connection.request("POST", "/pair/claim", json.dumps({"code": code, "name": "test"}), headers)
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        self._cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        connection.close()

    def get(self, path: str) -> str:
        connection = HTTPConnection(self._place, timeout=20)
        connection.request("GET", path, headers={"Cookie": self._cookie, "Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status in {302, 303, 307}:
            return self.get(answer.getheader("Location") or "/nowhere")
        assert answer.status == 200, (path, answer.status, text[:500])
        return text
