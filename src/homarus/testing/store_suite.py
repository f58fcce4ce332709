"""What every event log owes the house, in memory, on SQLite or anywhere else.

    @pytest.mark.parametrize("claim", store_suite.CLAIMS, ids=lambda claim: claim.__name__)
    async def test_my_store_conforms(claim, store):
        await claim(store)

`store` is a fresh, empty `domain.ports.Store`.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from homarus.domain.content import Json, JsonObject
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import OwnerId, SessionKey, TurnId
from homarus.domain.ports import Store

ONE, TWO = SessionKey("agent:main:main"), SessionKey("agent:main:web:Ideas")


def _fact(n: int, *, session: SessionKey = ONE, turn: str = "turn_1", dedupe: str | None = None) -> NewEvent:
    return NewEvent(kind=Kind.ENGINE_CHANGED, body={"n": n}, session=session, turn=TurnId(turn), dedupe=dedupe)


async def what_is_appended_is_read_again(store: Store) -> None:
    """Whole, with its place, its time and its number."""
    body: JsonObject = {"text": "Grüße 🦞\n", "list": [1, 2.5, None, True, {"a": list[Json]()}]}
    (written,) = await store.append(NewEvent(kind=Kind.FAILED, body=body, session=ONE, turn=TurnId("turn_1")))
    (read,) = await store.since(0)
    assert read == written
    assert (read.kind, read.body, read.session, read.turn) == (Kind.FAILED, body, ONE, "turn_1")
    assert abs(read.at - datetime.now(UTC)) < timedelta(hours=1)


async def numbers_grow(store: Store) -> None:
    """In the order of writing, over several calls."""
    written = [*await store.append(_fact(1), _fact(2)), *await store.append(_fact(3))]
    numbers = [event.seq for event in written]
    assert numbers == sorted(set(numbers))
    assert await store.last_seq() == numbers[-1]


async def an_empty_log_ends_at_zero(store: Store) -> None:
    """And has nothing in it."""
    assert await store.last_seq() == 0
    assert await store.since(0) == ()


async def a_key_is_written_once(store: Store) -> None:
    """The second append finds the first event, whatever its body."""
    (first,) = await store.append(_fact(1, dedupe="key"))
    (second,) = await store.append(_fact(2, dedupe="key"))
    assert second == first
    assert await store.find("key") == first
    assert len(await store.since(0)) == 1


async def a_key_is_written_once_within_one_append(store: Store) -> None:
    """And its neighbours are written all the same."""
    written = await store.append(_fact(1, dedupe="key"), _fact(2), _fact(3, dedupe="key"))
    assert [event.body["n"] for event in written] == [1, 2, 1]
    assert len(await store.since(0)) == 2


async def a_key_is_written_once_by_many(store: Store) -> None:
    """However many ask at the same time."""
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(store.append(_fact(n, dedupe="key"))) for n in range(20)]
    assert len({task.result()[0].seq for task in asked}) == 1


async def a_key_may_be_as_long_as_others_make_it(store: Store) -> None:
    """Ids of messages come from outside; two that differ at their ends only are two."""
    keys = [f"in:email:{'<a@b>' * 20_000}{end}" for end in "ab"]
    for key in (*keys, *keys):
        await store.append(_fact(1, dedupe=key))
    assert len(await store.since(0)) == len(keys)
    assert await store.find(keys[0]) is not None
    assert await store.find(keys[0][:-1]) is None


async def owners_have_keys_of_their_own(store: Store) -> None:
    """One owner's key takes nothing from another."""
    mine = NewEvent(kind=Kind.FAILED, dedupe="key")
    theirs = NewEvent(kind=Kind.FAILED, dedupe="key", owner_id=OwnerId("somebody"))
    (one,) = await store.append(mine)
    (two,) = await store.append(theirs)
    assert one.seq != two.seq


async def an_unknown_key_finds_nothing(store: Store) -> None:
    """Not an error."""
    assert await store.find("nobody") is None


async def a_turn_has_its_own_events(store: Store) -> None:
    """Oldest first, and no others."""
    await store.append(_fact(1), _fact(2, turn="turn_2"), _fact(3))
    assert [event.body["n"] for event in await store.of_turn(TurnId("turn_1"))] == [1, 3]
    assert await store.of_turn(TurnId("turn_9")) == ()


async def a_session_is_read_from_a_point_by_kind(store: Store) -> None:
    """Its own events only, after the point, of the kinds asked for."""
    await store.append(_fact(1), _fact(2, session=TWO))
    point = await store.last_seq()
    await store.append(_fact(3), _fact(4, session=TWO), NewEvent(kind=Kind.FAILED, session=ONE))
    assert [event.body["n"] for event in await store.of_session(TWO)] == [2, 4]
    assert len(await store.of_session(ONE, after_seq=point)) == 2
    assert [e.kind for e in await store.of_session(ONE, after_seq=point, kinds=[Kind.FAILED])] == [Kind.FAILED]


async def the_log_is_read_in_pages(store: Store) -> None:
    """Each page goes on after the last number of the one before."""
    await store.append(*(_fact(n) for n in range(7)))
    seen: list[object] = []
    after = 0
    while page := await store.since(after, limit=3):
        seen += [event.body["n"] for event in page]
        after = page[-1].seq
    assert seen == list(range(7))


async def kinds_are_picked_before_the_limit(store: Store) -> None:
    """A page is full of what was asked for."""
    await store.append(*(_fact(n) for n in range(5)), NewEvent(kind=Kind.FAILED))
    assert [event.kind for event in await store.since(0, limit=1, kinds=[Kind.FAILED])] == [Kind.FAILED]


async def a_turn_without_a_reply_is_unfinished(store: Store) -> None:
    """In the order in which they were accepted."""
    for turn in ("turn_1", "turn_2", "turn_3"):
        await store.append(NewEvent(kind=Kind.INBOUND_ACCEPTED, session=ONE, turn=TurnId(turn)))
    await store.append(NewEvent(kind=Kind.REPLY_WRITTEN, session=ONE, turn=TurnId("turn_2")))
    assert [event.turn for event in await store.unfinished_turns()] == ["turn_1", "turn_3"]


async def what_is_not_synced_is_still_there(store: Store) -> None:
    """For this process at least."""
    await store.append(_fact(1), synced=False)
    await store.append(_fact(2))
    assert [event.body["n"] for event in await store.since(0)] == [1, 2]


async def nothing_appended_is_nothing(store: Store) -> None:
    """An empty append is harmless."""
    assert await store.append() == ()


CLAIMS = (
    what_is_appended_is_read_again,
    numbers_grow,
    an_empty_log_ends_at_zero,
    a_key_is_written_once,
    a_key_is_written_once_within_one_append,
    a_key_is_written_once_by_many,
    a_key_may_be_as_long_as_others_make_it,
    owners_have_keys_of_their_own,
    an_unknown_key_finds_nothing,
    a_turn_has_its_own_events,
    a_session_is_read_from_a_point_by_kind,
    the_log_is_read_in_pages,
    kinds_are_picked_before_the_limit,
    a_turn_without_a_reply_is_unfinished,
    what_is_not_synced_is_still_there,
    nothing_appended_is_nothing,
)
