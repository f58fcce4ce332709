"""Rules are signed by a person, and effects of which nobody knows are settled by one."""

from typing import cast

import aiohttp
import pytest

from gateway.http_parts import Place
from homarus.domain.books import StandingRule
from homarus.domain.content import JsonObject
from homarus.domain.findings import Effect, EffectState, Level
from homarus.policy.standing import HeadlessCall, coverage

pytestmark = pytest.mark.anyio

UNKNOWN = Effect(
    effect_id="ef_1",
    idempotency_key="run:post",
    run="run",
    kind="mail.send",
    target="Ann",
    payload_sha256="ab",
    payload={"to": "ann@example.org"},
    level=Level.OTHERS,
    state=EffectState.UNKNOWN,
)


async def post(owner: aiohttp.ClientSession, path: str, body: JsonObject | None = None) -> tuple[int, JsonObject]:
    async with owner.post(path, json=body or {}) as response:
        return response.status, cast("JsonObject", await response.json())


async def test_what_nobody_knows_is_settled_once(owner: aiohttp.ClientSession, place: Place) -> None:
    await place.house.playing().books.outgoing.draft(UNKNOWN)
    async with owner.get("/api/v1/effects?state=unknown") as response:
        (found,) = (await response.json())["effects"]
    assert found["effect_id"] == "ef_1"

    assert (await post(owner, "/api/v1/effects/ef_1/settle", {"state": "sent"}))[1]["state"] == "sent"
    assert (await post(owner, "/api/v1/effects/ef_1/settle", {"state": "failed"}))[0] == 400
    assert (await post(owner, "/api/v1/effects/nowhere/settle", {"state": "sent"}))[0] == 404
    assert (await post(owner, "/api/v1/effects/ef_1/settle", {"state": "draft"}))[0] in (400, 422)


async def test_a_state_that_is_none_is_told_with_those_there_are(owner: aiohttp.ClientSession) -> None:
    async with owner.get("/api/v1/effects?state=lost") as response:
        assert response.status == 400
        assert "unknown" in (await response.json())["error"]["hint"]


async def test_a_rule_covers_nothing_until_it_is_signed_and_nothing_after_it_is_taken_back(
    owner: aiohttp.ClientSession, place: Place
) -> None:
    rules, now = place.house.playing().books.rules, place.house.clock.now()
    await rules.put(StandingRule(rule_id="r_1", tool="post", recipients=("ann@example.org",), made_at=now))
    call = HeadlessCall(tool="post", arguments={"to": "ann@example.org"}, keys=frozenset({"to"}))

    async def is_covered() -> bool:
        return coverage(call, await rules.rules(), now=now).rule is not None

    assert not await is_covered()
    await post(owner, "/api/v1/rules/r_1/sign")
    assert await is_covered()
    await post(owner, "/api/v1/rules/r_1/revoke")
    assert not await is_covered()
    assert (await post(owner, "/api/v1/rules/r_1/sign"))[0] == 400


async def test_a_rule_for_a_tool_that_is_none_is_not_written_down(owner: aiohttp.ClientSession, place: Place) -> None:
    status, _body = await post(owner, "/api/v1/rules", {"tool": "mail.sned", "recipients": ["ann@example.org"]})

    assert status == 404
    assert await place.house.playing().books.rules.rules() == ()


async def test_every_playbook_has_a_form_with_words(owner: aiohttp.ClientSession) -> None:
    async with owner.get("/api/v1/playbooks") as response:
        cards = (await response.json())["playbooks"]

    assert {"board", "briefing", "research"} <= {card["name"] for card in cards}
    assert all(card["does"] and card["form"]["properties"] for card in cards)
    async with owner.get("/api/v1/playbooks/breifing") as response:
        assert response.status == 404
        assert "'briefing'" in (await response.json())["error"]["hint"]
