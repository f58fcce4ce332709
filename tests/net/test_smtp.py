import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from homarus.domain.errors import ConfigError, ConnectionFailedError, NotAcceptedError, Stage
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing
from homarus.net.mail.failed import SignInError
from homarus.net.mail.servers import MailServer, Security
from homarus.net.mail.smtp import check_smtp, send_mail

if TYPE_CHECKING:
    from dovecot_server import Dovecot

pytestmark = pytest.mark.anyio
ME, YOU = "me@example.org", "you@example.org"


@dataclass
class Post:
    """Keeps what is handed over; says no where it is told to."""

    mails: list[Envelope] = field(default_factory=list[Envelope])
    refused: frozenset[str] = frozenset()
    answer: str = "250 OK: queued as 17"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            self.mails.append(envelope)
        return self.answer


def let_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: object) -> AuthResult:
    is_known = isinstance(said, LoginPassword) and said.password == b"right"
    return AuthResult(success=is_known, handled=is_known)


Serve = Callable[..., Awaitable[MailServer]]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def serve(post: Post) -> AsyncIterator[Serve]:
    running: list[asyncio.Server] = []

    async def start(security: Security = Security.NONE, certificate: Path | None = None, **more: object) -> MailServer:
        context: SSLContext | None = None
        if certificate is not None:
            context = SSLContext(PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.parent / "key.pem")
        words: dict[str, object] = {"hostname": "mail.test", **more}
        if security is Security.STARTTLS:
            words |= {"tls_context": context, "require_starttls": True}
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(post, **words),  # pyright: ignore[reportArgumentType] - test shorthand
            "127.0.0.1",
            0,
            ssl=context if security is Security.TLS else None,
        )
        running.append(server)
        return MailServer(host="localhost", port=server.sockets[0].getsockname()[1], security=security)

    yield start
    for server in running:
        server.close()


def letter(text: str = "Hello.") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ME, YOU, "A letter"
    message.set_content(text)
    return message.as_bytes()


async def test_mail_is_handed_over(door: OpenDoor, serve: Serve, post: Post, crossings: list[Crossing]) -> None:
    taken = await send_mail(await serve(), door, letter(), sender=ME, recipients=[YOU])
    assert taken.answer == "OK: queued as 17"
    assert [(mail.mail_from, mail.rcpt_tos) for mail in post.mails] == [(ME, [YOU])]
    assert crossings[0].sent_bytes > len(letter())


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_mail_travels_privately(
    door: OpenDoor, serve: Serve, post: Post, trusts_dovecot: "Dovecot", security: Security
) -> None:
    server = await serve(security, trusts_dovecot.certificate)
    await send_mail(server, door, letter(), sender=ME, recipients=[YOU])
    assert len(post.mails) == 1


async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    door: OpenDoor, serve: Serve, post: Post, dovecot: "Dovecot"
) -> None:
    for security in (Security.TLS, Security.STARTTLS):
        with pytest.raises(ConnectionFailedError, match="cannot prove who it is") as failed:
            await send_mail(await serve(security, dovecot.certificate), door, letter(), sender=ME, recipients=[YOU])
        assert failed.value.stage is Stage.CONNECT
    assert post.mails == []


async def test_a_password_is_checked_before_anything_is_sent(
    door: OpenDoor, serve: Serve, post: Post, trusts_dovecot: "Dovecot"
) -> None:
    server = await serve(
        Security.STARTTLS, trusts_dovecot.certificate, authenticator=let_in, auth_required=True, auth_require_tls=True
    )
    with pytest.raises(SignInError, match="name or the password"):
        await check_smtp(replace(server, user="lena", password="wrong"), door)
    await send_mail(replace(server, user="lena", password="right"), door, letter(), sender=ME, recipients=[YOU])
    assert len(post.mails) == 1


async def test_a_recipient_who_is_not_known_is_named_and_the_others_have_it(
    door: OpenDoor, serve: Serve, post: Post
) -> None:
    post.refused = frozenset({"gone@example.org"})
    taken = await send_mail(await serve(), door, letter(), sender=ME, recipients=[YOU, "gone@example.org"])
    assert taken.refused == {"gone@example.org": "550 5.1.1 No such user here"}
    assert post.mails[0].rcpt_tos == [YOU]


async def test_a_refusal_is_final_and_a_delay_is_not(door: OpenDoor, serve: Serve, post: Post) -> None:
    post.refused = frozenset({YOU})
    with pytest.raises(NotAcceptedError, match="No such user"):
        await send_mail(await serve(), door, letter(), sender=ME, recipients=[YOU])
    post.refused, post.answer = frozenset(), "452 4.3.1 Try later"
    with pytest.raises(ConnectionFailedError, match="Try later") as delayed:
        await send_mail(await serve(), door, letter(), sender=ME, recipients=[YOU])
    assert not isinstance(delayed.value, NotAcceptedError)
    assert delayed.value.stage is Stage.CONNECT


async def test_what_is_too_large_is_not_even_begun(door: OpenDoor, serve: Serve, post: Post) -> None:
    with pytest.raises(NotAcceptedError, match="at most"):
        await send_mail(await serve(data_size_limit=1000), door, letter("x" * 2000), sender=ME, recipients=[YOU])
    assert post.mails == []


async def test_letters_of_any_kind_may_stand_in_an_address(door: OpenDoor, serve: Serve, post: Post) -> None:
    await send_mail(await serve(enable_SMTPUTF8=True), door, letter(), sender=ME, recipients=["jürgen@example.org"])
    assert post.mails[0].rcpt_tos == ["jürgen@example.org"]
    with pytest.raises(NotAcceptedError, match="plain letters"):
        await send_mail(
            await serve(enable_SMTPUTF8=False), door, letter(), sender=ME, recipients=["jürgen@example.org"]
        )


@pytest.mark.parametrize(("cut_at", "stage"), [(b"RCPT", Stage.CONNECT), (b".\r\n", Stage.CUT)])
async def test_nobody_knows_only_after_the_mail_has_left(door: OpenDoor, cut_at: bytes, stage: Stage) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while (line := await reader.readline()) and not line.startswith(cut_at):
            if line[:4] in {b"EHLO", b"MAIL", b"RCPT"}:
                writer.write(b"250 OK\r\n")
            elif line[:4] == b"DATA":
                writer.write(b"354 go on\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    there = MailServer(host="127.0.0.1", port=port, security=Security.NONE)
    async with server:
        with pytest.raises(ConnectionFailedError) as failed:
            await send_mail(there, door, letter(), sender=ME, recipients=[YOU])
    assert failed.value.stage is stage


async def test_mail_is_not_sent_in_the_clear_to_others(door: OpenDoor, crossings: list[Crossing]) -> None:
    server = MailServer(host="smtp.example.org", port=25, security=Security.NONE)
    with pytest.raises(ConfigError, match="in the clear"):
        await send_mail(server, door, letter(), sender=ME, recipients=[YOU])
    assert crossings == []
