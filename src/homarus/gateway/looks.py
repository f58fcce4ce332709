"""How fresh a look at model servers is: one key that may only read does not make the house knock at every server."""

from aiohttp import web

from homarus.gateway.callers import Need
from homarus.gateway.operations import caller_of

READERS_LOOK_S = 10.0


def max_age_s(request: web.Request) -> float:
    """Return how old a look may be for whoever asks; the owner and programs that may change things get a new one."""
    return 0.0 if caller_of(request).meets(Need.ADMIN) else READERS_LOOK_S
