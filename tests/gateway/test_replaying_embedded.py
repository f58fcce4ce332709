"""A greedy answer is the same again to the byte, on the real engine with the real weights of the built-in model."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from homarus.domain.events import Kind
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.settings import EmbeddedSettings
from homarus.domain.turns import Ended, Inbound
from homarus.gateway.house import House
from homarus.gateway.replaying import Replayed
from homarus.gateway.wiring import Wiring
from homarus.models import weights
from homarus.models.embedded import Embedded

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.weights,
    pytest.mark.skipif(weights.find(Path("/nowhere")) is None, reason="the weights are not installed"),
]
MAIN = SessionKey("agent:main:main")


@dataclass
class Standing:
    house: House
    heard: int = 0

    async def hears(self, text: str) -> TurnId:
        self.heard += 1
        inbound = Inbound(channel="cli", external_id=str(self.heard), session=MAIN, agent=AgentId("main"), text=text)
        turn = (await self.house.intake.accept(inbound)).turn
        async with asyncio.timeout(120):
            async for moment in self.house.moments.watch(turn):
                if isinstance(moment, Ended):
                    break
        return turn

    async def replayed(self, turn: TurnId) -> Replayed:
        assert self.house.replaying is not None
        return await self.house.replaying().replay(turn)


@asynccontextmanager
async def standing(home: Path, config: object) -> AsyncGenerator[Standing]:
    (home / "homarus.json5").write_text(json.dumps(config))
    async with AsyncExitStack() as opened, asyncio.TaskGroup() as tasks:
        yield Standing((await Wiring(home, {}, tasks, opened).house()).house)


async def test_what_the_built_in_model_decided_is_decided_again_and_done_once(home: Path) -> None:
    async with standing(home, {"models": {"mode": "replace"}}) as here:
        cold = await here.hears("Lena wants her drill back tomorrow at 5, tell me then")
        talk = await here.hears("Ring at 8 so that I get up")
        warm = await here.hears("Don't let me forget to feed the fish at six")
        for turn in (cold, warm, talk, cold):  # the cache holds something else each time
            again = await here.replayed(turn)
            assert (again.same, again.difference, again.notices) == (True, "", ())
            assert len(again.steps) == 1
        reminders = [event for event in await here.house.store.since(0) if event.kind is Kind.REMINDER_SET]
        assert len(reminders) == 2


async def test_free_words_are_the_same_to_the_byte_when_nothing_is_cached(home: Path, tmp_path: Path) -> None:
    engine = Embedded(EmbeddedSettings(), tmp_path)
    at = await engine.endpoint()
    provider = {
        "baseUrl": at.base_url,
        "apiKey": at.api_key,
        "api": "openai-completions",
        "models": [{"id": "smollm2", "contextWindow": 4096, "maxTokens": 80}],
    }
    defaults = {
        "models": {"own/smollm2": {"params": {"temperature": 0, "cache_prompt": False}}},
        "model": {"primary": "own/smollm2"},
    }
    config = {"models": {"mode": "replace", "providers": {"own": provider}}, "agents": {"defaults": defaults}}
    try:
        async with standing(home, config) as here:
            turns = [await here.hears(text) for text in ("Tell me about the sea.", "And about the wind?")]
            for turn in (*reversed(turns), turns[1]):
                again = await here.replayed(turn)
                assert len(again.before.text) > 40
                assert [(step.before, step.after) for step in again.steps if not step.same] == []
                assert (again.difference, again.same, again.notices) == ("", True, ())
            body = next(e.body for e in await here.house.store.of_turn(turns[0]) if e.kind is Kind.MODEL_ANSWERED)
            assert body["served"]["sampler"]["temperature"] == 0  # pyright: ignore[reportIndexIssue, reportOptionalSubscript, reportCallIssue, reportArgumentType] - written just now
    finally:
        await engine.stop()
