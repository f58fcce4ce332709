"""What the HTTP face of a running gateway keeps while it runs."""

import asyncio
import re
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from homarus.domain.events import Kind, NewEvent
from homarus.gateway.callers import Caller, CallerKind, Need
from homarus.gateway.limiter import Limiter
from homarus.gateway.meter import Meter
from homarus.gateway.names import Names, names_of
from homarus.gateway.pairing import Pairing

if TYPE_CHECKING:
    from homarus.domain.settings import Settings
    from homarus.gateway.house import House

_BIG_PATHS = ("/v1/", "/api/v1/turns")
_USUAL_BODY = 1024 * 1024
_MB = 1_000_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PATTERN = re.compile(r":[^}]*(?=\})")
"""What a variable of a route may match; the router names routes without it."""
_STREAMS_EACH = 64
"""Streams that one caller may hold open."""


class Site:
    """One HTTP face: the house behind it, and who is connected."""

    def __init__(self, house: "House", *, port: int) -> None:
        self.house = house
        self.port = port
        self.limiter = Limiter()
        self.pairing = Pairing()
        self.meter = Meter(house.store)
        self._needs: dict[str, Need] = {}
        self._by_route: dict[web.AbstractRoute, Need] = {}
        self._names: Names | None = None
        self._names_are_of: Settings | None = None
        self._streams: dict[str, set[asyncio.Task[object]]] = {}

    @property
    def cookie_name(self) -> str:
        """Cookies do not know ports, so each gateway's cookie says its own."""
        return f"homarus-{self.port}"

    def names(self) -> Names:
        """Return the names and origins that hold now; a changed configuration counts from the next request."""
        settings = self.house.settings()
        if self._names is None or self._names_are_of is not settings:
            self._names = names_of(settings.gateway, self.port)
            self._names_are_of = settings
        return self._names

    def body_limit(self, path: str) -> int:
        """Return how many bytes a request to a path may carry."""
        if path.startswith(_BIG_PATHS):
            return int(self.house.settings().gateway.max_body_mb * _MB)
        return _USUAL_BODY

    def open_to(self, method: str, path: str, need: Need) -> None:
        """Say what a route needs; a route of which nothing is said needs everything."""
        self._needs[f"{method} {re.sub(_PATTERN, '', path)}"] = need

    def need(self, request: web.Request) -> Need:
        """Return what the route of a request needs; where there is no route there is nothing to guard."""
        route = request.match_info.route
        need = self._by_route.get(route)
        if need is None and route.resource is not None:
            need = self._by_route[route] = self._need(request, route.resource)
        return need if need is not None else Need.NOTHING

    def _need(self, request: web.Request, resource: web.AbstractResource) -> Need:
        method = "GET" if request.method == "HEAD" else request.method
        return self._needs.get(f"{method} {resource.canonical}", Need.ADMIN)

    @contextmanager
    def streaming(self, caller: Caller) -> Generator[None]:
        """Keep the current task as a stream of this caller, so that taking its rights away ends it."""
        task = asyncio.current_task()
        assert task is not None
        streams = self._streams.setdefault(caller.caller_id, set())
        if len(streams) >= _STREAMS_EACH:
            next(iter(streams)).cancel()
        streams.add(task)
        try:
            yield
        finally:
            streams.discard(task)
            if not streams:
                self._streams.pop(caller.caller_id, None)

    def is_still(self, caller: Caller) -> bool:
        """Tell whether a caller that once came in would still be let in."""
        access = self.house.access
        match caller.kind:
            case CallerKind.SOCKET:
                return True
            case CallerKind.DEVICE:
                return _is_valid(caller.caller_id, {device.device_id: device.revoked_at for device in access.devices()})
            case CallerKind.KEY:
                keys = access.keys()
                return _is_valid(caller.caller_id, {key.key_id: key.revoked_at for key in keys})

    def hang_up(self, caller_id: str) -> None:
        """End every stream of a caller whose rights were taken away."""
        for task in tuple(self._streams.get(caller_id, ())):
            task.cancel()

    def hang_up_all(self) -> None:
        """End every stream: the gateway stops."""
        for caller_id in tuple(self._streams):
            self.hang_up(caller_id)

    async def record_failure(self, where: str, error: Exception, reference: str) -> None:
        """Write down what nobody expected; when even that fails, the log has it."""
        trace = self.house.redacting("".join(traceback.format_exception(error)))[-8000:]
        body = {"where": where, "error": f"{type(error).__name__} ({reference})", "trace": trace}
        await self.house.store.append(NewEvent(kind=Kind.FAILED, body=body), synced=False)


def _is_valid(caller_id: str, revoked: dict[str, datetime | None]) -> bool:
    return revoked.get(caller_id, _LONG_AGO) is None


SITE: web.AppKey[Site] = web.AppKey("site", Site)
