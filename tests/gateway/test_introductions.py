"""Strangers: told a code, let in by it once, and never by guessing."""

import pytest

from homarus.domain.errors import NotFoundError, UsageError
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.labels import Origin
from homarus.domain.turns import Inbound
from homarus.gateway.introductions import MOST_WAITING, VALID, Introductions
from homarus.testing.clock import FakeClock
from homarus.testing.records import FakeRecords

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def introductions(clock: FakeClock) -> Introductions:
    return Introductions(records=FakeRecords(), clock=clock)


def from_(sender: str) -> Inbound:
    return Inbound(
        channel="telegram",
        external_id="1",
        session=SessionKey("agent:main:telegram:1"),
        agent=AgentId("main"),
        text="hi",
        sender=sender,
        sender_name="Lena" * 100,
    )


async def code(introductions: Introductions, sender: str = "42", channel: str = "telegram") -> str:
    told = await introductions.code_for(channel, from_(sender))
    assert told is not None
    return told


async def test_a_code_lets_in_once(introductions: Introductions) -> None:
    told = await code(introductions)
    person = await introductions.let_in("telegram", f" {told.lower()[:4]}-{told.lower()[4:]} ", origin=Origin.ALLOWED)
    assert (person.sender, len(person.name)) == ("42", 64)
    assert await introductions.known("telegram") == {"42": Origin.ALLOWED}
    with pytest.raises(NotFoundError):
        await introductions.let_in("telegram", told, origin=Origin.OWNER)


async def test_a_code_holds_for_an_hour_and_in_its_channel(introductions: Introductions, clock: FakeClock) -> None:
    told = await code(introductions)
    with pytest.raises(NotFoundError):
        await introductions.let_in("other", told, origin=Origin.ALLOWED)
    clock.advance(VALID.total_seconds() + 1)
    with pytest.raises(NotFoundError):
        await introductions.let_in("telegram", told, origin=Origin.ALLOWED)
    assert await introductions.waiting() == ()


async def test_nobody_is_told_twice_and_only_a_few_wait(introductions: Introductions) -> None:
    await code(introductions)
    assert await introductions.code_for("telegram", from_("42")) is None
    for number in range(MOST_WAITING - 1):
        await code(introductions, f"s{number}")
    assert await introductions.code_for("telegram", from_("one more")) is None
    assert await introductions.code_for("telegram", from_("")) is None


async def test_guessing_makes_every_code_worthless(introductions: Introductions) -> None:
    told = await code(introductions)
    for _ in range(10):
        with pytest.raises(NotFoundError):
            await introductions.let_in("telegram", "AAAAAAAA", origin=Origin.OWNER)
    with pytest.raises(NotFoundError):
        await introductions.let_in("telegram", told, origin=Origin.OWNER)


async def test_no_code_is_kept_as_it_is(introductions: Introductions) -> None:
    told = await code(introductions)
    assert told not in str(await introductions.records.all("channel.waiting"))


async def test_who_was_let_in_can_be_let_go(introductions: Introductions) -> None:
    await introductions.let_in("telegram", await code(introductions), origin=Origin.OWNER)
    await introductions.let_go("telegram", "42")
    assert await introductions.known("telegram") == {}
    with pytest.raises(UsageError):
        await introductions.let_go("telegram", "42")
