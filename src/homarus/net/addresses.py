"""Where an address leads: this machine, the owner's network, the public internet, or nowhere that anybody should go.

The ranges stand here and not in `ipaddress.is_global`, because Python 3.11 calls 64:ff9b::/96, 2002::/16, ::/96,
224.0.0.1 and fec0::/10 global, and does not see that ::ffff:127.0.0.1 is loopback.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = IPv4Address | IPv6Address


class Zone(StrEnum):
    """Where an address leads."""

    LOOPBACK = "loopback"
    HOME = "home"
    """The owner's own network: private ranges, link-local, unique local, and the range that Tailscale uses."""
    PUBLIC = "public"
    NOWHERE = "nowhere"
    """Cloud metadata, multicast, reserved, documentation, and IPv6 that carries an IPv4 address inside."""


_METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_LOOPBACK_4 = IPv4Network("127.0.0.0/8")
_HOME_4 = tuple(
    IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
)
_NOWHERE_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_HOME_6 = (IPv6Network("fc00::/7"), IPv6Network("fe80::/10"))
_PUBLIC_6 = IPv6Network("2000::/3")
_NOWHERE_6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_LOCAL_NAMES = ("local", "lan", "home", "internal", "intranet", "corp", "private", "localdomain", "home.arpa", "ts.net")
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:\d+|0[xX][0-9a-fA-F]*)$")
_QUAD = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}")


def zone_of(address: Address) -> Zone:
    """Return where an address leads; a mapped IPv4 address counts as what it carries only when that is not public."""
    if isinstance(address, IPv6Address):
        return _zone_of_6(address)
    if address in _METADATA or any(address in net for net in _NOWHERE_4):
        return Zone.NOWHERE
    if address in _LOOPBACK_4:
        return Zone.LOOPBACK
    return Zone.HOME if any(address in net for net in _HOME_4) else Zone.PUBLIC


def _zone_of_6(address: IPv6Address) -> Zone:
    if address == IPv6Address("::1"):
        return Zone.LOOPBACK
    if address.ipv4_mapped is not None:
        inside = zone_of(address.ipv4_mapped)
        return Zone.NOWHERE if inside is Zone.PUBLIC else inside
    if address in _METADATA or any(address in net for net in _NOWHERE_6):
        return Zone.NOWHERE
    if any(address in net for net in _HOME_6):
        return Zone.HOME
    return Zone.PUBLIC if address in _PUBLIC_6 else Zone.NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host as it stands in an address: a literal, or a name without its trailing dot."""

    text: str
    literal: Address | None = None
    is_odd: bool = False
    """Whether it looks like a number and is not a plain address: `0x7f.1`, `2130706433`, `0177.0.0.1`, a zone id."""

    @property
    def is_this_machine_by_name(self) -> bool:
        """Whether the name stands for loopback and needs no look-up."""
        return self.literal is None and (self.text == "localhost" or self.text.endswith(".localhost"))

    @property
    def has_local_name(self) -> bool:
        """Whether the name is one that only the owner's network can know."""
        if self.literal is not None or self.is_this_machine_by_name:
            return False
        return "." not in self.text or any(self.text.endswith(f".{end}") for end in _LOCAL_NAMES)


def read_host(raw: str) -> Host:
    """Read the host part of an address, after IDNA encoding; brackets around IPv6 may stand or not."""
    text = raw.strip("[]").lower()
    if ":" in text:
        try:
            return Host(text=text, literal=IPv6Address(text), is_odd="%" in text)
        except ValueError:
            return Host(text=text, is_odd=True)
    text = text.removesuffix(".")
    if not text or ".." in text or not text.isascii():
        return Host(text=text, is_odd=True)
    if not _ENDS_IN_NUMBER.search(text):
        return Host(text=text)
    if not _QUAD.fullmatch(text):
        return Host(text=text, is_odd=True)
    try:
        return Host(text=text, literal=IPv4Address(text))
    except ValueError:
        return Host(text=text, is_odd=True)


@lru_cache(maxsize=512)
def place_of(url: str) -> Zone:
    """Say where an address leads by its text alone, without looking anything up; an unknown name counts as public."""
    try:
        host = read_host(urlsplit(url).hostname or "")
    except ValueError:
        return Zone.NOWHERE
    if host.is_odd:
        return Zone.NOWHERE
    if host.literal is not None:
        return zone_of(host.literal)
    if host.is_this_machine_by_name:
        return Zone.LOOPBACK
    return Zone.HOME if host.has_local_name else Zone.PUBLIC
