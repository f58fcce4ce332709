"""C5: slow reading of prompts, and prompts that are long or change."""

from benchmarks.quirks.claims import all_end_well, claim, each_prompt_at_most, ends_well, prompts_at_most, says, tells
from benchmarks.quirks.minds import call_of, does, talks
from benchmarks.quirks.pains.words import WAITING
from benchmarks.quirks.received import kept
from benchmarks.quirks.scenario import Ask, Scenario, Seen, Side


def _is_kept(seen: Seen) -> bool:
    """Whether each prompt of the person's begins with the one before it, to the letter."""
    own = tuple(prompt for prompt in seen.first.prompts if "apples" in prompt.text)
    return len(own) >= 4 and kept(own) >= 0.98


SCENARIOS = (
    Scenario(
        name="prefix-kept",
        pain="C5",
        thread="openclaw/openclaw#40256",
        about="The server keeps what it has read, as long as the next prompt begins with the same bytes.",
        expect="Nothing but the new words has to be read again, also after a tool was used.",
        first=Side(mind=does(call_of("time.now", {}), then="Noted, apples.")),
        steps=(
            Ask(text="I have three apples."),
            Ask(text="Now I have five apples."),
            Ask(text="What time is it for the apples?"),
            Ask(text="Good, six apples."),
        ),
        right=(all_end_well(), claim("at least 98 % of each prompt is the beginning of the next", _is_kept)),
    ),
    Scenario(
        name="short-question",
        pain="C5",
        thread="NousResearch/hermes-agent#13983",
        about="A server that reads 60 tokens a second, and a question of two words.",
        expect="No more than 2,000 tokens to read: half a minute, not five.",
        first=Side(mind=talks("I am your agent.")),
        steps=(Ask(text="who u?"),),
        right=(ends_well(), says("your agent"), each_prompt_at_most(2000), prompts_at_most(2)),
    ),
    Scenario(
        name="slow-reading-told",
        pain="C5",
        thread="NousResearch/hermes-agent#79168",
        about="Reading the prompt takes four seconds, and the server says how far it is.",
        expect="A person at a terminal sees that it is read, and how far.",
        first=Side(mind=talks("Two and two are four."), quirks=("slow_reading",), pause_s=1.4),
        steps=(Ask(text="What is two and two?", at_terminal=True),),
        right=(ends_well(), says("are four"), prompts_at_most(2)),
        told=(tells(r"reading|\d+ ?%|tokens"),),
    ),
    Scenario(
        name="slow-reading-silent",
        pain="C5",
        thread="NousResearch/hermes-agent#61265",
        about="Reading the prompt takes five seconds, and the server says nothing meanwhile.",
        expect="A person at a terminal sees that something goes on, and gets the answer.",
        first=Side(mind=talks("Two and two are four."), quirks=("slow_first_token",), pause_s=5),
        steps=(Ask(text="What is two and two?", at_terminal=True),),
        right=(ends_well(), says("are four"), prompts_at_most(2)),
        told=(tells(WAITING),),
    ),
)
