import subprocess
import sys
from pathlib import Path

import pytest

from homarus.domain.errors import NotFoundError
from homarus.gateway.described import argument_words
from homarus.gateway.discover import Discovery, discover
from homarus.gateway.plugins import sha256_of

TOOL = '''
from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.labels import HOUSE
from homarus.domain.marks import tool
from homarus.domain.tooling import ToolContext


@tool("dice.roll", risk=Risk.READ)
async def roll(context: ToolContext, *, sides: int = 6) -> ToolOutput:
    """Roll a die.

    Never the same twice.
    """
    return ToolOutput(text=str(sides), label=HOUSE, summary="Rolled.")
'''
CHANNEL = """
from pydantic import BaseModel
from homarus.domain.marks import channel


class Settings(BaseModel):
    folder: str


@channel("pigeon", settings=Settings)
class Pigeon:
    def __init__(self, settings: Settings) -> None:
        self.folder = settings.folder
"""


def write(home: Path, name: str, text: str) -> Path:
    file = home / "plugins" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def approving(home: Path, *files: Path) -> Discovery:
    return discover(home, approved={str(file): sha256_of(file) for file in files}, rooms=())


def test_an_approved_plugin_brings_its_tool(home: Path) -> None:
    found = approving(home, write(home, "dice.py", TOOL))
    assert found.names("tool") == ("dice.roll",)
    spec = found.tools()["dice.roll"].spec
    assert (spec.description, "sides" in str(spec.parameters)) == ("Roll a die.", True)
    assert found.problems == []


def test_a_plugin_that_nobody_approved_is_not_imported(home: Path) -> None:
    write(home, "evil.py", f"open({str(home / 'ran')!r}, 'w')\n" + TOOL)
    found = discover(home, rooms=())
    assert not (home / "ran").exists()
    assert found.tools() == {}
    assert "homarus plugin approve evil.py" in found.problems[0].hint


def test_a_plugin_that_changed_is_not_imported(home: Path) -> None:
    file = write(home, "dice.py", TOOL)
    approved = {str(file): sha256_of(file)}
    file.write_text(TOOL + f"\nopen({str(home / 'ran')!r}, 'w')\n")
    found = discover(home, approved=approved, rooms=())
    assert not (home / "ran").exists()
    assert "changed" in found.problems[0].sentence


@pytest.mark.parametrize(
    ("text", "line"),
    [("import homarus\n1 / 0\n", 2), ("def broken(:\n", 1), ("\n\nimport no_such_module_anywhere\n", 3)],
)
def test_a_broken_plugin_is_a_problem_with_its_line(home: Path, text: str, line: int) -> None:
    file = write(home, "broken.py", text)
    (problem,) = approving(home, file).problems
    assert (problem.file, problem.line) == (str(file), line)
    assert problem.hint


def test_a_broken_plugin_takes_nobody_with_it(home: Path) -> None:
    good, bad = write(home, "dice.py", TOOL), write(home, "bad.py", "1 / 0")
    assert list(approving(home, good, bad).tools()) == ["dice.roll"]


def test_a_clash_names_both_files(home: Path) -> None:
    one, two = write(home, "a.py", TOOL), write(home, "b.py", TOOL)
    (problem,) = approving(home, one, two).problems
    assert str(one) in problem.sentence
    assert str(two) in problem.sentence


def test_a_channel_is_built_with_its_settings(home: Path) -> None:
    found = approving(home, write(home, "pigeon.py", CHANNEL))
    assert list(found.channel_settings(["pigeon"])) == ["channels.pigeon"]
    assert getattr(found.channel("pigeon", {"folder": "loft"}), "folder", "") == "loft"


def test_what_is_not_there_is_said_with_what_is(home: Path) -> None:
    found = approving(home, write(home, "pigeon.py", CHANNEL))
    with pytest.raises(NotFoundError) as caught:
        found.thing("channel", "raven")
    assert "pigeon" in caught.value.hint


def test_a_tool_that_cannot_be_offered_is_a_problem(home: Path) -> None:
    file = write(home, "dice.py", TOOL.replace("risk=Risk.READ", 'risk=Risk.READ, key=["no_such"]'))
    found = approving(home, file)
    assert found.tools() == {}
    assert "no_such" in found.problems[0].sentence


def test_looking_around_imports_nothing_of_the_house(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from homarus.gateway.discover import discover;"
        f"discover(Path({str(home)!r}));"
        "rooms = ('homarus.tools.', 'homarus.models.', 'homarus.channels.', 'homarus.playbooks.');"
        "print([name for name in sys.modules if name.startswith(rooms)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_everything_in_our_own_rooms_works(home: Path) -> None:
    found = discover(home)
    for kind, name in found.spots:
        found.thing(kind, name)
    assert set(found.tools()) == set(found.names("tool"))
    assert found.problems == []


def test_arguments_are_described_in_the_words_of_the_docstring(home: Path) -> None:
    text = TOOL.replace("Never the same twice.", "Args:\n        sides: How many sides\n            it has.\n")
    spec = approving(home, write(home, "dice.py", text)).tools()["dice.roll"].spec
    assert spec.parameters["properties"] == {"sides": {"type": "integer", "description": "How many sides it has."}}
    assert spec.description == "Roll a die."


@pytest.mark.parametrize(
    ("docstring", "words"),
    [
        ("One line.", {}),
        (
            "A.\n\nArgs:\n    a: One.\n    b (int): Two\n        more.\n\nReturns:\n    c: no",
            {"a": "One.", "b": "Two more."},
        ),
        ("Args:\n", {}),
    ],
)
def test_the_section_of_arguments_is_read(docstring: str, words: dict[str, str]) -> None:
    assert argument_words(docstring) == words
