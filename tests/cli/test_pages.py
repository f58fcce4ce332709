"""What the README and the tutorial show is what happens: each `$ command` is run and its output compared."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.terminal import Terminal
from house.source import ROOT

PAGES = ("README.md", "docs/tutorials/first-agent.md")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CHANGING = (
    (re.compile(r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d \w+"), "DATE"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
)

pytestmark = pytest.mark.weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A command of a page, and what the page says that it prints."""

    command: str
    output: str


def _shown(page: str) -> list[Shown]:
    found: list[Shown] = []
    for block in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _newline, output = part.partition("\n")
            found.append(Shown(command=command.replace(".venv/bin/homarus", "homarus"), output=output.strip()))
    return found


def _lasting(text: str) -> str:
    for pattern, name in _CHANGING:
        text = pattern.sub(name, text)
    return text.strip()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_happens(terminal: Terminal, page: str) -> None:
    for shown in _shown(page):
        said = terminal.shell(shown.command)

        assert (said.code, _lasting(said.out)) == (0, _lasting(shown.output)), (shown.command, said.err)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_something(page: str) -> None:
    assert len(_shown(page)) >= 2


def test_the_tutorial_begins_with_the_makefile() -> None:
    assert "make up" in Path(ROOT / PAGES[1]).read_text(encoding="utf-8")
