"""What a program reads of an agent's turn in which words were taken back."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from openai import AsyncOpenAI

from gateway.http_parts import ROUTE, Place
from gateway.parts import reply
from homarus.domain.inference import ReasoningDelta, TextDelta
from homarus.domain.turns import Ended, Moment, Retracted, Routed, Said, Thought
from homarus.gateway.openai_answer import of_turn
from homarus.gateway.openai_chat_voice import ChatVoice

pytestmark = pytest.mark.anyio
END = Ended(reply=reply(text="Good day."))
BEFORE_A_TOOL: tuple[Moment, ...] = (
    Routed(route=ROUTE),
    Thought(text="Hm."),
    Said(text="Let me look."),
    Retracted(because=""),
    Said(text="Good "),
    Said(text="day."),
)


async def _told(moments: Sequence[Moment], *, streams: bool) -> str:
    async def watched() -> AsyncIterator[Moment]:
        for moment in moments:
            yield moment

    voice = ChatVoice("chat1", "auto", includes_usage=False)
    events = [event async for event in of_turn(watched(), voice, streams=streams)]
    assert not any(isinstance(event, ReasoningDelta) for event in events) or streams
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_an_answer_in_one_piece_has_nothing_that_was_taken_back() -> None:
    assert await _told([*BEFORE_A_TOOL, END], streams=False) == "Good day."


async def test_a_stream_begins_a_paragraph_and_says_nothing_of_it() -> None:
    assert await _told([*BEFORE_A_TOOL, END], streams=True) == "Let me look.\n\nGood day."


async def test_a_stream_says_why_another_model_starts_over() -> None:
    told = await _told([Said(text="Goo"), Retracted(because="it broke off"), Said(text="Good day."), END], streams=True)

    assert told == "Goo\n\n[starting over: it broke off]\n\nGood day."


async def test_what_comes_again_is_not_said_twice() -> None:
    told = await _told([Said(text="Good"), Retracted(because=""), Said(text="Good day."), END], streams=True)

    assert told == "Good day."


async def test_an_answer_that_was_never_said_bit_by_bit_is_not_lost() -> None:
    told = await _told([Said(text="Let me look."), Retracted(because=""), END], streams=True)

    assert told == "Let me look.\n\nGood day."


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_both_protocols_say_an_answer_once(place: Place, *, is_streamed: bool) -> None:
    place.moments = list(BEFORE_A_TOOL)
    async with _client(place, await place.key("chat")) as client:
        messages = [{"role": "user", "content": "Hi"}]
        chat = await client.chat.completions.create(model="auto", messages=messages, stream=is_streamed)
        response = await client.responses.create(model="auto", input="Hi", stream=is_streamed)
        if is_streamed:
            said = "".join([chunk.choices[0].delta.content or "" async for chunk in chat])
            response = [event async for event in response][-1].response
        else:
            said = chat.choices[0].message.content

    assert said.count("Good day.") == response.output_text.count("Good day.") == 1
    assert "[" not in said
    assert is_streamed or (said, response.output_text) == ("Good day.", "Good day.")


def _client(place: Place, key: str) -> Any:
    return AsyncOpenAI(base_url=f"{place.url}/v1", api_key=key, max_retries=0)
