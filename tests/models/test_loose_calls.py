"""Calls that no template writes so, read by what the tool must be given; and the same words meant for a reader."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json, JsonObject
from homarus.models.repair import fitted, mended
from homarus.models.spoken import broken_call, has_call, taken_apart, thought_calls

TEXT: JsonObject = {"type": "string"}
TOOLS: dict[str, JsonObject] = {
    "files.write": {"type": "object", "properties": {"path": TEXT, "content": TEXT}, "required": ["path", "content"]},
    "time.now": {"type": "object", "properties": {}},
    "tool.call": {"type": "object", "properties": {"name": TEXT, "arguments": {}}, "required": ["name", "arguments"]},
}
GIVEN: dict[str, Json] = {"path": "a.txt", "content": "milk"}
CALL = json.dumps({"name": "files_write", "arguments": GIVEN})
ODD = (
    f"{CALL}{CALL}",
    "I shall think about how this is done. " * 30 + f"\n\n{CALL}",
    f"{CALL}\n\nI have sent the call and wait for the result.",
    f"{CALL}</tool_call>",
    f"<tool_call><tool_call>{CALL}</tool_call></tool_call>",
    f"<tool_call>\n{CALL[:-1]}",
    f"Sure.\n```tool_call\n{CALL}\n```\nLet me know whether this is fine.",
    f"[unused11][{CALL}][unused12]",
    CALL.replace('"', "'"),
    CALL.replace("}}", ",},}"),
    CALL.replace(', "arg', ',\n// the file\n"arg'),
    (
        "{\u201cname\u201d: \u201cfiles_write\u201d, \u201carguments\u201d: {\u201cpath\u201d: \u201ca.txt\u201d,"
        " \u201ccontent\u201d: \u201cmilk\u201d}}"
    ),
    CALL.replace("files_write", "tools.files_write"),
    CALL.replace("files_write", "homarus::files.write"),
    "```yaml\ntool: files_write\narguments:\n  path: a.txt\n  content: milk\n```",
    "files_write path=a.txt content=milk",
    'files_write(path: "a.txt", content: "milk")',
    '<files_write path="a.txt" content="milk" />',
    '<tool name="files_write" path="a.txt" content="milk"></tool>',
    "<files_write>\n<path>a.txt</path>\n<content>milk</content>\n</files_write>",
    "<tool_call><name>files_write</name><arguments><path>a.txt</path><content>milk</content></arguments></tool_call>",
    "<invoke>\n<tool_name>files_write</tool_name>\n<path>a.txt</path>\n<content>milk</content>\n</invoke>",
    '<invoke name="files_write">\n<parameter name="path">a.txt</parameter>\n<parameter name="content">milk</parameter>',
    (
        '<x:invoke name="files_write"><x:parameter name="path">a.txt</x:parameter>'
        '<x:parameter name="content">milk</x:parameter></x:invoke>'
    ),
    f"| tool | arguments |\n|---|---|\n| files_write | `{json.dumps(GIVEN)}` |",
)


@pytest.mark.parametrize("text", ODD)
def test_what_can_only_be_a_call_is_one(text: str) -> None:
    calls = taken_apart(text, TOOLS).calls
    assert {(call.name, json.dumps(call.arguments)) for call in calls} == {("files.write", json.dumps(GIVEN))}
    assert len(calls) == (2 if text == ODD[0] else 1)


@pytest.mark.parametrize(
    "text",
    [
        f"For example:\n\n{CALL}",
        f"{CALL}\n\nThat is what I would do.",
        f"```\n{CALL}\n```\nThat was it.",
        "```yaml\ntool: files_write\narguments:\n  path: a.txt\n  content: milk\n```\nSave this as tool.yaml.",
        "You can call files_write path=a.txt content=milk yourself.",
        "The tool files_write takes path: a text, content: a text.",
        "files_write needs a path and its content.",
        '{"name": "files_write", "arguments": {"path": "a.txt"}}x',
        "<b>files_write</b> is a tool",
        "# files_write\n\npath=where, content=what",
    ],
)
def test_what_may_be_meant_for_a_reader_is_no_call(text: str) -> None:
    assert taken_apart(text, TOOLS).calls == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('<tool_call>{"name": "write_file", "arguments": {"path": "a"}}</tool_call>', "write_file"),
        ('<tool_call>{"name": "files_write", "arguments": {"path": "a', "files_write"),
        ("<tool_call>???</tool_call>", ""),
        ("<tool_call> looks like this, for example", None),
        ("I use <tool_call> often.", None),
    ],
)
def test_a_tag_that_nobody_can_read_is_a_call_that_does_not_fit(text: str, name: str | None) -> None:
    call = broken_call(text, TOOLS)
    assert (call.name if call else None) == name


def test_a_call_at_the_end_of_a_thought_is_found() -> None:
    assert thought_calls(f"I write it.\n<tool_call>{CALL}</tool_call>", TOOLS)[0].arguments == GIVEN
    assert thought_calls("I could write it.", TOOLS) == ()


@pytest.mark.parametrize(
    "raw",
    ['{"path": "a"}}', '[{"path": "a"}]', '<think>hm</think>{"path": "a"}', '{\n// where\n"path": "a"}'],
)
def test_what_stands_around_arguments_is_taken_off(raw: str) -> None:
    assert mended(raw, {}) == {"path": "a"}


def test_what_a_model_says_beside_the_arguments_is_left_out() -> None:
    given: JsonObject = {**GIVEN, "explanation": "because", "mode": "x"}
    assert fitted(given, TOOLS["files.write"], frozenset({"path"})) == {**GIVEN, "mode": "x"}


@given(st.text(alphabet=st.sampled_from("{}[]()<>`\"'\\:,=|/ \nfiles_writepathcontent"), max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    taken_apart(f"files_write{text}", TOOLS)
    broken_call(f"<tool_call>{text}", TOOLS)


@pytest.mark.parametrize("text", ["{" * 20_000, "files_write " * 1600, "<path>" * 3000, 'path="' * 3000])
def test_what_never_ends_is_read_in_no_time(text: str) -> None:
    assert taken_apart(f"files_write {text}", TOOLS).calls == ()


def test_a_call_of_a_tool_that_is_not_there_is_no_answer() -> None:
    assert has_call('<tool_call>{"name": "write_file", "arguments": {}}</tool_call>', ["files.write"])
    assert not has_call("It is written.", ["files.write"])
