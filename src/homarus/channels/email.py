"""Mail: read over IMAP as it comes, answered over SMTP in the same conversation.

Only senders whom the owner allows are read, and only when it is proven that they are who they say (`email_trust`). A
reply has a Message-ID that follows from its key, and a copy of it stands in the folder for sent mail before it leaves:
what was sent is found there again, and what may have been sent is told and not repeated.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from homarus.channels.email_letters import Answered, written
from homarus.channels.email_settings import EmailSettings
from homarus.channels.email_trust import proof_of, why_automatic, without
from homarus.channels.parts import note, part_of
from homarus.domain.acts import Approval
from homarus.domain.content import JsonObject, Part
from homarus.domain.errors import ConfigError, ConnectionFailedError, HomarusError, InterruptedEffectError, Stage
from homarus.domain.i18n import _
from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.marks import channel
from homarus.domain.ports import Health
from homarus.domain.seats import Seat
from homarus.domain.turns import Inbound, Reply
from homarus.net.mail.fetching import Mail
from homarus.net.mail.imap import ImapSession, open_mailbox
from homarus.net.mail.letters import Letter, head_of, letter_of, words_of
from homarus.net.mail.smtp import check_smtp, send_mail

_LOG = logging.getLogger(__name__)
_TAKEN, _SENDING = "$HomarusTaken", "$HomarusSending"
_COMMAND = re.compile(r"\s*/[a-z_]+([ \t][^\n]*)?\s*", re.IGNORECASE)
_IDLE_S = 9 * 60.0
"""Shorter than the quarter of an hour after which home routers forget a connection."""
_MOST_THREADS = 200
_REFUSALS_KEPT = 20


@dataclass(slots=True)
class _Met:
    """What was seen, so that its owner can be told."""

    threads: dict[str, Answered] = field(default_factory=dict[str, Answered])
    """By the address of a reply: the last mail of that conversation."""
    refused: list[str] = field(default_factory=list[str])


@channel("email", settings=EmailSettings)
class Email:
    """Implements `domain.ports.Channel` on IMAP and SMTP."""

    has_keys = True

    def __init__(self, settings: EmailSettings, *, seat: Seat | None = None) -> None:
        """Take the settings and what the house lends."""
        if seat is None:
            raise ConfigError(_("Mail needs a running house."), hint="homarus up")
        for key, value in (
            ("address", settings.address),
            ("imap.host", settings.imap.host),
            ("smtp.host", settings.smtp.host),
        ):
            if not value:
                hint = _("Set it up: homarus channels add email")
                raise ConfigError(_("`channels.email.{key}` is missing.").format(key=key), hint=hint)
        self._settings = settings
        self._seat = seat
        self._met = _Met()

    async def receive(self) -> AsyncIterator[Inbound]:
        """Yield mails; each is marked as taken when the next one is asked for."""
        folder, since = self._settings.folder, datetime.now(UTC) - timedelta(days=self._settings.days)
        whole = f"UNKEYWORD {_TAKEN} SINCE {since.day}-{_month(since)}-{since.year}"
        async with open_mailbox(self._settings.imap_server(), self._seat.door) as session:
            mark: JsonObject | None = None
            while True:
                changes = await session.changes(folder, since=mark, whole=whole)
                for uid in changes.new:
                    inbound = await self._read(session, uid)
                    if inbound is not None:
                        yield inbound
                    await session.flag(folder, [uid], [_TAKEN, *([r"\Seen"] if inbound is not None else [])])
                mark = changes.watermark
                await session.idle(folder, limit_s=_IDLE_S)

    async def send(self, reply: Reply, *, to: str, idempotency_key: str) -> str:
        """Send a reply and return its Message-ID.

        Raises:
            InterruptedEffectError: when it may have been sent before and nobody can tell.
            NotAcceptedError: when the server refuses it, and would again.
            ConnectionFailedError: at `Stage.CONNECT` or before when it surely was not sent; later, nobody knows.
        """
        message_id = self._message_id(idempotency_key)
        async with open_mailbox(self._settings.imap_server(), self._seat.door) as session:
            sent = await session.special("sent")
            if sent is not None and await self._is_sent(session, sent, message_id):
                return message_id
            answered = await self._answered(session, to)
            message = written(reply.text, answered, settings=self._settings, message_id=message_id)
            raw = message.as_bytes()
            uid = await session.append(sent, raw, flags=[r"\Seen", _SENDING]) if sent is not None else None
            try:
                server = self._settings.smtp_server()
                await send_mail(server, self._seat.door, raw, sender=self._settings.address, recipients=[answered.to])
            except HomarusError as error:
                was_not_sent = not isinstance(error, ConnectionFailedError) or error.stage in {
                    Stage.RESOLVE,
                    Stage.CONNECT,
                }
                if sent is not None and uid is not None and was_not_sent:
                    await _take_back(session, sent, uid)
                raise
            if sent is not None and uid is not None:
                # The mail is out: whatever happens to its copy, the reply is delivered.
                with suppress(HomarusError):
                    await session.flag(sent, [uid], [_SENDING], is_set=False)
        return message_id

    async def ask(self, question: Reply, approval: Approval, *, to: str, idempotency_key: str) -> str:
        """Tell of a question; it is never decided by mail. Errors are as of `send`."""
        shown = question.text.rpartition("\n\n")[0]
        where = _("Mail cannot decide this. Open `Needs you` in your house's pages, or run: homarus approvals list")
        text = f"{shown}\n\n{where} ({approval.approval_id})"
        told = Reply(turn_id=question.turn_id, session=question.session, text=text, route=None)
        return await self.send(told, to=to, idempotency_key=idempotency_key)

    async def probe(self) -> Health:
        """Sign in to both servers, without reading or sending anything."""
        settings = self._settings
        if not settings.auth_server and not settings.passphrase.get_secret_value():
            return Health(
                is_well=False,
                sentence=_("Anybody can write any address into `From`, and nothing is configured that proves it."),
                hint=_("Set channels.email.authServer (see docs/how-to/email.md), or channels.email.passphrase."),
            )
        try:
            async with open_mailbox(settings.imap_server(), self._seat.door) as session:
                await session.search("UID 1:1", folder=settings.folder)
                has_sent = await session.special("sent") is not None
            await check_smtp(settings.smtp_server(), self._seat.door)
        except HomarusError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        sentence = _("It reads and sends as {address}.").format(address=settings.address)
        if not has_sent:
            sentence += " " + _("There is no folder for sent mail, so what was sent cannot be looked up.")
        if self._met.refused:
            sentence += " " + _("Not answered: {reasons}.").format(reasons="; ".join(self._met.refused[-3:]))
        return Health(is_well=True, sentence=sentence)

    async def _read(self, session: ImapSession, uid: int) -> Inbound | None:
        most_bytes = int(self._settings.media_max_mb * 1_000_000)
        mails = await session.fetch([uid], most_bytes=most_bytes)
        if not mails:
            return None  # gone meanwhile
        head = await asyncio.to_thread(head_of, mails[0].raw)
        because = why_automatic(head, self._settings.address)
        sender = head.authors[0] if head.authors else ""
        if not because and not await self._seat.knows(sender, False):
            because = _("{sender} is not among those you allow").format(sender=sender)
        letter = head if because else await asyncio.to_thread(letter_of, mails[0].raw)
        if not because:
            secret = self._settings.passphrase.get_secret_value()
            proof = proof_of(letter, server=self._settings.auth_server, passphrase=secret)
            because = f"{sender}: {proof.because}" if not proof.is_proven else ""
        if because:
            self._refused(because)
            return None
        return await self._inbound(mails[0], letter, sender)

    async def _inbound(self, mail: Mail, letter: Letter, sender: str) -> Inbound | None:
        secret = self._settings.passphrase.get_secret_value()
        words = await asyncio.to_thread(words_of, without(secret, letter.text))
        root = letter.root or f"<{mail.uid}.{sender}>"
        address = f"{sender} {root}"
        self._remember(address, letter, sender)
        if words.own.casefold().startswith("/approve"):
            await self._refuse_decision(letter, address)
            return None
        parts: list[Part] = []
        if words.quoted and not letter.references:
            parts.append(note(words.quoted, f"email quoted in {letter.subject!r}"))
        for one in () if mail.is_cut else letter.attached:
            blobs = self._seat.blobs
            parts.append(await part_of(one.content, name=one.name, media=one.media, blobs=blobs, channel="email"))
        if mail.is_cut:
            told = _("The mail has {size} bytes and is longer than what is taken in; files are left out.")
            parts.append(note(told.format(size=mail.size_bytes), "email"))
        subject = without(secret, letter.subject)
        own = words.own or subject
        if subject and not letter.references and words.own and not _is_said(subject, words.own):
            own = f"{subject}\n\n{words.own}"
        identity = letter.message_id or f"{mail.uid}"
        return Inbound(
            channel="email",
            external_id=sha256(f"{sender}\0{identity}".encode()).hexdigest()[:32],
            session=SessionKey(f"agent:main:email:{sender}:{sha256(root.encode()).hexdigest()[:12]}"),
            agent=AgentId("main"),
            text=own,
            attachments=tuple(parts),
            reply_to=address,
            sender=sender,
            sender_name=letter.author_name,
        )

    async def _refuse_decision(self, letter: Letter, address: str) -> None:
        """Say that mail decides nothing; once for a mail, because its id is the key."""
        text = _("Mail cannot decide this. Open `Needs you` in your house's pages, or run: homarus approvals list")
        session = SessionKey("agent:main:email:house")
        reply = Reply(turn_id=TurnId("turn_mail"), session=session, text=text, route=None)
        try:
            await self.send(reply, to=address, idempotency_key=f"refused {letter.message_id}")
        except HomarusError as error:
            _LOG.warning("channel email: %s %s", error.message, error.hint)

    async def _is_sent(self, session: ImapSession, sent: str, message_id: str) -> bool:
        """Say whether a reply is among the sent ones.

        Raises:
            InterruptedEffectError: when it was being sent and nobody knows whether it went.
        """
        uids = await session.search(f'HEADER Message-ID "{message_id}"', folder=sent)
        if not uids:
            return False
        copies = await session.fetch(uids, headers_only=True)
        if all(_SENDING.casefold() in {flag.casefold() for flag in copy.flags} for copy in copies):
            raise InterruptedEffectError(
                _("Nobody knows whether the mail {message_id} was sent.").format(message_id=message_id),
                hint=_("Its copy is in {folder!r}; ask the recipient, or send it again from there.").format(
                    folder=sent
                ),
            )
        return True

    async def _answered(self, session: ImapSession, to: str) -> Answered:
        """Return what a reply answers: from memory, from the mailbox after a restart, else the address alone."""
        known = self._met.threads.get(to)
        if known is not None:
            return known
        sender, _space, root = to.partition(" ")
        if root:
            criteria = f'FROM "{sender}" OR HEADER Message-ID "{root}" HEADER References "{root}"'
            found = await session.search(criteria, folder=self._settings.folder)
            for mail in await session.fetch(found[-1:], headers_only=True):
                return self._remember(to, letter_of(mail.raw), sender)
        return Answered(to=sender, subject="", message_id=root, references=())

    def _remember(self, address: str, letter: Letter, sender: str) -> Answered:
        threads = self._met.threads
        while len(threads) >= _MOST_THREADS:
            threads.pop(next(iter(threads)))
        threads.pop(address, None)
        subject, references = letter.subject, letter.references
        threads[address] = Answered(to=sender, subject=subject, message_id=letter.message_id, references=references)
        return threads[address]

    def _refused(self, because: str) -> None:
        _LOG.info("channel email: a mail is left alone: %s", because)
        self._met.refused = [*self._met.refused, because][-_REFUSALS_KEPT:]

    def _message_id(self, key: str) -> str:
        domain = self._settings.address.rpartition("@")[2]
        return f"<homarus.{sha256(f'{self._settings.address}{key}'.encode()).hexdigest()[:32]}@{domain}>"


async def _take_back(session: ImapSession, folder: str, uid: int) -> None:
    """Take away the copy of what surely was not sent."""
    with suppress(HomarusError):
        await session.flag(folder, [uid], [r"\Deleted"])
        await session.run("EXPUNGE", lambda box: box.client.uid("EXPUNGE", str(uid)))


def _is_said(subject: str, words: str) -> bool:
    """Whether a subject adds nothing to a mail; nothing stands before a command, which must come first."""
    return subject.casefold() in words.casefold() or _COMMAND.fullmatch(words) is not None


def _month(when: datetime) -> str:
    months: Sequence[str] = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return months[when.month - 1]
