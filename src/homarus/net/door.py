"""The door: every outbound call of the house goes through here, is judged, and leaves a receipt."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from homarus.domain.errors import EgressRefusedError, HomarusError
from homarus.domain.i18n import _
from homarus.domain.labels import Reach
from homarus.domain.ports import Dial, Inlet, Outbound
from homarus.net.addresses import Zone, place_of
from homarus.net.egress import (
    SAFE_METHODS,
    Attempt,
    Crossing,
    Target,
    judge_guarded,
    judge_local_only,
    judge_region,
    kept_across_origins,
    read_target,
)

if TYPE_CHECKING:
    import socket

    from homarus.net.inlet import OpenInlet
    from homarus.net.session import Lookup, Pool

Report: TypeAlias = Callable[[Crossing], Awaitable[None]]

_MOVED = frozenset({301, 302, 303, 307, 308})
_BODY_KEPT = frozenset({307, 308})


async def _no_report(_crossing: Crossing) -> None:
    return


class OpenDoor:
    """The way out: sessions are opened when something is first asked for, and nothing is looked up before."""

    def __init__(
        self, report: Report = _no_report, *, lookup: "Lookup | None" = None, exceptions: frozenset[str] = frozenset()
    ) -> None:
        """Take who writes receipts down, how names are looked up, and places that guarded calls may reach besides.

        An exception is `host:port`, exactly as an address names it.
        """
        self._report = report
        self._lookup = lookup
        self._exceptions = exceptions
        self._pools: dict[tuple[bool, bool], Pool] = {}

    def open(self, outbound: Outbound) -> AbstractAsyncContextManager[Inlet]:
        """Call out; leaving the context closes the connection, so the other side stops working."""
        return _Passage(self, outbound)

    def dial(self, dial: Dial) -> "AbstractAsyncContextManager[socket.socket]":
        """Open a connection for a protocol that is not HTTP; judged, measured and written down like every call."""
        from homarus.net.dialling import Exchange, dialled

        return dialled(dial, Exchange(lookup=self._names(), is_exception=self.is_exception, report=self._report))

    async def close(self) -> None:
        """Close every connection."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    def is_exception(self, target: Target) -> bool:
        """Say whether the owner opened this private place for guarded calls."""
        return target.place in self._exceptions

    def pool(self, *, is_guarded: bool, reach: Reach) -> "Pool":
        """Return the connections that were all opened under this rule."""
        key = (is_guarded, reach is Reach.LOCAL_ONLY)
        pool = self._pools.get(key)
        if pool is None:
            from homarus.net.session import Pool

            pool = self._pools[key] = Pool(self._names(), is_guarded=is_guarded, reach=reach)
        return pool

    def _names(self) -> "Lookup":
        if self._lookup is None:
            from homarus.net.names import Names

            self._lookup = Names()
        return self._lookup

    async def report(self, crossing: Crossing) -> None:
        """Hand a receipt on."""
        await self._report(crossing)


class _Passage(AbstractAsyncContextManager[Inlet]):
    """One call with its redirects: each hop is judged and leaves its own receipt."""

    def __init__(self, door: OpenDoor, outbound: Outbound) -> None:
        self._door = door
        self._outbound = outbound
        self._inlet: OpenInlet | None = None
        self._attempt = Attempt()

    async def __aenter__(self) -> Inlet:
        outbound, hops_left = self._outbound, self._outbound.max_redirects
        while True:
            self._outbound = outbound
            inlet = await self._hop(outbound)
            moved_to = inlet.headers.get("Location") if inlet.status in _MOVED and outbound.max_redirects else None
            if moved_to is None:
                return inlet
            await self._leave("allowed", _because(outbound))
            if hops_left == 0:
                raise EgressRefusedError(
                    _("{url!r} was sent on more than {limit} times.").format(
                        url=self._outbound.url, limit=outbound.max_redirects
                    ),
                    hint=_("Ask for the address that it leads to."),
                )
            hops_left -= 1
            outbound = _followed(outbound, inlet.url, moved_to, inlet.status)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave("allowed", _because(self._outbound))

    async def _hop(self, outbound: Outbound) -> "OpenInlet":
        self._inlet, self._attempt = None, Attempt()
        try:
            target = read_target(outbound.url)
            is_guarded = outbound.is_guarded and not self._door.is_exception(target)
            if is_guarded:
                judge_guarded(target)
            reach = outbound.reach
            if reach is Reach.REGION and not judge_region(target, within=outbound.within, region=outbound.region):
                reach = Reach.LOCAL_ONLY
            if reach is Reach.LOCAL_ONLY:
                judge_local_only(target)
            pool = self._door.pool(is_guarded=is_guarded, reach=reach)
            inlet = self._inlet = await pool.send(outbound, target, self._attempt)
        except EgressRefusedError as error:
            self._attempt.sent_bytes = 0
            await self._leave("refused", error.message)
            raise
        except HomarusError as error:
            await self._leave("allowed", error.message)
            raise
        except BaseException:
            await self._leave("allowed", _("The call was given up before an answer came."))
            raise
        return inlet

    async def _leave(self, decision: str, because: str) -> None:
        inlet, outbound = self._inlet, self._outbound
        if inlet is not None:
            inlet.close()
        await self._door.report(
            Crossing(
                host=_host(outbound.url),
                purpose=outbound.purpose,
                sent_bytes=self._attempt.sent_bytes,
                received_bytes=inlet.received_bytes if inlet is not None else 0,
                decision=decision,
                because=because,
                zone=place_of(outbound.url),
                turn=outbound.turn,
            )
        )


def _host(url: str) -> str:
    """Return `host:port` for a receipt; never the path or the query, which may say too much."""
    try:
        return read_target(url).place
    except EgressRefusedError:
        return "?"


def _because(outbound: Outbound) -> str:
    if outbound.is_guarded:
        return _("Every address of it is public.")
    if outbound.reach is Reach.LOCAL_ONLY or place_of(outbound.url) in {Zone.LOOPBACK, Zone.HOME}:
        return _("It stays on this machine or in your network.")
    return _("The owner configured it.")


def _followed(outbound: Outbound, here: str, moved_to: str, status: int) -> Outbound:
    """Return the call that a redirect asks for, without credentials when it leads to another origin."""
    from yarl import URL

    try:
        url = str(URL(here).join(URL(moved_to)))
    except ValueError as error:
        raise EgressRefusedError(
            _("{url!r} was sent on to something that is no address.").format(url=outbound.url),
            hint=_("Ask for another page."),
        ) from error
    is_elsewhere = read_target(url).origin != read_target(here).origin
    keeps_body = status in _BODY_KEPT
    if is_elsewhere and keeps_body and outbound.body:
        raise EgressRefusedError(
            _("{url!r} wants what was sent to go to another place; it is not sent on.").format(url=outbound.url),
            hint=_("Use the new address directly if you trust it: {there}").format(there=url),
        )
    headers: Mapping[str, str] = kept_across_origins(outbound.headers) if is_elsewhere else outbound.headers
    method = outbound.method if keeps_body or outbound.method in SAFE_METHODS else "GET"
    region = None if is_elsewhere else outbound.region
    body = outbound.body if keeps_body else None
    return replace(outbound, url=url, region=region, headers=headers, method=method, body=body)
