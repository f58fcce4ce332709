"""Quirks of what models say: tool calls as text, reasoning in the wrong place, claims, echoes, leaks."""

import json
from collections.abc import Callable
from dataclasses import replace

from homarus.domain.errors import Failure
from homarus.domain.inference import Finish
from homarus.testing.quirks.quirk import Quirk
from homarus.testing.quirks.turns import OPENAI_COMPLETIONS, Asked, Call, Turn


def _as_text(write: Callable[[Call], str]) -> Callable[[Turn, Asked], Turn]:
    def rewrite(turn: Turn, asked: Asked) -> Turn:
        del asked
        if not turn.calls:
            return turn
        written = "\n".join(write(call) for call in turn.calls)
        return replace(turn, text="\n".join(filter(None, (turn.text, written))), calls=())

    return rewrite


def _json(call: Call) -> str:
    return json.dumps({"name": call.name, "arguments": call.arguments})


def _fenced(call: Call) -> str:
    return f"```json\n{json.dumps({'name': call.name, 'arguments': call.arguments}, indent=2)}\n```"


def _pythonic(call: Call) -> str:
    return f"[{call.name}({', '.join(f'{name}={value!r}' for name, value in call.arguments.items())})]"


def _tagged(call: Call) -> str:
    return f"<tool_call>\n{_json(call)}\n</tool_call>"


def _reasoning_in_answer(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, text=f"{turn.reasoning}\n\n{turn.text}".strip(), reasoning="")


def _think_tags(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, text=f"<think>\n{turn.reasoning}\n</think>\n\n{turn.text}", reasoning="", piece_chars=3)


def _think_unopened(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, text=f"{turn.reasoning}\n</think>\n\n{turn.text}", reasoning="", piece_chars=3)


def _reasoning_field(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, reasoning_field="reasoning")


def _only_reasoning(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, text="", calls=(), reasoning=turn.reasoning or turn.text or "Let me think.")


def _empty(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, text="", calls=(), reasoning="")


def _cut_at_length(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, text=turn.text[: len(turn.text) // 2], calls=(), finish=Finish.LENGTH)


def _each_call(change: Callable[[Call], Call]) -> Callable[[Turn, Asked], Turn]:
    def rewrite(turn: Turn, asked: Asked) -> Turn:
        del asked
        return replace(turn, calls=tuple(change(call) for call in turn.calls))

    return rewrite


def _truncated(call: Call) -> Call:
    text = json.dumps(call.arguments)
    return replace(call, raw=text[: max(1, len(text) // 2)])


def _echo(turn: Turn, asked: Asked) -> Turn:
    del asked
    echoed = "\n".join(_json(call) for call in turn.calls)
    return replace(turn, text="\n".join(filter(None, (turn.text, echoed))))


def _claims(turn: Turn, asked: Asked) -> Turn:
    del asked
    said = " ".join(f"I have called {call.name} and it is done." for call in turn.calls)
    return replace(turn, text=said or turn.text, calls=())


def _forever(turn: Turn, asked: Asked) -> Turn:
    if turn.calls or not asked.tools:
        return turn
    done = [name for heard in asked.messages for name in heard.call_names]
    return replace(turn, text="", calls=(Call(name=done[-1] if done else asked.tools[0]),))


def _leak(word: str) -> Callable[[Turn, Asked], Turn]:
    return lambda turn, _: turn if turn.calls else replace(turn, text=f"{turn.text}\n\n{word}")


SAYINGS: tuple[Quirk, ...] = (
    Quirk(
        name="call_as_json",
        about="A tool call stands as bare JSON in the text.",
        rewrite=_as_text(_json),
    ),
    Quirk(
        name="call_as_fenced",
        about="A tool call stands as JSON in a fenced block of the text.",
        rewrite=_as_text(_fenced),
    ),
    Quirk(
        name="call_as_pythonic",
        about="A tool call stands as Python in the text: `[web.fetch(url='...')]`.",
        rewrite=_as_text(_pythonic),
    ),
    Quirk(
        name="call_as_tag",
        about="A tool call stands between <tool_call> tags in the text.",
        rewrite=_as_text(_tagged),
    ),
    Quirk(
        name="reasoning_in_answer",
        about="Reasoning is glued to the front of the answer, with no mark between.",
        rewrite=_reasoning_in_answer,
    ),
    Quirk(
        name="think_tags",
        about="Reasoning stands in <think> tags of the text, and the tags are split over chunks of three characters.",
        rewrite=_think_tags,
    ),
    Quirk(
        name="think_unopened",
        about="Reasoning ends with </think> in the text and was never opened.",
        rewrite=_think_unopened,
    ),
    Quirk(
        name="reasoning_field",
        about="Reasoning comes in `reasoning`, as vLLM, LM Studio and OpenRouter send it.",
        rewrite=_reasoning_field,
        only=(OPENAI_COMPLETIONS,),
    ),
    Quirk(
        name="only_reasoning",
        about="There is reasoning and no answer.",
        rewrite=_only_reasoning,
    ),
    Quirk(
        name="empty_answer",
        about="There is no answer at all, and the stream ends well.",
        rewrite=_empty,
        failure=Failure.BAD_ANSWER,
    ),
    Quirk(
        name="cut_at_length",
        about="Half of the answer, ended by the output limit.",
        rewrite=_cut_at_length,
    ),
    Quirk(
        name="truncated_arguments",
        about="The arguments of a tool call are JSON that ends in the middle.",
        rewrite=_each_call(_truncated),
    ),
    Quirk(
        name="arguments_other_shape",
        about="The arguments of a tool call are an object where text is due, or text where an object is due.",
        rewrite=_each_call(lambda call: replace(call, is_other_shape=True)),
    ),
    Quirk(
        name="duplicate_call_ids",
        about="All tool calls of an answer have the same id.",
        rewrite=_each_call(lambda call: replace(call, call_id="call_same")),
    ),
    Quirk(
        name="missing_call_ids",
        about="Tool calls have no id.",
        rewrite=_each_call(lambda call: replace(call, call_id="")),
    ),
    Quirk(
        name="echo_call",
        about="The text repeats the JSON of the tool call that is really made.",
        rewrite=_echo,
    ),
    Quirk(
        name="claims_without_call",
        about="The text claims that the tool was called; it was not.",
        rewrite=_claims,
    ),
    Quirk(
        name="same_call_forever",
        about="Whatever the results say, the same tool is called again.",
        rewrite=_forever,
    ),
    Quirk(name="leaks_no_reply", about="NO_REPLY stands at the end of an answer.", rewrite=_leak("NO_REPLY")),
    Quirk(name="leaks_heartbeat", about="HEARTBEAT_OK stands at the end of an answer.", rewrite=_leak("HEARTBEAT_OK")),
)
