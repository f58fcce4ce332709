"""C2: compaction that fails on small windows."""

from collections.abc import Callable

from benchmarks.quirks.claims import (
    all_end_well,
    each_prompt_at_most,
    ends_in_time,
    ends_well,
    prompts_at_most,
    says,
    second_is_asked,
    tells,
)
from benchmarks.quirks.minds import Mind, Model, is_summary, remembers, talks
from benchmarks.quirks.pains.context import WORD, long_talk, page
from benchmarks.quirks.pains.words import FELL_BACK, SHORTENED
from benchmarks.quirks.scenario import Ask, Change, Scenario, Side
from homarus.testing.quirks import Asked, Turn, say


def _summarises(write: Callable[[Asked], str]) -> Mind:
    """Return a model that talks, and whose summaries are useless."""

    def model(asked: Asked) -> Turn:
        return say(write(asked)) if is_summary(asked) else say("Noted.")

    def make() -> Model:
        return model

    return make


SCENARIOS = (
    Scenario(
        name="reserve-larger-than-the-window",
        pain="C2",
        thread="openclaw/openclaw#65465",
        about="A small model with 4,096 tokens, and a reserve of 16,384 that the owner copied from elsewhere.",
        expect="Every message is answered, and the beginning is still known.",
        first=Side(mind=remembers(WORD), quirks=("window_4k",), window_tokens=4096),
        settings={"reserve_tokens": 16_384},
        steps=long_talk(pages=3, chars=3000),
        right=(all_end_well(), says(WORD), prompts_at_most(30)),
    ),
    Scenario(
        name="small-window-many-turns",
        pain="C2",
        thread="openclaw/openclaw#65465",
        about="A Pi with 4,096 tokens, and a conversation three times as long.",
        expect="Every message is answered, no request is longer than the window, the beginning is still known.",
        first=Side(mind=remembers(WORD), quirks=("window_4k",), window_tokens=4096),
        steps=long_talk(pages=6, chars=4000),
        right=(all_end_well(), says(WORD), each_prompt_at_most(4300)),
        told=(tells(SHORTENED),),
        is_slow=True,
    ),
    Scenario(
        name="overflow-goes-to-a-larger-model",
        pain="C2",
        thread="openclaw/openclaw#18095",
        about="One message alone is longer than the model's 4,096 tokens; the fallback has 32,768.",
        expect="The fallback answers, and the person is told why.",
        first=Side(mind=talks("Noted."), quirks=("window_4k",)),
        second=Side(mind=talks("It is a page about rivers."), model="spare"),
        steps=(Ask(text=page(0, 9000) + "\n" + page(3, 9000)),),
        right=(ends_well(), says("page about"), second_is_asked()),
        told=(tells(r"window|context|long|fit"), tells(FELL_BACK)),
    ),
    Scenario(
        name="fallback-with-a-smaller-window",
        pain="C2",
        thread="openclaw/openclaw#66127",
        about="The first model dies in a long conversation, and the fallback has only 4,096 tokens.",
        expect="The fallback answers from a shortened conversation, and the person is told both.",
        first=Side(mind=remembers(WORD)),
        second=Side(mind=remembers(WORD), model="spare", quirks=("window_4k",), window_tokens=4096),
        steps=(*long_talk(pages=4)[:-1], Change(quirks=("dies_at_once",)), Ask(text="What is my codeword?")),
        right=(all_end_well(), says(WORD), second_is_asked()),
        told=(tells(FELL_BACK), tells(SHORTENED)),
    ),
    Scenario(
        name="summary-that-shortens-nothing",
        pain="C2",
        thread="openclaw/openclaw#150447",
        about="Asked for a summary, the model repeats the whole conversation.",
        expect="A bounded number of tries, and an answer.",
        first=Side(
            mind=_summarises(lambda asked: "\n".join(heard.text for heard in asked.messages)[:14_000]),
            quirks=("window_4k",),
            window_tokens=4096,
        ),
        steps=long_talk(pages=4)[:-1],
        right=(all_end_well(), prompts_at_most(25)),
        told=(tells(SHORTENED),),
        is_slow=True,
    ),
    Scenario(
        name="summary-that-is-empty",
        pain="C2",
        thread="openclaw/openclaw#56649",
        about="Asked for a summary, the model says nothing.",
        expect="The conversation goes on; the fact from its beginning is kept word for word.",
        first=Side(mind=_summarises(lambda _asked: ""), quirks=("window_4k",), window_tokens=4096),
        steps=long_talk(pages=4)[:-1],
        right=(all_end_well(), prompts_at_most(30)),
        told=(tells(SHORTENED),),
        is_slow=True,
    ),
    Scenario(
        name="compact-without-usage",
        pain="C2",
        thread="jundot/omlx#297",
        about="The server sends no usage, so it always looks as if nothing was used; the person types /compact.",
        expect="The conversation is shortened, and the fact is still known.",
        first=Side(mind=remembers(WORD), quirks=("no_usage",)),
        steps=(*long_talk(pages=3)[:-1], Ask(text="/compact"), Ask(text="What is my codeword?")),
        right=(ends_in_time(), ends_well(), says(WORD)),
        told=(tells(r"summar|shorten|compact|from here on"),),
    ),
)
