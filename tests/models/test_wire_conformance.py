"""Every wire that is discovered does what every wire owes the house, against the quirk server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from homarus.gateway.discover import discover
from homarus.net.door import OpenDoor
from homarus.testing import wire_suite
from homarus.testing.quirks import APIS, QUIRKS
from homarus.testing.wire_bench import WireBench
from homarus.testing.wire_suite import failing_quirks, fails_as_it_should, odd_streams, reads_an_odd_stream

pytestmark = pytest.mark.anyio

WIRES = discover(Path("/nowhere"), rooms=("homarus.models",)).names("wire")


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as door:
        yield door


def bench_of(api: str, door: OpenDoor) -> WireBench:
    wires = discover(Path("/nowhere"), rooms=("homarus.models",)).wires()
    return WireBench(wire=wires[api], api=api, door=door)


CLAIMS: dict[str, Callable[[WireBench], Awaitable[None]]] = {claim.__name__: claim for claim in wire_suite.CLAIMS}


def test_all_four_protocols_are_discovered() -> None:
    assert set(WIRES) == set(APIS)


@pytest.mark.parametrize(("api", "name"), [(api, name) for api in WIRES for name in CLAIMS])
async def test_a_wire_conforms(api: str, name: str, door: OpenDoor) -> None:
    await CLAIMS[name](bench_of(api, door))


@pytest.mark.parametrize(("api", "name"), [(api, quirk.name) for api in WIRES for quirk in failing_quirks(api)])
async def test_a_failure_has_its_own_kind(api: str, name: str, door: OpenDoor) -> None:
    await fails_as_it_should(bench_of(api, door), QUIRKS[name])


@pytest.mark.parametrize(("api", "name"), [(api, quirk.name) for api in WIRES for quirk in odd_streams(api)])
async def test_an_odd_stream_is_read_whole(api: str, name: str, door: OpenDoor) -> None:
    await reads_an_odd_stream(bench_of(api, door), QUIRKS[name])
