"""What a conversation looks like to programs is what the page shows of it."""

import aiohttp
import pytest

from gateway.http_parts import Place
from gateway.parts import MAIN, inbound
from homarus.domain.events import Kind, NewEvent
from homarus.gateway.pages_thread import thread_of
from homarus.gateway.turns import TurnState

pytestmark = pytest.mark.anyio


async def _talk_and_be_reminded(place: Place) -> None:
    accepted = await place.house.intake.accept(inbound("Remind me."))
    async for _moment in place.house.moments.watch(accepted.turn):
        pass
    assert (await place.house.turns.view(accepted.turn)).state is TurnState.ENDED
    body = {"reminder_id": "rem_1", "late_s": 0.0, "text": "Water the plants"}
    await place.house.store.append(NewEvent(kind=Kind.REMINDER_FIRED, body=body, session=MAIN))


async def test_a_reminder_stands_in_the_conversation_as_on_the_page(owner: aiohttp.ClientSession, place: Place) -> None:
    await _talk_and_be_reminded(place)

    async with owner.get(f"/api/v1/sessions/{MAIN}") as response:
        messages = (await response.json())["messages"]
    thread = await thread_of(place.house, MAIN)

    assert [message["role"] for message in messages] == ["user", "assistant", "reminder"]
    assert [entry.kind for entry in thread.entries] == ["user", "reply", "reminder"]
    assert messages[-1]["text"] == thread.entries[-1].text == "Reminder: Water the plants"


async def test_an_export_has_the_reminder_too(owner: aiohttp.ClientSession, place: Place) -> None:
    await _talk_and_be_reminded(place)

    async with owner.get(f"/api/v1/sessions/{MAIN}/export?format=markdown") as response:
        assert "Reminder: Water the plants" in await response.text()
