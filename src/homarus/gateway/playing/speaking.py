"""Bring a run's questions to models: each is a turn of its own, named by the run and the step."""

from collections.abc import Callable
from dataclasses import dataclass

from homarus.agent.rooms import Returned
from homarus.domain.content import Text
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.ids import AgentId
from homarus.domain.inference import ModelRef, Usage
from homarus.domain.jobs import Spent
from homarus.domain.labels import HOUSE, least_trusted
from homarus.domain.settings import Cost, Settings
from homarus.domain.speaking import Ask, Material, Spoken
from homarus.domain.turns import Errand, Reply
from homarus.gateway.errands import ErrandDesk, Given

_PER_MILLION = 1_000_000


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
            standing=ask.standing,
            max_tokens=ask.max_tokens,
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


def spent_of(reply: Reply, settings: Settings) -> Spent:
    """Return what a turn used: tokens as counted by servers, money by the owner's prices, energy by rated power."""
    busy_s = max(reply.timings.total_ms - reply.timings.queue_ms, 0.0) / 1000
    is_local = reply.route is None or reply.route.place in ("this machine", "your network")
    return Spent(
        tokens=reply.usage.prompt_tokens + reply.usage.completion_tokens,
        seconds=busy_s,
        cost_usd=_cost(reply.route.model, reply.usage, settings) if reply.route is not None else 0.0,
        joules=busy_s * settings.jobs.watts if is_local else 0.0,
    )


def _cost(model: ModelRef, usage: Usage, settings: Settings) -> float:
    provider = settings.models.providers.get(model.provider)
    known = (one.cost for one in provider.models if one.id == model.model_id) if provider is not None else ()
    price = next(iter(known), Cost())
    fresh = max(usage.prompt_tokens - usage.cached_tokens, 0)
    cached = usage.cached_tokens * (price.cache_read or price.input)
    return (fresh * price.input + cached + usage.completion_tokens * price.output) / _PER_MILLION


def _part(material: Material) -> Text:
    return Text(text=f"{material.name}:\n{material.text}", label=material.label)
