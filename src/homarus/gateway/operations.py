"""What the HTTP API can do, as one table per file: the routes and their description are made from the same rows.

What few people ask for is loaded when the first one does: `contents.py` says where it stands and what it needs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from homarus.gateway.callers import Caller, Need
from homarus.gateway.security import CALLER
from homarus.gateway.site import SITE, Site

if TYPE_CHECKING:
    from pydantic import BaseModel

    from homarus.gateway.house import House

Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


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
    answer: Answer
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A file of operations that is loaded when one of them is first asked for."""

    module: str
    needs: Mapping[str, Need]
    """What each needs, by method and path, as in its row of the file."""

    def operations(self) -> tuple[Operation, ...]:
        """Load the file and return its rows."""
        rows: tuple[Operation, ...] = import_module(self.module).OPERATIONS
        return rows

    def answer(self, name: str) -> Answer:
        """Return the answer of one of them, by method and path."""
        return later(lambda: next(row.answer for row in self.operations() if f"{row.method} {row.path}" == name))


def later(find: Callable[[], Answer]) -> Answer:
    """Return an answer that is found, which may load a lot, when somebody first asks: in a thread, for the others."""
    found: list[Answer] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        if not found:
            found.append(await asyncio.to_thread(find))
        return await found[0](request)

    return answer


def register_later(app: web.Application, site: Site, sections: Iterable[Section]) -> None:
    """Make the routes of files that are not loaded yet."""
    for section in sections:
        for name, need in section.needs.items():
            method, _space, path = name.partition(" ")
            app.router.add_route(method, path, section.answer(name))
            site.open_to(method, path, need)


def house_of(request: web.Request) -> "House":
    """Return the house that a request is for."""
    return request.app[SITE].house


def caller_of(request: web.Request) -> Caller:
    """Return who asks; only for paths that need somebody."""
    return request[CALLER]
