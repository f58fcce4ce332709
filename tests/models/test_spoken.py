"""Tool calls that models write instead of making them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.models.spoken import may_become_call, spoken_calls

TOOLS = ("web.fetch", "memory.save", "time.now")
ONE = [("memory.save", {"text": "a"})]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "memory.save", "arguments": {"text": "a"}}',
        '{"name": "memory_save", "parameters": {"text": "a"}}',
        '{"tool": "memory.save", "args": {"text": "a"}}',
        '{"type": "function", "function": {"name": "memory.save", "arguments": "{\\"text\\": \\"a\\"}"}}',
        '{"tool_calls": [{"name": "memory.save", "arguments": {"text": "a"}}]}',
        '[{"name": "memory.save", "arguments": {"text": "a"}}]',
        '```json\n{"name": "memory.save", "arguments": {"text": "a"}}\n```',
        '```tool_call\n{"name": "memory.save", "arguments": {"text": "a"}}\n```',
        '<tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>',
        '<tool_call>\n{"name": "memory.save", "arguments": {"text": "a"}}',
        "<tool_call>\n<function=memory.save>\n<parameter=text>\na\n</parameter>\n</function>\n</tool_call>",
        '<function=memory_save>{"text": "a"}</function>',
        '[TOOL_CALLS][{"name": "memory.save", "arguments": {"text": "a"}}]',
        '<|python_tag|>memory.save(text="a")',
        "[memory.save(text='a')]",
        "```python\nmemory_save(text='a')\n```",
    ],
)
def test_known_shapes_are_calls(text: str) -> None:
    assert [(call.name, call.arguments) for call in spoken_calls(text, TOOLS)] == ONE


def test_several_calls_keep_their_order_and_have_ids_of_their_own() -> None:
    text = (
        '<tool_call>{"name": "time.now"}</tool_call>\n<tool_call>{"name": "memory.save", "arguments": {}}</tool_call>'
    )
    found = spoken_calls(text, TOOLS)
    assert [call.name for call in found] == ["time.now", "memory.save"]
    assert len({call.call_id for call in found}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello.",
        '{"name": "Lena", "arguments": {}}',
        '{"name": "memory.save", "age": 3}',
        'I would call {"name": "memory.save", "arguments": {"text": "a"}}',
        '{"name": "memory.save", "arguments": {"text": "a"}} That is what I would do.',
        "print('hello')",
        "memory.save('a')",
        "memory.save(text=open('/etc/passwd').read())",
        "[1, 2, 3]",
        "```python\nprint(1)\n```",
    ],
)
def test_anything_else_is_an_answer(text: str) -> None:
    assert spoken_calls(text, TOOLS) == ()


@given(st.text(alphabet=st.sampled_from("{}[]()<>`\"'\\:,.=_| \nabcmemory.save"), max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    spoken_calls(text, TOOLS)
    may_become_call(text, TOOLS)


@given(st.integers(min_value=0, max_value=60))
def test_no_beginning_of_a_call_is_let_out(size: int) -> None:
    for text in (
        '{"name": "memory.save", "arguments": {"text": "a"}}',
        "```json\n{}",
        "<tool_call>{",
        "memory.save(text='a')",
        "[memory.save(text='a')]",
    ):
        assert may_become_call(text[:size], TOOLS)


@pytest.mark.parametrize(
    "text", ["Hello", "[1] is a source", "```python\nprint(1)", "<b>bold", "{ not json", "memo"[:3] + "x"]
)
def test_ordinary_beginnings_are_let_out(text: str) -> None:
    assert not may_become_call(text, TOOLS)
