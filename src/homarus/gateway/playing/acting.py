"""Bring what playbooks do with tools to the one place where tools run; each use is judged as headless, or permitted."""

from collections.abc import Callable
from dataclasses import dataclass

from homarus.agent.act import used
from homarus.agent.rooms import Rooms, Scene, Turn
from homarus.domain.content import ToolCall
from homarus.domain.ids import AgentId, CallId, SessionKey, TurnId
from homarus.domain.labels import Label, Origin
from homarus.domain.ports import Run
from homarus.domain.speaking import Did, ToolNature, Use
from homarus.domain.turns import Errand, Inbound, Moment
from homarus.gateway.answering import Answering

UNKNOWN = ToolNature(is_known=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseActing:
    """Implements `domain.speaking.Acting` for one run."""

    answering: Answering
    rooms: Rooms
    """As they are for this leg of the run."""
    journal: Run
    agent: AgentId
    session: SessionKey
    watch: Callable[[Moment], None]

    async def __call__(self, use: Use) -> Did:
        """Use a tool once; a refusal and a failure are in the receipt.

        Raises:
            Parked: while the owner must decide.
        """
        scene = Scene(
            turn=self._turn(use),
            run=self.journal,
            rooms=self.rooms,
            watch=self.watch,
            permit=use.permit,
            idempotency_key=use.idempotency_key,
        )
        scene.has_read(*use.labels)
        call = ToolCall(call_id=CallId(use.step), name=use.tool, arguments=use.arguments)
        return await used(call, scene, key=use.step)

    def nature(self, tool: str) -> ToolNature:
        """Return what kind of tool it is."""
        known = self.rooms.tools.get(tool)
        if known is None:
            return UNKNOWN
        traits = known.traits
        return ToolNature(
            is_known=True, keys=traits.key_arguments, is_repeatable=traits.is_repeatable, look_up=traits.look_up
        )

    def _turn(self, use: Use) -> Turn:
        inbound = Inbound(
            channel="errand",
            external_id=f"{use.run}:{use.step}",
            session=self.session,
            agent=self.agent,
            text="",
            label=Label(origin=Origin.JOB, source=use.run),
            errand=Errand(run=use.run, step=use.step),
            priority="job",
        )
        return Turn(
            turn_id=TurnId(use.run),
            inbound=inbound,
            agent=self.answering.agent(self.agent),
            history=self.answering.history,
            history_seq=0,
            is_headless=True,
            priority="job",
        )
