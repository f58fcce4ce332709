"""The examples work as plugins, and conform."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from homarus.domain.errors import ToolArgumentError, ToolFailedError
from homarus.domain.labels import Origin
from homarus.domain.ports import Channel
from homarus.gateway.discover import Discovery, discover
from homarus.gateway.plugins import sha256_of
from homarus.net.door import OpenDoor
from homarus.testing import channel_suite, provider_suite, tool_suite, wire_suite
from homarus.testing.door import FakeAnswer, FakeDoor
from homarus.testing.rooms import fake_rooms
from homarus.testing.wire_bench import WireBench

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[2] / "examples"


def name(claim: Callable[..., object]) -> str:
    return claim.__name__


@pytest.fixture
def found(home: Path) -> Discovery:
    plugins = home / "plugins"
    shutil.copytree(EXAMPLES, plugins, ignore=shutil.ignore_patterns("__pycache__", "*.md"))
    return discover(home, approved={str(file): sha256_of(file) for file in plugins.glob("*.py")})


def test_every_example_is_found_and_works(found: Discovery) -> None:
    assert found.problems == []
    assert ("channel", "folder") in found.spots
    assert ("provider", "workshop") in found.spots
    assert "weather.now" in found.tools()


class FolderBench:
    person = "lena"

    def __init__(self, found: Discovery, folder: Path) -> None:
        self.folder = folder
        self.built = found.channel("folder", {"path": str(folder), "person": self.person, "poll_s": 0.01})
        self.written = 0

    @property
    def channel(self) -> Channel:
        return self.built

    async def write(self, text: str) -> None:
        self.written += 1
        inbox = self.folder / "in"
        inbox.mkdir(parents=True, exist_ok=True)
        half = inbox / f".{self.written}"
        half.write_text(text, encoding="utf-8")
        half.rename(inbox / f"{self.written}.txt")

    async def seen(self) -> list[str]:
        return [file.read_text(encoding="utf-8") for file in sorted((self.folder / "out").glob("[!.]*.txt"))]

    async def break_it(self) -> None:
        self.folder.write_text("a file where a folder should be")


@pytest.mark.parametrize("claim", channel_suite.CLAIMS, ids=name)
async def test_the_example_channel_conforms(
    claim: Callable[[channel_suite.ChannelBench], Awaitable[None]], found: Discovery, tmp_path: Path
) -> None:
    await claim(FolderBench(found, tmp_path / "mail"))


async def test_a_message_is_put_away_once_the_next_is_asked_for(found: Discovery, tmp_path: Path) -> None:
    bench = FolderBench(found, tmp_path / "mail")
    await bench.write("one")
    await bench.write("two")
    async with asyncio.timeout(10):
        await channel_suite.take(bench.channel, 2)
    assert [file.name for file in (tmp_path / "mail" / "done").iterdir()] == ["1.txt"]


@pytest.mark.parametrize("claim", provider_suite.CLAIMS, ids=name)
def test_the_example_provider_conforms(claim: Callable[[object], None], found: Discovery) -> None:
    claim(found.thing("provider", "workshop"))


@pytest.fixture
async def door() -> AsyncIterator[OpenDoor]:
    async with OpenDoor() as door:
        yield door


async def test_the_example_provider_is_answered_on_its_wire(found: Discovery, door: OpenDoor) -> None:
    (mark,) = (mark for mark in found.providers() if mark.name == "workshop")
    bench = WireBench(wire=found.wires()[mark.api], api=mark.api, door=door)
    await wire_suite.text_comes_whole_and_in_pieces(bench)
    await wire_suite.a_result_finds_its_call(bench)


@pytest.mark.parametrize("claim", tool_suite.CLAIMS, ids=name)
def test_the_example_tool_conforms(claim: Callable[[tool_suite.Function], None], found: Discovery) -> None:
    claim(found.tools()["weather.now"].function)


def service(body: bytes, status: int = 200) -> FakeDoor:
    return FakeDoor(otherwise=lambda _: FakeAnswer(body=body, status=status))


async def test_the_example_tool_tells_the_weather_and_where_it_is_from(found: Discovery, tmp_path: Path) -> None:
    body = json.dumps({"current": {"temperature_2m": 7.2, "wind_speed_10m": 14.9}}).encode()
    rooms = fake_rooms(tmp_path, door=service(body))
    output = await found.tools()["weather.now"].run(rooms.context(), {"latitude": 53.55, "longitude": 9.99})
    assert output.text == "7 °C, wind 15 km/h"
    assert output.label.origin is Origin.WEB
    assert "latitude=53.55" in rooms.door.opened[0].url


async def test_the_example_tool_fails_in_words(found: Discovery, tmp_path: Path) -> None:
    context = fake_rooms(tmp_path, door=service(b"<html>busy</html>", 503)).context()
    with pytest.raises(ToolFailedError, match="503"):
        await found.tools()["weather.now"].run(context, {"latitude": 1, "longitude": 1})


async def test_the_example_tool_refuses_places_off_the_map(found: Discovery, tmp_path: Path) -> None:
    with pytest.raises(ToolArgumentError, match="latitude"):
        await found.tools()["weather.now"].run(fake_rooms(tmp_path).context(), {"latitude": 91, "longitude": 1})
