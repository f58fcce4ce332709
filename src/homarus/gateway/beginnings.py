"""Know how the next prompt of the house begins: what every session of the default agent shows to its model first."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from homarus.agent import context
from homarus.agent.asking import narrowed
from homarus.agent.history import SessionHistory
from homarus.agent.rooms import AgentProfile, Past, Turn
from homarus.domain import agents
from homarus.domain.content import user
from homarus.domain.errors import HomarusError
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.inference import ModelRef, ModelRequest, Sampling
from homarus.domain.labels import OWNER
from homarus.domain.settings import Settings
from homarus.domain.turns import Inbound
from homarus.gateway.answering import Answering
from homarus.gateway.toolbox import Toolbox
from homarus.models.desk import Desk
from homarus.models.guided import KINDS, choice_request
from homarus.models.protocols import prepared
from homarus.models.slots import Slots
from homarus.models.warmup import Warmup

_NOW = 2**62
"""Later than every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """Makes the request that a fresh session of the default agent would begin with."""

    desk: Desk
    history: SessionHistory
    toolbox: Toolbox
    settings: Callable[[], Settings]
    agent: Callable[[AgentId], AgentProfile]

    async def __call__(self) -> ModelRequest | None:
        """Return it with one word to say at most; `None` when the model is elsewhere, or there is none."""
        try:
            agent = self.agent(agents.default_agent(self.settings()))
            ref = self._ref(agent)
            profile = await self.desk.profile(ref) if ref is not None else None
        except HomarusError:
            return None
        if ref is None or profile is None or not profile.is_local:
            return None
        if profile.tool_protocol == "guided":
            return replace(choice_request(ref, "Hello", KINDS), window_tokens=profile.window_tokens)
        opening = await self._opening(agent, ref)
        known = narrowed(profile, None, opening.frozen.protocol or None)
        made = prepared(context.build(ref, known, opening), known.tool_protocol)
        return replace(made, sampling=Sampling(max_tokens=1))

    def _ref(self, agent: AgentProfile) -> ModelRef | None:
        catalog = self.desk.catalog()
        if agent.model.primary:
            return self.desk.find(agent.model.primary).ref
        usable = [one for one in catalog.candidates if one.unusable is None and one.is_listed]
        own = [one for one in usable if not (one.is_embedded or one.is_found)]
        return next((one.ref for one in [*own, *usable]), None)

    async def _opening(self, agent: AgentProfile, ref: ModelRef) -> context.Opening:
        session = SessionKey(f"agent:{agent.agent_id}:main")
        seq = _NOW
        inbound = Inbound(channel="cli", external_id="", session=session, agent=agent.agent_id, text=".", label=OWNER)
        turn = Turn(turn_id=TurnId(""), inbound=inbound, agent=agent, history=self.history, history_seq=seq)
        tools = (await self.toolbox.offer()).tools
        frozen = (await self.history.past(session, upto_seq=seq)).frozen.get(str(ref))
        frozen = frozen or context.freeze(turn, await self.desk.profile(ref), tools)
        shown = replace(frozen, recent="", labels=())
        return context.Opening(turn=turn, frozen=shown, tools=tools, past=Past(), current=(user(".", OWNER),))


def warmup_of(
    desk: Desk, slots: Slots, toolbox: Toolbox, answering: Answering, settings: Callable[[], Settings]
) -> Warmup:
    """Return what keeps the beginning of prompts warm."""
    beginnings = Beginnings(
        desk=desk, history=answering.history, toolbox=toolbox, settings=settings, agent=answering.agent
    )
    return Warmup(
        desk,
        engines=desk.watch,
        queues=desk.dispatch,
        slots=slots,
        beginning=beginnings,
        mode=lambda: settings().agents.defaults.warm,
    )
