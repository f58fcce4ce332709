"""Put the house together: every room gets what it needs, and nothing knows more than that."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.agent.desk import DeskModels
from homarus.agent.history import SessionHistory
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef
from homarus.domain.settings import Settings
from homarus.domain.turns import Inbound, Waiting
from homarus.gateway import made_later
from homarus.gateway.agent_jobs import AgentJobs
from homarus.gateway.answering import Answering, passes_lanes
from homarus.gateway.approvals import Approvals
from homarus.gateway.beginnings import warmup_of
from homarus.gateway.channel_settings import ChannelSections
from homarus.gateway.channeling import Channeling
from homarus.gateway.checks import Checks
from homarus.gateway.clock import HouseClock
from homarus.gateway.commanding import Commanding
from homarus.gateway.common import database_of, lanes_of, share_files
from homarus.gateway.configure import Configuration
from homarus.gateway.crossings import Crossings
from homarus.gateway.discover import Discovery, discover
from homarus.gateway.engine_news import noting, take_in
from homarus.gateway.engines import Engines
from homarus.gateway.errands import ErrandDesk
from homarus.gateway.facts import Facts, Sources
from homarus.gateway.freshening import Freshening
from homarus.gateway.further_commands import Further
from homarus.gateway.house import House
from homarus.gateway.intake import Intake
from homarus.gateway.jobs.ground import Ground
from homarus.gateway.jobs_later import JobsLater
from homarus.gateway.keeping import logged
from homarus.gateway.known_models import KnownModels
from homarus.gateway.machine import Here
from homarus.gateway.memories import Memories
from homarus.gateway.moments import Moments
from homarus.gateway.outbox import Outbox
from homarus.gateway.playing.source_sections import SourceSections
from homarus.gateway.playing_later import PlayingLater
from homarus.gateway.pulls import Pulls
from homarus.gateway.reached import channels_of
from homarus.gateway.redacting import Redacting, secret_variables, secrets_in
from homarus.gateway.reminding import Reminding
from homarus.gateway.runner import Runner
from homarus.gateway.seating import Seating
from homarus.gateway.selection import Selection
from homarus.gateway.shared_checks import SharedChecks
from homarus.gateway.toolbox import Toolbox
from homarus.gateway.turns import Turns
from homarus.gateway.variables import Variables
from homarus.gateway.warming import warm_words
from homarus.gateway.wired import Groundwork, ModelRooms, Traffic, Wired
from homarus.models.announcing import announce
from homarus.models.desk import Desk
from homarus.models.dispatch import Takes
from homarus.models.embedded import SLOTS, Change, Embedded
from homarus.models.knowledge import Knowledge
from homarus.models.slots import Slots
from homarus.models.warmup import restoring
from homarus.net.door import OpenDoor
from homarus.state.access import Access
from homarus.state.blobs import Blobs
from homarus.state.database import Database
from homarus.state.journal import Journal
from homarus.state.opening import open_state
from homarus.state.outgoing import undelivered
from homarus.state.records import StoredRecords
from homarus.state.reminders import StoredReminders
from homarus.state.secrets import Secrets
from homarus.state.sessions import Sessions
from homarus.state.store import seq_before

if TYPE_CHECKING:
    from homarus.gateway.company import Company


class Wiring:
    """Builds one house; each method makes one part and the next ones use it."""

    def __init__(
        self,
        home: Path,
        environment: Mapping[str, str],
        tasks: asyncio.TaskGroup,
        opened: AsyncExitStack,
        *,
        file: Path | None = None,
        is_worker: bool = False,
    ) -> None:
        self._home = home
        self._is_worker = is_worker
        self._environment = environment
        self._tasks = tasks
        self._opened = opened
        self._stopping = asyncio.Event()
        self._discovery: Discovery = discover(home)
        self._configuration = Configuration(
            home,
            environment=environment,
            file=file,
            find_sections=ChannelSections(self._discovery),
            find_sources=SourceSections(self._discovery),
        )
        self._configuration.load()
        self._clock = HouseClock(lambda: self._settings().agents.defaults.user_timezone)
        self._secrets = Secrets(home / "secrets")
        self._common = share_files(home, self._settings())
        self._redacting = Redacting(self._settings, further=self._further_secrets)
        self._runner: Runner | None = None
        self._is_spoken_to = False

    async def house(self) -> Wired:
        """Return the house, ready to be served."""
        ground = await self._ground()
        work = self._work(ground)
        models = await self._models(ground)
        playing = PlayingLater(self._home, ground.store, discovery=self._discovery)
        facts = self._facts(ground, work, models, playing)
        answering = self._answering(ground, work, facts, playing)
        self._runner = Runner(
            store=ground.store,
            intake=work.intake,
            moments=work.moments,
            outbox=work.outbox,
            journal=lambda turn, events: self._journal(ground.store, turn, events),
            answering=answering,
            redacted=self._redacting,
            before=Freshening(ground.store, self._clock, self._settings),
        )

        playing.answering = answering
        house = work.later.house = playing.house = self._house(ground, work, facts, models, playing)
        return Wired(
            house=house,
            company=self._company(ground, work),
            jobs=work.later,
            store=ground.store,
            lanes=work.lanes,
            outbox=work.outbox,
            reminding=ground.reminding,
            toolbox=work.toolbox,
            embedded=ground.embedded,
            channeling=work.channeling,
            warmup=warmup_of(ground.desk, self._slots(ground), work.toolbox, answering, self._settings),
        )

    def _company(self, ground: Groundwork, work: Traffic) -> "Company | None":
        if ground.shared is None:
            return None
        from homarus.gateway.company import Company
        from homarus.gateway.sharing import SharedLanes

        assert isinstance(work.lanes, SharedLanes)
        return Company(
            shared=ground.shared,
            store=ground.store,
            tasks=self._tasks,
            lanes=work.lanes,
            moments=work.moments,
            access=ground.access,
            selection=work.selection,
            reminding=ground.reminding,
            crossings=ground.crossings,
            outbox=work.outbox,
        )

    def _slots(self, ground: Groundwork) -> Slots:
        slots = Slots(door=ground.door, folder=self._home / SLOTS)
        ground.embedded.prepare = restoring(slots)
        return slots

    def _settings(self) -> Settings:
        return self._configuration.current

    def _further_secrets(self) -> Iterator[str]:
        reading = self._configuration.loaded.reading
        named = [*secrets_in(self._settings()), *secrets_in(reading.extra)]
        yield from named
        yield from secret_variables(reading.variables, self._environment, named)

    async def _ground(self) -> Groundwork:
        kind = "worker" if self._is_worker else "gateway"
        state = await open_state(self._home, database_of(self._settings(), self._environment), kind=kind)
        store = await self._opened.enter_async_context(state.store)
        store.writer.redacted = self._redacting.json
        crossings = Crossings(store, self._clock, seq_before=partial(seq_before, store))
        door = OpenDoor(crossings.note)
        self._opened.push_async_callback(door.close)
        embedded = self._embedded(store)
        self._opened.push_async_callback(embedded.stop)
        self._opened.callback(self._stopping.set)  # runs first: what ends after this has no task group to report to
        knowledge = Knowledge(StoredRecords(store))
        await knowledge.load()
        desk = Desk(
            self._settings,
            Variables(self._configuration),
            door,
            embedded,
            wires=self._discovery.wires(),
            providers={mark.name: mark for mark in self._discovery.providers()},
            knowledge=knowledge,
        )
        desk.dispatch.places = state.places
        self._opened.push_async_callback(desk.servers.stop)
        take_in(desk.watch, embedded, window_tokens=lambda: self._settings().embedded.context_tokens)
        desk.watch.on_change(noting(partial(self._write_down, store)))
        return Groundwork(
            store=store,
            shared=state.shared,
            crossings=crossings,
            door=door,
            embedded=embedded,
            desk=desk,
            reminding=Reminding(
                StoredReminders(store, zone=self._clock.zone),
                self._clock,
                most_pending=lambda: self._settings().reminders.max_pending,
            ),
            access=await Access.open(store),
        )

    def _work(self, ground: Groundwork) -> Traffic:
        store = ground.store

        def place(turn: TurnId, ahead: int) -> None:
            moments.publish(turn, Waiting(phase="queued", total=ahead))

        lanes = lanes_of(self._run_one, self._tasks, store=store, shared=ground.shared, on_place=place)
        later = self._later(store)
        approvals = Approvals(
            store, self._clock, on_decided=lambda turn: None if later.decided(turn) else lanes.resume(turn)
        )

        def begin(inbound: Inbound, turn: TurnId) -> None:
            if inbound.priority == "person":
                later.note_person()
            moments.open(turn)
            if passes_lanes(inbound):
                lanes.resume(turn)
            else:
                lanes.enqueue(inbound.session, turn)

        intake = Intake(store, Blobs(self._home / "blobs"), on_accepted=begin)
        turns = Turns(store, intake, lanes, approvals, end_stopped=lanes.resume)
        moments = Moments(turns.reply, redacting=self._redacting)
        channeling = self._channeling(ground, intake, approvals, moments)
        return Traffic(
            later=later,
            errands=ErrandDesk(
                intake=intake, moments=moments, lanes=lanes, turns=turns, store=store, find=ground.desk.find
            ),
            lanes=lanes,
            approvals=approvals,
            intake=intake,
            moments=moments,
            turns=turns,
            outbox=self._outbox(ground, channeling),
            channeling=channeling,
            selection=Selection(store, self._configuration, announce=partial(announce, ground.desk, takes=Takes.IDLE)),
            toolbox=Toolbox(self._discovery, self._settings),
        )

    def _channeling(self, ground: Groundwork, intake: Intake, approvals: Approvals, moments: Moments) -> Channeling:
        store = ground.store
        seating = Seating.of(store, ground.door, self._home, self._clock, approvals, moments)
        channeling = Channeling(self._discovery, self._configuration, store, self._tasks, intake.accept, seating)
        channeling.leases = ground.leases
        return channeling

    def _later(self, store: Database) -> JobsLater:
        later = JobsLater(
            Ground(
                home=self._home,
                store=store,
                clock=self._clock,
                settings=self._settings,
                tasks=self._tasks,
                redacted=self._redacting,
                database=database_of(self._settings(), self._environment) or "",
                is_worker=self._is_worker,
            )
        )
        self._opened.push_async_callback(later.close)
        return later

    def _outbox(self, ground: Groundwork, channeling: Channeling) -> Outbox:
        return Outbox(
            ground.store,
            channeling.places,
            self._tasks,
            undelivered=lambda: undelivered(ground.store),
            on_trouble=channeling.note_trouble,
            neighbours=ground.shared,
        )

    async def _run_one(self, turn: TurnId) -> None:
        assert self._runner is not None
        if not self._is_spoken_to:
            self._is_spoken_to = True
            self._tasks.create_task(logged("words", asyncio.to_thread(warm_words)))
        await self._runner.run_one(turn)

    def _facts(self, ground: Groundwork, work: Traffic, models: ModelRooms, playing: PlayingLater) -> Facts:
        checks = Checks(
            home=self._home,
            configuration=self._configuration,
            discovery=self._discovery,
            desk=ground.desk,
            embedded=ground.embedded,
            toolbox=work.toolbox,
            store=ground.store,
        )
        database = SharedChecks(shared=ground.shared, settings=self._settings)
        return Facts(
            sources=Sources(
                home=self._home,
                config=self._configuration.file,
                lanes=work.lanes,
                approvals=work.approvals,
                reminders=ground.reminding,
                crossings=ground.crossings,
                model=checks.current_model,
                channels=work.channeling.states,
                database=database.shown,
                quick=(*checks.quick, work.channeling.known, database.files),
                thorough=(
                    *checks.thorough,
                    database.processes,
                    partial(made_later.model_checks, models.engines, self._settings),
                    partial(made_later.job_checks, lambda: work.later.house, self._settings),
                    work.channeling.probed,
                    playing.probed,
                ),
            )
        )

    def _answering(self, ground: Groundwork, work: Traffic, facts: Facts, playing: PlayingLater) -> Answering:
        commanding = Commanding(
            store=ground.store,
            turns=work.turns,
            approvals=work.approvals,
            selection=work.selection,
            facts=facts,
            models=KnownModels(ground.desk),
            further=Further(house=lambda: work.later.house),
        )
        return Answering(
            home=self._home,
            settings=self._settings,
            commanding=commanding,
            selection=work.selection,
            history=SessionHistory(ground.store, read=work.intake.read),
            models=DeskModels(ground.desk),
            toolbox=work.toolbox,
            memory=Memories(ground.store, self._clock, Secrets(self._common / "secrets").own_key("memory")),
            reminders=ground.reminding,
            clock=self._clock,
            door=ground.door,
            errands=work.errands,
            accounts=playing.accounts,
            jobs=AgentJobs(house=lambda: work.later.house),
        )

    async def _models(self, ground: Groundwork) -> ModelRooms:
        watch = ground.desk.watch
        engines = Engines(desk=ground.desk, door=ground.door, watch=watch, adapter_for=watch.adapter_for)

        def look_again(ref: ModelRef) -> None:
            self._tasks.create_task(logged("look", engines.refreshed(ref.provider)))

        machine = Here(StoredRecords(ground.store))
        await machine.load()
        return ModelRooms(
            engines=engines,
            pulls=Pulls(engines.pull, StoredRecords(ground.store), self._tasks, on_done=look_again),
            machine=machine,
            fitting=partial(made_later.fitting, engines, machine),
            setup=partial(made_later.setup, ground.desk, self._configuration, self._secrets),
            neighbours=partial(made_later.neighbours, ground.crossings.note),
        )

    def _house(
        self, ground: Groundwork, work: Traffic, facts: Facts, models: ModelRooms, playing: PlayingLater
    ) -> House:
        assert playing.answering is not None
        return House(
            home=self._home,
            configuration=self._configuration,
            store=ground.store,
            clock=self._clock,
            intake=work.intake,
            moments=work.moments,
            turns=work.turns,
            approvals=work.approvals,
            sessions=Sessions(ground.store),
            access=ground.access,
            desk=ground.desk,
            door=ground.door,
            engines=models.engines,
            pulls=models.pulls,
            errands=work.errands,
            outbox=work.outbox,
            channels=channels_of(work.channeling, self._secrets),
            machine=models.machine,
            fitting=models.fitting,
            setup=models.setup,
            neighbours=models.neighbours,
            replaying=partial(made_later.replaying, ground.store, work.intake.read, playing.answering),
            jobs=work.later,
            playing=playing,
            selection=work.selection,
            notices=ground.reminding,
            facts=facts,
            redacting=self._redacting,
            stopping=self._stopping,
            plugins_at_start=self._discovery.approved,
        )

    def _journal(self, store: Database, turn: TurnId, events: Sequence[Event]) -> Journal:
        session = events[0].session
        assert session is not None
        return Journal(store, turn, session, clock=self._clock, known=events)

    def _write_down(self, store: Database, event: NewEvent) -> None:
        """Write a fact that nobody waits for; what happens while the house goes down has nobody to report to."""
        if not self._stopping.is_set():
            self._tasks.create_task(logged("engine", store.append(event, synced=False)))

    def _embedded(self, store: Database) -> Embedded:
        def note(change: Change) -> None:
            body = {"engine": "embedded", "state": change.state.value, "detail": change.detail}
            self._write_down(store, NewEvent(kind=Kind.ENGINE_CHANGED, body=body))

        return Embedded(self._settings().embedded, self._home, on_change=note)
