"""What pages say of the log: a sentence for every kind, the newest first, answers under their questions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homarus.domain.content import JsonObject
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import THE_OWNER, SessionKey, TurnId
from homarus.gateway.pages_events import latest, sentence_of
from homarus.gateway.pages_filters import ago, duration, house, size, tokens
from homarus.state.store import open_store

pytestmark = pytest.mark.anyio
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["inbound", "reply", "route", "model", "text", "receipt", "approval", "by", "host", "answer"])


def event(kind: Kind, body: JsonObject) -> Event:
    now = datetime.now(UTC)
    return Event(
        seq=1, at=now, kind=kind, body=body, session=SessionKey("agent:main:main"), turn=TurnId("t"), dedupe=None,
        owner_id=THE_OWNER,
    )  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_event_has_a_sentence(kind: Kind) -> None:
    assert sentence_of(event(kind, {})) != kind.value


@settings(deadline=None)
@given(st.sampled_from(Kind), st.dictionaries(NAMES, JSON, max_size=5))
def test_any_body_can_be_said(kind: Kind, body: JsonObject) -> None:
    assert sentence_of(event(kind, body))


async def test_the_newest_events_come_first_and_pages_follow_each_other(home: Path) -> None:
    async with await open_store(home) as store:
        kinds = (Kind.GATEWAY_STARTED, Kind.GATEWAY_STOPPED)
        await store.append(*(NewEvent(kind=kinds[place % 2], body={"n": place}) for place in range(5000)))
        first = await latest(store, 3, kinds=(Kind.GATEWAY_STARTED,))
        second = await latest(store, 3, kinds=(Kind.GATEWAY_STARTED,), before=first[-1].seq)

        assert [found.body["n"] for found in (*first, *second)] == [4998, 4996, 4994, 4992, 4990, 4988]
        assert await latest(store, 5, kinds=(Kind.EGRESS,)) == []


@pytest.mark.parametrize(
    ("shown", "is_said"),
    [
        (size(999), "999 B"),
        (size(1500), "1.5 kB"),
        (size(61_000_000), "61 MB"),
        (tokens(900), "900"),
        (tokens(12_000), "12k"),
        (duration(42.4), "42 ms"),
        (duration(61_000), "1 min 1 s"),
        (ago(datetime.now(UTC) - timedelta(hours=2)), "2 h ago"),
        (house("Run `homarus up` <now>"), "Run <code>homarus up</code> &lt;now&gt;"),
    ],
)
def test_values_look_as_a_person_reads_them(shown: str, is_said: str) -> None:
    assert str(shown) == is_said
