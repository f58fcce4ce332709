"""C11: reasoning in the answer, and answers in the reasoning."""

from benchmarks.quirks.claims import ends_in_time, ends_well, fails_honestly, never_says, prompts_at_most, says, tells
from benchmarks.quirks.minds import talks
from benchmarks.quirks.scenario import Ask, Scenario, Side

_SUM = Ask(text="What is two and two?")
_THOUGHT = "The owner seems tired tonight, better be kind."
_MIND = talks("Two and two are four.", reasoning=_THOUGHT)


def _hidden(name: str, thread: str, quirk: str, about: str) -> Scenario:
    return Scenario(
        name=name,
        pain="C11",
        thread=thread,
        about=about,
        expect="The answer without a word of the thoughts.",
        first=Side(mind=_MIND, quirks=(quirk,)),
        steps=(_SUM,),
        right=(ends_well(), says("are four"), never_says("tired tonight|Reasoning:"), prompts_at_most(2)),
    )


SCENARIOS = (
    _hidden("think-tags", "openclaw/openclaw#40736", "think_tags", "Thoughts stand in `<think>` tags of the text."),
    _hidden("think-unopened", "openclaw/openclaw#14151", "think_unopened", "Thoughts end with a tag never opened."),
    _hidden("reasoning-field", "openclaw/openclaw#95280", "reasoning_field", "Thoughts come in a field `reasoning`."),
    _hidden("reasoning-heading", "openclaw/openclaw#24406", "reasoning_heading", "Thoughts stand under `Reasoning:`."),
    _hidden(
        "harmony-channels", "openclaw/openclaw#134662", "harmony_channels", "Thoughts come as a channel of gpt-oss."
    ),
    Scenario(
        name="answer-in-reasoning",
        pain="C11",
        thread="openclaw/openclaw#71891",
        about="The answer stands in the thoughts, and nowhere else.",
        expect="The answer, or a sentence that there was none: never nothing.",
        first=Side(mind=talks("Two and two are four."), quirks=("answer_in_reasoning",)),
        steps=(_SUM,),
        right=(ends_in_time(), prompts_at_most(4), tells(r"are four|no answer|gave no|thought")),
        told=(tells(r"are four|no answer|gave no|thought"),),
    ),
    Scenario(
        name="only-reasoning",
        pain="C11",
        thread="openclaw/openclaw#71891",
        about="There are thoughts and no answer, every time.",
        expect="A sentence that says so, without the thoughts.",
        first=Side(mind=_MIND, quirks=("only_reasoning",)),
        steps=(_SUM,),
        right=(fails_honestly(), never_says("tired tonight"), prompts_at_most(4)),
        told=(tells(r"thought|no answer|reason"),),
    ),
    Scenario(
        name="tags-talked-about",
        pain="C11",
        thread="openclaw/openclaw#40736",
        about="The person asks what think tags are, and the answer names them in code.",
        expect="The answer is not cut at the tag.",
        first=Side(mind=talks("Models open their thoughts with a tag named think, as in XML, and close it later.")),
        steps=(Ask(text="How do models mark thoughts?"),),
        right=(ends_well(), says("tag named think, as in XML, and close it later")),
    ),
)
