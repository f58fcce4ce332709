"""Quirks of what models leave out or add: lost calls, empty arguments, channels, waiting, thoughts with a heading."""

from collections.abc import Callable
from dataclasses import replace

from homarus.domain.inference import Finish
from homarus.testing.quirks.quirk import Quirk, Rewrite
from homarus.testing.quirks.turns import Asked, Turn


def _talking(change: Callable[[Turn], Turn]) -> Rewrite:
    """Change turns that only talk."""
    return lambda turn, _: turn if turn.calls else change(turn)


def _calling(change: Callable[[Turn], Turn]) -> Rewrite:
    """Change turns that call tools."""
    return lambda turn, _: change(turn) if turn.calls else turn


def _channels(turn: Turn) -> Turn:
    thought = f"<|channel|>analysis<|message|>{turn.reasoning or 'Easy.'}<|end|><|start|>assistant"
    return replace(turn, text=f"{thought}<|channel|>final<|message|>{turn.text}<|return|>", reasoning="", piece_chars=5)


def _with_heading(turn: Turn) -> Turn:
    return replace(turn, text=f"Reasoning:\n_{turn.reasoning or 'Easy.'}_\n\n{turn.text}", reasoning="")


def _thinks_the_answer(turn: Turn) -> Turn:
    return replace(turn, reasoning="\n\n".join(filter(None, (turn.reasoning, turn.text))), text="")


def _spends_all(turn: Turn, asked: Asked) -> Turn:
    del asked
    return replace(turn, text="", calls=(), reasoning=(turn.reasoning or "Hmm. ") * 40, finish=Finish.LENGTH)


def _dropped(turn: Turn) -> Turn:
    return replace(turn, text="", calls=(), reasoning=turn.reasoning or "I shall call it.", finish=Finish.TOOL_CALLS)


def _waits(turn: Turn) -> Turn:
    return replace(turn, text="Please wait a moment while I do that for you.", calls=())


def _hollow(turn: Turn, asked: Asked) -> Turn:
    if not asked.is_stream:
        return turn
    return replace(turn, calls=tuple(replace(call, raw="", arguments={}) for call in turn.calls))


LAPSES: tuple[Quirk, ...] = (
    Quirk(
        name="harmony_channels",
        about="The answer comes with the tokens of its channels, `analysis` and `final` (gpt-oss).",
        rewrite=_talking(_channels),
    ),
    Quirk(
        name="reasoning_heading",
        about="Reasoning stands in the answer under the heading `Reasoning:`, in italics.",
        rewrite=_talking(_with_heading),
    ),
    Quirk(
        name="answer_in_reasoning",
        about="The answer stands in the reasoning, and nowhere else.",
        rewrite=_talking(_thinks_the_answer),
    ),
    Quirk(
        name="thinks_until_the_limit",
        about="All words allowed are spent on reasoning; the limit ends it before the answer.",
        rewrite=_spends_all,
    ),
    Quirk(
        name="drops_calls",
        about="The finish reason says `tool_calls`, and there are none: a parser lost them after the reasoning (vLLM).",
        rewrite=_calling(_dropped),
    ),
    Quirk(
        name="empty_arguments_streamed",
        about="A streamed tool call has a name and no arguments; the same unstreamed has them (SGLang).",
        rewrite=_hollow,
    ),
    Quirk(
        name="calls_with_stop",
        about="There are tool calls, and the finish reason says `stop`.",
        rewrite=_calling(lambda turn: replace(turn, finish=Finish.STOP)),
    ),
    Quirk(
        name="please_wait",
        about="In place of a tool call there are the words that one should wait.",
        rewrite=_calling(_waits),
    ),
)
