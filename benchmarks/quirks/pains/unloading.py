"""C8: models that are unloaded, loaded twice, or changed behind one's back."""

from benchmarks.quirks.claims import (
    all_end_well,
    claim,
    ends_in_time,
    ends_well,
    every_prompt,
    prompts_at_most,
    says,
    tells_now,
)
from benchmarks.quirks.minds import remembers, talks
from benchmarks.quirks.pains.context import WORD, long_talk
from benchmarks.quirks.scenario import Ask, Change, Look, Scenario, Side
from homarus.testing.quirks.turns import OLLAMA

_OTHERS = ("tester", "big-70b", "other-30b")
_CHANGED = r"pinned|digest|another build|changed"

SCENARIOS = (
    Scenario(
        name="unloaded-between-turns",
        pain="C8",
        thread="openclaw/openclaw#75921",
        about="The model is unloaded after each answer, and loading takes a second and a half.",
        expect="Both answers.",
        first=Side(mind=talks("Two and two are four."), quirks=("unloads",), pause_s=1.5, api=OLLAMA),
        steps=(Ask(text="What is two and two?"), Ask(text="Again, please.")),
        right=(all_end_well(), says("are four"), prompts_at_most(4)),
    ),
    Scenario(
        name="only-the-named-model",
        pain="C8",
        thread="openclaw/openclaw#117919",
        about="The server would load any of its three models for whoever asks, several gigabytes each.",
        expect="Only the configured one is ever asked, also for summaries.",
        first=Side(mind=remembers(WORD), models=_OTHERS, quirks=("window_4k",), window_tokens=4096),
        steps=long_talk(pages=3, chars=4000),
        right=(
            all_end_well(),
            every_prompt("only the configured model is asked", lambda one: one.body.get("model") == "tester"),
            claim(
                "nothing is loaded besides",
                lambda seen: not any("/load" in path or path == "/api/generate" for path in seen.first.paths),
            ),
        ),
        is_slow=True,
    ),
    Scenario(
        name="digest-changed",
        pain="C8",
        thread="openclaw/openclaw#107824",
        about="The model was pinned; then somebody pulled it anew, and its digest is another one.",
        expect="The person is told that it is not the pinned one.",
        first=Side(mind=talks("Two and two are four."), api=OLLAMA),
        steps=(
            Ask(text="What is two and two?"),
            Look(what="pin"),
            Change(quirks=("digest_changed",)),
            Ask(text="And again?", session="other"),
            Look(what="doctor_models"),
        ),
        right=(ends_well(0), ends_in_time(), says("are four", turn=0), tells_now(_CHANGED)),
        told=(tells_now(_CHANGED),),
    ),
)
