"""The page that a pairing link opens: it reads the code behind `#`, sends it once, and goes on to the chat."""

from aiohttp import web

from homarus.domain.i18n import _
from homarus.gateway.callers import Need
from homarus.gateway.operations import house_of
from homarus.gateway.site import Site


def add_pairing_page(app: web.Application, site: Site) -> None:
    """Serve `/pair` to everybody; without a good code it does nothing."""
    app.router.add_get("/pair", _page)
    site.open_to("GET", "/pair", Need.NOTHING)


async def _page(request: web.Request) -> web.StreamResponse:
    from homarus.gateway.pages_render import printed

    house_of(request).browsing.set()
    words = {
        "title": _("Pair this browser"),
        "working": _("Pairing this browser with your homarus ..."),
        "failed": _("This link was used, has expired, or is not whole. A new one is printed by this command:"),
        "paired": _("This browser is paired."),
        "noscript": _("Pairing needs JavaScript."),
    }
    return printed(request, "pair.html", words)
