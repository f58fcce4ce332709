"""One address for one page: what only says where a reader came from is left out."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|mc_[ce]id|igshid|_hs\w+|spm|sessionid|phpsessid|jsessionid)",
    re.IGNORECASE,
)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A web address taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def place(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, the usual port unsaid: one robots.txt and one queue."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" if self.port == _PORTS[self.scheme] else f"{self.scheme}://{host}:{self.port}"


def read_address(url: str) -> Address | None:
    """Take a web address apart; nothing when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return Address(
        scheme=parts.scheme, host=parts.hostname.lower().rstrip("."), port=port or _PORTS[parts.scheme], path=parts.path
    )


def joined(base: str, address: str) -> str:
    """Return where an address on a page leads; nothing where it is none, as `http://[x`."""
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def canonical(url: str) -> str:
    """Return the address under which a page is known: no fragment, no tracking, the query in order."""
    address = read_address(url)
    if address is None:
        return url
    parts = urlsplit(url)
    place = address.origin.removeprefix(f"{address.scheme}://")
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._") or "/"
    pairs = sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0]))
    return urlunsplit((address.scheme, place, path, urlencode(pairs), ""))


def is_same_site(one: str, other: str) -> bool:
    """Say whether two addresses are on one host, `www.` or not."""
    first, second = read_address(one), read_address(other)
    if first is None or second is None:
        return False
    is_port_kept = first.port == second.port or {first.port, second.port} <= set(_PORTS.values())
    return first.host.removeprefix("www.") == second.host.removeprefix("www.") and is_port_kept
