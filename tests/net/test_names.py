import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from typing import Any

import pytest

from homarus.net.names import Names

pytestmark = pytest.mark.anyio
ENTRY = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.20", 0))


class Resolver:
    """A resolver that hangs until it is let go."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.asked: list[str] = []

    def __call__(self, name: str) -> Sequence[tuple[Any, ...]]:
        self.asked.append(name)
        self.goes_on.wait(20)
        if name.startswith("nobody"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [ENTRY, ENTRY]


@pytest.fixture
async def resolver() -> AsyncIterator[Resolver]:
    made = Resolver()
    yield made
    made.goes_on.set()


async def test_a_resolver_that_hangs_keeps_no_other_work_from_a_thread(resolver: Resolver) -> None:
    names = Names(resolver)
    asked = [asyncio.ensure_future(names(f"box{number}", 80)) for number in range(16)]
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(asyncio.to_thread(int, number) for number in ("1", "2"))) == [1, 2]
    resolver.goes_on.set()
    assert {answers[0] for answers in await asyncio.gather(*asked)} == {ip_address("192.168.1.20")}


async def test_a_name_that_is_asked_for_on_five_ports_is_looked_up_once(resolver: Resolver) -> None:
    names = Names(resolver)
    asked = [asyncio.ensure_future(names("box", port)) for port in (1, 2, 3, 4, 5)]
    await asyncio.sleep(0)
    resolver.goes_on.set()
    await asyncio.gather(*asked)
    assert resolver.asked == ["box"]


async def test_a_name_that_nobody_has_is_told_to_everybody_who_asked(resolver: Resolver) -> None:
    resolver.goes_on.set()
    names = Names(resolver)
    asked = await asyncio.gather(names("nobody", 1), names("nobody", 2), return_exceptions=True)
    assert [type(answer) for answer in asked] == [socket.gaierror] * 2


async def test_who_gives_up_takes_the_answer_from_nobody_else(resolver: Resolver) -> None:
    names = Names(resolver)
    first, second = (asyncio.ensure_future(names("box", port)) for port in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    resolver.goes_on.set()
    assert list(await second) == [ip_address("192.168.1.20")]


async def test_names_that_hang_are_not_piled_up_without_end(resolver: Resolver) -> None:
    names = Names(resolver)
    asked = [asyncio.ensure_future(names(f"box{number}", 80)) for number in range(16)]
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="hangs"):
        await names("one-more", 80)
    resolver.goes_on.set()
    await asyncio.gather(*asked)
