"""A path has one spelling, and what could be read in two ways has none."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import ToolArgumentError
from homarus.domain.paths import workspace_path


@pytest.mark.parametrize(
    "written",
    [
        " AGENTS.md",
        "AGENTS.md ",
        "\u00a0MEMORY.md",
        "\u3000USER.md",
        "\u2028AGENTS.md",
        "\u1680SOUL.md",
        "AGENTS.md\u200b",
        "a\x00b",
        "a\nb",
        "a\ud800b",
        "memory/x\\..\\..\\z.md",
        "../secret",
        "a/../b",
        "~/x",
        "//etc/passwd",
        "a" * 1025,
    ],
)
def test_what_could_mean_two_places_is_refused(written: str) -> None:
    with pytest.raises(ToolArgumentError):
        workspace_path(written)


@pytest.mark.parametrize(
    ("written", "path"),
    [("./a.md", "a.md"), ("a//b/./c.md", "a/b/c.md"), ("a/", "a"), ("", "."), (".", "."), ("my notes/a.md",) * 2],
)
def test_every_other_spelling_becomes_the_one(written: str, path: str) -> None:
    assert workspace_path(written) == path


@given(st.text(alphabet=" .~/\\\u00a0\u2028\u3000\u200b\x00aB\u00e9", max_size=12))
def test_the_one_spelling_stays_as_it_is(written: str) -> None:
    try:
        path = workspace_path(written)
    except ToolArgumentError:
        return
    assert workspace_path(path) == path == str(PurePosixPath(path))
    assert ".." not in PurePosixPath(path).parts
