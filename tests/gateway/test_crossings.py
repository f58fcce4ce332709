"""What is told of the day: only what really left, and the owner's own network as one place."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from gateway.http_parts import Place
from homarus.domain.content import JsonObject
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import TurnId
from homarus.gateway.crossings import Crossings

pytestmark = pytest.mark.anyio


async def no_events(_before: datetime) -> int:
    return 0


@pytest.fixture
def crossings(place: Place) -> Crossings:
    store = place.house.store
    return Crossings(store, place.house.clock, seq_before=no_events)


@dataclass(frozen=True)
class Receipt:
    host: str
    zone: str
    sent_bytes: int = 100
    decision: str = "allowed"
    left_the_machine: bool = True
    turn: TurnId | None = None

    def event(self) -> NewEvent:
        body: JsonObject = {"host": self.host, "zone": self.zone, "sent_bytes": self.sent_bytes, "decision": "allowed"}
        return NewEvent(kind=Kind.EGRESS, body=body)


async def test_the_own_network_is_one_place_and_hosts_outside_have_names(crossings: Crossings) -> None:
    for receipt in (Receipt("box:11434", "home"), Receipt("api.example:443", "public"), Receipt("10.0.0.9:1", "home")):
        await crossings.note(receipt)

    told = await crossings.left_today()

    assert (told.calls, told.bytes) == (3, 300)
    assert told.places == ("api.example:443", "your network")


async def test_a_call_of_which_nothing_was_sent_has_not_left(crossings: Crossings) -> None:
    await crossings.note(Receipt("gone:11434", "public", sent_bytes=0))

    told = await crossings.left_today()

    assert (told.calls, told.hosts, told.places) == (0, (), ())
