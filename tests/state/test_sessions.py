"""Conversations in a list, in full, by search, and as a file."""

from collections.abc import Awaitable, Callable

import pytest

from homarus.domain.errors import NotFoundError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.state import transcript
from homarus.state.sessions import Among, Sessions
from homarus.state.store import SqliteStore
from homarus.state.views import title_of

pytestmark = pytest.mark.anyio
Write = Callable[..., Awaitable[Event]]
MAIN, IDEAS = SessionKey("agent:main:main"), SessionKey("agent:main:web:Ideas")


@pytest.fixture
def sessions(store: SqliteStore) -> Sessions:
    return Sessions(store)


async def test_the_list_has_the_newest_first(sessions: Sessions, ask: Write, reply: Write) -> None:
    await ask("t1", "What is due this week?")
    await reply("t1")
    await ask("t2", "Something else", session=IDEAS)
    await ask("t3", "And now?")
    first, second = await sessions.cards()
    assert (first.session, first.title, first.turns, first.replies) == (MAIN, "What is due this week?", 2, 1)
    assert (second.session, second.agent, second.channel, second.state) == (IDEAS, "main", "cli", "working")
    assert first.first_at < second.last_at < first.last_at


async def test_what_runs_asked_models_stands_apart_from_what_people_said(sessions: Sessions, ask: Write) -> None:
    errand = SessionKey("agent:main:errand:run_1:plan")
    await ask("t1", "Plan the evening")
    await ask("t2", "Plan the evening", session=errand, channel="errand")

    assert [card.session for card in await sessions.cards()] == [MAIN]
    assert [card.session for card in await sessions.cards(among=Among.AUTOMATION)] == [errand]
    assert len(await sessions.cards(among=Among.ALL)) == 2
    assert [event.session for event in await sessions.search("evening")] == [MAIN]


async def test_a_session_says_whether_it_works_or_needs_you(sessions: Sessions, store: SqliteStore, ask: Write) -> None:
    await ask("t1")
    turn = TurnId("t1")
    await store.append(NewEvent(kind=Kind.TURN_PARKED, session=MAIN, turn=turn, body={"topic": "approval:a"}))
    assert (await sessions.card(MAIN)).state == "needs_you"
    await store.append(NewEvent(kind=Kind.APPROVAL_DECIDED, session=MAIN, turn=turn))
    assert (await sessions.card(MAIN)).state == "working"


async def test_a_finished_session_is_idle(sessions: Sessions, ask: Write, reply: Write) -> None:
    await ask("t1")
    await reply("t1")
    assert (await sessions.card(MAIN)).state == "idle"


async def test_a_session_that_never_was_is_not_found(sessions: Sessions) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        await sessions.card(SessionKey("nowhere"))


async def test_history_is_what_was_said_and_grows_at_the_end(
    sessions: Sessions, store: SqliteStore, ask: Write, reply: Write
) -> None:
    await ask("t1")
    await store.append(NewEvent(kind=Kind.MODEL_ANSWERED, session=MAIN, turn=TurnId("t1")))
    last = await reply("t1")
    kinds = [event.kind for event in await sessions.history(MAIN)]
    assert kinds == [Kind.INBOUND_ACCEPTED, Kind.REPLY_WRITTEN]
    reset = (await store.append(NewEvent(kind=Kind.SESSION_RESET, session=MAIN)))[0]
    assert await sessions.history(MAIN, after_seq=last.seq) == (reset,)


async def test_messages_and_replies_are_searched(sessions: Sessions, ask: Write, reply: Write) -> None:
    await ask("t1", "Where is the café near the harbour?")
    answer = await reply("t1", "The harbour has two cafes.")
    await ask("t2", "Something else")
    assert len(await sessions.search("CAFE harbour")) == 2
    assert await sessions.search("two caf") == (answer,)
    assert await sessions.search("nothing like it") == ()


async def test_what_the_house_says_to_everybody_is_found_last(sessions: Sessions, ask: Write, reply: Write) -> None:
    for turn in ("t1", "t2", "t3"):
        await reply(turn, "A calendar, a calendar: homarus up opens a calendar.")
    asked = await ask("t4", "Which of the many calendars that people have used is the oldest one that is known?")

    assert (await sessions.search("calendar"))[0] == asked
    assert await sessions.search("calendar", limit=1) == (asked,)


@pytest.mark.parametrize("query", ["", '"', "AND OR NOT", "*", "(", "a NEAR b", "\ud800"])
async def test_any_text_is_a_search(sessions: Sessions, query: str) -> None:
    await sessions.search(query)


async def test_an_export_says_who_said_what(sessions: Sessions, ask: Write, reply: Write) -> None:
    await ask("t1", "Hello there")
    await reply("t1", "General greeting")
    card, events = await sessions.card(MAIN), await sessions.history(MAIN)
    text = transcript.as_markdown(card, events)
    assert text.startswith("# Hello there\n\n`agent:main:main`\n\n## You, ")
    assert "General greeting" in text
    packed = transcript.as_json(card, events)
    assert set(packed) == {"session", "events"}


def test_a_title_is_the_first_words_on_one_line() -> None:
    assert title_of("  Buy\n milk ") == "Buy milk"
    assert title_of("word " * 40) == " ".join(["word"] * 12) + "…"
    assert len(title_of("x" * 500)) <= 61
