from typing import Literal

import pytest
from inline_snapshot import snapshot

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ConfigError, ToolArgumentError
from homarus.domain.labels import HOUSE
from homarus.domain.marks import tool
from homarus.domain.tooling import ToolContext
from homarus.testing.rooms import FakeRooms
from homarus.tools.marked import tool_of

pytestmark = pytest.mark.anyio


@tool("bell.ring", risk=Risk.ACT, key=["bell"])
async def ring(context: ToolContext, *, bell: str, title: int = 1, tone: Literal["low", "high"] = "low") -> ToolOutput:
    """Ring a bell,
    loudly.

    This is for people.
    """
    text = f"{bell} {title} {tone} {context.agent}"
    return ToolOutput(text=text, label=HOUSE, summary=text)


def test_a_model_is_told_the_first_paragraph_and_a_small_schema() -> None:
    spec = tool_of(ring).spec
    assert (spec.name, spec.description) == ("bell.ring", "Ring a bell, loudly.")
    assert spec.parameters == snapshot(
        {
            "properties": {
                "bell": {"type": "string"},
                "title": {"type": "integer"},
                "tone": {"enum": ["low", "high"], "type": "string"},
            },
            "required": ["bell"],
            "type": "object",
        }
    )


async def test_arguments_become_what_the_function_takes(rooms: FakeRooms) -> None:
    made = tool_of(ring)
    checked = made.check({"bell": "A", "title": "2", "tone": None})
    assert checked == {"bell": "A", "title": 2}
    assert (await made.run(rooms.context(), checked)).text == "A 2 low main"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "'bell' is missing"),
        ({"bell": "A", "volume": 3}, "there is no argument 'volume'"),
        ({"bell": "A", "title": "loud"}, "'title': input should be a valid integer"),
        ({"bell": "A", "tone": "middle"}, "'tone': input should be 'low' or 'high'"),
    ],
)
def test_arguments_that_do_not_fit_are_explained(arguments: dict[str, str | int], words: str) -> None:
    with pytest.raises(ToolArgumentError) as caught:
        tool_of(ring).check(arguments)
    assert words in caught.value.message
    assert caught.value.hint == "It takes bell (string), title (integer, optional), tone (string, optional)."


def test_a_function_without_mark_is_no_tool() -> None:
    async def plain(context: ToolContext) -> ToolOutput:
        raise NotImplementedError(context)

    with pytest.raises(ConfigError, match="not marked"):
        tool_of(plain)


def test_a_key_must_be_an_argument() -> None:
    @tool("bell.ring", risk=Risk.ACT, key=["bel"])
    async def typo(context: ToolContext, *, bell: str) -> ToolOutput:
        raise NotImplementedError(context, bell)

    with pytest.raises(ConfigError, match="'bel' as a key"):
        tool_of(typo)
