"""Look for servers in the owner's own network: who answers on a few ports, asked once and only when told to.

Nothing is sent: a connection is opened and closed. One receipt stands for the whole look.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

from homarus.domain.i18n import _
from homarus.domain.ports import Purpose
from homarus.net.addresses import Zone, zone_of
from homarus.net.egress import Crossing

AT_MOST_S = 15.0
"""However large the network is."""
_CONNECT_S = 0.8
_AT_ONCE = 128
_PREFIX = 24
"""Of a larger network, only the 254 addresses around this machine's own are asked."""
_MOST_NETWORKS = 3
_NOT_OURS = ("docker", "br-", "veth", "virbr", "cni", "flannel", "lxc", "podman")
"""Networks that this machine makes for what runs inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A place where something listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look around brought."""

    networks: tuple[str, ...]
    found: tuple[Open, ...]
    is_whole: bool
    """Whether everything could be asked in time."""


def own_networks() -> tuple[IPv4Network, ...]:
    """Return the private networks that this machine is in, each at most 254 addresses around its own."""
    import psutil

    found: dict[IPv4Network, None] = {}
    states = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        if name.startswith(_NOT_OURS) or not (name in states and states[name].isup):
            continue
        for address in addresses:
            if address.family == socket.AF_INET and zone_of(IPv4Address(address.address)) is Zone.HOME:
                found[_around(address.address, address.netmask)] = None
    return tuple(islice(found, _MOST_NETWORKS))


def _around(address: str, netmask: str | None) -> IPv4Network:
    network = IPv4Network(f"{address}/{netmask or '255.255.255.0'}", strict=False)
    return network if network.prefixlen >= _PREFIX else IPv4Network(f"{address}/{_PREFIX}", strict=False)


class Neighbours:
    """The owner's network, as far as this machine may look into it."""

    def __init__(
        self,
        report: Callable[[Crossing], Awaitable[None]],
        *,
        networks: Callable[[], Sequence[IPv4Network]] = own_networks,
        limit_s: float = AT_MOST_S,
    ) -> None:
        """Take who writes receipts down, and where to look."""
        self._report = report
        self._networks = networks
        self._limit_s = limit_s

    async def look(self, ports: Sequence[int]) -> Looked:
        """Return where something listens on one of these ports, within a bounded time."""
        networks = await asyncio.to_thread(self._networks)
        hosts = [str(host) for network in networks for host in network.hosts()]
        await self._report_on(networks)
        found: list[Open] = []
        is_whole = True
        places = iter([Open(host=host, port=port) for port in ports for host in hosts])
        try:
            async with asyncio.timeout(self._limit_s), asyncio.TaskGroup() as tasks:
                for _number in range(_AT_ONCE):
                    tasks.create_task(_ask(places, found))
        except TimeoutError:
            is_whole = False
        ordered = tuple(sorted(found, key=lambda place: (IPv4Address(place.host), place.port)))
        return Looked(networks=tuple(map(str, networks)), found=ordered, is_whole=is_whole)

    async def _report_on(self, networks: Sequence[IPv4Network]) -> None:
        for network in networks:
            await self._report(
                Crossing(
                    host=str(network),
                    purpose=Purpose.HOUSE,
                    sent_bytes=0,
                    received_bytes=0,
                    decision="allowed",
                    because=_("You asked to look for model servers in your network."),
                    zone=zone_of(network.network_address),
                )
            )


async def _ask(places: Iterable[Open], found: list[Open]) -> None:
    for place in places:
        if await _listens(place):
            found.append(place)  # noqa: PERF401 - what was found stays when time runs out


async def _listens(place: Open) -> bool:
    try:
        async with asyncio.timeout(_CONNECT_S):
            _reader, writer = await asyncio.open_connection(place.host, place.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
