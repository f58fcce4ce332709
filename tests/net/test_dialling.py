import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError, Stage
from homarus.domain.labels import Reach
from homarus.domain.ports import Dial, Purpose
from homarus.net.addresses import Address, Zone
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing

if TYPE_CHECKING:
    from dovecot_server import Dovecot

pytestmark = pytest.mark.anyio


def to(host: str, port: int, **more: object) -> Dial:
    return Dial(host=host, port=port, purpose=Purpose.CHANNEL, **more)  # pyright: ignore[reportArgumentType] - test shorthand


@pytest.fixture
async def greeter() -> AsyncIterator[int]:
    """A server that greets, answers one line in capitals, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* ready\r\n")
        writer.write((await reader.readline()).upper())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def spoken(line: socket.socket) -> bytes:
    line.sendall(b"hello\r\n")
    heard = b""
    while piece := line.recv(100):
        heard += piece
    return heard


async def test_a_line_is_connected_and_blocking(door: OpenDoor, greeter: int) -> None:
    async with door.dial(to("127.0.0.1", greeter, is_tls=False, timeout_s=7)) as line:
        assert line.gettimeout() == 7
        assert await asyncio.to_thread(spoken, line) == b"* ready\r\nHELLO\r\n"


async def test_a_line_leaves_a_receipt_with_its_bytes(door: OpenDoor, greeter: int, crossings: list[Crossing]) -> None:
    async with door.dial(to("localhost", greeter, is_tls=False, run="run_1")) as line:
        await asyncio.to_thread(spoken, line)
        line.close()  # as libraries do; what travelled is known all the same
    (left,) = crossings
    assert (left.host, left.decision, left.zone, left.turn) == (
        f"localhost:{greeter}",
        "allowed",
        Zone.LOOPBACK,
        "run_1",
    )
    assert left.sent_bytes == 7
    assert left.received_bytes in {16, 17}  # the kernel counts the other side's hanging up as one


async def test_leaving_hangs_up_whoever_else_holds_it(door: OpenDoor, greeter: int) -> None:
    async with door.dial(to("127.0.0.1", greeter, is_tls=False)) as line:
        held = line.dup()
    with held, pytest.raises(BrokenPipeError):
        held.sendall(b"x")


async def test_what_is_private_stays_at_home(door: OpenDoor, crossings: list[Crossing]) -> None:
    for reach in (Reach.LOCAL_ONLY, Reach.REGION):
        with pytest.raises(EgressRefusedError):
            async with door.dial(to("imap.example.org", 993, reach=reach)):
                pass
    assert [one.decision for one in crossings] == ["refused", "refused"]
    assert [one.sent_bytes for one in crossings] == [0, 0]


async def test_what_is_private_goes_to_a_server_at_home(door: OpenDoor, greeter: int) -> None:
    async with door.dial(to("localhost", greeter, is_tls=False, reach=Reach.LOCAL_ONLY)) as line:
        assert await asyncio.to_thread(spoken, line)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 993),
        ("localhost", 993),
        ("10.0.0.1", 587),
        ("mail.lan", 993),
        ("example.org", 6379),
        ("0x7f.1", 25),
    ],
)
async def test_a_guarded_line_leads_to_public_mail_servers_only(door: OpenDoor, host: str, port: int) -> None:
    with pytest.raises(EgressRefusedError):
        async with door.dial(to(host, port, is_guarded=True)):
            pass


async def test_a_guarded_name_that_leads_inside_is_refused(crossings: list[Crossing]) -> None:
    async def lookup(_name: str, _port: int) -> list[Address]:
        return [ip_address("93.184.216.34"), ip_address("192.168.1.5")]

    async def keep(crossing: Crossing) -> None:
        crossings.append(crossing)

    with pytest.raises(EgressRefusedError, match=r"192\.168\.1\.5"):
        async with OpenDoor(keep, lookup=lookup) as door, door.dial(to("mail.example.org", 993, is_guarded=True)):
            pass
    assert crossings[0].decision == "refused"


@pytest.mark.parametrize(("host", "port"), [("", 993), ("127.0.0.1", 0), ("127.0.0.1", 70000)])
async def test_what_is_no_place_is_not_opened(door: OpenDoor, host: str, port: int) -> None:
    with pytest.raises(EgressRefusedError):
        async with door.dial(to(host, port)):
            pass


async def test_nobody_there_is_a_failed_connect(door: OpenDoor, crossings: list[Crossing]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionFailedError) as failed:
            async with door.dial(to("127.0.0.1", free.getsockname()[1])):
                pass
    assert (failed.value.stage, crossings[0].sent_bytes) == (Stage.CONNECT, 0)


async def test_a_name_without_an_address_is_told() -> None:
    async def lookup(_name: str, _port: int) -> list[Address]:
        raise OSError(socket.EAI_NONAME, "unknown")

    with pytest.raises(ConnectionFailedError, match=r"mail\.example\.org:993 has no address") as failed:
        async with OpenDoor(lookup=lookup) as door, door.dial(to("mail.example.org", 993)):
            pass
    assert failed.value.stage is Stage.RESOLVE


async def test_a_server_that_begins_in_plain_is_told_apart(door: OpenDoor, greeter: int) -> None:
    with pytest.raises(ConnectionFailedError) as failed:
        async with door.dial(to("127.0.0.1", greeter)):
            pass
    assert "STARTTLS" in failed.value.hint


async def test_a_silent_server_costs_its_time_and_no_more(door: OpenDoor) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ConnectionFailedError) as failed:
            async with door.dial(to("127.0.0.1", silent.getsockname()[1], timeout_s=0.1)):
                pass
    assert failed.value.is_timeout


async def test_tls_begins_at_once_and_is_counted(
    door: OpenDoor, trusts_dovecot: "Dovecot", crossings: list[Crossing]
) -> None:
    async with door.dial(to("localhost", trusts_dovecot.imaps_port)) as line:
        assert (await asyncio.to_thread(line.recv, 10)).startswith(b"* OK")
    assert crossings[0].received_bytes > 500


async def test_a_certificate_that_nobody_vouches_for_is_refused(door: OpenDoor, dovecot: "Dovecot") -> None:
    with pytest.raises(ConnectionFailedError, match="cannot prove who it is"):
        async with door.dial(to("localhost", dovecot.imaps_port)):
            pass
