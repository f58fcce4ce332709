"""A server that behaves: whoever fails here is not configured rightly, and the rest says nothing."""

from benchmarks.quirks.claims import ends_well, prompts_at_most, says, writes
from benchmarks.quirks.minds import talks, writes_file
from benchmarks.quirks.scenario import Ask, Scenario, Side

SCENARIOS = (
    Scenario(
        name="control",
        pain="-",
        thread="",
        about="Nothing is wrong with the server.",
        expect="The answer.",
        first=Side(mind=talks("Two and two are four.")),
        steps=(Ask(text="What is two and two?"),),
        right=(ends_well(), says("two and two are four"), prompts_at_most(2)),
    ),
    Scenario(
        name="control-tool",
        pain="-",
        thread="",
        about="Nothing is wrong with the server, and the model calls a tool.",
        expect="The file is written, and the model says so.",
        first=Side(mind=writes_file()),
        steps=(Ask(text="Write milk into list.txt"),),
        right=(ends_well(), writes("list.txt", "milk"), says("wrote milk"), prompts_at_most(4)),
    ),
)
