"""Join jobs with the house around them: who does the work, who is told of it, and who may plan it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.content import JsonObject
from homarus.domain.events import Event
from homarus.domain.ids import AgentId, RunId
from homarus.domain.inference import ModelRef
from homarus.domain.jobs import JobRun, RunState, Trigger, WorkKind
from homarus.domain.ports import Records
from homarus.domain.running import Performer
from homarus.gateway.jobs.beating import every_s
from homarus.gateway.jobs.ground import Ground
from homarus.gateway.jobs.heartbeat import Heartbeat
from homarus.gateway.jobs.house import Jobs
from homarus.gateway.jobs.messages import Messages, NotesTaken
from homarus.gateway.jobs.notes import Notes
from homarus.gateway.jobs.places import Places
from homarus.gateway.jobs.planning import Planning
from homarus.gateway.jobs.telling import Telling
from homarus.gateway.jobs.turning import Turning
from homarus.gateway.outbox import Outbox
from homarus.state.blobs import Blobs
from homarus.state.records import StoredRecords

if TYPE_CHECKING:
    from homarus.gateway.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """What jobs need of a house, and what a house needs of its jobs."""

    house: "House"
    ground: Ground

    @property
    def records(self) -> Records:
        """Small facts that outlive the process."""
        return StoredRecords(self.ground.store)

    @property
    def outbox(self) -> Outbox:
        """The way out; a house without channels tells nobody but its pages."""
        if self.house.outbox is not None:
            return self.house.outbox
        return Outbox(self.house.store, {}, self.ground.tasks, undelivered=_nothing)

    @property
    def places(self) -> Places:
        """Where the owner is told something."""
        return Places(store=self.house.store, channels=self.outbox.channels)

    def performers(self) -> dict[WorkKind, Callable[[], Performer]]:
        """Return who does the kinds of work that need an agent; a house without agents has none."""
        if self.house.errands is None:
            return {}
        return {
            WorkKind.MESSAGE: self.messages,
            WorkKind.NOTE: self.notes,
            WorkKind.HEARTBEAT: self.heartbeat,
        }

    def messages(self) -> Messages:
        """Return who says things to agents."""
        return Messages(turning=self._turning(), settings=self.house.settings)

    def notes(self) -> NotesTaken:
        """Return who takes notes."""
        return NotesTaken(
            turning=self._turning(),
            notes=Notes(records=self.records),
            settings=self.house.settings,
            clock=self.house.clock,
            has_heartbeat=lambda: every_s(self.house.settings().agents.defaults.heartbeat) > 0,
        )

    def heartbeat(self) -> Heartbeat:
        """Return who looks at HEARTBEAT.md."""
        return Heartbeat(
            turning=self._turning(),
            notes=Notes(records=self.records),
            workspace=self._workspace,
            settings=self.house.settings,
        )

    def attach(self, jobs: Jobs) -> None:
        """Have the owner told of every run that ends, and let jobs that are done go."""
        telling = Telling(
            store=self.house.store,
            records=self.records,
            blobs=Blobs(self.house.home / "blobs"),
            clock=self.house.clock,
            door=self.house.door,
            outbox=self.outbox,
            places=self.places,
            runs=jobs.runs,
            slots=jobs.slots,
            settings=lambda: self.house.settings().jobs,
            tasks=self.ground.tasks,
        )
        jobs.runs.on_ended(telling)
        jobs.runs.on_ended(self._stop_questions)
        jobs.runs.on_ended(self._give_back)
        jobs.runs.on_ended(partial(self._clean_up, jobs))

    async def _stop_questions(self, run: JobRun) -> None:
        """End what a run still asks models: nobody waits for it, and the machine has other work."""
        if self.house.errands is not None:
            await self.house.errands.stop(run.run_id, by="run")

    async def _give_back(self, run: JobRun) -> None:
        """Let the next run read again what one has read that hands nothing over."""
        if run.work.kind is WorkKind.PLAYBOOK:
            from homarus.gateway.playing.giving_back import give_back, has_read_for_nothing

            if has_read_for_nothing(run):
                await give_back(run, self.house.store, self.house.playing().books.readings)

    async def _clean_up(self, jobs: Jobs, run: JobRun) -> None:
        """Stop what a cancelled run left under way, and remove a job that wanted to go after it went well."""
        if run.state is RunState.CANCELLED and run.work.kind is not WorkKind.PLAYBOOK:
            await self._turning().stop(run)
        if run.state is RunState.DONE and run.job_id is not None and run.trigger is Trigger.CLOCK:
            job = await jobs.stored.job(run.job_id)
            if job is not None and job.deletes_itself:
                await jobs.stored.drop_job(run.job_id, by="done")
                await jobs.scheduling.forget(run.job_id)

    def _turning(self) -> Turning:
        house, desk = self.house, self.house.errands
        assert desk is not None

        async def wake(run_id: RunId) -> None:
            await house.jobs().runs.wake(run_id)

        def find(name: str) -> ModelRef:
            return house.desk.find(name).ref

        return Turning(
            intake=house.intake,
            turns=house.turns,
            moments=house.moments,
            lanes=desk.lanes,
            outbox=self.outbox,
            places=self.places,
            settings=house.settings,
            find=find,
            tasks=self.ground.tasks,
            wake=wake,
        )

    def _workspace(self, agent: AgentId) -> Path:
        from homarus.gateway.answering import workspace_of

        return workspace_of(self.house.home, self.house.settings(), agent)


def planning_of(house: "House") -> Planning:
    """Return who plans work in a house."""
    gallery = house.playing().gallery_now

    def check(playbook: str, settings: JsonObject) -> None:
        gallery().settings(playbook, settings)

    return Planning(
        jobs=house.jobs(),
        clock=house.clock,
        settings=house.settings,
        playbooks=lambda: gallery().names(),
        check=check,
    )


async def _nothing() -> Sequence[Event]:
    return ()
