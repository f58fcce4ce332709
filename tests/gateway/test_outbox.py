import asyncio

import pytest

from gateway.parts import MAIN, reply
from homarus.domain import codec
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import TurnId
from homarus.gateway.outbox import Outbox
from homarus.testing.channel import FakeChannel, Fault
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio


class Post:
    """A store, a channel, and an outbox that retries at once."""

    def __init__(self, *, has_keys: bool = True) -> None:
        self.store = FakeStore()
        self.channel = FakeChannel(has_keys=has_keys)

    async def written(self) -> None:
        body = {"reply": codec.dump(reply()), "channel": "fake", "to": "lena"}
        new = NewEvent(kind=Kind.REPLY_WRITTEN, body=body, session=MAIN, turn=TurnId("t1"), dedupe="t1:reply")
        await self.store.append(new)

    async def deliver(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            Outbox(self.store, {"fake": self.channel}, tasks, pauses_s=(0.0, 0.0)).deliver(
                reply(), channel="fake", to="lena"
            )

    async def recover(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            await Outbox(self.store, {"fake": self.channel}, tasks, pauses_s=(0.0,)).recover()

    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.store.events]


async def test_a_reply_is_marked_sending_then_delivered() -> None:
    post = Post()

    await post.deliver()

    assert post.kinds() == [Kind.REPLY_SENDING, Kind.REPLY_DELIVERED]
    assert [sent.reply.text for sent in post.channel.sent] == ["Good morning."]


async def test_a_send_that_surely_did_not_arrive_is_repeated() -> None:
    post = Post(has_keys=False)
    post.channel.fail_next(Fault.BEFORE)

    await post.deliver()

    assert len(post.channel.sent) == 1
    assert post.kinds()[-1] is Kind.REPLY_DELIVERED


async def test_a_send_that_may_have_arrived_is_never_repeated_blindly() -> None:
    post = Post(has_keys=False)
    post.channel.fail_next(Fault.ARRIVED)

    await post.deliver()

    assert post.channel.attempts == 1
    assert post.kinds()[-1] is Kind.REPLY_UNKNOWN


async def test_where_keys_are_honoured_an_ambiguous_send_is_repeated_and_arrives_once() -> None:
    post = Post(has_keys=True)
    post.channel.fail_next(Fault.ARRIVED)

    await post.deliver()

    assert len(post.channel.sent) == 1
    assert post.kinds()[-1] is Kind.REPLY_DELIVERED


async def test_what_was_written_and_not_sent_is_sent_after_a_restart() -> None:
    post = Post(has_keys=False)
    await post.written()

    await post.recover()

    assert len(post.channel.sent) == 1


async def test_a_send_that_a_crash_cut_off_becomes_unknown() -> None:
    post = Post(has_keys=False)
    await post.written()
    sending = NewEvent(kind=Kind.REPLY_SENDING, session=MAIN, turn=TurnId("t1"), dedupe="out:t1:sending")
    await post.store.append(sending)

    await post.recover()

    assert post.channel.attempts == 0
    assert post.kinds()[-1] is Kind.REPLY_UNKNOWN


async def test_what_was_delivered_is_not_sent_again() -> None:
    post = Post()
    await post.written()
    await post.recover()

    await post.recover()

    assert post.channel.attempts == 1
