"""A whole turn against a model server with each of its quirks: real wires, real failover, a healthy model behind it."""

from collections.abc import AsyncIterator

import pytest
from agent_stage import FakeTool, Stage, tool

from homarus.agent.desk import DeskModels
from homarus.agent.rooms import AgentProfile
from homarus.domain.ids import AgentId
from homarus.domain.settings import Settings
from homarus.domain.turns import Reply
from homarus.models.desk import Desk
from homarus.net.door import OpenDoor
from homarus.testing.quirks import QUIRKS, QuirkServer, call, say
from homarus.testing.quirks.server import Manner

pytestmark = pytest.mark.anyio

SLOW = {"loading_forever", "cold_start", "busy_503", "overloaded_529", "slow_words"}
NAMES = list(QUIRKS)
SECRET = "Secretly I think."
LEAKS = ("<think>", "</think>", "NO_REPLY", "HEARTBEAT_OK", '"arguments"', "<tool_call>")


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as opened:
        yield opened


def settings(bad: QuirkServer, good: QuirkServer) -> Settings:
    return Settings.model_validate(
        {
            "models": {
                "mode": "replace",
                "providers": {
                    "bad": {
                        "baseUrl": f"{bad.url}/v1",
                        "api": "openai-completions",
                        "timeoutSeconds": 0.6,
                        "models": [{"id": "m", "contextWindow": 16384}],
                    },
                    "good": {"baseUrl": f"{good.url}/v1", "api": "openai-completions", "models": [{"id": "g"}]},
                },
            },
            "agents": {"defaults": {"model": {"primary": "bad/m", "fallbacks": ["good/g"]}}},
        }
    )


async def turn(stage: Stage, door: OpenDoor, quirk: str, made: FakeTool) -> Reply:
    script = [call("memory.save", {"text": "the key is blue"}), say("It is saved.", reasoning=SECRET)]
    manner = Manner(pause_s=0.1)
    async with QuirkServer(script, quirks=[quirk], manner=manner) as bad, QuirkServer([say("Hello.")]) as good:
        chosen = settings(bad, good)
        stage.models = DeskModels(Desk(lambda: chosen, {}, door))  # pyright: ignore[reportAttributeAccessIssue] - the real one
        stage.agent = AgentProfile.of(chosen, AgentId("main"), workspace=stage.workspace)
        stage.has(made)
        return await stage.hears("Save that the key is blue")


@pytest.mark.parametrize("quirk", [name for name in NAMES if name not in SLOW])
async def test_every_turn_ends_in_words_that_hide_nothing_and_leak_nothing(
    stage: Stage, door: OpenDoor, quirk: str
) -> None:
    made = tool("memory.save")
    reply = await turn(stage, door, quirk, made)
    assert reply.text
    assert not any(leak in reply.text for leak in LEAKS)
    assert reply.route is not None
    if reply.is_error:
        assert reply.hint
    elif str(reply.route.model) == "good/g":
        assert reply.notices
    else:
        assert stage.said == reply.text


@pytest.mark.parametrize("quirk", [name for name in NAMES if name.startswith("call_as_")])
async def test_a_call_written_as_text_has_its_effect(stage: Stage, door: OpenDoor, quirk: str) -> None:
    made = tool("memory.save")
    reply = await turn(stage, door, quirk, made)
    assert len(made.effects) == 1
    assert reply.text == "It is saved."
