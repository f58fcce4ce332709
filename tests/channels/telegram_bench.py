"""A Telegram channel in this process, its server, and one person on the other side."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from homarus.channels.telegram import Telegram
from homarus.channels.telegram_settings import TelegramSettings
from homarus.domain.seats import Pressed, Pressing, Seat
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing
from homarus.testing.telegram import TOKEN, TelegramServer

LENA = 42


@dataclass
class Kept:
    """Blobs in memory."""

    kept: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def put(self, content: bytes) -> str:
        name = f"{len(self.kept):064x}"
        self.kept[name] = content
        return name

    async def get(self, digest: str, /) -> bytes:
        return self.kept[digest]


@dataclass
class Bench:
    """What the conformance suite moves."""

    server: TelegramServer
    channel: Telegram
    crossings: list[Crossing]
    blobs: Kept
    known: set[str]
    pressed: list[Pressed]
    stop: Callable[[], Awaitable[None]]

    @property
    def person(self) -> str:
        return str(LENA)

    async def write(self, text: str) -> None:
        self.server.write(text)

    async def seen(self) -> list[str]:
        # Telegram trims messages; the break between two parts of a long one is there for people, not in the text.
        return [f"{text}\n" if len(text) > 3000 else text for text in self.server.texts(LENA)]

    async def break_it(self) -> None:
        await self.stop()


@asynccontextmanager
async def bench_of(**settings: object) -> AsyncGenerator[Bench]:
    crossings: list[Crossing] = []
    known, pressed, blobs = {str(LENA)}, list[Pressed](), Kept()

    async def keep(crossing: Crossing) -> None:
        crossings.append(crossing)

    async def knows(sender: str, _in_group: bool, /) -> bool:  # noqa: FBT001 - as a seat says it
        return sender in known

    async def press(one: Pressed) -> Pressing:
        pressed.append(one)
        return Pressing(sentence="It is done.", is_settled=True)

    running = TelegramServer.running()
    server = await running.__aenter__()
    ended: list[None] = []

    async def stop() -> None:
        if not ended:
            ended.append(None)
            await running.__aexit__(None, None, None)

    async with OpenDoor(keep) as door:
        seat = Seat(name="telegram", door=door, blobs=blobs, press=press, knows=knows)
        told = TelegramSettings.model_validate({"botToken": TOKEN, "apiRoot": server.url, **settings})
        yield Bench(
            server=server,
            channel=Telegram(told, seat=seat),
            crossings=crossings,
            blobs=blobs,
            known=known,
            pressed=pressed,
            stop=stop,
        )
    await stop()
