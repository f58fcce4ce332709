"""Nothing in the house runs a tool around `act`: read from the syntax of every file."""

import ast
from pathlib import Path

import pytest

import homarus

ROOT = Path(homarus.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parts[len(ROOT.parts)] != "testing")
ACT = ROOT / "agent" / "act.py"


def _names(path: Path, name: str) -> list[int]:
    """Return the lines where something of that name is called."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if (isinstance(call.func, ast.Name) and call.func.id == name)
        or (isinstance(call.func, ast.Attribute) and call.func.attr == name)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_tool_needs_to_run_is_made_in_one_place_only(path: Path) -> None:
    assert path == ACT or not _names(path, "ToolContext")


def test_that_place_is_there() -> None:
    assert len(_names(ACT, "ToolContext")) == 1
    assert len(_names(ACT, "judge")) == 1
