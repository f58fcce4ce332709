"""The pages of the web face: which there are, and what each needs of its caller."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING

from aiohttp import web

from homarus.domain.i18n import _
from homarus.gateway.answers import PROBLEM_PAGE, Problem
from homarus.gateway.callers import Need
from homarus.gateway.operations import Answer, later
from homarus.gateway.site import SITE

if TYPE_CHECKING:
    from homarus.gateway.house import House

_PAGES: Mapping[str, str] = {
    "/": "pages_views.home",
    "/chat": "pages_chat.chat",
    "/chat/new": "pages_chat.new",
    "/chat/turn/{turn_id}": "pages_chat.turn_piece",
    "/chat/{session}": "pages_chat.chat",
    "/approvals": "pages_views.approvals",
    "/approvals/{approval_id}/card": "pages_chat.approval_piece",
    "/jobs": "pages_jobs.jobs",
    "/jobs/runs": "pages_jobs.runs",
    "/runs/{run_id}": "pages_jobs.run",
    "/runs/{run_id}/report": "pages_reports.report",
    "/runs/{run_id}/compare/{other}": "pages_reports.compare",
    "/playbooks": "pages_playbooks.playbooks",
    "/playbooks/{name}": "pages_playbooks.playbook",
    "/setup": "pages_setup.setup",
    "/models": "pages_models.models",
    "/models/fit": "pages_models.fits",
    "/models/tried": "pages_models.tried",
    "/channels": "pages_channels.channels",
    "/activity": "pages_views.activity",
    "/settings": "pages_views.settings",
}
"""What answers each, by file and function: without a browser none of them is loaded."""


def page_of(name: str) -> Answer:
    """Load what answers a page."""
    file, _dot, function = name.partition(".")
    found: Answer = getattr(import_module(f"homarus.gateway.{file}"), function)
    return found


def load_pages() -> None:
    """Load all of them; call it in a thread."""
    for name in _PAGES.values():
        page_of(name)


def add_pages(app: web.Application, house: "House") -> None:
    """Serve the pages to paired browsers; a page changes nothing, whoever opens it."""
    del house  # every request finds it by its application
    for path, name in _PAGES.items():
        app.router.add_get(path, later(partial(page_of, name)))
        app[SITE].open_to("GET", path, Need.ADMIN)
    app[PROBLEM_PAGE] = problem_page


def problem_page(request: web.BaseRequest, problem: Problem) -> str:
    """Return a problem as a page; a browser that is not paired is shown the command that prints a link."""
    from homarus.gateway.pages_render import text_of

    hint, command = problem.hint, ""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        hint, command = _("This command, on the machine itself, prints a link that pairs it:"), "homarus devices pair"

    return text_of(request, "problem.html", {"title": problem.message, "hint": hint, "command": command})
