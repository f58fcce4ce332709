"""The tutorials of the playbooks tell what happens: their commands run in their order, and say what is printed there.

`$ ` marks a command that anybody can run; the `text` below it is what a terminal shows, `...` for what is left out.
Only words are compared: a terminal sets tables and long lines differently from a pipe, which gets Markdown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from cli.terminal import Terminal
from homarus.cli.main import main
from house.source import ROOT

PAGES = ("morning-briefing", "ask-the-board", "research-overnight")
_BLOCK = re.compile(r"^```(console|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANY_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ANY_COMMAND = re.compile(r"^(?:\$ )?(homarus [a-z].*(?:\\\n.*)*)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\((\S+?)\)")
_PICTURE = re.compile(r"!\[([^\]]+)\]\(\.\./(pictures/[a-z-]+\.png)\)")
_SIGNS = re.compile(r"\*\*|^#+ |^\|[-| ]+\|$|\|", re.MULTILINE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Commands of a page, and what it says that the last of them prints."""

    commands: tuple[str, ...]
    lines: tuple[str, ...]


def _text(page: str) -> str:
    return (ROOT / "docs" / "tutorials" / f"{page}.md").read_text(encoding="utf-8")


def _told(page: str) -> Iterator[Told]:
    commands: tuple[str, ...] = ()
    for kind, block in _BLOCK.findall(_text(page)):
        if kind == "console":
            if commands:
                yield Told(commands=commands, lines=())
            commands = tuple(block.strip().removeprefix("$ ").split("\n$ "))
        else:
            yield Told(commands=commands, lines=tuple(line for line in block.splitlines() if line.strip(" .")))
            commands = ()
    if commands:
        yield Told(commands=commands, lines=())


def _words(text: str) -> str:
    plain = _SIGNS.sub(" ", _DAY.sub("DAY", _LINK.sub(r"\1", text)))
    return " ".join(re.sub(r"[\\<>]", "", plain).split())


@pytest.mark.weights
@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_tells_what_happens(terminal: Terminal, page: str) -> None:
    for told in _told(page):
        said = [terminal.shell(command) for command in told.commands]
        assert {one.code for one in said} == {0}, (told.commands, [one.err for one in said])
        printed = _words(said[-1].out)
        missing = [line for line in told.lines if _words(line) not in printed]
        assert not missing, (told.commands[-1], missing, printed[:2000])


@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_has_commands_to_run_and_words_to_expect(page: str) -> None:
    assert sum(len(told.commands) for told in _told(page)) >= 2
    assert any(told.lines for told in _told(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_tutorial_is_one(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in _ANY_COMMAND.findall("\n".join(_ANY_BLOCK.findall(_text(page)))):
        with pytest.raises(SystemExit) as left:
            main([*command.split()[1:3], "--help"])
        assert left.value.code == 0, command
        shown = capsys.readouterr().out
        assert all(flag in shown for flag in re.findall(r"--[a-z-]+", command)), command


@pytest.mark.parametrize("page", PAGES)
def test_the_pictures_of_a_tutorial_are_there_and_say_what_they_show(page: str) -> None:
    pictures = _PICTURE.findall(_text(page))

    assert len(pictures) >= 2
    for words, file in pictures:
        assert (ROOT / "docs" / file).is_file(), file
        assert len(words.split()) >= 5, words
