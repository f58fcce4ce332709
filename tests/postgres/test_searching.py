"""Words are found on Postgres as on SQLite: without accents and capitals, by their beginning, by their stem."""

from pathlib import Path

import pytest

from homarus.domain import codec
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.turns import Inbound
from homarus.state.memory import WorkspaceMemory
from homarus.state.postgres.store import PostgresStore
from homarus.state.postgres.wording import POSTGRES
from homarus.state.sessions import Sessions
from homarus.testing.clock import FakeClock

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
MAIN = SessionKey("agent:main:main")


async def said(store: PostgresStore, *texts: str) -> None:
    for number, text in enumerate(texts):
        inbound = Inbound(channel="cli", external_id=str(number), session=MAIN, agent=AgentId("main"), text=text)
        body = {"inbound": codec.dump(inbound)}
        turn = TurnId(f"turn_{number}")
        await store.append(NewEvent(kind=Kind.INBOUND_ACCEPTED, body=body, session=MAIN, turn=turn, dedupe=text))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("strasse", ["Die Strasse nach Málaga"]),
        ("MALAGA", ["Die Strasse nach Málaga"]),
        ("Mál", ["Die Strasse nach Málaga"]),
        ("example com", ["write to lena@example.com, please"]),
        ("bar_baz", ["foo_bar_baz"]),
        ("лен", ["Позвони Лене"]),
        ("strasse lena", []),
        ("' & | ! :* ( \\ \"", []),
    ],
)
async def test_what_was_said_is_found(store: PostgresStore, query: str, found: list[str]) -> None:
    texts = ("Die Strasse nach Málaga", "write to lena@example.com, please", "foo_bar_baz", "Позвони Лене")
    await said(store, *texts)
    events = await Sessions(store).search(query)
    assert [codec.load(Inbound, event.body["inbound"]).text for event in events] == found


@pytest.mark.parametrize("text", ["x" * 3_000_000, "a\0b \ud83d lobster", "word " * 400_000])
async def test_whatever_is_said_can_be_written_down(store: PostgresStore, text: str) -> None:
    await said(store, text)
    assert len(await store.since(0)) == 1


async def test_entries_are_found_by_their_stem_and_headings_count_less(home: Path, store: PostgresStore) -> None:
    memory = WorkspaceMemory(home, store, clock=FakeClock(), key=b"k" * 32)
    (home / "MEMORY.md").write_text("# Paintings\n\n- Lena collects stamps\n\n# Lena\n\n- She paints on Sundays\n")
    assert [note.text for note in await memory.search("painting")] == ["She paints on Sundays", "Lena collects stamps"]


def test_any_text_is_a_valid_query() -> None:
    assert POSTGRES.any_of(("a'b", "_", "Ünïcode")) == "('a':* & 'b':*) | ('unicode':*)"
