"""The page that a pairing link opens: it reads the code behind `#`, sends it once, and goes on to the chat."""

from html import escape

from aiohttp import web

from homarus.domain.i18n import _
from homarus.gateway.callers import Need
from homarus.gateway.headers import NONCE
from homarus.gateway.site import Site
from homarus.gateway.static import static_url


def add_pairing_page(app: web.Application, site: Site) -> None:
    """Serve `/pair` to everybody; without a good code it does nothing."""
    app.router.add_get("/pair", _page)
    site.open_to("GET", "/pair", Need.NOTHING)


async def _page(request: web.Request) -> web.StreamResponse:
    words = {
        "title": _("Pair this browser"),
        "working": _("Pairing this browser with your homarus ..."),
        "failed": _("This link was used, has expired, or is not whole. Run homarus up for a new one."),
        "paired": _("This browser is paired."),
        "noscript": _("Pairing needs JavaScript."),
    }
    said = {name: escape(text, quote=True) for name, text in words.items()}
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{said["title"]}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<script type="module" nonce="{request[NONCE]}" src="{static_url("pair.js")}"></script></head>'
        f"<body><main><h1>{said['title']}</h1>"
        f'<p id="pairing" role="status" data-failed="{said["failed"]}" data-paired="{said["paired"]}">'
        f"{said['working']}</p><noscript>{said['noscript']}</noscript></main></body></html>"
    )
    return web.Response(text=body, content_type="text/html")
