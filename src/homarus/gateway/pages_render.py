"""Print a page: a template with everything escaped, the strip of facts on top, and the nonce of its one request."""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from aiohttp import web

from homarus.domain import i18n
from homarus.domain.i18n import _, ngettext
from homarus.gateway import pages_words
from homarus.gateway.headers import NONCE
from homarus.gateway.operations import house_of
from homarus.gateway.static import WEB, static_url

if TYPE_CHECKING:
    from jinja2 import Environment

    from homarus.gateway.facts import Status

THEME_COOKIE = "homarus-theme"
"""The owner's choice of colours, no secret: set by a script, read here, so that no page flashes."""
_LOCALES = WEB / "locales"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page."""

    here: str
    """Which entry of the rail is marked."""
    title: str
    status: "Status"
    seq: int
    """The newest event that the page knows; what follows it is new."""


async def page(request: web.Request, template: str, *, here: str, title: str, **values: object) -> web.Response:
    """Return a page inside the frame."""
    house = house_of(request)
    seq = await house.store.last_seq()
    frame = Frame(here=here, title=title, status=await house.facts.status(), seq=seq)
    return printed(request, template, {"frame": frame, **values})


def printed(
    request: web.BaseRequest, template: str, values: Mapping[str, object], *, status: int = 200
) -> web.Response:
    """Return a template as it is, without the facts of the house."""
    return web.Response(text=text_of(request, template, values), status=status, content_type="text/html")


def text_of(request: web.BaseRequest, template: str, values: Mapping[str, object]) -> str:
    """Return the text of a template, in the language that the browser asks for."""
    language = _language(request)
    if language is not None:
        i18n.translations.set(gettext.translation("homarus", _LOCALES, languages=[language], fallback=True))
    theme = request.cookies.get(THEME_COOKIE, "")
    around = {
        "nonce": request.get(NONCE, ""),
        "theme": theme if theme in {"light", "dark"} else "",
        "language": language or "en",
        "words": pages_words.script_words(),
        "now": datetime.now(UTC),
    }
    return environment().get_template(template).render({**around, **values})


@cache
def environment() -> "Environment":
    """Return the printer of templates; made when the first page is asked for."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from homarus.gateway import pages_filters, pages_run_words

    made = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update({**pages_filters.FILTERS, **pages_run_words.FILTERS})
    cast("dict[str, object]", made.globals).update(_=_, ngettext=ngettext, static=static_url)
    return made


def _language(request: web.BaseRequest) -> str | None:
    """Return the first language of the browser that there is a catalogue for, `None` for English."""
    for part in request.headers.get("Accept-Language", "").split(",")[:10]:
        name = part.partition(";")[0].strip().lower().partition("-")[0]
        if name == "en":
            return None
        if name.isascii() and name.isalpha() and _has_catalogue(_LOCALES / name):
            return name
    return None


@cache
def _has_catalogue(folder: Path) -> bool:
    return (folder / "LC_MESSAGES" / "homarus.mo").is_file()
