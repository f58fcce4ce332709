"""A gateway's HTTP face over real state, with agents and models that say what a test tells them."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, cast

import aiohttp

from homarus.domain import codec
from homarus.domain.content import Json
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.inference import Finish, Finished, ModelRef, ModelRequest, StreamEvent, TextDelta, Usage
from homarus.domain.ports import Door, Endpoint, ModelInfo, Wire
from homarus.domain.turns import Ended, Inbound, Moment, Reply, Route, Routed, Said
from homarus.gateway.approvals import Approvals
from homarus.gateway.configure import Configuration
from homarus.gateway.crossings import Crossings
from homarus.gateway.discover import discover
from homarus.gateway.engines import Engines
from homarus.gateway.facts import CurrentModel, Facts, Sources
from homarus.gateway.fitting import Fitting
from homarus.gateway.house import House
from homarus.gateway.intake import Intake
from homarus.gateway.jobs.ground import Ground
from homarus.gateway.jobs_later import JobsLater
from homarus.gateway.lanes import Lanes
from homarus.gateway.machine import Here
from homarus.gateway.moments import Moments
from homarus.gateway.pages import add_pages
from homarus.gateway.playing_later import PlayingLater
from homarus.gateway.pulls import Pulls
from homarus.gateway.redacting import Redacting
from homarus.gateway.reminding import Reminding
from homarus.gateway.selection import Selection
from homarus.gateway.server import RunningSite, serve
from homarus.gateway.setup import Setup
from homarus.gateway.turns import Turns
from homarus.models.desk import Desk
from homarus.net.door import OpenDoor
from homarus.net.neighbours import Neighbours
from homarus.state.access import Access
from homarus.state.blobs import Blobs
from homarus.state.reminders import StoredReminders
from homarus.state.secrets import Secrets
from homarus.state.sessions import Sessions
from homarus.state.store import SqliteStore, open_store, seq_before
from homarus.testing.clock import FakeClock
from homarus.testing.records import FakeRecords

TINY = ModelRef(provider="test", model_id="tiny")
ROUTE = Route(model=TINY, because="the only one", place="this machine")


def _hello() -> list[StreamEvent | Exception]:
    usage = Usage(prompt_tokens=7, completion_tokens=2)
    return [TextDelta(text="Hello"), TextDelta(text=" there."), Finished(reason=Finish.STOP, usage=usage)]


@dataclass
class FakeWire:
    """A protocol in which every model says what `says` holds."""

    says: list[StreamEvent | Exception] = field(default_factory=_hello)
    asked: list[ModelRequest] = field(default_factory=list[ModelRequest])
    is_closed: bool = False

    async def stream(
        self, request: ModelRequest, at: Endpoint, door: Door, **_more: object
    ) -> AsyncIterator[StreamEvent]:
        del at, door
        self.asked.append(request)
        try:
            for event in self.says:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.is_closed = True

    async def list_models(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        del at, door
        return (ModelInfo(model_id="tiny"),)


def providers(**more: object) -> dict[str, object]:
    """Return a configuration in which `test/tiny` is the first model."""
    tiny = {"api": "ollama", "baseUrl": "http://127.0.0.1:1", "models": [{"id": "tiny"}]}
    return {"models": {"mode": "replace", "providers": {"test": tiny, **more}}}


@dataclass
class Place:
    """A running face, and what stands behind it."""

    house: House
    running: RunningSite
    wire: FakeWire
    inbounds: list[Inbound] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=lambda: [Routed(route=ROUTE), Said(text="Good "), Said(text="day.")])
    reply_text: str = "Good day."
    is_error: bool = False
    hold: asyncio.Event | None = None
    """Turns wait for it before they end."""

    @property
    def port(self) -> int:
        return self.running.port

    @property
    def url(self) -> str:
        return self.running.address

    async def key(self, *scopes: str) -> str:
        return (await self.house.access.add_key("test", scopes or ("chat",))).secret

    async def cookie(self) -> dict[str, str]:
        paired = await self.house.access.pair("Browser")
        return {self.running.site.cookie_name: paired.token}

    async def run_turn(self, turn: TurnId) -> None:
        event = (await self.house.store.of_turn(turn))[0]
        inbound = await self.house.intake.read(event)
        self.inbounds.append(inbound)
        for moment in self.moments:
            self.house.moments.publish(turn, moment)
        if self.hold is not None:
            await self.hold.wait()
        await self.end_turn(turn, inbound.session)

    async def end_turn(self, turn: TurnId, session: SessionKey) -> None:
        reply = Reply(
            turn_id=turn,
            session=session,
            text=self.reply_text,
            route=ROUTE,
            usage=Usage(prompt_tokens=5, completion_tokens=3),
            is_error=self.is_error,
            hint="Try again." if self.is_error else "",
        )
        body: dict[str, Json] = {"reply": codec.dump(reply), "messages": []}
        await self.house.store.append(
            NewEvent(kind=Kind.REPLY_WRITTEN, body=body, session=session, turn=turn, dedupe=f"{turn}:reply")
        )
        self.house.moments.publish(turn, Ended(reply=reply))


@asynccontextmanager
async def running_place(
    home: Path,
    config: Mapping[str, object] | None = None,
    *,
    has_real_wires: bool = False,
    has_pages: bool = False,
) -> AsyncGenerator[Place]:
    """Run a face on a port of the system's choice; with real wires, servers are asked as the house asks them."""
    (home / "homarus.json5").write_text(json.dumps({**providers(), **(config or {})}))
    places: list[Place] = []

    async def run_turn(turn: TurnId) -> None:
        await places[0].run_turn(turn)

    try:
        async with await open_store(home) as store, OpenDoor() as door, asyncio.TaskGroup() as tasks:
            wire = FakeWire()
            house = await _house(home, store, door, tasks, run_turn, {} if has_real_wires else {"ollama": wire})
            pages = add_pages if has_pages else None
            running = await serve(house, port=0, socket_path=home / "gateway.sock", add_pages=pages)
            places.append(Place(house=house, running=running, wire=wire))
            try:
                yield places[0]
            finally:
                await running.stop()
                if places[0].hold is not None:
                    places[0].hold.set()
            _end()
    except* _OverError:
        pass


class _OverError(Exception):
    """Ends what a house keeps running for as long as it stands."""


def _end() -> None:
    raise _OverError


async def _house(
    home: Path,
    store: SqliteStore,
    door: OpenDoor,
    tasks: asyncio.TaskGroup,
    run_turn: Callable[[TurnId], Awaitable[None]],
    wires: Mapping[str, Wire],
) -> House:
    clock = FakeClock()
    lanes = Lanes(run_turn, tasks)
    configuration = Configuration(home, environment={})
    configuration.load()
    redacting = Redacting(lambda: configuration.current)
    store.writer.redacted = redacting.json
    reminding = Reminding(StoredReminders(store, zone=clock.zone), clock)
    crossings = Crossings(store, clock, seq_before=partial(seq_before, store))
    work = _of_work(home, store, lanes, clock)
    stopping = asyncio.Event()
    playing = PlayingLater(home, store, discovery=discover(home, approved={}))
    house = playing.house = House(
        home=home,
        configuration=configuration,
        store=store,
        clock=clock,
        **work,
        moments=Moments(work["turns"].reply, redacting=redacting),
        sessions=Sessions(store),
        access=await Access.open(store),
        **_of_models(Desk(lambda: configuration.current, {}, door, wires=wires), door, tasks, configuration),
        neighbours=lambda: Neighbours(crossings.note, networks=lambda: [IPv4Network("127.0.0.1/32")]),
        selection=Selection(store, cast("Any", configuration)),
        playing=playing,
        jobs=_jobs(home, store, clock, configuration, tasks, redacting),
        notices=reminding,
        facts=Facts(_sources(configuration, lanes, work["approvals"], reminding, crossings)),
        redacting=redacting,
        stopping=stopping,
    )
    return house


def _jobs(
    home: Path,
    store: SqliteStore,
    clock: FakeClock,
    configuration: Configuration,
    tasks: asyncio.TaskGroup,
    redacting: Redacting,
) -> JobsLater:
    ground = Ground(
        home=home,
        store=store,
        clock=clock,
        settings=lambda: configuration.current,
        tasks=tasks,
        redacted=redacting,
    )
    return JobsLater(ground)


def _of_work(home: Path, store: SqliteStore, lanes: Lanes, clock: FakeClock) -> dict[str, Any]:
    approvals = Approvals(store, clock, on_decided=lambda _turn: None)
    intake = Intake(
        store, Blobs(home / "blobs"), on_accepted=lambda inbound, turn: lanes.enqueue(inbound.session, turn)
    )
    turns = Turns(store, intake, lanes, approvals, end_stopped=lambda _turn: None)
    return {"approvals": approvals, "intake": intake, "turns": turns}


def _of_models(desk: Desk, door: OpenDoor, tasks: asyncio.TaskGroup, configuration: Configuration) -> dict[str, Any]:
    secrets = Secrets(configuration.file.parent / "secrets")
    engines = Engines(desk=desk, door=door, watch=desk.watch, adapter_for=desk.watch.adapter_for)
    here = Here(FakeRecords())
    return {
        "desk": desk,
        "door": door,
        "engines": engines,
        "pulls": Pulls(engines.pull, FakeRecords(), tasks),
        "machine": here,
        "fitting": lambda: Fitting(engines=engines, here=here),
        "setup": lambda: Setup(desk=desk, configuration=configuration, secrets=secrets),
        "replaying": None,
    }


def _sources(
    configuration: Configuration, lanes: Lanes, approvals: Approvals, reminding: Reminding, crossings: Crossings
) -> Sources:
    return Sources(
        home=configuration.file.parent,
        config=configuration.file,
        lanes=lanes,
        approvals=approvals,
        reminders=reminding,
        crossings=crossings,
        model=_model,
    )


async def _model() -> CurrentModel | None:
    return CurrentModel(ref=str(TINY), place="this machine", because="the only one")


async def raw(port: int, sent: bytes, *, then: Callable[[asyncio.StreamWriter], None] | None = None) -> bytes:
    """Send bytes over a socket and return everything that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    if then is not None:
        then(writer)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


def session(url: str, **more: Any) -> aiohttp.ClientSession:
    """Return a client that reads every answer whole, streams apart, so that a test may look at the status alone."""
    trace = aiohttp.TraceConfig()

    async def read(_session: object, _context: object, ended: aiohttp.TraceRequestEndParams) -> None:
        if ended.response.content_type != "text/event-stream":
            await ended.response.read()

    trace.on_request_end.append(read)
    return aiohttp.ClientSession(url, trace_configs=[trace], **more)
