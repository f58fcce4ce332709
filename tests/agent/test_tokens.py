"""Estimates of tokens."""

from dataclasses import replace

from homarus.agent import tokens
from homarus.domain.content import ToolSpec

TOOL = ToolSpec(name="files.read", description="Read a file.", parameters={"type": "object", "properties": {}})


def test_the_same_tool_always_counts_the_same() -> None:
    once = tokens.of_tools([TOOL])
    assert [tokens.of_tools([TOOL]), tokens.of_tools([TOOL, TOOL])] == [once, 2 * once]


def test_a_tool_that_says_more_counts_more() -> None:
    longer = replace(TOOL, description="Read a file, with its lines numbered.")
    assert tokens.of_tools([longer]) > tokens.of_tools([TOOL])
