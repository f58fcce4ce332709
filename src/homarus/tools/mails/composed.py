"""Mails that are written here: one key makes one Message-ID, so that the same mail can be found again anywhere."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses

from homarus.domain.errors import ToolArgumentError
from homarus.tools.mails.accounts import ImapSettings

_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\]{1,64}@(?:[\w-]{1,63}\.)*[\w-]{1,63}")
_QUOTED = re.compile(r"\"[^\"]*\"")
_MOST_RECIPIENTS = 20
_ID = re.compile(r"[^\s<>]{3,300}")
_LONGEST_SUBJECT = 300
_LONGEST_BODY = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a mail says."""

    to: str
    """Addresses, with or without names, parted by commas."""
    subject: str
    body: str
    in_reply_to: str = ""
    """Message id of the mail that it answers."""
    references: str = ""
    """Message ids of the thread, parted by spaces."""
    calendar: str = ""
    """An iCalendar reply that goes with it."""


def message_id(idempotency_key: str, account: ImapSettings) -> str:
    """Return the id of the mail with this key."""
    domain = next(iter(account.mine), "").partition("@")[2] or "homarus.invalid"
    digest = hashlib.sha256(f"{account.user}\0{idempotency_key}".encode()).hexdigest()
    return f"<{digest[:40]}@{domain}>"


def recipients(to: str) -> tuple[str, ...]:
    """Return the addresses that a mail goes to.

    Raises:
        ToolArgumentError: when one of them is none.
    """
    found = [address for _name, address in getaddresses([" ".join(to.split())])]
    wrong = [address for address in found if not _ADDRESS.fullmatch(address)]
    bare = _QUOTED.sub("", to)
    if found and not wrong and not bare.count("@") == len(found) == sum(bool(one.strip()) for one in bare.split(",")):
        raise ToolArgumentError(
            f"{to[:100]!r} can be read in more than one way.", hint="Write it as `Lena <lena@example.org>`."
        )
    if not found or wrong:
        raise ToolArgumentError(
            f"{(wrong or [to])[0][:100]!r} is not a mail address.", hint="Write it as `lena@example.org`."
        )
    if len(found) > _MOST_RECIPIENTS:
        raise ToolArgumentError(
            f"{len(found)} recipients are more than {_MOST_RECIPIENTS}.", hint="Use a newsletter program for that."
        )
    return tuple(dict.fromkeys(found))


def composed(written: Written, account: ImapSettings, *, idempotency_key: str, at: datetime) -> EmailMessage:
    """Return a mail.

    Raises:
        ToolArgumentError: when an address is none, or it is too long.
    """
    if len(written.body) > _LONGEST_BODY or not written.body.strip():
        raise ToolArgumentError(f"`body` must have 1 to {_LONGEST_BODY} characters.", hint="Shorten it.")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _own(account)
    mail["To"] = [Address(addr_spec=address) for address in recipients(written.to)]
    mail["Subject"] = " ".join(written.subject.split())[:_LONGEST_SUBJECT]
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id(idempotency_key, account)
    thread = [each.strip("<>") for each in (*written.references.split(), written.in_reply_to) if each.strip("<>")]
    kept = [each for each in dict.fromkeys(thread) if _ID.fullmatch(each)]
    if written.in_reply_to.strip("<>") in kept:
        mail["In-Reply-To"] = f"<{written.in_reply_to.strip('<>')}>"
    if kept:
        mail["References"] = " ".join(f"<{each}>" for each in kept[-20:])
    mail.set_content(written.body.replace("\r\n", "\n"))
    if written.calendar:
        mail.add_alternative(written.calendar, subtype="calendar", params={"method": "REPLY"})
    return mail


def _own(account: ImapSettings) -> Address:
    address = next(iter(account.mine), "")
    if not _ADDRESS.fullmatch(address):
        raise ToolArgumentError(
            f"The account {account.user!r} has no mail address.", hint="The owner sets `address` of the account."
        )
    return Address(display_name=" ".join(account.name.split()), addr_spec=address)
