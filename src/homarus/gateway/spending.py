"""What a turn used: tokens, time, money and energy."""

from homarus.domain.inference import ModelRef, Usage
from homarus.domain.jobs import Spent
from homarus.domain.settings import Cost, Settings
from homarus.domain.turns import Reply

_PER_MILLION = 1_000_000


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
