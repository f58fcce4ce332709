import pytest

from gateway.parts import MAIN, MemoryBlobs, inbound
from homarus.domain.content import Image
from homarus.domain.errors import DiskFullError, UsageError
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.labels import Label, Origin
from homarus.domain.turns import Inbound
from homarus.gateway.intake import Intake
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio


class Desk:
    """An intake and what it handed on."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.blobs = MemoryBlobs()
        self.started: list[tuple[SessionKey, TurnId]] = []
        self.intake = Intake(self.store, self.blobs, on_accepted=self._begin)

    def _begin(self, message: Inbound, turn: TurnId) -> None:
        self.started.append((message.session, turn))


async def test_a_message_is_written_down_before_it_is_acknowledged() -> None:
    desk = Desk()

    accepted = await desk.intake.accept(inbound("hello"))

    assert [event.turn for event in desk.store.events] == [accepted.turn]
    assert desk.started == [(MAIN, accepted.turn)]


async def test_the_same_message_twice_is_one_turn() -> None:
    desk = Desk()

    first = await desk.intake.accept(inbound(external_id="m1"))
    second = await desk.intake.accept(inbound(external_id="m1"))

    assert (second.turn, second.is_new) == (first.turn, False)
    assert len(desk.started) == 1


async def test_an_empty_message_is_refused_with_an_example() -> None:
    with pytest.raises(UsageError) as caught:
        await Desk().intake.accept(inbound("  \n"))

    assert "homarus ask" in caught.value.hint


async def test_a_full_disk_accepts_nothing_and_starts_nothing() -> None:
    desk = Desk()
    desk.store.is_full = True

    with pytest.raises(DiskFullError):
        await desk.intake.accept(inbound())

    assert desk.started == []


async def test_a_large_picture_stays_out_of_the_log_and_comes_back_whole() -> None:
    desk = Desk()
    picture = Image(media_type="image/png", data_b64="A" * 10_000, label=Label(origin=Origin.FILE))
    message = Inbound(
        channel="web", external_id="p", session=MAIN, agent=inbound().agent, text="see", attachments=(picture,)
    )

    await desk.intake.accept(message)

    assert "A" * 100 not in str(desk.store.events[0].body)
    assert (await desk.intake.read(desk.store.events[0])).attachments == (picture,)
