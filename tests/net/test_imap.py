import asyncio
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from homarus.domain.errors import ConfigError, ConnectionFailedError, NotFoundError
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing
from homarus.net.mail.failed import SignInError
from homarus.net.mail.imap import ImapSession, open_mailbox
from homarus.net.mail.servers import MailServer, Security

if TYPE_CHECKING:
    from dovecot_server import Dovecot, MailUser

pytestmark = pytest.mark.anyio


def letter(subject: str, text: str = "Hello.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "lena@example.org", "me@example.org", subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@example.org>"
    message.set_content(text)
    return message


def account(dovecot: "Dovecot", user: "MailUser", *, security: Security = Security.TLS, **more: object) -> MailServer:
    port = dovecot.imaps_port if security is Security.TLS else dovecot.imap_port
    words: dict[str, object] = {"user": user.name, "password": user.password, **more}
    return MailServer(host=dovecot.host, port=port, security=security, **words)  # pyright: ignore[reportArgumentType] - test shorthand


async def subjects(session: ImapSession, uids: tuple[int, ...]) -> list[str]:
    mails = await session.fetch(uids, headers_only=True)
    return [line.partition(b": ")[2].decode() for mail in mails for line in mail.raw.splitlines() if b"Subject" in line]


@pytest.mark.parametrize("security", list(Security))
async def test_a_mailbox_is_read_however_its_connection_is_kept_private(
    door: OpenDoor, trusts_dovecot: "Dovecot", security: Security, crossings: list[Crossing]
) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter("one"), letter("two"))
    async with open_mailbox(account(trusts_dovecot, user, security=security), door) as session:
        changes = await session.changes()
        assert await subjects(session, changes.new) == ["one", "two"]
        assert {"QRESYNC", "IDLE", "MOVE", "UIDPLUS", "SPECIAL-USE"} <= session.capabilities
    assert crossings[0].received_bytes > 500


async def test_a_token_signs_in_and_one_that_has_expired_is_told(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    user = trusts_dovecot.user()
    token = trusts_dovecot.token(user)
    async with open_mailbox(account(trusts_dovecot, user, password="", token=token), door) as session:
        assert await session.special("drafts") == "Drafts"
    token = trusts_dovecot.token(user, valid_s=-60)
    with pytest.raises(SignInError, match="does not accept the token") as refused:
        async with open_mailbox(account(trusts_dovecot, user, password="", token=token), door):
            pass
    assert token not in refused.value.message


async def test_a_wrong_password_is_told_with_what_helps(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    with pytest.raises(SignInError, match="name or the password") as refused:
        async with open_mailbox(account(trusts_dovecot, trusts_dovecot.user(), password="wrong"), door):
            pass
    assert "app password" in refused.value.hint


async def test_a_password_is_not_sent_in_the_clear_to_others(door: OpenDoor, crossings: list[Crossing]) -> None:
    server = MailServer(host="imap.example.org", port=143, security=Security.NONE, user="lena", password="p")
    with pytest.raises(ConfigError, match="in the clear"):
        async with open_mailbox(server, door):
            pass
    assert crossings == []


async def test_only_what_happened_since_is_told(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter("one"), letter("two"), letter("three"))
    async with open_mailbox(account(trusts_dovecot, user), door) as session:
        first = await session.changes()
        assert (first.is_whole, first.new) == (True, (1, 2, 3))
        trusts_dovecot.deliver(user, letter("four"))
        trusts_dovecot.doveadm("expunge", "-u", user.name, "mailbox", "INBOX", "uid", "2")
        await session.flag("INBOX", [1], [r"\Answered"])
        second = await session.changes(since=first.watermark)
        assert (second.is_whole, second.new, second.gone) == (False, (4,), (2,))
        assert second.flags == {1: (r"\Answered",)}
        third = await session.changes(since=second.watermark)
        assert (third.new, third.gone, dict(third.flags)) == ((), (), {})


async def test_uids_that_mean_others_now_are_read_whole(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter("one"))
    async with open_mailbox(account(trusts_dovecot, user), door) as session:
        seen = await session.changes()
        trusts_dovecot.doveadm("mailbox", "update", "-u", user.name, "--uid-validity", "99", "INBOX")
        again = await session.changes(since=seen.watermark)
        assert (again.is_whole, len(again.new)) == (True, 1)


async def test_reading_marks_nothing_as_read(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter("one", "Grüße " * 1000))
    async with open_mailbox(account(trusts_dovecot, user), door) as session:
        (mail,) = await session.fetch((await session.changes()).new, most_bytes=300)
        assert (mail.is_cut, len(mail.raw), mail.flags) == (True, 300, ("\\Recent",))
        assert mail.size_bytes > 5000
        assert mail.received_at is not None
        assert await session.search("UNSEEN") == (1,)


async def test_a_draft_is_put_where_drafts_are_and_found_again(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    async with open_mailbox(account(trusts_dovecot, trusts_dovecot.user()), door) as session:
        folder = await session.special("drafts")
        assert folder is not None
        uid = await session.append(folder, letter("a draft").as_bytes(), flags=[r"\Draft"])
        assert uid == 1
        assert await session.search('HEADER Message-ID "<a.draft@example.org>"', folder=folder) == (1,)
        await session.move(folder, [1], "Trash")
        assert await session.search("ALL", folder=folder) == ()
        assert await session.search("ALL", folder="Trash") == (1,)


async def test_a_folder_that_is_not_there_is_told_with_those_that_are(
    door: OpenDoor, trusts_dovecot: "Dovecot"
) -> None:
    async with open_mailbox(account(trusts_dovecot, trusts_dovecot.user()), door) as session:
        await session.folders()
        with pytest.raises(NotFoundError) as missing:
            await session.changes("Rechnungen/März")
        assert "Drafts" in missing.value.hint
        assert (await session.changes("INBOX")).exists == 0


async def test_idle_wakes_when_mail_comes(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    user = trusts_dovecot.user()
    async with open_mailbox(account(trusts_dovecot, user), door) as session:
        mark = (await session.changes()).watermark
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(session.idle(limit_s=20))
            await asyncio.sleep(0.05)
            trusts_dovecot.deliver(user, letter("news"))
        assert waiting.result()
        assert (await session.changes(since=mark)).new == (1,)


async def test_idle_ends_with_its_limit(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    async with open_mailbox(account(trusts_dovecot, trusts_dovecot.user()), door) as session:
        assert not await session.idle(limit_s=0.05)
        assert (await session.changes()).exists == 0


async def test_who_waits_can_be_cancelled(door: OpenDoor, trusts_dovecot: "Dovecot") -> None:
    async with open_mailbox(account(trusts_dovecot, trusts_dovecot.user()), door) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await session.idle(limit_s=600)
        with pytest.raises(ConnectionFailedError):
            await session.changes()


async def test_what_is_slipped_in_before_tls_is_noticed(door: OpenDoor) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, word = line.split()[:2]
            if word == b"STARTTLS":
                writer.write(tag + b" OK begin\r\n* OK slipped in\r\n")
            else:
                writer.write(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(ConnectionFailedError, match="speaks in its name"):
            async with open_mailbox(
                MailServer(host="127.0.0.1", port=port, security=Security.STARTTLS, user="lena", password="p"), door
            ):
                pass
