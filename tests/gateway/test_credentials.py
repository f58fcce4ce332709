"""Who gets in, with what, for how long, and who cannot be locked out."""

import asyncio
import re

import aiohttp
import pytest

from gateway.http_parts import Place

pytestmark = pytest.mark.anyio


async def test_a_browser_pairs_with_a_code_that_was_made_in_the_terminal(
    owner: aiohttp.ClientSession, stranger: aiohttp.ClientSession, place: Place
) -> None:
    code = await _code(owner)

    answer = await stranger.post("/pair/claim", json={"code": code, "name": "Firefox Linux"})

    cookie = answer.headers["Set-Cookie"]
    assert answer.status == 201
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert [device.name for device in place.house.access.devices()] == ["Firefox Linux"]


async def test_a_code_stands_in_the_fragment_and_has_160_bits(owner: aiohttp.ClientSession, place: Place) -> None:
    link = (await (await owner.post("/api/v1/pairing")).json())["url"]

    assert re.fullmatch(rf"http://127\.0\.0\.1:{place.port}/pair#[\w-]{{27}}", link)


async def test_a_code_is_good_once_even_when_two_claim_it_together(
    owner: aiohttp.ClientSession, stranger: aiohttp.ClientSession, place: Place
) -> None:
    code = await _code(owner)

    answers = await asyncio.gather(*(stranger.post("/pair/claim", json={"code": code}) for _ in range(8)))

    assert sorted(answer.status for answer in answers)[:2] == [201, 401]
    assert len(place.house.access.devices()) == 1


async def test_only_five_codes_wait_and_the_oldest_is_void(
    owner: aiohttp.ClientSession, stranger: aiohttp.ClientSession
) -> None:
    first, *_others = [await _code(owner) for _ in range(6)]

    answer = await stranger.post("/pair/claim", json={"code": first})

    assert answer.status == 401


async def test_no_browser_and_no_key_makes_codes(browser: aiohttp.ClientSession, place: Place) -> None:
    key = await place.key("admin", "owner")

    by_browser = await browser.post("/api/v1/pairing", json={})
    by_key = await browser.post("/api/v1/pairing", json={}, headers={"Authorization": f"Bearer {key}"})

    assert [by_browser.status, by_key.status] == [403, 403]


async def test_a_wrong_code_is_refused_and_guessing_is_slowed(stranger: aiohttp.ClientSession) -> None:
    answers = [await stranger.post("/pair/claim", json={"code": f"guess{n}"}) for n in range(15)]

    assert [answer.status for answer in answers] == [401] * 10 + [429] * 5
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_whoever_guesses_locks_nobody_out(
    owner: aiohttp.ClientSession, stranger: aiohttp.ClientSession, browser: aiohttp.ClientSession, place: Place
) -> None:
    key = await place.key("chat")
    for n in range(40):
        await stranger.get("/v1/models", headers={"Authorization": f"Bearer wrong{n}", "X-Forwarded-For": f"8.8.8.{n}"})
        await stranger.post("/pair/claim", json={"code": f"guess{n}"})

    paired = await browser.get("/api/v1/status")
    keyed = await stranger.get("/v1/models", headers={"Authorization": f"Bearer {key}"})
    claimed = await stranger.post("/pair/claim", json={"code": await _code(owner)})

    assert [paired.status, keyed.status, claimed.status] == [200, 200, 201]


@pytest.mark.parametrize(
    "extra", [{"X-Forwarded-For": "8.8.8.8"}, {"X-Device-Token": "x"}, {"Cookie": "other=1"}, {"X-Real-Ip": "1.1.1.1"}]
)
async def test_all_paths_share_one_limit_and_no_field_turns_it_off(
    stranger: aiohttp.ClientSession, extra: dict[str, str]
) -> None:
    paths = ["/v1/models", "/api/v1/status", "/api/v1/sessions", "/api/v1/devices"]
    statuses = [
        (await stranger.get(paths[n % 4], headers={"Authorization": f"Bearer wrong{n}", **extra})).status
        for n in range(14)
    ]

    assert statuses == [401] * 10 + [429] * 4


async def test_a_key_may_do_what_its_record_says_and_nothing_more(
    stranger: aiohttp.ClientSession, place: Place
) -> None:
    headers = {"Authorization": f"Bearer {await place.key('chat')}", "X-Scopes": "admin"}

    asked = [
        await stranger.get("/v1/models", headers=headers),
        await stranger.get("/api/v1/config", headers=headers),
        await stranger.get("/api/v1/sessions", headers=headers),
        await stranger.post("/api/v1/keys", json={"name": "x", "scopes": ["admin"]}, headers=headers),
        await stranger.put("/api/v1/config/gateway.port", json={"value": 1}, headers=headers),
        await stranger.delete("/api/v1/devices/dev_1", headers=headers),
    ]

    assert [answer.status for answer in asked] == [200, 403, 403, 403, 403, 403]


async def test_nobody_gives_away_more_than_they_have(stranger: aiohttp.ClientSession, place: Place) -> None:
    headers = {"Authorization": f"Bearer {await place.key('admin')}"}

    wider = await stranger.post("/api/v1/keys", json={"name": "x", "scopes": ["owner"]}, headers=headers)
    narrower = await stranger.post("/api/v1/keys", json={"name": "x", "scopes": ["chat"]}, headers=headers)

    assert [wider.status, narrower.status] == [403, 201]


async def test_a_revoked_browser_is_out_with_the_next_request(browser: aiohttp.ClientSession, place: Place) -> None:
    (device,) = place.house.access.devices()

    revoked = await browser.delete(f"/api/v1/devices/{device.device_id}")
    after = await browser.get("/api/v1/status")

    assert [revoked.status, after.status] == [200, 401]


async def test_revoking_ends_the_streams_that_are_open(
    owner: aiohttp.ClientSession, browser: aiohttp.ClientSession, place: Place
) -> None:
    (device,) = place.house.access.devices()
    stream = await browser.get("/api/v1/events?follow=1")
    await stream.content.readuntil(b"\n\n")

    await owner.delete(f"/api/v1/devices/{device.device_id}")

    async with asyncio.timeout(5):
        with pytest.raises(aiohttp.ClientPayloadError):
            await stream.content.read()
    stream.close()


async def test_a_revoked_key_is_out_with_the_next_request(
    owner: aiohttp.ClientSession, stranger: aiohttp.ClientSession
) -> None:
    made = await (await owner.post("/api/v1/keys", json={"name": "editor"})).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    before = await stranger.get("/v1/models", headers=headers)

    await owner.delete(f"/api/v1/keys/{made['key']['key_id']}")
    after = await stranger.get("/v1/models", headers=headers)

    assert [before.status, after.status] == [200, 401]


async def test_a_key_is_shown_once(owner: aiohttp.ClientSession) -> None:
    made = await (await owner.post("/api/v1/keys", json={"name": "editor"})).json()

    listed = await (await owner.get("/api/v1/keys")).text()

    assert len(made["secret"]) >= 32
    assert made["secret"] not in listed
    assert made["key"]["scopes"] == ["chat"]


async def test_a_cookie_is_no_key_and_a_key_is_no_cookie(stranger: aiohttp.ClientSession, place: Place) -> None:
    ((name, token),) = (await place.cookie()).items()
    key = await place.key("admin", "owner")

    as_key = await stranger.get("/api/v1/status", headers={"Authorization": f"Bearer {token}"})
    as_cookie = await stranger.get("/api/v1/status", cookies={name: key})

    assert [as_key.status, as_cookie.status] == [401, 401]


async def test_only_the_terminal_ends_the_gateway(
    owner: aiohttp.ClientSession, browser: aiohttp.ClientSession, place: Place
) -> None:
    by_browser = await browser.post("/api/v1/stop", json={})
    was_stopping = place.house.stopping.is_set()
    by_owner = await owner.post("/api/v1/stop")

    assert [by_browser.status, was_stopping, by_owner.status] == [403, False, 202]
    assert place.house.stopping.is_set()


async def _code(owner: aiohttp.ClientSession) -> str:
    link = (await (await owner.post("/api/v1/pairing")).json())["url"]
    return str(link.partition("#")[2])


async def test_a_key_for_models_reaches_no_agent_and_sees_nothing_of_the_house(
    stranger: aiohttp.ClientSession, place: Place
) -> None:
    headers = {"Authorization": f"Bearer {await place.key('models')}"}
    hi = [{"role": "user", "content": "Hi"}]

    async def chat(model: str) -> int:
        return (
            await stranger.post("/v1/chat/completions", json={"model": model, "messages": hi}, headers=headers)
        ).status

    respond = await stranger.post("/v1/responses", json={"model": "auto", "input": "Hi"}, headers=headers)
    turn = await stranger.post("/api/v1/turns", json={"text": "Hi"}, headers=headers)
    listed = await (await stranger.get("/v1/models", headers=headers)).json()

    assert [await chat(model) for model in ("test/tiny", "auto", "agent:main")] == [200, 403, 403]
    assert [respond.status, turn.status] == [403, 403]
    assert [model["id"] for model in listed["data"]] == ["test/tiny"]
    assert place.inbounds == []
