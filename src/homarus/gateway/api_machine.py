"""This machine over HTTP: memory, cores, graphics cards, what holds it back, and what was measured of it."""

from aiohttp import web

from homarus.domain import codec
from homarus.gateway.answers import ok
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, house_of
from homarus.models.fit.machine import Machine


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with this machine as it is."""
    return ok(codec.dump(house_of(request).machine.now()))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/machine",
        answer=show,
        need=Need.READ,
        about="This machine: memory, cores, graphics cards, what holds it back, and what a calibration measured.",
        gives=Machine,
    ),
)
