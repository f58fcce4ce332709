"""This machine over HTTP: memory, cores, graphics cards, what holds it back, and what was measured of it."""

from aiohttp import web

from homarus.domain import codec
from homarus.domain.errors import HomarusError
from homarus.gateway.answers import ok
from homarus.gateway.callers import Need
from homarus.gateway.engines import BUILT_IN
from homarus.gateway.house import House
from homarus.gateway.operations import Operation, house_of
from homarus.models.fit.machine import Machine


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with this machine as it is."""
    return ok(codec.dump(house_of(request).machine.now()))


async def measure(request: web.Request) -> web.StreamResponse:
    """Measure this machine, and keep what was measured."""
    house = house_of(request)
    async with house.machine.measuring:
        found = await calibrated(house)
    return ok(codec.dump(await house.machine.keep(found)))


async def calibrated(house: House) -> Machine:
    """Return this machine with what was measured of it; without a built-in model that runs, only its memory."""
    from homarus.models.fit.calibration import calibrate
    from homarus.models.openai_completions import OpenAiCompletions

    try:
        at = await house.desk.endpoint(BUILT_IN)
    except HomarusError:
        at = None
    return await calibrate(house.machine.now(), at=at, door=house.door, wire=OpenAiCompletions())


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/machine",
        answer=show,
        need=Need.READ,
        about="This machine: memory, cores, graphics cards, what holds it back, and what a calibration measured.",
        gives=Machine,
    ),
    Operation(
        method="POST",
        path="/api/v1/machine/calibrate",
        answer=measure,
        need=Need.ADMIN,
        about="Measure this machine for about a second: its memory, and its cores on the built-in model.",
        gives=Machine,
    ),
)
