"""Have an agent answer for a run: one turn, named by the run and the step, the same one after a crash.

A turn that asks its owner something takes no room in the engine: the run is parked until the turn has its reply.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from homarus.domain import codec
from homarus.domain.content import JsonObject, Part
from homarus.domain.errors import Failure, ModelCallError, NotFoundError, StateError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, RunId, SessionKey, TurnId
from homarus.domain.inference import ModelRef
from homarus.domain.jobs import JobRun
from homarus.domain.labels import OWNER, Label
from homarus.domain.ports import Parked, Run
from homarus.domain.running import Purse
from homarus.domain.settings import Settings
from homarus.domain.turns import Asked, Ended, Errand, Inbound, Reply
from homarus.gateway.intake import Intake
from homarus.gateway.jobs.beating import JOB_CHANNEL
from homarus.gateway.jobs.places import Places
from homarus.gateway.keeping import logged
from homarus.gateway.lanes import Lanes
from homarus.gateway.moments import Moments
from homarus.gateway.outbox import Outbox
from homarus.gateway.spending import spent_of
from homarus.gateway.turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What an agent is told."""

    text: str
    session: SessionKey
    agent: AgentId
    label: Label = OWNER
    attachments: tuple[Part, ...] = ()
    priority: str = "job"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """Brings lines of runs to agents."""

    intake: Intake
    turns: Turns
    moments: Moments
    lanes: Lanes
    outbox: Outbox
    places: Places
    settings: Callable[[], Settings]
    find: Callable[[str], ModelRef]
    """Returns the model that a name or an alias means."""
    tasks: asyncio.TaskGroup
    wake: Callable[[RunId], Awaitable[None]]

    async def answer(self, run: JobRun, journal: Run, purse: Purse, line: Line) -> Reply:
        """Return what the agent answers; the models of the work are asked in their order.

        Raises:
            ModelCallError: when no model answers; it says how they failed.
            Parked: while the turn waits for the owner.
        """
        reply: Reply | None = None
        for place, name in enumerate(_models(run)):
            key = f"answer:{run.attempt}" if not place else f"answer:{run.attempt}:{place}"
            reply = await self._step(key, run, journal, purse, line, model=name)
            if not reply.is_error or not reply.failure:
                break
        assert reply is not None
        if reply.is_error and reply.failure:
            raise ModelCallError(Failure(reply.failure), reply.text, hint=reply.hint)
        return reply

    async def _step(self, key: str, run: JobRun, journal: Run, purse: Purse, line: Line, *, model: str | None) -> Reply:
        purse.check()

        async def ask() -> JsonObject:
            reply = await self._turn(run, key, line, model)
            said = " ".join(reply.text.split())[:200]
            return {"said": said, "turn": reply.turn_id, "reply": codec.dump(reply)}

        outcome = await journal.step(key, ask)
        reply = codec.load(Reply, outcome["reply"])
        name = str(reply.route.model) if reply.route is not None else ""
        await purse.spend(key, spent_of(reply, self.settings()), model=name)
        return reply

    async def _turn(self, run: JobRun, key: str, line: Line, model: str | None) -> Reply:
        inbound = self._inbound(run, key, line, model)
        accepted = await self.intake.accept(inbound)
        is_open = not accepted.is_new and await self.turns.reply(accepted.turn) is None
        if is_open and not self.lanes.knows(accepted.turn):
            self.moments.open(accepted.turn)
            self.lanes.resume(accepted.turn)
        return await self._reply(run, accepted.turn, inbound)

    async def _reply(self, run: JobRun, turn: TurnId, inbound: Inbound) -> Reply:
        async for moment in self.moments.watch(turn):
            if isinstance(moment, Ended):
                return moment.reply
            if isinstance(moment, Asked):
                place = await self.places.of(run.delivery)
                if place is not None:
                    where = replace(inbound, channel=place.channel, reply_to=place.to)
                    self.outbox.ask(moment.approval, where)
                self.tasks.create_task(logged(f"wait for {turn}", self._wake_after(run.run_id, turn)))
                raise Parked(f"{turn}:reply")
        raise StateError(_("The turn {turn!r} ended without a reply.").format(turn=turn), hint=_("See `homarus logs`."))

    async def _wake_after(self, run_id: RunId, turn: TurnId) -> None:
        async for moment in self.moments.watch(turn):
            if isinstance(moment, Ended):
                break
        await self.wake(run_id)

    async def was_stopped(self, turn: TurnId) -> bool:
        """Whether somebody stopped a turn."""
        return await self.turns.was_stopped(turn)

    async def stop(self, run: JobRun) -> None:
        """Stop the turn of a run that was cancelled."""
        turn = await self.intake.known(JOB_CHANNEL, f"{run.run_id}:answer:{run.attempt}")
        if turn is not None:
            await self.turns.stop(turn, by="run")

    def _inbound(self, run: JobRun, key: str, line: Line, model: str | None) -> Inbound:
        tools = run.work.tools
        return Inbound(
            channel=JOB_CHANNEL,
            external_id=f"{run.run_id}:{key}",
            session=line.session,
            agent=line.agent,
            text=line.text,
            label=line.label,
            attachments=line.attachments,
            model=self._model(model),
            priority=line.priority,
            errand=None if tools is None else Errand(run=run.run_id, step=key, tools=tools),
        )

    def _model(self, name: str | None) -> ModelRef | None:
        if name is None:
            return None
        try:
            return self.find(name)
        except NotFoundError as error:
            raise UsageError(error.message, hint=error.hint) from error


def _models(run: JobRun) -> tuple[str | None, ...]:
    """Return who is asked, in order: the work's own model, then its fallbacks; `None` is the agent's own choice."""
    work = run.work
    if work.model is None:
        return (None,)
    return (work.model, *((None,) if work.fallbacks is None else work.fallbacks))
