"""C7: models that exist and are not found, and addresses that are not quite right."""

from benchmarks.quirks.claims import (
    claim,
    ends_in_time,
    ends_well,
    fails_honestly,
    prompts_at_most,
    says,
    tells,
    tells_now,
    within,
)
from benchmarks.quirks.minds import talks
from benchmarks.quirks.pains.words import DOWN
from benchmarks.quirks.scenario import Ask, Look, Scenario, Seen, Side
from homarus.testing.quirks.turns import OLLAMA

_SUM = Ask(text="What is two and two?")
_THREE = ("qwen3:8b", "gemma4:12b", "tester")


def _is_mended_or_told(seen: Seen) -> bool:
    last = seen.last
    return "four" in last.said.lower() or (last.code != 0 and "/v1" in last.shown)


SCENARIOS = (
    Scenario(
        name="models-listed",
        pain="C7",
        thread="openclaw/openclaw#24890",
        about="The server has three models, and the owner wrote none of them down.",
        expect="All three are listed, and one of them answers.",
        first=Side(mind=talks("Two and two are four."), models=_THREE, is_named=False),
        steps=(_SUM, Look(what="models")),
        right=(ends_well(0), says("are four", turn=0), tells_now("qwen3:8b.*gemma4:12b|gemma4:12b.*qwen3:8b")),
    ),
    Scenario(
        name="ollama-models-listed",
        pain="C7",
        thread="openclaw/openclaw#22913",
        about="An Ollama has three models, and the owner wrote none of them down.",
        expect="All three are listed, and one of them answers.",
        first=Side(mind=talks("Two and two are four."), models=_THREE, is_named=False, api=OLLAMA),
        steps=(_SUM, Look(what="models")),
        right=(ends_well(0), says("are four", turn=0), tells_now("qwen3:8b.*gemma4:12b|gemma4:12b.*qwen3:8b")),
    ),
    Scenario(
        name="no-key",
        pain="C7",
        thread="openclaw/openclaw#84875",
        about="A local server that wants no key, and none is configured.",
        expect="The answer.",
        first=Side(mind=talks("Two and two are four."), api=OLLAMA, key=None),
        steps=(_SUM,),
        right=(ends_well(), says("are four")),
    ),
    Scenario(
        name="wrong-path",
        pain="C7",
        thread="openclaw/openclaw#29120",
        about="The address has `/v1` twice, so there is nothing (404).",
        expect="The answer all the same, or a sentence that names `/v1`.",
        first=Side(mind=talks("Two and two are four."), path="/v1/v1"),
        steps=(_SUM,),
        right=(ends_in_time(), claim("it answers, or says what is wrong with the address", _is_mended_or_told)),
        told=(tells(r"/v1|two and two are four"),),
    ),
    Scenario(
        name="server-down-asked-for",
        pain="C7",
        thread="openclaw/openclaw#61656",
        about="Nothing listens at the address, and the person asks the doctor.",
        expect="The doctor says which server is not there.",
        first=Side(is_there=False, is_named=False),
        steps=(Look(what="doctor"),),
        right=(ends_in_time(), tells("first|127")),
        told=(tells(DOWN),),
    ),
    Scenario(
        name="model-missing",
        pain="C7",
        thread="openclaw/openclaw#69085",
        about="The configured model is not on the server (404), others are.",
        expect="A sentence that names the model and the next step.",
        first=Side(
            mind=talks("Four."), model="tester:8b", models=("tester:14b",), quirks=("model_missing",), api=OLLAMA
        ),
        steps=(_SUM,),
        right=(fails_honestly(), prompts_at_most(3), within(40)),
        told=(
            tells("tester:8b"),
            tells(r"pull|models list|not (?:there|found|known)|no (?:such )?model|does not exist|has"),
        ),
    ),
    Scenario(
        name="no-model-loaded",
        pain="C7",
        thread="openclaw/openclaw#65119",
        about="LM Studio runs, and no model is loaded in it (400).",
        expect="A sentence that says so, and how to load one.",
        first=Side(mind=talks("Four."), quirks=("no_model_loaded",)),
        steps=(_SUM,),
        right=(fails_honestly(), prompts_at_most(3)),
        told=(tells(r"load"),),
    ),
)
