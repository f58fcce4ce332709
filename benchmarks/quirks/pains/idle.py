"""C14: what is spent while nobody asks."""

from benchmarks.quirks.claims import ends_well, prompts_at_most, tokens_at_most
from benchmarks.quirks.minds import talks
from benchmarks.quirks.scenario import Ask, Idle, Scenario, Side

SCENARIOS = (
    Scenario(
        name="idle",
        pain="C14",
        thread="openclaw/openclaw#64293",
        about="One question, and then nobody does anything for a while.",
        expect="The model is asked for the question and, at most, once to keep its prompt warm.",
        first=Side(mind=talks("Two and two are four.")),
        steps=(Ask(text="What is two and two?"), Idle(seconds=4)),
        right=(ends_well(), prompts_at_most(2), tokens_at_most(5000)),
    ),
)
