"""Bring a run's questions to models: each is a turn of its own, named by the run and the step."""

from collections.abc import Callable
from dataclasses import dataclass

from homarus.agent.rooms import Returned
from homarus.domain.content import Text
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.ids import AgentId
from homarus.domain.labels import HOUSE, least_trusted
from homarus.domain.settings import Settings
from homarus.domain.speaking import Ask, Material, Spoken
from homarus.domain.turns import Errand
from homarus.gateway.errands import ErrandDesk, Given
from homarus.gateway.spending import spent_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakingDesk:
    """Implements `domain.speaking.Speaking` for the runs of one agent."""

    errands: ErrandDesk
    agent: AgentId
    settings: Callable[[], Settings]

    async def __call__(self, ask: Ask) -> Spoken:
        """Return the answer; the same run and step give the same answer, without a second call.

        Raises:
            ModelCallError: when no model answers; it says how they failed.
        """
        returned = await self.errands.send(self._given(ask))
        reply = returned.reply
        if reply.is_error:
            failure = Failure(reply.failure) if reply.failure else Failure.BAD_ANSWER
            raise ModelCallError(failure, reply.text, hint=reply.hint)
        return self._spoken(returned)

    def _given(self, ask: Ask) -> Given:
        errand = Errand(
            run=ask.run,
            step=ask.step,
            role=ask.role,
            shape=ask.shape,
            tools=ask.tools,
            max_tokens=ask.max_tokens,
            seed=ask.seed,
        )
        return Given(
            errand=errand,
            ask=ask.text,
            agent=self.agent,
            material=tuple(_part(material) for material in ask.material),
            model=ask.model,
            priority=ask.priority,
        )

    def _spoken(self, returned: Returned) -> Spoken:
        reply = returned.reply
        model = reply.route.model if reply.route is not None else None
        return Spoken(
            text=reply.text,
            model=str(model) if model is not None else "",
            turn=reply.turn_id,
            usage=reply.usage,
            spent=spent_of(reply, self.settings()),
            label=least_trusted(returned.labels or (HOUSE,)),
            receipts=reply.receipts,
        )


def _part(material: Material) -> Text:
    return Text(text=f"{material.name}:\n{material.text}", label=material.label)
