import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from homarus.domain.acts import Risk
from homarus.domain.errors import ConnectionFailedError, Stage, ToolArgumentError, ToolFailedError
from homarus.domain.tooling import Account, ToolContext
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing
from homarus.net.mail.imap import open_mailbox
from homarus.testing.rooms import FakeRooms
from homarus.tools import mail
from homarus.tools.mails.accounts import ImapSettings
from homarus.tools.marked import tool_of

if TYPE_CHECKING:
    from dovecot_server import Dovecot, MailUser

pytestmark = pytest.mark.anyio
INVITATION = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:u1\nSEQUENCE:2\nSUMMARY:Review\n"
    "DTSTART:20261124T150000Z\nDTEND:20261124T154500Z\nORGANIZER:mailto:priya@example.org\n"
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:me@example.org\nEND:VEVENT\nEND:VCALENDAR\n"
)


@dataclass
class Post:
    mails: list[Envelope] = field(default_factory=list[Envelope])
    breaks: bool = False

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        if self.breaks:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"


@dataclass
class Desk:
    """A mail account on real servers, and what a tool gets."""

    dovecot: "Dovecot"
    user: "MailUser"
    rooms: FakeRooms
    door: OpenDoor
    post: Post
    smtp_port: int

    @property
    def settings(self) -> ImapSettings:
        return ImapSettings.model_validate(
            {
                "host": self.dovecot.host,
                "port": self.dovecot.imaps_port,
                "user": self.user.name,
                "password": self.user.password,
                "address": "me@example.org",
                "name": "Jonas Weber",
                "smtp": {"host": "127.0.0.1", "port": self.smtp_port, "security": "none", "user": ""},
            }
        )

    def context(self, key: str = "turn_1:call_1", **more: object) -> ToolContext:
        account = Account(name="work", kind="imap", settings=self.settings.model_copy(update=more))
        return replace(self.rooms.context(key=key), door=self.door, accounts={"work": account})

    async def mails(self, folder: str) -> list[bytes]:
        async with open_mailbox(self.settings.imap(), self.door) as box:
            uids = await box.search("ALL", folder=folder)
            return [each.raw for each in await box.fetch(uids)]


@pytest.fixture
async def desk(trusts_dovecot: "Dovecot", rooms: FakeRooms) -> AsyncIterator[Desk]:
    async def keep(_crossing: Crossing) -> None: ...

    post = Post()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(post, hostname="mail.test", auth_require_tls=False, auth_callback=_let_in), "127.0.0.1", 0
    )
    async with OpenDoor(keep) as door:
        user = trusts_dovecot.user()
        port = server.sockets[0].getsockname()[1]
        yield Desk(dovecot=trusts_dovecot, user=user, rooms=rooms, door=door, post=post, smtp_port=port)
    server.close()


def _let_in(_mechanism: str, _user: bytes, _password: bytes) -> bool:
    return True


async def test_a_draft_lies_in_the_real_folder_in_its_thread(desk: Desk) -> None:
    done = await mail.draft(
        desk.context(),
        to="Lena <lena@example.org>",
        subject="Re: Größe",
        body="Ja, gerne.\n",
        in_reply_to="17@example.org",
        references="16@example.org 17@example.org",
    )
    saved = message_from_bytes((await desk.mails("Drafts"))[0], policy=default)

    assert done.facts["folder"] == "Drafts"
    assert saved["In-Reply-To"] == "<17@example.org>"
    assert saved["References"] == "<16@example.org> <17@example.org>"
    assert saved["From"] == "Jonas Weber <me@example.org>"
    assert saved["Subject"] == "Re: Größe"
    assert b"Ja, gerne." in saved.as_bytes()
    assert desk.post.mails == []


async def test_the_same_key_is_the_same_draft(desk: Desk) -> None:
    told = {"to": "lena@example.org", "subject": "Hello", "body": "Hi."}
    first = await mail.draft(desk.context("run_1:draft"), **told)
    again = await mail.draft(desk.context("run_1:draft"), **told)
    other = await mail.draft(desk.context("run_2:draft"), **told)

    assert first.facts["uid"] == again.facts["uid"] != other.facts["uid"]
    assert again.facts["was_there"] is True
    assert len(await desk.mails("Drafts")) == 2


async def test_a_mail_is_sent_and_kept_in_sent(desk: Desk) -> None:
    context = desk.context("run_1:send")
    done = await mail.send(context, to="lena@example.org", subject="Hello", body="Hi.")
    found = await mail.find(context, idempotency_key="run_1:send", arguments={"account": "work"})

    assert [each.rcpt_tos for each in desk.post.mails] == [["lena@example.org"]]
    assert done.facts["is_in_sent"] is True
    assert found.facts["found"] is True
    assert found.facts["remote_id"] == done.facts["remote_id"]


async def test_when_the_server_breaks_off_after_taking_it_nobody_says_failed(desk: Desk) -> None:
    desk.post.breaks = True
    with pytest.raises(ConnectionFailedError) as cut:
        await mail.send(desk.context("run_1:send"), to="lena@example.org", subject="Hello", body="Hi.")
    found = await mail.find(desk.context(), idempotency_key="run_1:send", arguments={})

    assert cut.value.stage not in {Stage.RESOLVE, Stage.CONNECT}
    assert found.facts["found"] is None


async def test_a_server_that_is_not_there_surely_sent_nothing(desk: Desk) -> None:
    desk.smtp_port = 9
    with pytest.raises(ToolFailedError, match="Not sent"):
        await mail.send(desk.context(), to="lena@example.org", subject="Hello", body="Hi.")


async def test_an_account_without_smtp_cannot_send(desk: Desk) -> None:
    with pytest.raises(ToolFailedError, match="cannot send"):
        await mail.send(desk.context(smtp=None), to="lena@example.org", subject="Hello", body="Hi.")


async def test_an_invitation_is_answered_as_a_draft_with_the_calendars_own_words(desk: Desk) -> None:
    await mail.answer_invitation(desk.context(), invitation=INVITATION, reply="accept")
    saved = message_from_bytes((await desk.mails("Drafts"))[0], policy=default)
    calendar = next(part for part in saved.walk() if part.get_content_type() == "text/calendar")

    assert saved["To"] == "priya@example.org"
    assert calendar["Content-Type"].params["method"] == "REPLY"
    content = calendar.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = content.decode()
    assert "ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@example.org" in text
    assert "UID:u1" in text
    assert "SEQUENCE:2" in text


@pytest.mark.parametrize(
    "to",
    [
        "",
        "lena",
        "lena@example.org, no address",
        "a b@example.org",
        "eve@evil.example <lena@example.org>",
        "eve@evil.example(<lena@example.org>",
    ],
)
async def test_what_is_no_address_gets_no_mail(desk: Desk, to: str) -> None:
    with pytest.raises(ToolArgumentError):
        await mail.draft(desk.context(), to=to, subject="Hello", body="Hi.")


async def test_a_subject_cannot_bring_headers(desk: Desk) -> None:
    await mail.draft(desk.context(), to="lena@example.org", subject="Hi\r\nBcc: eve@example.org", body="Hi.")
    saved = message_from_bytes((await desk.mails("Drafts"))[0], policy=default)

    assert saved["Bcc"] is None


def test_only_sending_leaves_the_owners_place() -> None:
    tools = {
        tool_of(each).spec.name: tool_of(each) for each in (mail.draft, mail.answer_invitation, mail.send, mail.find)
    }

    assert {name for name, each in tools.items() if each.traits.risk is Risk.ACT} == {"mail.send"}
    assert not tools["mail.send"].traits.is_repeatable
    assert tools["mail.send"].traits.key_arguments == {"to", "subject"}
