"""Quirks of tool calls that stand in the text, in the shapes of the model families: templates without a parser.

Source: the chat templates of Mistral, Qwen3-Coder, Gemma, Llama 3, DeepSeek, gpt-oss (harmony), GLM-4.5 and MiniMax-M2,
and ReAct prompts (arXiv 2210.03629).
"""

import json
from collections.abc import Callable
from dataclasses import replace

from homarus.domain.content import Json
from homarus.testing.quirks.quirk import Quirk, Rewrite
from homarus.testing.quirks.turns import Asked, Call, Turn


def _written(write: Callable[[str, Call], str], *, before: str = "", after: str = "") -> Rewrite:
    def rewrite(turn: Turn, asked: Asked) -> Turn:
        if not turn.calls:
            return turn
        calls = "\n".join(write(asked.offered(call.name), call) for call in turn.calls)
        text = "\n".join(filter(None, (turn.text, f"{before}{calls}{after}")))
        return replace(turn, text=text, calls=())

    return rewrite


def _arguments(call: Call) -> str:
    return json.dumps(call.arguments)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _mistral(name: str, call: Call) -> str:
    return f"[TOOL_CALLS]{name}[ARGS]{_arguments(call)}"


def _mistral_list(name: str, call: Call) -> str:
    return f'[TOOL_CALLS] [{{"name": "{name}", "arguments": {_arguments(call)}}}]'


def _qwen_coder(name: str, call: Call) -> str:
    given = "".join(f"<parameter={key}>\n{_plain(value)}\n</parameter>\n" for key, value in call.arguments.items())
    return f"<tool_call>\n<function={name}>\n{given}</function>\n</tool_call>"


def _python(name: str, call: Call) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in call.arguments.items())})"


def _gemma(name: str, call: Call) -> str:
    return f"```tool_code\n{_python(name, call)}\n```"


def _gemma_printed(name: str, call: Call) -> str:
    return f"```tool_code\nprint({_python(name, call)})\n```"


def _python_tag(name: str, call: Call) -> str:
    return f'<|python_tag|>{{"name": "{name}", "parameters": {_arguments(call)}}}'


def _token(name: str) -> str:
    """Return a control token as DeepSeek's templates spell it: a fullwidth bar, and a low block for the blanks."""
    return f"<\uff5ctool_{name}\uff5c>".replace("_", "\u2581")


def _deepseek(name: str, call: Call) -> str:
    begin, middle, end = _token("call_begin"), _token("sep"), _token("call_end")
    return f"{begin}function{middle}{name}\n```json\n{_arguments(call)}\n```{end}"


def _harmony(name: str, call: Call) -> str:
    return f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{_arguments(call)}<|call|>"


def _react(name: str, call: Call) -> str:
    return f"Thought: I should use a tool.\nAction: {name}\nAction Input: {_arguments(call)}"


def _glm(name: str, call: Call) -> str:
    given = "".join(
        f"<arg_key>{key}</arg_key>\n<arg_value>{_plain(value)}</arg_value>\n" for key, value in call.arguments.items()
    )
    return f"<tool_call>{name}\n{given}</tool_call>"


def _invoke(name: str, call: Call) -> str:
    given = "".join(f'<parameter name="{key}">{_plain(value)}</parameter>\n' for key, value in call.arguments.items())
    return f'<invoke name="{name}">\n{given}</invoke>'


def _json(name: str, call: Call) -> str:
    return f'```json\n{{"name": "{name}", "arguments": {_arguments(call)}}}\n```'


def _yaml(name: str, call: Call) -> str:
    given = "".join(f"  {key}: {_plain(value)}\n" for key, value in call.arguments.items())
    return f"```yaml\ntool: {name}\narguments:\n{given}```"


def _attributes(name: str, call: Call) -> str:
    given = " ".join(f'{key}="{_plain(value)}"' for key, value in call.arguments.items())
    return f"<{name} {given} />"


def _half_tag(name: str, call: Call) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {_arguments(call)}'


def _book_quotes(name: str, call: Call) -> str:
    text = f'{{"name": "{name}", "arguments": {_arguments(call)}}}'
    return "".join(
        letter if letter != '"' else "\u201c\u201d"[text[:place].count('"') % 2] for place, letter in enumerate(text)
    )


def _table(name: str, call: Call) -> str:
    return f"| tool | arguments |\n|---|---|\n| {name} | `{_arguments(call)}` |"


def _namespace(name: str, call: Call) -> str:
    return f'<tool_call>{{"name": "tools.{name}", "arguments": {_arguments(call)}}}</tool_call>'


SHAPES: tuple[Quirk, ...] = (
    Quirk(
        name="call_as_mistral",
        about="A tool call stands in the text as `[TOOL_CALLS]name[ARGS]{...}` (Mistral).",
        rewrite=_written(_mistral),
    ),
    Quirk(
        name="call_as_mistral_list",
        about="A tool call stands in the text as `[TOOL_CALLS] [{...}]` (older Mistral).",
        rewrite=_written(_mistral_list),
    ),
    Quirk(
        name="call_as_qwen_coder",
        about="A tool call stands in the text as `<function=...><parameter=...>` (Qwen3-Coder).",
        rewrite=_written(_qwen_coder),
    ),
    Quirk(
        name="call_as_tool_code",
        about="A tool call stands in the text as Python in a `tool_code` fence (Gemma).",
        rewrite=_written(_gemma),
    ),
    Quirk(
        name="call_as_printed_code",
        about="A tool call stands in the text as `print(...)` in a `tool_code` fence (Gemma).",
        rewrite=_written(_gemma_printed),
    ),
    Quirk(
        name="call_as_python_tag",
        about="A tool call stands in the text behind a `python_tag` token, with `parameters` (Llama 3).",
        rewrite=_written(_python_tag),
    ),
    Quirk(
        name="call_as_deepseek",
        about="A tool call stands in the text between tokens of DeepSeek's own.",
        rewrite=_written(_deepseek, before=_token("calls_begin"), after=_token("calls_end")),
    ),
    Quirk(
        name="call_as_harmony",
        about="A tool call stands in the text as a `commentary to=functions.name` channel (gpt-oss).",
        rewrite=_written(_harmony),
    ),
    Quirk(
        name="call_as_react",
        about="A tool call stands in the text as `Action:` and `Action Input:` after a thought (ReAct).",
        rewrite=_written(_react),
    ),
    Quirk(
        name="call_as_glm",
        about="A tool call stands in the text as `<arg_key>` and `<arg_value>` (GLM-4.5).",
        rewrite=_written(_glm),
    ),
    Quirk(
        name="call_as_invoke",
        about="A tool call stands in the text as `<invoke name=...>` (MiniMax-M2).",
        rewrite=_written(_invoke, before="<minimax:tool_call>\n", after="\n</minimax:tool_call>"),
    ),
    Quirk(
        name="call_after_words",
        about="A tool call stands as JSON in a fence after some sentences.",
        rewrite=_written(_json, before="Sure! I will do that for you now. Here is the call:\n\n"),
    ),
    Quirk(
        name="call_as_yaml",
        about="A tool call stands as YAML in a fence of the text.",
        rewrite=_written(_yaml),
    ),
    Quirk(
        name="call_as_attributes",
        about="A tool call stands in the text as a tag of its own, with attributes.",
        rewrite=_written(_attributes),
    ),
    Quirk(
        name="call_as_half_tag",
        about="A tool call stands in the text behind a `<tool_call>` that nothing closes, a brace short.",
        rewrite=_written(_half_tag),
    ),
    Quirk(
        name="call_as_book_quotes",
        about="A tool call stands as JSON in the text, in the quotes of a book.",
        rewrite=_written(_book_quotes),
    ),
    Quirk(
        name="call_as_table",
        about="A tool call stands in a Markdown table.",
        rewrite=_written(_table),
    ),
    Quirk(
        name="call_as_namespace",
        about="A tool call stands in tags of the text, of a tool with a namespace before its name.",
        rewrite=_written(_namespace),
    ),
)
