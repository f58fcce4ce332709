from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from homarus.domain.sources import Fetched, NoDataError, SourceContext
from homarus.net.door import OpenDoor
from homarus.net.egress import Crossing
from homarus.testing.clock import FakeClock
from homarus.testing.playbooks import FakeBlobs
from homarus.tools.mails.accounts import ImapSettings
from homarus.tools.sources.imap import Imap
from mail_filling import fill

if TYPE_CHECKING:
    from dovecot_server import Dovecot, MailUser

pytestmark = pytest.mark.anyio


@pytest.fixture
async def context() -> AsyncIterator[SourceContext]:
    async def keep(_crossing: Crossing) -> None: ...

    async with OpenDoor(keep) as door:
        yield SourceContext(name="work", door=door, blobs=FakeBlobs(), clock=FakeClock())


def account(dovecot: "Dovecot", user: "MailUser", **more: object) -> Imap:
    told: dict[str, object] = {"host": dovecot.host, "port": dovecot.imaps_port, "user": user.name}
    return Imap(ImapSettings.model_validate({**told, "password": user.password, "first_days": 365, **more}))


def letter(number: int, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    told = {"From": "Lena <lena@example.org>", "To": "me@example.org", "Subject": f"Mail {number}"}
    for name, value in {**told, "Message-ID": f"<{number}@example.org>", **headers}.items():
        mail[name] = value
    mail.set_content(f"This is mail {number}.")
    return mail


def subjects(fetched: Fetched) -> list[str]:
    return [item.title for item in fetched.items]


async def test_only_new_mails_come_the_second_time(trusts_dovecot: "Dovecot", context: SourceContext) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter(1), letter(2))
    source = account(trusts_dovecot, user)
    first = await source.fetch(context, since=None)
    trusts_dovecot.deliver(user, letter(3))
    second = await source.fetch(context, since=first.watermark)

    assert subjects(first) == ["Mail 1", "Mail 2"]
    assert first.is_whole
    assert subjects(second) == ["Mail 3"]
    assert not second.is_whole
    assert (await context.blobs.get(first.items[0].blob)).rstrip().endswith(b"This is mail 1.")


async def test_what_was_answered_or_has_gone_is_told_by_key(trusts_dovecot: "Dovecot", context: SourceContext) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter(1), letter(2), letter(3))
    source = account(trusts_dovecot, user)
    first = await source.fetch(context, since=None)
    trusts_dovecot.doveadm("flags", "add", "-u", user.name, "\\Answered", "mailbox", "INBOX", "uid", "1")
    trusts_dovecot.doveadm("expunge", "-u", user.name, "mailbox", "INBOX", "uid", "2")
    second = await source.fetch(context, since=first.watermark)

    told = {item.key: item for item in second.items}
    assert set(told) == {first.items[0].key, first.items[1].key}
    assert told[first.items[0].key].fields["is_answered"] is True
    assert told[first.items[1].key].is_gone


async def test_a_new_uidvalidity_resyncs_without_showing_mails_again(
    trusts_dovecot: "Dovecot", context: SourceContext
) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter(1), letter(2))
    source = account(trusts_dovecot, user)
    first = await source.fetch(context, since=None)
    trusts_dovecot.doveadm("mailbox", "update", "-u", user.name, "--uid-validity", "4711", "INBOX")
    trusts_dovecot.deliver(user, letter(3))
    second = await source.fetch(context, since=first.watermark)

    assert second.is_whole
    assert subjects(second) == ["Mail 3"]


async def test_a_password_that_holds_no_more_is_no_data_with_a_hint(
    trusts_dovecot: "Dovecot", context: SourceContext
) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter(1))
    first = await account(trusts_dovecot, user).fetch(context, since=None)
    with pytest.raises(NoDataError, match="'work' cannot be read") as refused:
        await account(trusts_dovecot, user, password="expired").fetch(context, since=first.watermark)

    assert "app password" in refused.value.hint


async def test_a_folder_that_is_missing_is_told_and_the_others_are_read(
    trusts_dovecot: "Dovecot", context: SourceContext
) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter(1))
    fetched = await account(trusts_dovecot, user, folders=["INBOX", "Nowhere"]).fetch(context, since=None)

    assert subjects(fetched) == ["Mail 1"]
    assert any("Nowhere" in missing.what for missing in fetched.missing)


async def test_a_server_without_condstore_is_read_by_uid(trusts_dovecot: "Dovecot", context: SourceContext) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, letter(1))
    source = account(trusts_dovecot, user)
    first = await source.fetch(context, since=None)
    inbox = first.watermark["INBOX"]
    assert isinstance(inbox, dict)
    trusts_dovecot.deliver(user, letter(2))
    second = await source.fetch(context, since={"INBOX": {**inbox, "modseq": 0}})

    assert subjects(second) == ["Mail 2"]


async def test_two_thousand_mails_take_no_round_trip_each(trusts_dovecot: "Dovecot", context: SourceContext) -> None:
    user = trusts_dovecot.user()
    fill(trusts_dovecot, user, [letter(number).as_bytes() for number in range(2000)])
    source = account(trusts_dovecot, user)
    first = await source.fetch(context, since=None)
    second = await source.fetch(context, since=first.watermark)

    assert len(first.items) == 2000
    assert second.items == ()


async def test_the_limit_takes_the_newest_and_says_what_was_left(
    trusts_dovecot: "Dovecot", context: SourceContext
) -> None:
    user = trusts_dovecot.user()
    trusts_dovecot.deliver(user, *(letter(number) for number in range(5)))
    limited = SourceContext(
        name="work", door=context.door, blobs=context.blobs, clock=context.clock, options={"most": 2}
    )
    fetched = await account(trusts_dovecot, user).fetch(limited, since=None)

    assert subjects(fetched) == ["Mail 3", "Mail 4"]
    assert fetched.missing[0].what == "3 older mails in 'INBOX' of 'work'"


async def test_a_probe_signs_in(trusts_dovecot: "Dovecot", context: SourceContext) -> None:
    user = trusts_dovecot.user()

    assert (await account(trusts_dovecot, user).probe(context)).is_well
    assert not (await account(trusts_dovecot, user, password="wrong").probe(context)).is_well
