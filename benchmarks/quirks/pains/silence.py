"""C12: tokens that mean silence, and are shown or kept."""

from benchmarks.quirks.claims import (
    ends_in_time,
    ends_well,
    never_says,
    never_shows,
    nowhere_in_workspace,
    prompts_at_most,
    says,
    tells,
)
from benchmarks.quirks.minds import call_of, does, talks
from benchmarks.quirks.scenario import Ask, Scenario, Side

_TOKENS = "NO_REPLY|HEARTBEAT_OK|no_reply|heartbeat_ok"
_SUM = Ask(text="What is two and two?")


def _alone(name: str, thread: str, said: str, *, reasoning: str = "", quirks: tuple[str, ...] = ()) -> Scenario:
    return Scenario(
        name=name,
        pain="C12",
        thread=thread,
        about=f"The whole answer is `{said}`.",
        expect="The token is not shown; the person is told that the model had nothing to say.",
        first=Side(mind=talks(said, reasoning=reasoning), quirks=quirks),
        steps=(_SUM,),
        right=(ends_in_time(), never_shows(_TOKENS), prompts_at_most(4)),
        told=(tells(r"nothing to say|no answer|empty|silent"),),
    )


def _beside(name: str, thread: str, said: str) -> Scenario:
    return Scenario(
        name=name,
        pain="C12",
        thread=thread,
        about="The token stands beside a real answer.",
        expect="The answer without the token.",
        first=Side(mind=talks(said)),
        steps=(_SUM,),
        right=(ends_well(), says("are four"), never_says(_TOKENS), prompts_at_most(2)),
    )


SCENARIOS = (
    _alone("no-reply", "openclaw/openclaw#17726", "NO_REPLY"),
    _alone("no-reply-bold", "openclaw/openclaw#16974", "**NO_REPLY**"),
    _alone("no-reply-lower", "openclaw/openclaw#66154", "no_reply."),
    _alone("heartbeat-ok", "openclaw/openclaw#72217", "HEARTBEAT_OK"),
    _alone(
        "heartbeat-after-thoughts",
        "openclaw/openclaw#134662",
        "HEARTBEAT_OK",
        reasoning="Nothing to do.",
        quirks=("think_tags",),
    ),
    _beside("no-reply-at-the-end", "openclaw/openclaw#143278", "Two and two are four.\n\nNO_REPLY"),
    _beside("heartbeat-at-the-start", "openclaw/openclaw#143278", "HEARTBEAT_OK\n\nTwo and two are four."),
    Scenario(
        name="no-reply-remembered",
        pain="C12",
        thread="openclaw/openclaw#129618",
        about="The model saves the token as something to remember.",
        expect="It is in no file afterwards.",
        first=Side(
            mind=does(call_of("memory.save", {"text": "NO_REPLY"}), then="I remember that. Two and two are four.")
        ),
        steps=(Ask(text="Remember what you need to, and tell me what two and two are."),),
        right=(ends_in_time(), nowhere_in_workspace("NO_REPLY"), prompts_at_most(8)),
    ),
)
