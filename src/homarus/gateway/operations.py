"""What the HTTP API can do, as one table per file: the routes and their description are made from the same rows."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from homarus.gateway.callers import Caller, Need
from homarus.gateway.security import CALLER
from homarus.gateway.site import SITE, Site

if TYPE_CHECKING:
    from pydantic import BaseModel

    from homarus.gateway.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value in the query of an address."""

    name: str
    about: str
    kind: str = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing the API can do."""

    method: str
    path: str
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    need: Need
    about: str
    """One sentence; the first line of the reference."""
    takes: "type[BaseModel] | None" = None
    gives: object = None
    """The type of the answer, where it is JSON of a known shape."""
    status: int = 200
    streams: bool = False
    """Whether it can answer with events."""
    parameters: tuple[Parameter, ...] = ()


def register(app: web.Application, site: Site, operations: Iterable[Operation]) -> None:
    """Make the routes of a table."""
    for operation in operations:
        app.router.add_route(operation.method, operation.path, operation.answer)
        site.open_to(operation.method, operation.path, operation.need)


def house_of(request: web.Request) -> "House":
    """Return the house that a request is for."""
    return request.app[SITE].house


def caller_of(request: web.Request) -> Caller:
    """Return who asks; only for paths that need somebody."""
    return request[CALLER]
