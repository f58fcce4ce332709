"""Send turns on errands and wait for them: for runs, and for agents that give work to sub-agents."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from homarus.agent.rooms import Returned
from homarus.domain import codec
from homarus.domain.content import Part
from homarus.domain.errors import NotFoundError, StateError, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.inference import ModelRef
from homarus.domain.labels import HOUSE, Label
from homarus.domain.ports import Store
from homarus.domain.turns import Ended, Errand, Inbound, Reply
from homarus.gateway.intake import Accepted, Intake
from homarus.gateway.lanes import Lanes
from homarus.gateway.moments import Moments
from homarus.gateway.turns import Turns
from homarus.models.catalog import Candidate

CHANNEL = "errand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An errand with everything that its turn is given."""

    errand: Errand
    ask: str
    label: Label = HOUSE
    agent: AgentId
    material: tuple[Part, ...] = ()
    model: str | None = None
    priority: str = "job"


@dataclass(slots=True, kw_only=True)
class ErrandDesk:
    """Accepts errands as turns of sessions of their own, so that they run side by side, and returns their replies."""

    intake: Intake
    moments: Moments
    lanes: Lanes
    turns: Turns
    store: Store
    find: Callable[[str], Candidate]
    """Returns the model that a name or an alias means."""
    under_way: dict[str, set[TurnId]] = field(default_factory=lambda: defaultdict[str, set[TurnId]](set))
    """By the run, or the turn, that they are for."""

    async def __call__(
        self, errand: Errand, ask: str, *, label: Label, agent: AgentId, model: str | None = None
    ) -> Returned:
        """Send a sub-agent; implements `agent.rooms.Errands`."""
        return await self.send(
            Given(errand=errand, ask=ask, label=label, agent=agent, model=model, priority=self._priority(errand))
        )

    async def send(self, given: Given) -> Returned:
        """Return what comes back from an errand; the same one after a crash is the same turn, not a second one.

        Raises:
            UsageError: when the model's name means nothing.
            StateError: when it cannot be written down.
        """
        accepted = await self.intake.accept(self._inbound(given))
        if not accepted.is_new:
            await self._take_up(accepted)
        under_way = self.under_way[given.errand.run]
        under_way.add(accepted.turn)
        try:
            reply = await self._reply(accepted.turn)
        except asyncio.CancelledError:
            if await self.store.find(f"{given.errand.run}:stopped") is not None:
                await self.stop_turn(accepted.turn, by="parent")
            raise  # of a run that ends, `stop` ends the turn; of a process that ends, the next one goes on with it
        under_way.discard(accepted.turn)
        if not under_way:
            self.under_way.pop(given.errand.run, None)
        return Returned(reply=reply, labels=await self._labels(accepted.turn))

    async def stop(self, run: str, *, by: str) -> None:
        """Stop everything that is under way for a run, also what nobody waits for any more."""
        for turn in self.under_way.pop(run, ()):
            await self.stop_turn(turn, by=by)

    async def stop_turn(self, turn: TurnId, *, by: str) -> None:
        """Stop one of them, and what it has sent out itself."""
        await self.stop(turn, by=by)
        try:
            await self.turns.stop(turn, by=by)
        except NotFoundError:
            return

    def _inbound(self, given: Given) -> Inbound:
        errand = given.errand
        place = f"{errand.run}:{errand.step}"
        return Inbound(
            channel=CHANNEL,
            external_id=place,
            session=SessionKey(f"agent:{given.agent}:errand:{place}"),
            agent=given.agent,
            text=given.ask,
            label=given.label,
            attachments=given.material,
            model=self._model(given.model),
            priority=given.priority,
            errand=errand,
        )

    def _model(self, name: str | None) -> ModelRef | None:
        if name is None:
            return None
        try:
            return self.find(name).ref
        except NotFoundError as error:
            raise UsageError(error.message, hint=error.hint) from error

    @staticmethod
    def _priority(errand: Errand) -> str:
        return "job" if errand.is_headless else "follow-up"

    async def _take_up(self, accepted: Accepted) -> None:
        """Go on with a turn that another process began and did not end."""
        if await self.turns.reply(accepted.turn) is not None or self.lanes.knows(accepted.turn):
            return
        self.moments.open(accepted.turn)
        self.lanes.enqueue(accepted.session, accepted.turn)

    async def _reply(self, turn: TurnId) -> Reply:
        async for moment in self.moments.watch(turn):
            if isinstance(moment, Ended):
                return moment.reply
        raise StateError(
            _("The turn {turn!r} ended without a reply.").format(turn=turn),
            hint=_("See `homarus logs`, and try again."),
        )

    async def _labels(self, turn: TurnId) -> tuple[Label, ...]:
        event = await self.store.find(f"{turn}:reply")
        written = event.body.get("labels") if event is not None else None
        return codec.load(tuple[Label, ...], written) if written else (HOUSE,)
