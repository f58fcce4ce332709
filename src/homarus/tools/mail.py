"""Write mails: drafts into the real drafts folder, and mails that go out once, whatever happens on the way."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.content import JsonObject
from homarus.domain.errors import (
    ConfigError,
    ConnectionFailedError,
    HomarusError,
    NotAcceptedError,
    NotFoundError,
    OperatorError,
    Stage,
    ToolArgumentError,
    ToolFailedError,
)
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.tooling import ToolContext
from homarus.tools.calendars.replies import STATES, answer
from homarus.tools.mails.accounts import ImapSettings
from homarus.tools.mails.composed import Written, composed, message_id, recipients

if TYPE_CHECKING:
    from homarus.net.mail.imap import ImapSession

_SURE = frozenset({Stage.RESOLVE, Stage.CONNECT})
Addresses = Annotated[str, at_most(2_000)]
Line = Annotated[str, at_most(300)]
Body = Annotated[str, at_most(50_000)]
Ids = Annotated[str, at_most(2_000)]


@tool("mail.draft", risk=Risk.WRITE, key=["to", "subject"])
async def draft(
    context: ToolContext,
    *,
    to: Addresses,
    subject: Line,
    body: Body,
    account: Line = "",
    in_reply_to: Line = "",
    references: Ids = "",
) -> ToolOutput:
    """Save a mail in the drafts folder, for the owner to look at and send."""
    written = Written(to=to, subject=subject, body=body, in_reply_to=in_reply_to, references=references)
    return await _saved(context, account, written)


@tool("calendar.reply", risk=Risk.WRITE, key=["reply"])
async def answer_invitation(
    context: ToolContext,
    *,
    invitation: Annotated[str, at_most(30_000)],
    reply: Literal["accept", "tentative", "decline"],
    account: Line = "",
    body: Annotated[str, at_most(5_000)] = "",
) -> ToolOutput:
    """Save the answer to an invitation as a draft; `invitation` is the iCalendar text that came with it."""
    settings = _account(context, account)
    said = answer(invitation, state=reply, mine=settings.mine, at=context.clock.now())
    title = f"{STATES[reply].capitalize()}: {said.title}"
    written = Written(to=said.organizer, subject=title, body=body or f"{title}\n", calendar=said.text)
    return await _saved(context, account, written)


@tool("mail.send", risk=Risk.ACT, key=["to", "subject"], is_repeatable=False, look_up="mail.find")
async def send(
    context: ToolContext,
    *,
    to: Addresses,
    subject: Line,
    body: Body,
    account: Line = "",
    in_reply_to: Line = "",
    references: Ids = "",
) -> ToolOutput:
    """Send a mail."""
    settings = _account(context, account)
    written = Written(to=to, subject=subject, body=body, in_reply_to=in_reply_to, references=references)
    mail = composed(written, settings, idempotency_key=context.idempotency_key, at=context.clock.now())
    refused = await _handed_over(context, settings, mail.as_bytes(), recipients(to))
    kept = await _keep_sent(context, settings, mail.as_bytes())
    took = [address for address in recipients(to) if address not in refused]
    return ToolOutput(
        text=f"Sent to {', '.join(took)}." + (f" Refused: {', '.join(refused)}." if refused else ""),
        label=HOUSE,
        summary=_("Sent a mail to {to}: {subject}").format(to=", ".join(took), subject=mail["Subject"]),
        facts={
            "remote_id": mail["Message-ID"],
            "message_id": mail["Message-ID"],
            "refused": dict(refused),
            "is_in_sent": kept,
        },
    )


async def _handed_over(
    context: ToolContext, settings: ImapSettings, raw: bytes, everybody: Sequence[str]
) -> Mapping[str, str]:
    """Hand a mail to the server that sends; return whom it refused.

    Raises:
        ToolFailedError: when it surely was not sent.
        ConnectionFailedError: when nobody knows.
    """
    from homarus.net.mail.smtp import send_mail

    server = settings.sending(context.run)
    if server is None:
        raise ToolFailedError(
            f"The account {settings.user!r} cannot send: it has no `smtp` section.",
            hint="Save a draft with mail.draft; the owner sets `smtp` of the account.",
            label=HOUSE,
        )
    try:
        accepted = await send_mail(server, context.door, raw, sender=settings.mine[0], recipients=everybody)
    except NotAcceptedError as error:
        raise ToolFailedError(f"Not sent: {error.message}", hint=error.hint) from error
    except (ConnectionFailedError, ConfigError) as error:
        if isinstance(error, ConfigError) or error.stage in _SURE:
            raise ToolFailedError(f"Not sent: {error.message}", hint=error.hint) from error
        raise
    return accepted.refused


@tool("mail.find", risk=Risk.REACH, key=["idempotency_key", "arguments"])
async def find(context: ToolContext, *, idempotency_key: Line, arguments: JsonObject) -> ToolOutput:
    """Look into the folder for sent mails whether a mail that was cut off on its way is there."""
    from homarus.net.mail.imap import open_mailbox

    account = arguments.get("account")
    settings = _account(context, account if isinstance(account, str) else "")
    wanted = message_id(idempotency_key, settings)
    try:
        async with open_mailbox(settings.imap(context.run), context.door) as box:
            folder = settings.sent.strip("-") or await box.special("sent")
            found = await box.search(f'HEADER Message-ID "{wanted}"', folder=folder) if folder else ()
    except HomarusError as error:
        raise ToolFailedError(f"Could not look: {error.message}", hint=error.hint) from error
    # A mail that is not there may have been sent all the same: not every server keeps what it sends.
    facts: JsonObject = {"found": True if found else None, "remote_id": wanted}
    said = (
        _("The mail is in the folder for sent mails.") if found else _("The mail is not in the folder for sent mails.")
    )
    return ToolOutput(text=said, label=HOUSE, summary=said, facts=facts)


def _account(context: ToolContext, name: str) -> ImapSettings:
    known = {each.name: each.settings for each in context.accounts.values() if isinstance(each.settings, ImapSettings)}
    if name in known:
        return known[name]
    if not name and len(known) == 1:
        return next(iter(known.values()))
    told = ", ".join(sorted(known)) or "none; the owner sets them up under `sources`"
    raise ToolArgumentError(
        f"There is no mail account {name!r}." if name else "Which mail account?", hint=f"Accounts: {told}."
    )


async def _saved(context: ToolContext, account: str, written: Written) -> ToolOutput:
    """Put a draft into its folder, unless it is there already, and read it back."""
    from homarus.net.mail.imap import open_mailbox

    settings = _account(context, account)
    mail = composed(written, settings, idempotency_key=context.idempotency_key, at=context.clock.now())
    search = f'HEADER Message-ID "{mail["Message-ID"]}"'
    try:
        async with open_mailbox(settings.imap(context.run), context.door) as box:
            folder = await _drafts(box, settings)
            there = await box.search(search, folder=folder)
            if not there:
                await box.append(folder, mail.as_bytes(), flags=["\\Draft", "\\Seen"], at=context.clock.now())
            found = there or await box.search(search, folder=folder)
    except (OperatorError, NotFoundError) as error:
        raise ToolFailedError(f"The draft was not saved: {error.message}", hint=error.hint) from error
    if not found:
        raise ToolFailedError(
            f"The draft is not in {folder!r} although the server took it.", hint="Look there.", label=HOUSE
        )
    summary = _("Saved a draft to {to}: {subject}").format(to=written.to, subject=mail["Subject"])
    return ToolOutput(
        text=f"{summary} (in {folder})",
        label=HOUSE,
        summary=summary,
        facts={
            "remote_id": mail["Message-ID"],
            "message_id": mail["Message-ID"],
            "folder": folder,
            "uid": found[-1],
            "was_there": bool(there),
        },
    )


async def _drafts(box: "ImapSession", settings: ImapSettings) -> str:
    folder = settings.drafts or await box.special("drafts")
    if not folder:
        raise ToolFailedError(
            "The server does not say which folder drafts are in.",
            hint="The owner sets `drafts` of the account to its name.",
            label=HOUSE,
        )
    return folder


async def _keep_sent(context: ToolContext, settings: ImapSettings, raw: bytes) -> bool:
    """Put what was sent into the folder for it, as mail programs do; that it was sent holds without it."""
    from homarus.net.mail.imap import open_mailbox

    try:
        async with open_mailbox(settings.imap(context.run), context.door) as box:
            folder = settings.sent.strip("-") or await box.special("sent")
            if not folder:
                return False
            await box.append(folder, raw, flags=["\\Seen"], at=context.clock.now())
    except HomarusError:
        return False
    return True
