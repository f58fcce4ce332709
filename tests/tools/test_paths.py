"""Whatever path a model names, the path that is judged is the path that is opened."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import ModelError, ToolArgumentError
from homarus.domain.instructions import is_instruction_file
from homarus.testing.rooms import fake_rooms
from homarus.tools import files
from homarus.tools.marked import tool_of

names = st.sampled_from(["AGENTS.md", "agents.md", "memory", "skills", "notes", "..", ".", "~", "z.md", "W"])
noise = st.sampled_from(["", "", "", " ", "\t", "\u00a0", "\u2028", "\u3000", "\u200b", "\x00", ".", "/"])
between = st.sampled_from(["/", "/", "\\", "//", "/./", "\\..\\", "/../", ""])
paths = st.lists(st.tuples(noise, names, noise, between), min_size=1, max_size=4).map(
    lambda parts: "".join(piece for part in parts for piece in part)
) | st.text(max_size=8)


@given(paths)
def test_the_judged_path_is_the_opened_one(named: str) -> None:
    write = tool_of(files.write)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        written = named.replace("W", folder)
        try:
            judged = str(write.check({"path": written, "content": "x"})["path"])
            asyncio.run(write.run(fake_rooms(workspace).context(), {"path": judged, "content": "x"}))
        except ModelError:
            made = [place for place in workspace.rglob("*") if place.is_file()]
            assert made == []
            return
        (made,) = [place for place in workspace.rglob("*") if place.is_file()]
        assert made == workspace / judged
        assert is_instruction_file(str(made.relative_to(workspace))) == is_instruction_file(judged.replace(folder, "."))


@pytest.mark.parametrize("name", ["read", "write", "edit", "list_folder"])
def test_every_tool_that_takes_a_path_settles_its_spelling_first(name: str) -> None:
    tool = tool_of(getattr(files, name))
    more = {"write": {"content": ""}, "edit": {"old": "a", "new": "b"}}.get(name, {})
    assert tool.check({"path": "./a//b", **more})["path"] == "a/b"
    with pytest.raises(ToolArgumentError, match="white space"):
        tool.check({"path": " a", **more})
