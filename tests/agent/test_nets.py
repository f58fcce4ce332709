"""What models let slip, and what of it a person sees: nothing."""

import pytest
from agent_stage import Stage, says, tool

from homarus.agent.rooms import AgentProfile
from homarus.domain.ids import AgentId

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "text",
    [
        "Hello.<|im_end|>",
        "Hello.<|eot_id|><|start_header_id|>user<|end_header_id|>More?",
        "Okay, the user says hi. I should greet.\n\nHello.",
        "Reasoning:\n_They greet._\n\nHello.",
        'Hello.\n\n"NO_REPLY"',
    ],
)
async def test_what_slips_out_never_stays_in_the_answer(stage: Stage, text: str) -> None:
    stage.plays(says(*text))
    assert (await stage.hears("Hi")).text == stage.said == "Hello."


async def test_data_that_was_asked_for_comes_as_it_is(stage: Stage) -> None:
    text = '{"name": "Lena", "token": "<|im_end|>", "note": "I have sent the mail."}'
    stage.has(tool("memory.save"))
    stage.plays(says(*text))
    reply = await stage.hears("Give me JSON")
    assert reply.text == stage.said == text
    assert reply.notices == ()


async def test_an_answer_of_nothing_but_tokens_is_asked_for_again(stage: Stage) -> None:
    stage.plays(says("<|im_end|>"), says("Hello."))
    assert (await stage.hears("Hi")).text == "Hello."


async def test_a_heartbeat_that_is_well_says_nothing(stage: Stage) -> None:
    from dataclasses import replace

    stage.agent = AgentProfile(agent_id=AgentId("main"), workspace=stage.workspace)
    stage.plays(says("All quiet in the inbox. HEARTBEAT_OK"))
    act = await stage.accepts("Look around")
    act.turn = replace(act.turn, priority="heartbeat")
    assert (await act.play()).text == ""
