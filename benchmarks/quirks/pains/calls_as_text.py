"""C3: tool calls that come as text, or get lost."""

from benchmarks.quirks.claims import ends_well, prompts_at_most, writes
from benchmarks.quirks.minds import writes_file
from benchmarks.quirks.scenario import Ask, Scenario, Side


def _shape(name: str, thread: str, quirk: str, about: str) -> Scenario:
    return Scenario(
        name=name,
        pain="C3",
        thread=thread,
        about=about,
        expect="The file is written; no JSON and no tag is shown.",
        first=Side(mind=writes_file(), quirks=(quirk,)),
        steps=(Ask(text="Write milk into list.txt"),),
        right=(ends_well(), writes("list.txt", "milk"), prompts_at_most(6)),
    )


SCENARIOS = (
    _shape("call-as-json", "openclaw/openclaw#122224", "call_as_json", "A tool call comes as bare JSON in the text."),
    _shape("call-as-fenced", "openclaw/openclaw#8933", "call_as_fenced", "It comes as JSON in a fenced block."),
)
