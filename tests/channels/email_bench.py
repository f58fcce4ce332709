"""Mail as a channel on a real Dovecot and aiosmtpd, with one person on the other side."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP, Envelope, Session

from homarus.channels.email import Email
from homarus.channels.email_settings import EmailSettings
from homarus.domain.seats import Pressed, Pressing, Seat
from homarus.net.door import OpenDoor

if TYPE_CHECKING:
    from dovecot_server import Dovecot, MailUser

LENA = "lena@example.org"
ROOT = "<root@example.org>"
SERVER = "mx.example.org"
PASSED = f"{SERVER}; dkim=pass header.d=example.org; spf=pass smtp.mailfrom={LENA}"


@dataclass
class Kept:
    """Blobs in memory."""

    kept: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def put(self, content: bytes) -> str:
        self.kept[f"{len(self.kept):064x}"] = content
        return f"{len(self.kept) - 1:064x}"

    async def get(self, digest: str, /) -> bytes:
        return self.kept[digest]


@dataclass
class Post:
    """Keeps what is handed over; says what it is told to, or hangs up."""

    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    answer: str = "250 OK"
    hangs_up: bool = False

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("2"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(message_from_bytes(content, policy=policy.default))
        if self.hangs_up:
            transport = server.transport
            assert isinstance(transport, asyncio.WriteTransport)
            transport.abort()
        return self.answer


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n").removesuffix("\n")


@dataclass
class Bench:
    """What the conformance suite moves."""

    channel: Email
    broken: Email
    post: Post
    dovecot: "Dovecot"
    user: "MailUser"
    blobs: Kept
    known: set[str]
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def person(self) -> str:
        return f"{LENA} {ROOT}"

    async def write(self, text: str) -> None:
        await self.deliver(text, result=PASSED)

    async def deliver(self, text: str, *, sender: str = LENA, result: str = "", **headers: str) -> EmailMessage:
        """Let a mail arrive; the first one begins the conversation."""
        number = next(self.numbers)
        mail = EmailMessage()
        if result:
            mail["Authentication-Results"] = result
        mail["From"], mail["To"] = f"Lena <{sender}>", "agent@example.org"
        mail["Message-ID"] = ROOT if number == 1 else f"<m{number}@example.org>"
        if number > 1 and "References" not in headers:
            mail["References"] = ROOT
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        await asyncio.to_thread(self.dovecot.deliver, self.user, mail)
        return mail

    async def seen(self) -> list[str]:
        return [plain(mail) for mail in self.post.mails]

    async def break_it(self) -> None:
        self.channel = self.broken


@asynccontextmanager
async def bench_of(dovecot: "Dovecot", **more: object) -> AsyncGenerator[Bench]:
    post, known, user, blobs = Post(), {LENA}, dovecot.user(), Kept()

    async def knows(sender: str, _in_group: bool, /) -> bool:  # noqa: FBT001 - as a seat says it
        return sender in known

    async def press(_pressed: Pressed) -> Pressing:
        raise AssertionError

    server = await asyncio.get_running_loop().create_server(lambda: SMTP(post, hostname="mail.test"), "127.0.0.1", 0)
    told: dict[str, object] = {
        "address": "agent@example.org",
        "password": user.password,
        "imap": {"host": "localhost", "port": dovecot.imap_port, "security": "none", "user": user.name},
        "smtp": {"host": "localhost", "port": server.sockets[0].getsockname()[1], "security": "none", "signsIn": False},
        "authServer": SERVER,
        **more,
    }

    async with OpenDoor() as door, server:
        seat = Seat(name="email", door=door, blobs=blobs, press=press, knows=knows)

        def made(**words: object) -> Email:
            return Email(EmailSettings.model_validate({**told, **words}), seat=seat)

        nowhere = {"host": "localhost", "port": 9, "security": "none"}
        broken = made(imap=nowhere, smtp=nowhere)
        yield Bench(channel=made(), broken=broken, post=post, dovecot=dovecot, user=user, blobs=blobs, known=known)
