"""C6: cold starts, and servers that hang."""

from benchmarks.quirks.claims import (
    Claim,
    ends_well,
    fails_honestly,
    never_says,
    prompts_at_most,
    says,
    second_is_asked,
    second_is_never_asked,
    tells,
    within,
)
from benchmarks.quirks.minds import talks
from benchmarks.quirks.pains.words import FELL_BACK, SLOW, WAITING
from benchmarks.quirks.scenario import Ask, Scenario, Side

_SUM = Ask(text="What is two and two?")
_SPARE = Side(mind=talks("The spare model says four."), model="spare")
_PATIENCE_S = 2.5


def _hangs(name: str, thread: str, quirk: str, about: str, *more: Claim) -> Scenario:
    return Scenario(
        name=name,
        pain="C6",
        thread=thread,
        about=f"{about} A healthy fallback is configured, and the owner waits {_PATIENCE_S:g} s for a first word.",
        expect="The fallback answers, and the person is told why.",
        first=Side(mind=talks("The first model says that it is"), quirks=(quirk,), patience_s=_PATIENCE_S),
        second=_SPARE,
        steps=(_SUM,),
        right=(ends_well(), says("spare model says four"), second_is_asked(), within(45), *more),
        told=(tells(FELL_BACK), tells(SLOW)),
    )


SCENARIOS = (
    Scenario(
        name="cold-start",
        pain="C6",
        thread="openclaw/openclaw#62958",
        about="The model is being loaded (503) for the first two requests.",
        expect="The answer, a little later; a person at a terminal sees that it loads.",
        first=Side(mind=talks("Two and two are four."), quirks=("cold_start",)),
        steps=(Ask(text="What is two and two?", at_terminal=True),),
        right=(ends_well(), says("are four"), prompts_at_most(6)),
        told=(tells(WAITING),),
        is_slow=True,
    ),
    Scenario(
        name="first-word-after-six-seconds",
        pain="C6",
        thread="openclaw/openclaw#87616",
        about="The first word comes after six seconds; a fallback is configured, nobody set a limit.",
        expect="The first model's answer: six seconds are no failure.",
        first=Side(mind=talks("Two and two are four."), quirks=("slow_first_token",), pause_s=6),
        second=_SPARE,
        steps=(_SUM,),
        right=(ends_well(), says("two and two are four"), prompts_at_most(1), second_is_never_asked()),
        is_slow=True,
    ),
    Scenario(
        name="long-answer",
        pain="C6",
        thread="openclaw/openclaw#85267",
        about="The answer takes longer than the owner's limit for a first word, but every word comes in time.",
        expect="The whole answer.",
        first=Side(
            mind=talks(" ".join(f"word{number}" for number in range(40))),
            quirks=("slow_words",),
            pause_s=0.5,
            patience_s=2,
        ),
        steps=(_SUM,),
        right=(ends_well(), says("word0 .*word39"), prompts_at_most(1)),
        is_slow=True,
    ),
    _hangs("hangs-at-once", "openclaw/openclaw#31399", "stalls_at_once", "The server takes the request and hangs."),
    _hangs("hangs-before-words", "openclaw/openclaw#65314", "stalls_before_words", "Headers come, then nothing."),
    _hangs(
        "hangs-midway",
        "openclaw/openclaw#64541",
        "stalls_midway",
        "Half an answer comes, then nothing.",
        never_says("first model"),
    ),
    Scenario(
        name="hangs-without-fallback",
        pain="C6",
        thread="openclaw/openclaw#31399",
        about=f"The server hangs, and there is no fallback; the owner waits {_PATIENCE_S:g} s.",
        expect="A sentence that says so, and what to do.",
        first=Side(mind=talks("Four."), quirks=("stalls_at_once",), patience_s=_PATIENCE_S),
        steps=(_SUM,),
        right=(fails_honestly(), prompts_at_most(8), within(45)),
        told=(tells(SLOW),),
    ),
    Scenario(
        name="all-hang",
        pain="C6",
        thread="openclaw/openclaw#71682",
        about="The server hangs, and so does the fallback.",
        expect="A sentence that names both.",
        first=Side(mind=talks("Four."), quirks=("stalls_at_once",), patience_s=_PATIENCE_S),
        second=Side(mind=talks("Four."), quirks=("stalls_at_once",), patience_s=_PATIENCE_S, model="spare"),
        steps=(_SUM,),
        right=(fails_honestly(), second_is_asked(), within(60)),
        told=(tells(SLOW), tells("first"), tells("second|spare")),
    ),
    Scenario(
        name="loads-for-ever",
        pain="C6",
        thread="openclaw/openclaw#71682",
        about="The model is being loaded (503) and stays so; a healthy fallback is configured.",
        expect="The fallback answers within the time that a person waits, and the person is told why.",
        first=Side(mind=talks("Four."), quirks=("loading_forever",)),
        second=_SPARE,
        steps=(_SUM,),
        right=(ends_well(), says("spare model says four"), within(75)),
        told=(tells(FELL_BACK), tells(r"load")),
        is_slow=True,
    ),
)
