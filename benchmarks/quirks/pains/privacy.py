"""C18: what must stay here."""

from benchmarks.quirks.claims import (
    ends_well,
    fails_honestly,
    says,
    second_is_asked,
    second_is_never_asked,
    tells,
    within,
)
from benchmarks.quirks.minds import talks
from benchmarks.quirks.pains.words import DOWN, FELL_BACK
from benchmarks.quirks.scenario import Ask, Scenario, Side
from homarus.testing.quirks.turns import OLLAMA

_PRIVATE = Ask(text="My diagnosis is in the letter. What is two and two?")
_CLOUD = Side(mind=talks("The cloud says four."), model="spare", api=OLLAMA, quirks=("runs_elsewhere",))

SCENARIOS = (
    Scenario(
        name="local-only",
        pain="C18",
        thread="openclaw/openclaw#27991",
        about="Conversations must stay here, the local server is down, the fallback is Ollama's cloud.",
        expect="Nothing goes out; the person is told that the local server is down.",
        first=Side(is_there=False),
        second=_CLOUD,
        settings={"local_only": True},
        steps=(_PRIVATE,),
        right=(fails_honestly(), second_is_never_asked(), within(60)),
        told=(tells(DOWN | "skipped|private|network"),),
    ),
    Scenario(
        name="cloud-named-as-cloud",
        pain="C18",
        thread="openclaw/openclaw#2758",
        about="The same without that limit: the cloud model may answer.",
        expect="It answers, and the person is told that it does in place of the first.",
        first=Side(is_there=False),
        second=_CLOUD,
        steps=(_PRIVATE,),
        right=(ends_well(), says("cloud says four"), second_is_asked()),
        told=(tells(FELL_BACK),),
    ),
    Scenario(
        name="local-only-first-in-the-cloud",
        pain="C18",
        thread="openclaw/openclaw#72733",
        about="Conversations must stay here, the first model is a cloud model behind Ollama, the fallback runs here.",
        expect="The one that runs here answers; the cloud gets nothing.",
        first=Side(mind=talks("The cloud says four."), api=OLLAMA, quirks=("runs_elsewhere",)),
        second=Side(mind=talks("The spare model says four."), model="spare"),
        settings={"local_only": True},
        steps=(_PRIVATE,),
        right=(ends_well(), says("spare model says four"), second_is_asked()),
        told=(tells(r"skipped|private|network|in place|stands in|elsewhere|leave"),),
    ),
)
