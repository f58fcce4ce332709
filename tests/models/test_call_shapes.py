"""Calls in the words of every family of models."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.models.spoken import taken_apart

TOOLS: dict[str, dict[str, Json]] = {
    "memory.save": {"properties": {"text": {"type": "string"}}, "required": ["text"]},
    "time.now": {"properties": {}},
    "web.fetch": {"properties": {"url": {"type": "string"}, "links": {"type": "boolean"}}, "required": ["url"]},
}
SHAPES = {
    "glm": "<tool_call>memory.save\n<arg_key>text</arg_key>\n<arg_value>a</arg_value>\n</tool_call>",
    "mistral v13": '[TOOL_CALLS]memory_save[ARGS]{"text": "a"}',
    "mistral with an id": '[TOOL_CALLS]memory_save[CALL_ID]abc123[ARGS]{"text": "a"}</s>',
    "gemma 3": '```tool_code\nprint(memory_save(text="a"))\n```',
    "gemma 3, with a module": '```tool_code\nprint(default_api.memory_save(text="a"))\n```',
    "gemma 3, without a name": '```tool_code\nmemory_save("a")\n```',
    "gemma 4": '<|tool_call>call:memory_save{text:<|"|>a<|"|>}<tool_call|>',
    "function gemma": "<start_function_call>call:memory_save{text:<escape>a<escape>}<end_function_call>",
    "deepseek v3": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>memory_save\n"  # noqa: RUF001 - theirs
    '```json\n{"text": "a"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>',  # noqa: RUF001
    "deepseek v3.1": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>memory_save<｜tool▁sep｜>"  # noqa: RUF001
    '{"text": "a"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',  # noqa: RUF001
    "deepseek v3.2": '<｜DSML｜function_calls>\n<｜DSML｜invoke name="memory_save">\n'  # noqa: RUF001
    '<｜DSML｜parameter name="text" string="true">a</｜DSML｜parameter>\n</｜DSML｜invoke>\n'  # noqa: RUF001
    "</｜DSML｜function_calls>",  # noqa: RUF001
    "kimi k2": "<|tool_calls_section_begin|><|tool_call_begin|>functions.memory_save:0<|tool_call_argument_begin|>"
    '{"text": "a"}<|tool_call_end|><|tool_calls_section_end|>',
    "minimax": '<minimax:tool_call>\n<invoke name="memory_save">\n<parameter name="text">a</parameter>\n</invoke>\n'
    "</minimax:tool_call>",
    "harmony": '<|channel|>commentary to=functions.memory_save <|constrain|>json<|message|>{"text": "a"}<|call|>',
    "harmony, recipient in the role": "<|start|>assistant to=functions.memory_save<|channel|>commentary json<|message|>"
    '{"text":"a"}<|call|>',
    "phi-4": 'functools[{"name": "memory_save", "arguments": {"text": "a"}}]',
    "granite": '<|tool_call|>[{"name": "memory_save", "arguments": {"text": "a"}}]',
    "lfm2": '<|tool_call_start|>[memory_save(text="a")]<|tool_call_end|>',
    "nemotron": '<TOOLCALL>[{"name": "memory_save", "arguments": {"text": "a"}}]</TOOLCALL>',
    "command r": '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "memory_save", "parameters": {"text": "a"}}]'
    "<|END_ACTION|>",
    "apertus": '<|tools_prefix|>[{"memory_save": {"text": "a"}}]<|tools_suffix|>',
    "react": 'Thought: I should save it.\nAction: memory_save\nAction Input: {"text": "a"}\nObservation: done',
    "react, plain": "Action: memory_save\nAction Input: a",
    "functionary": '>>>memory_save\n{"text": "a"}',
    "seed": "<seed:tool_call><function=memory_save><parameter=text>a</parameter></function></seed:tool_call>",
    "llama 3": '<|python_tag|>{"type": "function", "name": "memory_save", "parameters": {"text": "a"}}<|eom_id|>',
    "a tag after words": 'Sure. <tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>',
    "with a result made up": '<tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>\n'
    "<tool_response>ok</tool_response>\nSaved!",
}


@pytest.mark.parametrize("family", SHAPES)
def test_the_shape_of_every_family_is_a_call(family: str) -> None:
    found = taken_apart(SHAPES[family], TOOLS)
    assert [(call.name, call.arguments) for call in found.calls] == [("memory.save", {"text": "a"})]
    assert "text" not in found.text


@pytest.mark.parametrize("family", SHAPES)
def test_a_tool_that_was_not_offered_is_no_call(family: str) -> None:
    assert taken_apart(SHAPES[family], {"web.fetch": TOOLS["web.fetch"]}).calls == ()


def test_several_calls_of_one_answer_keep_their_order() -> None:
    text = '[TOOL_CALLS]time_now{}[TOOL_CALLS]web_fetch{"url": "http://a/{b}", "links": true}'
    assert [call.name for call in taken_apart(text, TOOLS).calls] == ["time.now", "web.fetch"]


@pytest.mark.parametrize("value", ["007", "1e5", "3", "true", "null", '{"a": 1}', "1.0"])
def test_where_text_is_due_it_stays_as_the_model_wrote_it(value: str) -> None:
    text = f"<tool_call><function=memory.save><parameter=text>{value}</parameter></function></tool_call>"
    assert taken_apart(text, TOOLS).calls[0].arguments == {"text": value}


@pytest.mark.parametrize(
    "text",
    [
        'Here is an example of a call:\n```json\n{"name": "memory.save", "arguments": {"text": "a"}}\n```',
        'A call looks like this: <tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>',
        '```\n<tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>\n```\nThat was it.',
        'Write `<tool_call>{"name": "memory.save", "arguments": {"text": "a"}}</tool_call>` to save.',
        "The [TOOL_CALLS] token begins a call in Mistral.",
        "Thought: hm\nFinal Answer: 4",
        "Action: rest\nAction Input: none",
        'Use `memory.save(text="a")` in Python.',
        '{"time": {"now": 3}}',
        '{"name": "Lena", "arguments": {"for": 1, "against": 2}}',
    ],
)
def test_what_is_written_for_a_reader_is_no_call(text: str) -> None:
    assert taken_apart(text, TOOLS).calls == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4), st.text(alphabet="abc .,:\n", max_size=40))
def test_json_for_a_person_is_never_a_call(value: dict[str, Json], words: str) -> None:
    assert taken_apart(f"{words}{json.dumps(value)}", TOOLS).calls == ()


@given(
    st.text(max_size=40), st.sampled_from(["{}", "<tool_call>{}</tool_call>", "```json\n{}\n```", "[TOOL_CALLS][{}]"])
)
def test_any_text_survives_as_an_argument(value: str, frame: str) -> None:
    written = json.dumps({"name": "memory.save", "arguments": {"text": value}})
    found = taken_apart(frame.replace("{}", written), TOOLS)
    assert [call.arguments for call in found.calls] == [{"text": value}]


PARTS = [
    "<tool_call>",
    "</tool_call>",
    "[TOOL_CALLS]",
    "<|message|>",
    "to=",
    "Action:",
    "Thought:",
    "\n",
    " ",
    "{",
    "}",
]


@given(st.lists(st.sampled_from([*PARTS, '"', "call:", "begin", ">>>x\n", "memory.save", "(", ")", "a"]), max_size=40))
def test_no_heap_of_marks_breaks_the_reader(parts: list[str]) -> None:
    taken_apart("".join(parts), TOOLS)


DEEP = "<|tool_call_begin|>a\n{"


@pytest.mark.parametrize(
    "piece", ["Thought: a\n", "Action: a\n", "<tool_call>", " ", "{", "to= ", "[TOOL_CALLS]a {", DEEP, f"{DEEP}}}"]
)
@pytest.mark.timeout(10)
def test_a_long_answer_of_marks_comes_to_an_end(piece: str) -> None:
    assert taken_apart(piece * (20_000 // len(piece)) + "<|message|>", TOOLS).calls == ()


def test_marks_of_our_own_in_an_answer_are_nothing_special() -> None:
    calls = taken_apart("call:memory.save{text:<escape>a<escape>\x0099\x00}", TOOLS).calls
    assert calls == ()
    assert taken_apart("call:memory.save{text:<escape>a\x00b<escape>}", TOOLS).calls[0].arguments == {"text": "ab"}


def test_values_that_json_has_not_are_no_arguments() -> None:
    assert taken_apart("memory_save(text=1e999)", TOOLS).calls == ()
