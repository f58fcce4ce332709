import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.parts import MAIN, inbound, reply
from homarus.domain import codec
from homarus.domain.acts import Approval
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import ApprovalId, CallId, TurnId
from homarus.domain.labels import OWNER, Label, Origin
from homarus.domain.turns import Inbound, Reply
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

    async def deliver(self, told: Reply | None = None) -> None:
        async with asyncio.TaskGroup() as tasks:
            self.outbox(tasks).deliver(told or reply(), channel="fake", to="lena")

    async def recover(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            await self.outbox(tasks).recover()

    def outbox(self, tasks: asyncio.TaskGroup) -> Outbox:
        channels = {"fake": self.channel}
        return Outbox(self.store, channels, tasks, undelivered=self.undelivered, pauses_s=(0.0, 0.0))

    async def undelivered(self) -> list[Event]:
        done = {e.turn for e in self.store.events if e.kind in (Kind.REPLY_DELIVERED, Kind.REPLY_UNKNOWN)}
        return [e for e in self.store.events if e.kind is Kind.REPLY_WRITTEN and e.turn not in done]

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


async def test_a_reply_that_is_under_way_is_not_sent_twice() -> None:
    post = Post(has_keys=False)
    await post.written()

    async with asyncio.TaskGroup() as tasks:
        outbox = post.outbox(tasks)
        outbox.deliver(reply(), channel="fake", to="lena")
        await outbox.recover()
        outbox.deliver(reply(), channel="fake", to="lena")

    assert post.channel.attempts == 1


async def test_a_reply_that_was_settled_stays_so() -> None:
    post = Post(has_keys=False)
    await post.deliver()

    await post.deliver()

    assert post.channel.attempts == 1


def approval() -> Approval:
    now = datetime.now(UTC)
    return Approval(
        approval_id=ApprovalId("ap_1"),
        turn_id=TurnId("t1"),
        session=MAIN,
        call_id=CallId("c1"),
        tool="shell.run",
        arguments={"command": "rm -r notes"},
        fingerprint="f",
        because="It runs a program.",
        sources=(),
        asked_at=now,
        expires_at=now,
    )


def asked_by(label: Label) -> Inbound:
    return replace(inbound(), channel="fake", reply_to="lena", label=label)


@pytest.mark.parametrize(
    ("label", "words"), [(OWNER, "/approve ap_1 once"), (Label(origin=Origin.ALLOWED), "Only the owner")]
)
async def test_a_question_is_shown_whole_and_only_the_owner_is_told_how_to_answer(label: Label, words: str) -> None:
    post = Post()

    async with asyncio.TaskGroup() as tasks:
        post.outbox(tasks).ask(approval(), asked_by(label))

    (sent,) = post.channel.sent
    assert "rm -r notes" in sent.reply.text
    assert words in sent.reply.text
    assert ("/approve" in sent.reply.text) is (label is OWNER)


@pytest.mark.parametrize(("has_keys", "attempts"), [(True, 2), (False, 1)])
async def test_a_question_is_asked_again_only_where_keys_are_honoured(*, has_keys: bool, attempts: int) -> None:
    post = Post(has_keys=has_keys)

    for _again in range(2):
        async with asyncio.TaskGroup() as tasks:
            post.outbox(tasks).ask(approval(), asked_by(OWNER))

    assert (post.channel.attempts, len(post.channel.sent)) == (attempts, 1)


async def test_a_person_reads_what_was_noticed_and_the_next_step() -> None:
    post = Post()

    await post.deliver(replace(reply(text="It failed."), notices=("Another model answered.",), hint="Try again."))

    assert post.channel.sent[0].reply.text == "It failed.\n\nAnother model answered.\n\nNext: Try again."


async def test_nobody_is_sent_an_empty_message() -> None:
    post = Post()

    await post.deliver(reply(text=""))

    assert post.channel.attempts == 0
    assert post.kinds()[-1] is Kind.REPLY_DELIVERED
