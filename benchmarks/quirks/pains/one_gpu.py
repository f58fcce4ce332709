"""C9: one GPU, many requests."""

from benchmarks.quirks.claims import all_end_well, one_at_a_time, prompts_at_most, says, tells
from benchmarks.quirks.minds import talks
from benchmarks.quirks.scenario import Ask, Scenario, Side, Together

_SLOW = Side(mind=talks("Two and two are four."), quirks=("one_slot", "slow_first_token"), pause_s=0.6)

SCENARIOS = (
    Scenario(
        name="eight-at-once",
        pain="C9",
        thread="openclaw/openclaw#120270",
        about="A server with one slot, and eight conversations that ask at the same time.",
        expect="All eight are answered, and the server never has two prompts at once.",
        first=_SLOW,
        steps=(
            Ask(text="Hello."),
            Together(asks=tuple(Ask(text="What is two and two?", session=f"s{number}") for number in range(8))),
        ),
        right=(all_end_well(), one_at_a_time(), prompts_at_most(12)),
        is_slow=True,
    ),
    Scenario(
        name="place-in-the-queue",
        pain="C9",
        thread="openclaw/openclaw#18733",
        about="A server with one slot, five conversations that ask, and a person at a terminal among them.",
        expect="Everybody is answered, and the person sees that others are before.",
        first=_SLOW,
        steps=(
            Ask(text="Hello."),
            Together(
                asks=(
                    *(Ask(text="What is two and two?", session=f"s{number}") for number in range(5)),
                    Ask(text="What is two and two?", session="me", at_terminal=True, after_s=0.8),
                )
            ),
        ),
        right=(all_end_well(), one_at_a_time(), says("are four")),
        told=(tells(r"before you|waiting for the model|queue"),),
        is_slow=True,
    ),
)
