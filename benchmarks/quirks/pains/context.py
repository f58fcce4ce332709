"""C1: a context that is too small, wrong, or cut without a word."""

from benchmarks.quirks.claims import (
    all_end_well,
    claim,
    each_prompt_at_most,
    ends_in_time,
    every_prompt,
    fails_honestly,
    prompts_at_most,
    says,
    tells,
    tokens_at_most,
)
from benchmarks.quirks.minds import first_then, remembers, talks
from benchmarks.quirks.pains.words import SHORTENED
from benchmarks.quirks.scenario import Ask, Claim, Prompt, Scenario, Seen, Side, Step
from homarus.domain.content import JsonObject
from homarus.domain.inference import Finish
from homarus.testing.quirks import Turn
from homarus.testing.quirks.turns import OLLAMA

WORD = "heliotrope"
_TOPICS = ("rivers", "bridges", "harbours", "orchards", "lanterns", "glaciers", "markets", "vineyards")


def page(number: int, chars: int = 5200) -> str:
    """Return a text as people paste it: long, and no two the same."""
    topic = _TOPICS[number % len(_TOPICS)]
    lines = (f"Note {number}.{place} about {topic}: item {place * 37 % 101} was counted twice." for place in range(200))
    return f"Please read this page about {topic}.\n" + "\n".join(lines)[:chars]


def long_talk(pages: int = 4, chars: int = 5200) -> tuple[Step, ...]:
    """Return a conversation that begins with a fact, grows past a small window, and ends with a question for it."""
    return (
        Ask(text=f"My codeword is {WORD}. Please remember it."),
        *(Ask(text=page(number, chars)) for number in range(pages)),
        Ask(text="What is my codeword?"),
    )


def _knows() -> tuple[Claim, ...]:
    return (all_end_well(), says(WORD), prompts_at_most(30))


def _small(name: str, thread: str, about: str, first: Side, *, is_slow: bool = True) -> Scenario:
    return Scenario(
        name=name,
        pain="C1",
        thread=thread,
        about=about,
        expect="The fact from the beginning is still known, and the person is told that older messages were shortened.",
        first=first,
        steps=long_talk(),
        right=_knows(),
        told=(tells(SHORTENED),),
        is_slow=is_slow,
    )


def _options(prompt: Prompt) -> JsonObject:
    options = prompt.body.get("options")
    return options if isinstance(options, dict) else {}


def _fits(options: JsonObject) -> bool:
    asked = options.get("num_ctx")
    return isinstance(asked, int) and 0 < asked <= 16_384


def _same_num_ctx(seen: Seen) -> bool:
    return len({str(_options(prompt).get("num_ctx")) for prompt in seen.first.prompts}) == 1


SCENARIOS = (
    _small(
        "window-in-the-error",
        "NVIDIA/NemoClaw#4813",
        "The owner wrote 32,768 tokens; the server has 4,096 and refuses more, in llama.cpp's words.",
        Side(mind=remembers(WORD), quirks=("window_4k", "window_secret")),
        is_slow=False,
    ),
    _small(
        "window-in-lmstudio-words",
        "inferencerlabs/inferencer-feedback#186",
        "The same in LM Studio's words.",
        Side(mind=remembers(WORD), quirks=("window_4k_lmstudio", "window_secret")),
    ),
    _small(
        "window-cut-silently",
        "NousResearch/hermes-agent#43900",
        "The server drops what does not fit into 4,096 tokens without a word; it says so in /props and /v1/models.",
        Side(mind=remembers(WORD), quirks=("window_4k_silent_counted",)),
        is_slow=False,
    ),
    _small(
        "window-cut-seen-in-usage",
        "openclaw/openclaw#51094",
        "The server drops what does not fit without a word, and only the usage of its answers gives it away.",
        Side(mind=remembers(WORD), quirks=("window_4k_silent_counted", "window_secret")),
    ),
    _small(
        "window-cut-without-usage",
        "openclaw/openclaw#51094",
        "The server drops what does not fit without a word and sends no usage; /props knows its window.",
        Side(mind=remembers(WORD), quirks=("window_4k_silent", "no_usage")),
    ),
    _small(
        "num-ctx-ignored",
        "NousResearch/hermes-agent#43900",
        "Ollama runs with 4,096 tokens whatever num_ctx is asked for, and drops the oldest messages.",
        Side(mind=remembers(WORD), quirks=("window_4k_silent_counted",), api=OLLAMA),
    ),
    Scenario(
        name="num-ctx-fixed",
        pain="C1",
        thread="openclaw/openclaw#52206",
        about="Ollama loads a model anew when num_ctx changes, and takes the memory for whatever is asked.",
        expect="Every request names the same window, no larger than the owner's.",
        first=Side(mind=talks("Noted."), api=OLLAMA, window_tokens=16_384),
        steps=(Ask(text="Hello."), Ask(text=page(1, 2000)), Ask(text="Thanks.")),
        right=(
            all_end_well(),
            every_prompt("num_ctx is asked for, and is no more than 16,384", lambda one: _fits(_options(one))),
            claim("num_ctx is the same in every request", _same_num_ctx),
        ),
    ),
    Scenario(
        name="window-too-small-for-anything",
        pain="C1",
        thread="openclaw/openclaw#90372",
        about="A window of 300 tokens, in which no prompt of an agent fits.",
        expect="A sentence that names the window, after a few short tries: no millions of tokens for a greeting.",
        first=Side(mind=talks("Hello."), quirks=("window_tiny",)),
        steps=(Ask(text="Hello."),),
        right=(fails_honestly(), prompts_at_most(8), tokens_at_most(20_000)),
        told=(tells(r"window|context|too (?:small|long)"),),
    ),
    Scenario(
        name="thinks-until-the-limit",
        pain="C1",
        thread="NousResearch/hermes-agent#46833",
        about="The model spends all words it may say on thinking, every time.",
        expect="After at most a few tries a sentence says so.",
        first=Side(mind=talks("Four."), quirks=("thinks_until_the_limit",)),
        steps=(Ask(text="What is two and two?"),),
        right=(fails_honestly(), prompts_at_most(4)),
        told=(tells(r"think|thought|reason"),),
    ),
    Scenario(
        name="answer-cut-by-its-limit",
        pain="C1",
        thread="NousResearch/hermes-agent#46833",
        about="The answer ends in the middle, at the most words that the server allows.",
        expect="What there is of the answer, and that it was cut.",
        first=Side(
            mind=first_then(
                [Turn(text="Rivers rise in the mountains and then they", finish=Finish.LENGTH)] * 6,
                talks("Rivers end."),
            )
        ),
        steps=(Ask(text="Tell me about rivers."),),
        right=(ends_in_time(), says("Rivers rise"), prompts_at_most(6)),
        told=(tells(r"cut|limit|incomplete|length|most that"),),
    ),
    Scenario(
        name="window-as-written",
        pain="C1",
        thread="openclaw/openclaw#35436",
        about="The owner wrote a window of 8,192 tokens, because more does not fit into the memory.",
        expect="No request is longer, however long the conversation is.",
        first=Side(mind=remembers(WORD), window_tokens=8192, real_window_tokens=131_072),
        steps=long_talk(pages=6, chars=6500),
        right=(all_end_well(), says(WORD), each_prompt_at_most(8192)),
        told=(tells(SHORTENED),),
        is_slow=True,
    ),
)
