"""A look into the owner's network: bounded, on few ports, with a receipt."""

import asyncio
import socket
from ipaddress import IPv4Network

import pytest

from homarus.net.egress import Crossing
from homarus.net.neighbours import Neighbours, Open, own_networks

pytestmark = pytest.mark.anyio
HERE = IPv4Network("127.0.0.1/32")


async def test_who_listens_is_found_and_who_does_not_is_left_out(free_tcp_port: int) -> None:
    receipts: list[Crossing] = []

    async def report(crossing: Crossing) -> None:
        receipts.append(crossing)

    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        looked = await Neighbours(report, networks=lambda: [HERE]).look([port, free_tcp_port])

    assert looked.found == (Open(host="127.0.0.1", port=port),)
    assert looked.is_whole
    assert [receipt.host for receipt in receipts] == ["127.0.0.1/32"]


async def test_a_look_ends_in_time_however_large_the_network_is() -> None:
    async def report(_crossing: Crossing) -> None:
        await asyncio.sleep(0)

    vast = IPv4Network("127.0.0.0/16")
    looked = await Neighbours(report, networks=lambda: [vast], limit_s=0.05).look([1])

    assert not looked.is_whole


def test_no_network_of_this_machine_is_asked_as_a_whole_when_it_is_large() -> None:
    assert all(network.prefixlen >= 24 and network.is_private for network in own_networks())
