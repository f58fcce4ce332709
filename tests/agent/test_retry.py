"""What running a message again would repeat."""

import pytest
from agent_stage import Stage, calls, says, tool

from homarus.agent.retry import would_repeat
from homarus.domain.acts import Risk
from homarus.testing.run import Killed

pytestmark = pytest.mark.anyio


async def test_effects_are_named_and_reading_is_not(stage: Stage) -> None:
    stage.has(tool("memory.save"), tool("files.read", Risk.READ))
    stage.plays(calls("memory.save", {"text": "a"}), calls("files.read", {"path": "a"}, call_id="c2"), says("ok"))
    await stage.hears("Save a")
    assert would_repeat(stage.store.events) == ("memory.save did it",)


async def test_an_effect_without_an_outcome_is_named_as_unknown(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(calls("memory.save", {"text": "a"}))
    act = await stage.accepts("Save a")
    act.run.die_after.add("act:0:0")
    with pytest.raises(Killed):
        await act.play()
    (sentence,) = would_repeat(stage.store.events)
    assert "nobody knows" in sentence
