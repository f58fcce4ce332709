"""Fetch politely: one call at a time per host, as far apart as it wants, what its robots.txt allows, and no more.

Redirects are followed one by one: each hop is judged anew, so that a page of the owner's own network, which may be
named in the configuration, cannot lead anywhere else on it. Sources: RFC 9309 (robots.txt), RFC 9110 (conditional
requests, Retry-After).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Protocol

from pydantic import Field

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError
from homarus.domain.i18n import _
from homarus.domain.ports import Inlet, Outbound, Purpose, Timeouts
from homarus.domain.sections import Section
from homarus.domain.sources import NoDataError, SourceContext
from homarus.tools.decoding import content_type, decoded
from homarus.tools.sources.addresses import is_same_site, joined, read_address

ROBOT = "homarus"
_TIMEOUTS = Timeouts(connect_s=10, first_byte_s=30, idle_s=20)
_ROBOTS_BYTES = 512 * 1024
_ROBOTS_HOPS = 5
_ROBOTS_S = 24 * 3600.0
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_LATER = frozenset({429, 503})
_UNCHANGED = 304
_FIRST_REFUSAL, _FIRST_FAULT = 400, 500
_TRIES = 3
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Manners(Section):
    """How sites are read."""

    contact: str = ""
    """How the owners of sites reach you: a mail address or a page; said with every call."""
    own_places: tuple[str, ...] = ()
    """Hosts of your own network that may be read (`nas.lan`, `192.168.1.4:8080`); other private ones are refused."""
    may_lead_to: tuple[str, ...] = ()
    """Further hosts to which a page of yours may lead on; other than that, pages stay on their host."""
    delay_seconds: float = Field(default=1.0, ge=0, le=3600)
    """How far apart two calls to one host are at least; more when its robots.txt wants more."""
    patience_seconds: float = Field(default=90, ge=0, le=3600)
    """The longest that a host may have us wait; pages of one that wants more are left for another night."""
    timeout_seconds: float = Field(default=45, gt=0, le=600)
    """How long one page may take."""
    max_bytes: int = Field(default=4 << 20, ge=1024, le=64 << 20)
    """The largest page that is read, unpacked."""
    max_redirects: int = Field(default=5, ge=0, le=20)
    """How often a page may lead on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the last reading left, so that a page is not sent again."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A page as it came."""

    url: str
    """After redirects."""
    status: int
    kind: str = ""
    charset: str = ""
    body: bytes = b""
    etag: str = ""
    modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_unchanged(self) -> bool:
        """Whether it is as it was at the last reading."""
        return self.status == _UNCHANGED

    @property
    def is_gone(self) -> bool:
        """Whether the site says that there is no such page."""
        return self.status in _GONE

    @property
    def text(self) -> str:
        """The body as text."""
        return decoded(self.body, charset=self.charset)


_TIME_DIGITS = 10
"""Of a time in seconds; one in milliseconds is of the year 58851."""
_LONGEST_WAIT_S = 365 * 86_400.0


class _RefusedError(NoDataError):
    """The door stays shut for this address, whatever its robots.txt would say."""


class _Robots(Protocol):
    """What protego reads out of a robots.txt."""

    def can_fetch(self, url: str, user_agent: str) -> bool: ...
    def crawl_delay(self, user_agent: str) -> float | None: ...


@dataclass(slots=True)
class _Host:
    """One host: whose turn it is, and what it asked for."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0.0
    closed_until: float = 0.0
    robots: _Robots | None = None
    robots_until: float = 0.0
    robots_error: str = ""
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """One page that is wanted."""

    url: str
    headers: Mapping[str, str]
    obeys_robots: bool


class Courier:
    """Brings pages for one source; lives as long as its configuration."""

    def __init__(
        self,
        manners: Manners,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Know no host yet."""
        self._manners = manners
        self._sleep = sleep
        self._now = now
        self._hosts: dict[str, _Host] = {}

    async def bring(
        self,
        context: SourceContext,
        url: str,
        *,
        known: Known | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        obeys_robots: bool = True,
    ) -> Brought:
        """Return a page; one that did not change or is gone says so.

        Raises:
            NoDataError: when it may not or cannot be read, in words.
        """
        errand = _Errand(url=url, headers=self._headers(known, headers), obeys_robots=obeys_robots)
        for _hop in range(self._manners.max_redirects + 1):
            brought = await self._from_host(context, errand)
            if brought.is_unchanged and not errand.headers.keys() & {"If-None-Match", "If-Modified-Since"}:
                raise NoDataError(
                    _("{url!r} says that it did not change, though nobody has it.").format(url=url),
                    hint=_("Its server or something between is at fault; it is tried again the next time."),
                )
            if brought.status not in _MOVED:
                return brought
            there = joined(brought.url, brought.headers.get("location", ""))
            self._may_lead(errand.url, there)
            errand = replace(errand, url=there, headers=self._headers(None, headers))
        raise NoDataError(
            _("{url!r} was sent on more than {limit} times.").format(url=url, limit=self._manners.max_redirects),
            hint=_("Watch the page that it leads to."),
        )

    def _headers(self, known: Known | None, more: Mapping[str, str]) -> dict[str, str]:
        from homarus import __version__

        contact = f"; +{self._manners.contact}" if self._manners.contact else ""
        headers = {"User-Agent": f"{ROBOT}/{__version__} (personal research{contact})", "Accept": "*/*", **more}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        if known is not None and known.modified:
            headers["If-Modified-Since"] = known.modified
        return headers

    def _may_lead(self, here: str, there: str) -> None:
        address = read_address(there)
        if address is None:
            raise NoDataError(
                _("{url!r} leads to {there!r}, which is no web address.").format(url=here, there=there[:200]),
                hint=_("Look at the page in a browser."),
            )
        listed = {*self._manners.may_lead_to, *self._manners.own_places}
        if not is_same_site(here, there) and not {address.host, address.place} & listed:
            raise NoDataError(
                _("{url!r} leads to another site: {there!r}.").format(url=here, there=there[:200]),
                hint=_("Watch that page instead, or name {host} in `mayLeadTo`.").format(host=address.host),
            )

    async def _from_host(self, context: SourceContext, errand: _Errand) -> Brought:
        address = read_address(errand.url)
        if address is None:
            raise NoDataError(
                _("{url!r} is not a web address.").format(url=errand.url[:200]),
                hint=_("Write it as https://example.org/page."),
            )
        host = self._hosts.setdefault(address.origin, _Host())
        async with host.lock:
            if errand.obeys_robots:
                await self._obey(context, host, address.origin, errand.url)
            tries = 0
            while True:
                await self._turn(host, address.host)
                brought = await self._once(context, host, errand)
                if brought.status not in _LATER:
                    return self._judged(brought)
                tries += 1
                self._put_off(host, brought, address.host, is_last=tries >= _TRIES)

    async def _obey(self, context: SourceContext, host: _Host, origin: str, url: str) -> None:
        if self._now() >= host.robots_until:
            await self._read_robots(context, host, origin)
        if host.robots_error:
            raise NoDataError(
                _("{url!r} is not read: the robots.txt of the site cannot be read ({because}).").format(
                    url=url, because=host.robots_error
                ),
                hint=_("It is tried again the next time."),
            )
        if host.robots is not None and not host.robots.can_fetch(url, ROBOT):
            raise NoDataError(
                _("{url!r} is not read: the site's robots.txt asks robots to stay away.").format(url=url),
                hint=_("Look for a feed or an interface of the site."),
            )

    async def _read_robots(self, context: SourceContext, host: _Host, origin: str) -> None:
        """Read the rules for a day: none when there are none, and nothing is allowed when nobody can tell."""
        errand = _Errand(url=f"{origin}/robots.txt", headers=self._headers(None, NO_HEADERS), obeys_robots=False)
        host.robots, host.robots_error, host.delay_s = None, "", 0.0
        try:
            await self._turn(host, origin)
            brought = await self._once(context, host, errand, limit_bytes=_ROBOTS_BYTES)
            for _hop in range(_ROBOTS_HOPS):
                there = joined(brought.url, brought.headers.get("location", ""))
                if brought.status not in _MOVED or not is_same_site(origin, there):
                    break
                brought = await self._once(context, host, replace(errand, url=there), limit_bytes=_ROBOTS_BYTES)
        except _RefusedError:
            raise
        except NoDataError as error:
            host.robots_error = error.message
            return
        if brought.status >= _FIRST_FAULT or brought.status in _LATER:
            host.robots_error = _("it answers {status}").format(status=brought.status)
            return
        host.robots_until = self._now() + _ROBOTS_S
        if brought.status < _FIRST_REFUSAL and brought.status not in _MOVED:
            host.robots = _parsed(brought.body.decode("utf-8", errors="replace"))
            host.delay_s = float(host.robots.crawl_delay(ROBOT) or 0.0)

    async def _turn(self, host: _Host, name: str) -> None:
        """Wait until the host may be called again."""
        wait_s = max(host.next_at, host.closed_until) - self._now()
        if wait_s > self._manners.patience_seconds:
            raise NoDataError(
                _("{host!r} wants to be left alone for {seconds} seconds.").format(host=name, seconds=round(wait_s)),
                hint=_("It is read the next night; `patienceSeconds` says how long to wait at most."),
            )
        if wait_s > 0:
            await self._sleep(wait_s)

    def _put_off(self, host: _Host, brought: Brought, name: str, *, is_last: bool) -> None:
        wait_s = _retry_after(brought.headers.get("retry-after", ""))
        if is_last and wait_s is None:
            raise NoDataError(
                _("{host!r} answers {status} again and again.").format(host=name, status=brought.status),
                hint=_("It is tried again the next time."),
            )
        wait_s = self._manners.patience_seconds + 1 if is_last else (30.0 if wait_s is None else wait_s)
        host.closed_until = self._now() + wait_s
        if wait_s > self._manners.patience_seconds:
            raise NoDataError(
                _("{host!r} answers {status} and asks to wait {seconds} seconds.").format(
                    host=name, status=brought.status, seconds=round(wait_s)
                ),
                hint=_("Its other pages are left for the next night as well."),
            )

    async def _once(
        self, context: SourceContext, host: _Host, errand: _Errand, *, limit_bytes: int | None = None
    ) -> Brought:
        address = read_address(errand.url)
        place = {address.host, address.place} if address is not None else set[str]()
        outbound = Outbound(
            method="GET",
            url=errand.url.partition("#")[0],
            purpose=Purpose.TOOL,
            headers=errand.headers,
            is_guarded=not place & set(self._manners.own_places),
            timeouts=_TIMEOUTS,
        )
        try:
            async with asyncio.timeout(self._manners.timeout_seconds), context.door.open(outbound) as inlet:
                return await self._received(inlet, limit_bytes)
        except EgressRefusedError as error:
            hint = _("If it is in your own network, name {place!r} in `ownPlaces` of the source.")
            named = address.place if address is not None else errand.url
            raise _RefusedError(error.message, hint=hint.format(place=named)) from error
        except ConnectionFailedError as error:
            raise NoDataError(error.message, hint=error.hint) from error
        except TimeoutError as error:
            raise NoDataError(
                _("{url!r} took longer than {limit:g} seconds.").format(
                    url=errand.url, limit=self._manners.timeout_seconds
                ),
                hint=_("`timeoutSeconds` of the source says how long to wait."),
            ) from error
        finally:
            host.next_at = self._now() + max(self._manners.delay_seconds, host.delay_s)

    async def _received(self, inlet: Inlet, limit_bytes: int | None) -> Brought:
        headers = {name.lower(): value for name, value in inlet.headers.items()}
        of = content_type(headers)
        limit = limit_bytes or self._manners.max_bytes
        is_wanted = inlet.status < 300 and (of.is_text or of.kind == "application/pdf")  # noqa: PLR2004 - HTTP
        body = await inlet.read(limit + 1) if is_wanted else b""
        if len(body) > limit and limit_bytes is None:
            raise NoDataError(
                _("{url!r} is larger than {limit} bytes.").format(url=inlet.url, limit=limit),
                hint=_("`maxBytes` of the source says how much is read."),
            )
        return Brought(
            url=inlet.url,
            status=inlet.status,
            kind=of.kind,
            charset=of.charset,
            body=body[:limit],
            etag=headers.get("etag", ""),
            modified=headers.get("last-modified", ""),
            headers=headers,
        )

    def _judged(self, brought: Brought) -> Brought:
        if brought.is_gone or brought.status < _FIRST_REFUSAL:
            return brought
        if brought.headers.get("x-ratelimit-remaining") == "0":
            raise _used_up(brought)
        raise NoDataError(
            _("{url!r} answered {status}.").format(url=brought.url, status=brought.status),
            hint=_("Look at the page in a browser; it may want a login or no robots."),
        )


def _parsed(text: str) -> _Robots:
    try:
        from protego import Protego
    except ImportError as error:
        raise NoDataError(
            _("Pages cannot be read without {module!r}, which knows robots.txt.").format(module="protego"),
            hint=_("Install it: pip install 'homarus[research]'"),
        ) from error
    return Protego.parse(text)


def _used_up(brought: Brought) -> NoDataError:
    reset = brought.headers.get("x-ratelimit-reset", "")
    is_time = reset.isdecimal() and len(reset) <= _TIME_DIGITS
    when = datetime.fromtimestamp(int(reset), tz=UTC).strftime("%H:%M UTC") if is_time else "?"
    return NoDataError(
        _("The allowance of {url!r} is used up until {when}.").format(url=brought.url, when=when),
        hint=_("Set `token` of the source: any token raises the allowance."),
    )


def _retry_after(value: str) -> float | None:
    """Return how many seconds an answer asks to wait."""
    if value.strip().isdecimal():
        return min(float(value), _LONGEST_WAIT_S)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return min(max((when - datetime.now(tz=UTC)).total_seconds(), 0.0), _LONGEST_WAIT_S)
