"""A message in, moments out: over HTTP, with streams that can be taken up again."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from gateway.http_parts import Place, session
from homarus.domain import codec
from homarus.domain.content import Image, Text
from homarus.domain.events import Kind
from homarus.domain.ids import TurnId
from homarus.domain.labels import OWNER, Origin
from homarus.domain.turns import Acted, Inbound, Noticed, Retracted, Said, Thought

pytestmark = pytest.mark.anyio
EVENTS = {"Accept": "text/event-stream"}


@dataclass(frozen=True, kw_only=True)
class Frame:
    event: str
    data: dict[str, Any]
    event_id: str


async def frames(answer: aiohttp.ClientResponse) -> AsyncIterator[Frame]:
    fields: dict[str, str] = {}
    async for line in answer.content:
        name, _colon, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif fields:
            yield Frame(event=fields["event"], data=json.loads(fields["data"]), event_id=fields.get("id", ""))
            fields = {}


async def test_a_message_is_acknowledged_with_its_turn(browser: aiohttp.ClientSession) -> None:
    answer = await browser.post("/api/v1/turns", json={"text": "hello"})

    accepted = await answer.json()
    assert answer.status == 202
    assert accepted["session"] == "agent:main:main"
    assert accepted["is_new"]


async def test_a_stream_shows_what_happens_until_the_reply(browser: aiohttp.ClientSession) -> None:
    answer = await browser.post("/api/v1/turns", json={"text": "hello"}, headers=EVENTS)

    seen = [frame async for frame in frames(answer)]

    kinds = [frame.event for frame in seen]
    assert [kinds[0], kinds[-1]] == ["accepted", "ended"]
    assert "".join(frame.data["text"] for frame in seen if frame.event == "said") == "Good day."
    assert seen[-1].data["reply"]["text"] == "Good day."


async def test_the_same_message_twice_is_one_turn(browser: aiohttp.ClientSession) -> None:
    body = {"text": "hello", "external_id": "mine-1"}

    first = await (await browser.post("/api/v1/turns", json=body)).json()
    second = await (await browser.post("/api/v1/turns", json=body)).json()

    assert first["turn_id"] == second["turn_id"]
    assert [first["is_new"], second["is_new"]] == [True, False]


async def test_a_broken_stream_is_taken_up_where_it_was(browser: aiohttp.ClientSession, place: Place) -> None:
    place.hold = asyncio.Event()
    place.moments = [Thought(text="Hmm. "), Said(text="Good "), Said(text="day.")]
    answer = await browser.post("/api/v1/turns", json={"text": "hello"}, headers=EVENTS)
    seen: list[Frame] = []
    async for frame in frames(answer):
        seen.append(frame)
        if frame.event == "said":
            break
    answer.close()
    place.hold.set()

    turn = seen[0].data["turn_id"]
    resumed = await browser.get(f"/api/v1/turns/{turn}/events", headers={"Last-Event-ID": seen[-1].event_id})
    rest = [frame async for frame in frames(resumed)]

    said = "".join(f.data["text"] for f in [*seen, *rest] if f.event == "said")
    assert said == "Good day."
    assert "thought" not in [frame.event for frame in rest]
    assert "retracted" not in [frame.event for frame in rest]


async def test_a_client_with_another_text_is_told_and_gets_the_whole(
    browser: aiohttp.ClientSession, place: Place
) -> None:
    turn = await _finished_turn(browser, place)

    resumed = await browser.get(f"/api/v1/turns/{turn}/events", headers={"Last-Event-ID": "s4.deadbeef-t0.0"})
    rest = [frame async for frame in frames(resumed)]

    assert [frame.event for frame in rest] == ["accepted", "routed", "retracted", "said", "ended"]
    assert rest[3].data["text"] == "Good day."


@pytest.mark.parametrize("event_id", ["", "7", "s", "s9999999999999.1-t", "s1.zz-t1.zz", "t1.1-s1.1", "\u2028"])
async def test_an_id_that_is_none_of_ours_gives_everything(
    browser: aiohttp.ClientSession, place: Place, event_id: str
) -> None:
    turn = await _finished_turn(browser, place)

    resumed = await browser.get(f"/api/v1/turns/{turn}/events", headers={"Last-Event-ID": event_id})

    assert [frame.event async for frame in frames(resumed)] == ["accepted", "routed", "said", "ended"]


async def test_what_the_owner_types_is_the_owners_and_what_comes_along_is_not(
    browser: aiohttp.ClientSession, place: Place
) -> None:
    picture = base64.b64encode(b"\x89PNG").decode()
    attachments = [
        {"name": "notes.txt", "media_type": "text/plain", "text": "due today"},
        {"name": "a.png", "media_type": "image/png", "data_b64": picture},
    ]
    await (
        await browser.post("/api/v1/turns", json={"text": "look", "attachments": attachments}, headers=EVENTS)
    ).read()

    (inbound,) = place.inbounds
    text, image = inbound.attachments
    assert inbound.label == OWNER
    assert isinstance(text, Text)
    assert text.label.origin is Origin.FILE
    assert isinstance(image, Image)
    assert image.label.origin is Origin.FILE


async def test_a_file_that_is_neither_text_nor_a_picture_is_refused(browser: aiohttp.ClientSession) -> None:
    attachments = [
        {"name": "a.bin", "media_type": "application/zip", "data_b64": base64.b64encode(b"\xff\xfe").decode()}
    ]

    answer = await browser.post("/api/v1/turns", json={"text": "look", "attachments": attachments})

    assert answer.status == 400
    assert "a.bin" in (await answer.json())["error"]["message"]


async def test_a_key_without_owner_scope_speaks_for_itself_in_a_session_of_its_own(
    stranger: aiohttp.ClientSession, place: Place
) -> None:
    headers = {"Authorization": f"Bearer {await place.key('chat')}", **EVENTS}
    await (
        await stranger.post("/api/v1/turns", json={"text": "hi", "session": "agent:main:main"}, headers=headers)
    ).read()

    (inbound,) = place.inbounds
    assert inbound.label.origin is Origin.ALLOWED
    assert inbound.session.startswith("agent:main:api:key_")
    assert inbound.channel == "api"


async def test_a_key_with_owner_scope_speaks_for_the_owner(stranger: aiohttp.ClientSession, place: Place) -> None:
    headers = {"Authorization": f"Bearer {await place.key('chat', 'owner')}", **EVENTS}
    await (await stranger.post("/api/v1/turns", json={"text": "hi", "session": "Ideas"}, headers=headers)).read()

    assert place.inbounds[0].label == OWNER
    assert place.inbounds[0].session == "agent:main:Ideas"


async def test_a_turn_can_be_looked_at_stopped_and_run_again(browser: aiohttp.ClientSession, place: Place) -> None:
    turn = await _finished_turn(browser, place)

    seen = await (await browser.get(f"/api/v1/turns/{turn}")).json()
    stopped = await browser.post(f"/api/v1/turns/{turn}/stop", json={})
    again = await (await browser.post(f"/api/v1/turns/{turn}/retry", json={})).json()

    assert seen["state"] == "ended"
    assert seen["reply"]["text"] == "Good day."
    assert stopped.status == 200
    assert again["turn_id"] != turn


@pytest.mark.parametrize("path", ["", "/events", "/stop", "/retry"])
async def test_a_turn_that_never_was_is_not_found(browser: aiohttp.ClientSession, path: str) -> None:
    method = "POST" if path in {"/stop", "/retry"} else "GET"

    answer = await browser.request(method, f"/api/v1/turns/turn_none{path}", json={} if method == "POST" else None)

    assert answer.status == 404


async def test_an_unknown_agent_and_a_strange_session_are_refused_in_words(browser: aiohttp.ClientSession) -> None:
    agent = await browser.post("/api/v1/turns", json={"text": "hi", "agent": "nobody"})
    session = await browser.post("/api/v1/turns", json={"text": "hi", "session": "a\nb"})
    model = await browser.post("/api/v1/turns", json={"text": "hi", "model": "gpt"})

    assert [agent.status, session.status, model.status] == [404, 400, 404]


async def test_a_retraction_reaches_the_client_and_a_new_text_follows(
    browser: aiohttp.ClientSession, place: Place
) -> None:
    place.moments = [
        Said(text="Goo"),
        Retracted(because="gone"),
        Noticed(text="another answers"),
        Said(text="Good day."),
    ]

    answer = await browser.post("/api/v1/turns", json={"text": "hello"}, headers=EVENTS)
    seen = [frame async for frame in frames(answer)]

    assert [f.event for f in seen if f.event != "routed"][1:] in (
        ["said", "retracted", "noticed", "said", "ended"],
        ["noticed", "said", "ended"],  # who comes later gets what was said so far
        ["said", "ended"],  # and who comes when it is over gets the reply
    )
    assert [f.data["text"] for f in seen if f.event == "said"][-1] != "Goo"


async def test_old_http_gets_a_stream_that_ends_with_the_connection(place: Place) -> None:
    body = json.dumps({"text": "hello"}).encode()
    head = (
        "POST /api/v1/turns HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_unix_connection(str(place.running.socket_path))
    writer.write(head.encode() + body)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.0 200")
    assert b"Transfer-Encoding" not in answer
    assert answer.rstrip().endswith(b"}")
    assert b"event: ended" in answer


async def test_the_log_can_be_followed_and_taken_up_again(browser: aiohttp.ClientSession, place: Place) -> None:
    await _finished_turn(browser, place)
    page = await (await browser.get("/api/v1/events?limit=1")).json()

    stream = await browser.get("/api/v1/events?follow=1", headers={"Last-Event-ID": str(page["last_seq"])})
    seen: list[Frame] = []
    async for frame in frames(stream):
        seen.append(frame)
        if frame.data.get("kind") == "reply.written":
            break
    stream.close()

    assert seen[0].event == "following"
    assert int(seen[1].event_id) > page["last_seq"]


async def _finished_turn(browser: aiohttp.ClientSession, place: Place) -> TurnId:
    answer = await browser.post("/api/v1/turns", json={"text": "hello"}, headers=EVENTS)
    seen = [frame async for frame in frames(answer)]
    assert seen[-1].event == "ended"
    assert not any(isinstance(moment, Acted) for moment in place.moments)
    return TurnId(seen[0].data["turn_id"])


async def test_nobody_gets_another_programs_turn_by_naming_its_message(place: Place) -> None:
    keys = [await place.house.access.add_key(name, ["chat"]) for name in ("alice", "bob")]
    turns: list[str] = []
    for key in keys:
        headers = {"Authorization": f"Bearer {key.secret}"}
        async with session(place.url, headers=headers) as client:
            answer = await client.post("/api/v1/turns", json={"text": "hello", "external_id": "1"})
            turns.append((await answer.json())["turn_id"])

    assert turns[0] != turns[1]


async def test_the_name_of_an_attachment_cannot_drive_a_terminal(browser: aiohttp.ClientSession, place: Place) -> None:
    attachment = {"name": "\x1b[2Jnotes\u202e.txt", "text": "x"}
    await browser.post("/api/v1/turns", json={"text": "see", "attachments": [attachment]})

    (event,) = await place.house.store.since(0, kinds=(Kind.INBOUND_ACCEPTED,))

    assert "\\u001b[2Jnotes\\u202e.txt" in codec.load(Inbound, event.body["inbound"]).attachments[0].label.source
