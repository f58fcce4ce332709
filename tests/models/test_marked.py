"""Marks that a model repeats without an end."""

import json
import re

import pytest

from homarus.domain.content import Json
from homarus.models.marked import marked
from homarus.models.protocols import Voice
from homarus.models.spoken import broken_call, taken_apart

OPENING, CLOSING = re.compile("<a>"), re.compile("</a>")
TOOLS: dict[str, dict[str, Json]] = {
    "files.write": {
        "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
        "required": ["path", "content"],
    }
}
LONG = {"path": "a.txt", "content": "A line of text.\n" * 940}


class Counted:
    """Closes nothing, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, opening: re.Match[str]) -> re.Pattern[str]:
        del opening
        self.asked += 1
        return CLOSING


def test_pieces_and_what_is_outside_of_them_are_the_whole_text() -> None:
    found = marked("x<a>1</a>y<a>2</a>z", OPENING, CLOSING)
    assert [piece.body for piece in found.pieces] == ["1", "2"]
    assert found.rest == "xyz"


@pytest.mark.parametrize("is_open_ended", [True, False])
def test_the_end_of_repeated_marks_is_looked_for_once(is_open_ended: bool) -> None:  # noqa: FBT001 - a parameter
    closing = Counted()
    found = marked("<a>" * 20_000, OPENING, closing, is_open_ended=is_open_ended)
    assert closing.asked == 1
    assert len(found.pieces) == is_open_ended


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"name": "files.write", "arguments": LONG}),
        f"<tool_call>\n{json.dumps({'name': 'files.write', 'arguments': LONG})}\n</tool_call>",
        (
            '<invoke name="files.write"><parameter name="path">a.txt</parameter>'
            f'<parameter name="content">{LONG["content"]}</parameter></invoke>'
        ),
        f">>>files.write\n{json.dumps(LONG)}",
        f"call:files.write{json.dumps(LONG)}",
        f"Action: files.write\nAction Input: ```json\n{json.dumps(LONG)}\n```\nObservation: done",
    ],
)
def test_a_file_of_15000_characters_is_still_written(text: str) -> None:
    assert [(call.name, call.arguments) for call in taken_apart(text, TOOLS).calls] == [("files.write", LONG)]


@pytest.mark.parametrize("mark", ['<invoke name="a">', ">>>a\n{", "<tool_call>\n", "call:a{", "\n```", " \n"])
def test_what_is_longer_than_any_call_is_none(mark: str) -> None:
    text = mark * (60_000 // len(mark))
    assert not taken_apart(text, TOOLS).calls
    assert taken_apart(text, TOOLS).text == text


def test_a_tag_that_is_repeated_for_ever_goes_back_to_the_model() -> None:
    call = broken_call("<tool_call>\n" * 5_000, TOOLS)
    assert call is not None
    assert call.malformed


def test_a_fence_without_an_end_is_decided_when_the_answer_is_whole() -> None:
    voice = Voice("constrained")
    assert not any(voice.feed("```") for _ in range(5_000))
    assert not voice.feed('{"say": "Four."}')
