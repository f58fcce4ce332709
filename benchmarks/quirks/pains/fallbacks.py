"""C10: fallbacks that do not fire, and failures that nobody explains."""

from benchmarks.quirks.claims import (
    Claim,
    Words,
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
from benchmarks.quirks.pains.words import CUT, DOWN, FELL_BACK
from benchmarks.quirks.scenario import Ask, Scenario, Side

_SUM = Ask(text="What is two and two?")
_HALF = "The first model thinks that two and two are probably around five or so, all in all."
_SPARE = Side(mind=talks("The spare model says four."), model="spare")


def _falls_back(
    name: str,
    thread: str,
    about: str,
    reason: str | Words,
    *quirks: str,
    is_there: bool = True,
    limit_s: float = 30,
    more: tuple[Claim, ...] = (),
) -> Scenario:
    return Scenario(
        name=name,
        pain="C10",
        thread=thread,
        about=f"{about} A healthy fallback is configured.",
        expect="The fallback answers, nothing of the first model's is left over, and the person is told why.",
        first=Side(mind=talks(_HALF), quirks=quirks, is_there=is_there),
        second=_SPARE,
        steps=(_SUM,),
        right=(ends_well(), says("spare model says four"), never_says("first model"), within(limit_s), *more),
        told=(tells(FELL_BACK), tells(reason)),
    )


def _fails(name: str, thread: str, about: str, reason: str | Words, *quirks: str, is_there: bool = True) -> Scenario:
    return Scenario(
        name=name,
        pain="C10",
        thread=thread,
        about=f"{about} There is no fallback.",
        expect="A sentence that says so, soon, with an exit code that is not 0.",
        first=Side(mind=talks(_HALF), quirks=quirks, is_there=is_there),
        steps=(_SUM,),
        right=(fails_honestly(), prompts_at_most(14), within(80)),
        told=(tells(reason),),
    )


SCENARIOS = (
    _falls_back("closed-port", "openclaw/openclaw#18868", "Nothing listens.", DOWN, is_there=False, limit_s=15),
    _falls_back("dies-at-once", "openclaw/openclaw#65810", "The connection is reset.", DOWN | CUT, "dies_at_once"),
    _falls_back("dies-midway", "openclaw/openclaw#31049", "It is reset in the middle of a word.", CUT, "dies_midway"),
    _falls_back(
        "half-a-sentence", "openclaw/openclaw#100460", "The stream ends in a sentence.", CUT, "half_a_sentence"
    ),
    _falls_back(
        "ends-without-an-answer",
        "openclaw/openclaw#100460",
        "The stream ends without a single word.",
        r"empty|no answer|nothing|without",
        "done_at_once",
    ),
    _falls_back(
        "error-in-stream",
        "openclaw/openclaw#100460",
        "An error in the stream.",
        "error|broke|stopped",
        "error_in_stream",
    ),
    _falls_back("error-with-status-200", "openclaw/openclaw#100460", "A JSON error, status 200.", "error", "error_200"),
    _falls_back("server-error", "openclaw/openclaw#18868", "Every request is a 500.", "error|500", "error_500"),
    _falls_back(
        "bad-gateway", "openclaw/openclaw#18868", "A proxy with nobody behind it.", "502|gateway|error", "bad_gateway"
    ),
    _falls_back("unknown-model", "openclaw/openclaw#6203", "The model is not there (404).", "model", "model_missing"),
    _falls_back("wrong-key", "openclaw/openclaw#28927", "The key is wrong (401).", r"key|401|auth", "unauthorized"),
    _falls_back(
        "no-money",
        "openclaw/openclaw#31049",
        "No money is left (402).",
        r"money|balance|billing|credit|pa(?:id|y)|402",
        "payment_required",
    ),
    _falls_back(
        "no-quota",
        "openclaw/openclaw#31049",
        "No quota is left, said as a 429.",
        r"money|quota|billing|credit|plan|pa(?:id|y)",
        "quota_used_up",
    ),
    _falls_back(
        "rate-limited-for-an-hour",
        "openclaw/openclaw#70120",
        "Too many requests, Retry-After one hour.",
        r"rate|limit|many requests|429|busy",
        "rate_limited_for_an_hour",
        more=(prompts_at_most(2),),
    ),
    _falls_back(
        "overloaded",
        "openclaw/openclaw#70120",
        "Everybody wants to talk to it (529).",
        r"overload|busy|many",
        "overloaded_529",
        more=(prompts_at_most(4),),
    ),
    _falls_back(
        "out-of-memory", "openclaw/openclaw#66127", "The model does not fit into the memory.", "memory", "out_of_memory"
    ),
    _falls_back(
        "nothing-said", "openclaw/openclaw#100460", "The answer is empty.", r"empty|no answer|nothing", "empty_answer"
    ),
    _fails("stopped-server", "NVIDIA/NemoClaw#4365", "Nothing listens.", DOWN, is_there=False),
    _fails("dies-midway-alone", "openclaw/openclaw#31049", "It is reset in the middle of a word.", CUT, "dies_midway"),
    _fails(
        "half-a-sentence-alone", "openclaw/openclaw#100460", "The stream ends in a sentence.", CUT, "half_a_sentence"
    ),
    _fails(
        "out-of-memory-alone",
        "openclaw/openclaw#66127",
        "The model does not fit into the memory.",
        "memory",
        "out_of_memory",
    ),
    _fails("wrong-key-alone", "openclaw/openclaw#28927", "The key is wrong (401).", r"key|401", "unauthorized"),
    Scenario(
        name="all-down",
        pain="C10",
        thread="openclaw/openclaw#18868",
        about="Nothing listens, neither at the first address nor at the fallback's.",
        expect="A sentence that names both, soon.",
        first=Side(is_there=False),
        second=Side(is_there=False, model="spare"),
        steps=(_SUM,),
        right=(fails_honestly(), within(30)),
        told=(tells(DOWN), tells("first"), tells("second|spare")),
    ),
    Scenario(
        name="fallback-without-a-key",
        pain="C10",
        thread="openclaw/openclaw#28927",
        about="The first model wants another key; the local fallback wants none.",
        expect="The fallback answers; nobody asks for a key for it.",
        first=Side(mind=talks(_HALF), quirks=("unauthorized",)),
        second=Side(mind=talks("The spare model says four."), model="spare", key=None),
        steps=(_SUM,),
        right=(ends_well(), says("spare model says four"), second_is_asked()),
        told=(tells(FELL_BACK),),
    ),
    Scenario(
        name="chosen-by-name",
        pain="C10",
        thread="openclaw/openclaw#65810",
        about="The person names the first model for this message, and nothing listens there; there is a fallback.",
        expect="No other model answers in its place: a sentence says that it is not there.",
        first=Side(is_there=False),
        second=_SPARE,
        steps=(Ask(text="What is two and two?", with_model="first/tester"),),
        right=(fails_honestly(), second_is_never_asked(), within(30)),
        told=(tells(DOWN),),
    ),
    Scenario(
        name="first-comes-back",
        pain="C10",
        thread="openclaw/openclaw#70120",
        about="The first model is rate limited in one turn only.",
        expect="An answer in both turns.",
        first=Side(mind=talks("The first model says four."), quirks=("rate_limited_for_an_hour",)),
        second=_SPARE,
        steps=(_SUM, Ask(text="And again?")),
        right=(ends_well(0), ends_well(1), says("spare model says four"), prompts_at_most(3)),
        told=(tells(FELL_BACK),),
    ),
)
