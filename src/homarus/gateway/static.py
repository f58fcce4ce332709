"""Files of the web face: served from one folder, with their right types, and kept by browsers as long as they fit."""

import hashlib
from functools import cache
from pathlib import Path

from aiohttp import web

from homarus.gateway.callers import Need
from homarus.gateway.site import Site

WEB = Path(__file__).parent.parent / "web"
STATIC = WEB / "static"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def static_url(name: str) -> str:
    """Return the address of a file (`app.css`), with its content's mark, so that it can be kept."""
    path = _file(name)
    return f"/static/{name}?v={_mark(path, path.stat().st_mtime_ns)}" if path is not None else f"/static/{name}"


def add_static(app: web.Application, site: Site) -> None:
    """Serve `/static/*` to everybody: there is nothing private in it."""
    app.router.add_get("/static/{name:.+}", _answer)
    site.open_to("GET", "/static/{name}", Need.NOTHING)


async def _answer(request: web.Request) -> web.StreamResponse:
    path = _file(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound
    is_marked = request.query.get("v") == _mark(path, path.stat().st_mtime_ns)
    headers = {"Content-Type": _TYPES[path.suffix], "Cache-Control": _FOREVER if is_marked else _ASK_AGAIN}
    return web.FileResponse(path, headers=headers)


def _file(name: str) -> Path | None:
    """Return the file of a name: inside its folder, of a known type, not hidden."""
    if any(part in {"", ".", ".."} or part.startswith(".") for part in name.split("/")) or "\0" in name:
        return None
    path = STATIC / name
    is_ours = path.is_file() and path.resolve().is_relative_to(STATIC.resolve())
    return path if is_ours and path.suffix in _TYPES else None


@cache
def _mark(path: Path, changed_at: int) -> str:
    del changed_at  # part of the key: a changed file has another mark
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
