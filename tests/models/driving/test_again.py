"""A card counts for the build that was tried; another one is tried anew when the owner wants that."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from homarus.domain.acts import Risk
from homarus.domain.cards import ScoreCard, Subject
from homarus.domain.errors import RefusedError
from homarus.domain.inference import ModelRef
from homarus.domain.settings import Settings
from homarus.models.desk import Desk
from homarus.models.dispatch import Priority
from homarus.models.driving.again import Again
from homarus.models.driving.run import drive
from homarus.net.door import OpenDoor
from homarus.testing.engines import EngineServer, Model, Rack
from homarus.testing.quirks import quirk_named
from models.driving.drivers import REF, Garage, able, garage

pytestmark = pytest.mark.anyio
QWEN = ModelRef(provider="ollama", model_id="qwen3:8b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A house in which nobody has set anything but where its models are."""

    desk: Desk
    rack: Rack
    again: Again

    async def rebuild(self) -> None:
        """Serve another build of the model that was tried."""
        await drive(self.desk, QWEN, quick=True)
        self.rack.rebuild(QWEN.model_id)
        await self.desk.watch.look("ollama")

    async def is_stale(self) -> bool:
        carded = await self.desk.identity.card(QWEN)
        assert carded is not None
        return carded.is_stale


@asynccontextmanager
async def fresh() -> AsyncGenerator[Fresh]:
    rack = Rack([Model(name=QWEN.model_id), Model(name="gemma3:4b")])
    async with EngineServer("ollama", rack, script=able) as server, OpenDoor() as door:
        provider = {"baseUrl": server.url, "api": "ollama"}
        settings = Settings.model_validate({"models": {"mode": "replace", "providers": {"ollama": provider}}})
        desk = Desk(lambda: settings, {}, door)
        await desk.watch.look("ollama")
        yield Fresh(desk=desk, rack=rack, again=Again(desk, lambda: settings))


async def test_a_fresh_house_tries_another_build_anew_by_itself() -> None:
    async with fresh() as house:
        await house.rebuild()
        assert await house.is_stale()
        assert await house.again.look()
        assert not await house.is_stale()


async def test_no_other_model_leaves_memory_for_a_test_that_nobody_asked_for() -> None:
    async with fresh() as house:
        await house.rebuild()
        house.rack.loaded.clear()
        await house.rack.use("gemma3:4b")
        await house.desk.watch.look("ollama")
        assert not await house.again.look()
        assert list(house.rack.loaded) == ["gemma3:4b"]


async def test_a_build_that_somebody_else_computes_is_not_tried_unasked() -> None:
    async with fresh() as house:
        await house.rebuild()
        there = house.rack.disk[QWEN.model_id]
        house.rack.disk[QWEN.model_id] = replace(there, remote_host="https://ollama.com")
        await house.desk.watch.look("ollama")
        assert await house.again.look()
        assert await house.is_stale()


async def tried(here: Garage) -> Again:
    """Try the model, then serve another build of it."""
    again = Again(here.desk, lambda: here.settings)
    await here.desk.watch.look("garage")
    await drive(here.desk, REF, quick=True)
    here.server.quirks.append(quirk_named("digest_changed"))
    await here.desk.watch.look("garage")
    return again


async def test_a_changed_digest_makes_a_card_stale() -> None:
    async with garage(able, api="ollama") as here:
        await tried(here)
        carded = await here.desk.identity.card(REF)
        assert carded is not None
        assert carded.is_stale
        assert "digest was" in carded.because
        assert (await here.desk.profile(REF)).most_risk is Risk.RUN


@pytest.mark.parametrize("risk", [Risk.READ, None])
@pytest.mark.parametrize("name", ["digest", "engine"])
async def test_a_bad_card_is_not_shed_by_a_server_that_says_it_is_another(risk: Risk | None, name: str) -> None:
    async with garage(able, api="ollama") as here:
        await here.desk.watch.look("garage")
        subject = replace(await here.desk.identity.subject(REF), **{name: "another"})
        await here.desk.knowledge.keep(_bad(subject, risk))
        profile = await here.desk.profile(REF)
        as_served = await here.desk.profile(REF, as_served=True)
        assert profile == replace(as_served, most_risk=risk)


def _bad(subject: Subject, risk: Risk | None) -> ScoreCard:
    return ScoreCard(
        subject=subject,
        at=datetime.now(UTC),
        took_s=1.0,
        tool_protocol="none",
        safe_window_tokens=64,
        most_risk=risk,
        scores=(),
    )


async def test_with_auto_the_new_build_is_tried_once_and_has_a_card_of_its_own() -> None:
    async with garage(able, api="ollama", driving_test="auto") as here:
        again = await tried(here)
        before = len(here.server.prompts)
        assert await again.look()
        carded = await here.desk.identity.card(REF)
        assert carded is not None
        assert not carded.is_stale
        asked = len(here.server.prompts)
        assert asked > before
        await again.look()
        assert len(here.server.prompts) == asked


@pytest.mark.parametrize("wish", ["ask", "off"])
async def test_without_auto_nothing_is_asked(wish: str) -> None:
    async with garage(able, api="ollama", driving_test=wish) as here:
        again = await tried(here)
        asked = len(here.server.prompts)
        assert await again.look()
        assert len(here.server.prompts) == asked


async def test_an_engine_that_is_busy_is_left_alone_until_later() -> None:
    async with garage(able, api="ollama", driving_test="auto") as here:
        again = await tried(here)
        asked = len(here.server.prompts)
        async with here.desk.lease(REF, Priority.PERSON) as ticket:
            async for _queued in ticket.wait():
                pass
            assert not await again.look()
            assert len(here.server.prompts) == asked
        assert await again.look()


async def test_a_pinned_model_is_refused_as_another_build_and_served_again_when_it_is_back() -> None:
    async with garage(able, api="ollama") as here:
        await here.desk.watch.look("garage")
        await here.desk.pins.pin(REF, window_tokens=None, sampler={})
        here.server.quirks.append(quirk_named("digest_changed"))
        await here.desk.watch.look("garage")
        with pytest.raises(RefusedError, match="is pinned"):
            await here.desk.endpoint(REF)
        here.server.quirks.clear()
        await here.desk.watch.look("garage")
        await here.desk.endpoint(REF)
