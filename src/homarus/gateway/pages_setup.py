"""The first-run page: this machine and its models, what an agent may do, where to talk; then one real answer."""

from aiohttp import web

from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.gateway.api_setup import LookRequest, proposal
from homarus.gateway.operations import house_of
from homarus.gateway.pages_machine import bars
from homarus.gateway.pages_models import kind_words
from homarus.gateway.pages_render import page


async def setup(request: web.Request) -> web.StreamResponse:
    """Return the form with everything that was found; `server` looks at an address, `scan` into the network."""
    house, query = house_of(request), request.query
    address = query.get("server", "").strip()[:500]
    problem: HomarusError | None = None
    try:
        found = await proposal(house, LookRequest(server=address or None, is_scan="scan" in query))
    except HomarusError as error:
        problem = error
        found = await proposal(house, LookRequest())
    return await page(
        request,
        "setup.html",
        here="models",
        title=_("Set up"),
        found=found,
        bars=bars(found.machine, found.engines),
        address=address,
        problem=problem,
        kinds=kind_words(),
    )
