"""One limiter for every path that takes a credential: it slows guessing down and cannot lock anybody out.

Only wrong credentials are counted, and right ones are never asked about here: whoever holds one passes, however many
wrong ones somebody else has sent. What is counted hangs on the address, on where the page came from and on the kind of
credential; no field of the request can change or leave out any of them.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from homarus.domain.settings import RateLimit

_KEPT = 4096
"""Sources that are remembered; the one that was quiet for longest goes first."""
_EVERYBODY = 20
"""All sources together may fail this many times as often as one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who is guessing, and what."""

    address: str
    origin_class: str
    """`page` when a browser names an origin of ours, `none` when nobody names one."""
    credential: str
    """`key`, `cookie` or `code`."""


_ALL = Source(address="*", origin_class="*", credential="*")


@dataclass(slots=True)
class _Record:
    failed_at: list[float] = field(default_factory=list[float])
    paused_until: float = 0.0


def normalised(address: str) -> str:
    """Return one name for all spellings of a place: loopback is one, IPv4 in IPv6 is IPv4, IPv6 counts by its /64."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    if ip.is_loopback:
        return "loopback"
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


class Limiter:
    """Counts wrong credentials."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._records: OrderedDict[Source, _Record] = OrderedDict()

    def failed(self, source: Source, limit: RateLimit) -> float:
        """Count a wrong credential and return how long to pause, seconds; zero when it may be tried again at once."""
        now = self._now()
        attempts = limit.max_attempts
        of_all = self._count(_ALL, limit, now, attempts * _EVERYBODY)
        return max(self._count(source, limit, now, attempts), of_all)

    def _count(self, source: Source, limit: RateLimit, now: float, attempts: int) -> float:
        record = self._records.setdefault(source, _Record())
        self._records.move_to_end(source)
        self._forget()
        if record.paused_until > now:
            return record.paused_until - now
        since = now - limit.window_ms / 1000
        record.failed_at = [at for at in record.failed_at if at > since]
        record.failed_at.append(now)
        if len(record.failed_at) <= attempts:
            return 0.0
        record.failed_at.clear()
        record.paused_until = now + limit.lockout_ms / 1000
        return limit.lockout_ms / 1000

    def _forget(self) -> None:
        while len(self._records) > _KEPT:
            self._records.popitem(last=False)
