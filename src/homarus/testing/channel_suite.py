"""What every channel owes the house. A bench says how the other side is moved and seen.

@pytest.mark.parametrize("claim", channel_suite.CLAIMS, ids=lambda claim: claim.__name__)
async def test_my_channel_conforms(claim, bench):
    await claim(bench)
"""

import asyncio
from typing import Protocol

from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Channel
from homarus.domain.turns import Inbound, Reply

PATIENCE_S = 10.0
LONG = "One line of many words, as people write them.\n" * 400
EARLY = (Stage.RESOLVE, Stage.CONNECT)


class ChannelBench(Protocol):
    """A channel under test, and the people on its other side."""

    @property
    def channel(self) -> Channel:
        """The channel."""
        ...

    async def write(self, text: str) -> None:
        """Let somebody on the other side write."""
        ...

    async def seen(self) -> list[str]:
        """Return what that person has been sent, oldest first."""
        ...

    @property
    def person(self) -> str:
        """The address of that person, as `Inbound.reply_to` has it."""
        ...

    async def break_it(self) -> None:
        """Make the other side unreachable."""
        ...


def reply_of(text: str) -> Reply:
    """Return a reply to send."""
    return Reply(turn_id=TurnId("turn_1"), session=SessionKey("agent:main:main"), text=text, route=None)


async def take(channel: Channel, count: int) -> list[Inbound]:
    """Return the next messages that come in."""
    came: list[Inbound] = []
    async with asyncio.timeout(PATIENCE_S):
        async for inbound in channel.receive():
            came.append(inbound)
            if len(came) == count:
                break
    return came


async def what_people_write_comes_in(bench: ChannelBench) -> None:
    """In order, letter by letter, with ids that differ and an address to answer to."""
    await bench.write("First: Grüße 🦞")
    await bench.write("Second\nline")
    one, two = await take(bench.channel, 2)
    assert [one.text, two.text] == ["First: Grüße 🦞", "Second\nline"]
    assert one.external_id != two.external_id
    assert one.reply_to == two.reply_to == bench.person
    assert one.session == two.session


async def a_message_keeps_its_id_when_it_is_read_again(bench: ChannelBench) -> None:
    """What was not acknowledged comes again, as the same message: by its id the house knows it."""
    await bench.write("Once")
    (first,) = await take(bench.channel, 1)
    async with asyncio.timeout(PATIENCE_S):
        receiving = bench.channel.receive()
        await bench.write("Twice")
        async for inbound in receiving:
            if inbound.text == "Once":
                assert inbound.external_id == first.external_id
            else:
                assert inbound.external_id != first.external_id
                break


async def a_reply_arrives(bench: ChannelBench) -> None:
    """Whole, with an id from the other side."""
    delivery_id = await bench.channel.send(reply_of("Hello, Lena. 🦞"), to=bench.person, idempotency_key="k1")
    assert delivery_id
    assert "".join(await bench.seen()) == "Hello, Lena. 🦞"


async def a_long_reply_arrives_whole(bench: ChannelBench) -> None:
    """In as many messages as it takes."""
    await bench.channel.send(reply_of(LONG), to=bench.person, idempotency_key="k1")
    assert "".join(await bench.seen()).split() == LONG.split()


async def a_key_is_honoured_where_it_is_promised(bench: ChannelBench) -> None:
    """The same key twice is one message for a channel that says so."""
    ids = [await bench.channel.send(reply_of("Once."), to=bench.person, idempotency_key="same") for _ in range(2)]
    seen = await bench.seen()
    if bench.channel.has_keys:
        assert (seen, len(set(ids))) == (["Once."], 1)
    else:
        assert seen == ["Once.", "Once."]


async def other_keys_are_other_messages(bench: ChannelBench) -> None:
    """Also when they say the same."""
    for key in ("k1", "k2"):
        await bench.channel.send(reply_of("Again."), to=bench.person, idempotency_key=key)
    assert await bench.seen() == ["Again.", "Again."]


async def a_probe_sends_nothing(bench: ChannelBench) -> None:
    """It says that all is well, in a sentence."""
    health = await bench.channel.probe()
    assert health.is_well, health.sentence
    assert health.sentence
    assert await bench.seen() == []


async def a_broken_channel_says_so(bench: ChannelBench) -> None:
    """The probe has a next step, and a send that surely did not arrive fails early."""
    await bench.break_it()
    health = await bench.channel.probe()
    assert not health.is_well
    assert health.hint
    caught: ConnectionFailedError | None = None
    try:
        await bench.channel.send(reply_of("Hello?"), to=bench.person, idempotency_key="k")
    except ConnectionFailedError as error:
        caught = error
    assert caught is not None, "a send to nowhere must fail"
    assert caught.stage in EARLY
    assert caught.hint


CLAIMS = (
    what_people_write_comes_in,
    a_message_keeps_its_id_when_it_is_read_again,
    a_reply_arrives,
    a_long_reply_arrives_whole,
    a_key_is_honoured_where_it_is_promised,
    other_keys_are_other_messages,
    a_probe_sends_nothing,
    a_broken_channel_says_so,
)
