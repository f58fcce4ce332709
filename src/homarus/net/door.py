"""The door: every outbound call of the house goes through here, is judged, and leaves a receipt."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from homarus.domain.errors import EgressRefusedError, HomarusError, Stage
from homarus.domain.i18n import _
from homarus.domain.labels import Reach
from homarus.domain.ports import Inlet, Outbound, Purpose
from homarus.net.addresses import Zone, place_of
from homarus.net.egress import (
    Crossing,
    Target,
    judge_guarded,
    judge_local_only,
    kept_across_origins,
    read_target,
)

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

    from homarus.net.inlet import OpenInlet
    from homarus.net.session import Lookup

Report: TypeAlias = Callable[[Crossing], Awaitable[None]]

_MOVED = frozenset({301, 302, 303, 307, 308})
_BODY_KEPT = frozenset({307, 308})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


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
        self._sessions: dict[tuple[bool, bool], ClientSession] = {}

    def open(self, outbound: Outbound) -> AbstractAsyncContextManager[Inlet]:
        """Call out; leaving the context closes the connection, so the other side stops working."""
        return _Passage(self, outbound)

    async def close(self) -> None:
        """Close every connection."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    def is_exception(self, target: Target) -> bool:
        """Say whether the owner opened this private place for guarded calls."""
        return target.place in self._exceptions

    def session(self, *, is_guarded: bool, reach: Reach) -> "ClientSession":
        """Return the session whose connections were all opened under this rule."""
        key = (is_guarded, reach is Reach.LOCAL_ONLY)
        session = self._sessions.get(key)
        if session is None or session.closed:
            from homarus.net.session import look_up, open_session

            session = open_session(self._lookup or look_up, is_guarded=is_guarded, reach=reach)
            self._sessions[key] = session
        return session

    async def report(self, crossing: Crossing) -> None:
        """Hand a receipt on."""
        await self._report(crossing)


class _Passage(AbstractAsyncContextManager[Inlet]):
    """One call with its redirects: each hop is judged and leaves its own receipt."""

    def __init__(self, door: OpenDoor, outbound: Outbound) -> None:
        self._door = door
        self._outbound = outbound
        self._inlet: OpenInlet | None = None
        self._sent_bytes = 0

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
        from homarus.net.inlet import OpenInlet

        self._inlet, self._sent_bytes = None, 0
        try:
            target = self._judge(outbound)
            response = await self._send(outbound, target)
        except EgressRefusedError as error:
            await self._leave("refused", error.message)
            raise
        except HomarusError as error:
            await self._leave("allowed", error.message)
            raise
        except BaseException:
            await self._leave("allowed", _("The call was given up before an answer came."))
            raise
        self._inlet = OpenInlet(response, place=target.place, idle_s=outbound.timeouts.idle_s)
        return self._inlet

    def _judge(self, outbound: Outbound) -> Target:
        target = read_target(outbound.url)
        if outbound.is_guarded and not self._door.is_exception(target):
            judge_guarded(target)
        if outbound.reach is Reach.LOCAL_ONLY:
            judge_local_only(target)
        return target

    async def _send(self, outbound: Outbound, target: Target) -> "ClientResponse":
        import aiohttp

        from homarus.net.session import Attempt, failed

        is_guarded = outbound.is_guarded and not self._door.is_exception(target)
        session = self._door.session(is_guarded=is_guarded, reach=outbound.reach)
        may_repeat = outbound.purpose is Purpose.MODEL or outbound.method in _SAFE_METHODS
        while True:
            attempt = Attempt()
            self._sent_bytes = _weight(outbound)
            try:
                return await _request(session, outbound, target, attempt)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if isinstance(error, aiohttp.ClientConnectorError):
                    self._sent_bytes = 0
                # A server may close a kept connection just as it is used again: nothing was read there, so once more.
                elif attempt.is_reused and may_repeat:
                    continue
                raise failed(error, target.place, stage=Stage.FIRST_BYTE) from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if isinstance(error, aiohttp.ConnectionTimeoutError):
                    self._sent_bytes = 0
                raise failed(error, target.place, stage=Stage.FIRST_BYTE) from error

    async def _leave(self, decision: str, because: str) -> None:
        inlet, outbound = self._inlet, self._outbound
        if inlet is not None:
            inlet.close()
        await self._door.report(
            Crossing(
                host=_host(outbound.url),
                purpose=outbound.purpose,
                sent_bytes=self._sent_bytes,
                received_bytes=inlet.received_bytes if inlet is not None else 0,
                decision=decision,
                because=because,
                zone=place_of(outbound.url),
                turn=outbound.turn,
            )
        )


async def _request(session: "ClientSession", outbound: Outbound, target: Target, attempt: object) -> "ClientResponse":
    from homarus.net.session import client_timeout

    return await session.request(
        outbound.method,
        target.url,
        headers=outbound.headers,
        data=outbound.body,
        allow_redirects=False,
        timeout=client_timeout(outbound.timeouts),
        trace_request_ctx=attempt,
    )


def _weight(outbound: Outbound) -> int:
    lines = sum(len(name) + len(value) + 4 for name, value in outbound.headers.items())
    return len(outbound.url) + lines + len(outbound.body or b"")


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
    method = outbound.method if keeps_body or outbound.method in _SAFE_METHODS else "GET"
    return replace(outbound, url=url, headers=headers, method=method, body=outbound.body if keeps_body else None)
