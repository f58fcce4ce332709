from collections.abc import AsyncIterator, Iterator

import pytest

from homarus.domain.sources import Fetched, NoDataError, SourceContext
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing
from homarus.testing.clock import FakeClock
from homarus.testing.playbooks import FakeBlobs
from homarus.tools.sources.caldav import Caldav, CaldavSettings
from radicale_server import PASSWORD, USER, Radicale, event, running

pytestmark = pytest.mark.anyio
TODAY = "SUMMARY:Review\nDTSTART;TZID=Europe/Berlin:20261120T150000\nDTEND;TZID=Europe/Berlin:20261120T154500"
NEW_YORK = "SUMMARY:Board\nDTSTART;TZID=America/New_York:20261123T100000\nDURATION:PT45M"
WEEKLY = "SUMMARY:Stand-up\nDTSTART;TZID=Europe/Berlin:20260907T090000\nDURATION:PT15M\nRRULE:FREQ=WEEKLY;BYDAY=MO"


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with running(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture
def crossings() -> list[Crossing]:
    return []


@pytest.fixture
async def context(crossings: list[Crossing]) -> AsyncIterator[SourceContext]:
    async def keep(crossing: Crossing) -> None:
        crossings.append(crossing)

    async with OpenDoor(keep) as door:
        yield SourceContext(name="home", door=door, blobs=FakeBlobs(), clock=FakeClock())


def account(server: Radicale, *, password: str = PASSWORD, **more: object) -> Caldav:
    return Caldav(CaldavSettings.model_validate({"url": server.url, "user": USER, "password": password, **more}))


def told(fetched: Fetched) -> list[str]:
    return [f"{item.fields['start']} {item.title}" for item in fetched.items]


async def test_events_come_in_the_owners_zone_and_recurring_ones_one_by_one(
    radicale: Radicale, context: SourceContext
) -> None:
    radicale.calendar("zones", today=TODAY, board=NEW_YORK, weekly=WEEKLY)
    fetched = await account(radicale, calendars=["zones"]).fetch(context, since=None)

    assert told(fetched) == [
        "2026-11-20T15:00:00+01:00 Review",
        "2026-11-23T09:00:00+01:00 Stand-up",
        "2026-11-23T16:00:00+01:00 Board",
    ]


async def test_only_changes_travel_and_the_whole_calendar_is_told(
    radicale: Radicale, context: SourceContext, crossings: list[Crossing]
) -> None:
    folder = radicale.calendar("deltas", **{f"event{number}": TODAY for number in range(40)})
    source = account(radicale, calendars=["deltas"])
    first = await source.fetch(context, since=None)
    whole = sum(crossing.received_bytes for crossing in crossings)
    (folder / "event7.ics").write_text(event("event7", TODAY.replace("Review", "Moved")))
    (folder / "event8.ics").unlink()
    crossings.clear()
    second = await source.fetch(context, since=first.watermark)

    assert len(first.items) == 40
    assert len(second.items) == 39
    assert [item.title for item in second.items if item.fields["uid"] == "event7"] == ["Moved"]
    assert sum(crossing.received_bytes for crossing in crossings) < whole / 4


async def test_a_token_that_holds_no_more_is_asked_anew(radicale: Radicale, context: SourceContext) -> None:
    radicale.calendar("stale", today=TODAY)
    source = account(radicale, calendars=["stale"])
    first = await source.fetch(context, since=None)
    marks = first.watermark["calendars"]
    assert isinstance(marks, dict)
    stale = {
        url: {**mark, "token": "http://radicale.org/ns/sync/" + "0" * 64}
        for url, mark in marks.items()
        if isinstance(mark, dict)
    }
    second = await source.fetch(context, since={"calendars": stale})

    assert told(second) == told(first)
    assert second.is_whole


async def test_a_wrong_password_is_no_data(radicale: Radicale, context: SourceContext) -> None:
    with pytest.raises(NoDataError, match="name or the password"):
        await account(radicale, password="wrong").fetch(context, since=None)


async def test_an_event_that_cannot_be_read_is_told(radicale: Radicale, context: SourceContext) -> None:
    radicale.calendar("odd", good=TODAY, bad="SUMMARY:Broken\nDTSTART:yesterday")
    fetched = await account(radicale, calendars=["odd", "nowhere"]).fetch(context, since=None)

    assert [item.title for item in fetched.items] == ["Review"]
    assert any("nowhere" in missing.what for missing in fetched.missing)


async def test_a_probe_names_the_calendars(radicale: Radicale, context: SourceContext) -> None:
    radicale.calendar("probed", today=TODAY)
    health = await account(radicale).probe(context)

    assert health.is_well
    assert "probed" in health.sentence
