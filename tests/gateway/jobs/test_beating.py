from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.job_settings import ActiveHours, HeartbeatSettings
from homarus.domain.jobs import Delivery, Work, WorkKind
from homarus.domain.settings import Settings
from homarus.domain.turns import Inbound
from homarus.gateway.jobs.beating import Heartbeats, every_s, is_awake, orders_in
from homarus.gateway.jobs.heartbeat import said_by
from homarus.gateway.jobs.notes import Note, Notes
from homarus.testing.clock import FakeClock
from homarus.testing.records import FakeRecords
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio
MAIN = AgentId("main")
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Hands:
    at: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=BERLIN)

    def now(self) -> datetime:
        return self.at

    @property
    def zone(self) -> ZoneInfo:
        return BERLIN


@dataclass
class House:
    """A heartbeat with a file, a log and somebody who counts what would have asked a model."""

    workspace: Path
    heartbeat: JsonObject = field(default_factory=dict[str, None])
    started: list[Work] = field(default_factory=list[Work])
    hands: Hands = field(default_factory=Hands)
    store: FakeStore = field(default_factory=lambda: FakeStore(FakeClock()))
    records: FakeRecords = field(default_factory=FakeRecords)

    async def start(self, work: Work, delivery: Delivery) -> bool:
        del delivery
        self.started.append(work)
        return True

    def says(self, text: str) -> None:
        (self.workspace / "HEARTBEAT.md").write_text(text)

    def beats(self) -> Heartbeats:
        settings = Settings.model_validate({"agents": {"defaults": {"heartbeat": self.heartbeat}}})
        return Heartbeats(
            settings=lambda: settings,
            workspace=lambda _agent: self.workspace,
            store=self.store,
            records=self.records,
            notes=Notes(records=self.records),
            clock=self.hands,
            start=self.start,
        )

    async def look(self, times: int = 1) -> int:
        """Look as often as told, half an hour apart, and say how often something was started."""
        before = len(self.started)
        for _time in range(times):
            await self.beats().look()
            self.hands.at += timedelta(minutes=31)
        return len(self.started) - before

    async def hears(self, channel: str = "web") -> None:
        inbound = Inbound(channel=channel, external_id="1", session=SessionKey("s"), agent=MAIN, text="hi")
        await self.store.append(NewEvent(kind=Kind.INBOUND_ACCEPTED, body={"inbound": codec.dump(inbound)}))


@pytest.fixture
async def house(tmp_path: Path) -> House:
    made = House(workspace=tmp_path)
    await made.look()  # the first look only notes when it was
    return made


@pytest.mark.parametrize("text", ["", "# Tasks\n\n", "<!-- nothing\nyet -->\n# Tasks\n- [ ]\n", "\n\n## A\n### B\n"])
async def test_a_hundred_looks_at_nothing_ask_no_model(house: House, text: str) -> None:
    house.says(text)
    assert await house.look(100) == 0


async def test_without_a_file_nothing_is_asked(house: House) -> None:
    assert await house.look(100) == 0


async def test_orders_are_looked_at_once_and_again_only_when_something_happened(house: House) -> None:
    house.says("# Tasks\n- Tell me when the backup is late\n")
    assert await house.look(10) == 1
    await house.hears()
    assert await house.look(10) == 1
    house.says("- Tell me when the backup is early\n")
    assert await house.look(10) == 1


async def test_what_a_heartbeat_did_itself_is_no_news(house: House) -> None:
    house.says("- Look\n")
    await house.look(2)
    await house.hears(channel="job")
    await house.store.append(NewEvent(kind=Kind.RUN_ENDED, body={"name": "heartbeat"}))
    assert await house.look(5) == 0


async def test_it_looks_each_time_when_the_owner_wants_that(house: House) -> None:
    house.heartbeat = {"onlyNews": False}
    house.says("- Look at the weather\n")
    assert await house.look(5) == 5


async def test_a_note_is_read_with_the_next_heartbeat(house: House) -> None:
    await Notes(records=house.records).add(Note(note_id="n1", agent=MAIN, text="x", at=house.hands.at))
    assert await house.look() == 1
    assert house.started[0].kind is WorkKind.HEARTBEAT


async def test_it_is_quiet_outside_its_hours_and_when_switched_off(house: House) -> None:
    house.heartbeat = {"activeHours": {"start": "22:00", "end": "06:00"}, "onlyNews": False}
    house.says("- Look\n")
    assert await house.look(5) == 0
    house.heartbeat = {"every": "0m", "onlyNews": False}
    assert await house.look(100) == 0


async def test_a_clock_that_jumps_back_does_not_stop_it(house: House) -> None:
    house.heartbeat = {"onlyNews": False}
    house.says("- Look\n")
    house.hands.at -= timedelta(days=30)
    assert await house.look(3) == 2


@pytest.mark.parametrize(
    ("every", "seconds"), [("30m", 1800), ("1h", 3600), ("0m", 0), ("0", 0), ("15", 900), ("5s", 60), ("1d", 86_400)]
)
def test_how_often_is_read_as_openclaw_writes_it(every: str, seconds: float) -> None:
    assert every_s(HeartbeatSettings(every=every)) == seconds


def test_hours_go_over_midnight() -> None:
    hours = ActiveHours(start="22:00", end="06:00", timezone="Europe/Berlin")
    night, day = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (23, 12))
    assert (is_awake(hours, night, BERLIN), is_awake(hours, day, BERLIN)) == (True, False)
    assert is_awake(ActiveHours(), day, BERLIN)


def test_orders_are_what_is_left_without_comments() -> None:
    assert orders_in("<!-- a -->\n# T\n- do x") == "# T\n- do x"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("HEARTBEAT_OK", ""),
        ("HEARTBEAT_OK all is well", ""),
        ("NO_REPLY", ""),
        ("The backup is late.", "The backup is late."),
        ("HEARTBEAT_OK " + "x" * 400, "x" * 400),
    ],
)
def test_an_answer_that_says_that_all_is_well_is_nobodys_business(text: str, told: str) -> None:
    assert said_by(text, 300) == told
