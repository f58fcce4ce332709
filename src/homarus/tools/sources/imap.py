"""A mailbox on any IMAP server: what is new since the last reading, by MODSEQ where the server has it, else by uid."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import HomarusError
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.net.mail.changes import Changes
from homarus.net.mail.fetching import Mail
from homarus.net.mail.imap import ImapSession, open_mailbox
from homarus.tools.mails.accounts import ImapSettings
from homarus.tools.mails.parsed import parse

_AT_ONCE = 100
_BLOBS_AT_ONCE = 8
_MOST_BYTES = 2 << 20
_MOST_MAILS = 5_000
_MOST_KEYS = 3_000
_WHOLE_S = 600.0
_NO_FOLDER = "-"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What a reading has found so far."""

    context: SourceContext
    owner: tuple[str, ...] = ()
    items: dict[str, Item] = field(default_factory=dict[str, Item])
    missing: list[Missing] = field(default_factory=list[Missing])
    watermark: dict[str, Json] = field(default_factory=dict[str, Json])
    is_whole: bool = False


@source("imap", settings=ImapSettings)
class Imap:
    """The mails of an account, in the folders that are set and in that for sent ones."""

    def __init__(self, settings: ImapSettings) -> None:
        """Keep the account."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return new mails, and which of the earlier ones were answered or have gone.

        Raises:
            NoDataError: when the server does not answer, does not let the account in, or breaks off.
        """
        reading = _Reading(context=context, owner=self._settings.mine)
        try:
            async with asyncio.timeout(_WHOLE_S), open_mailbox(self._settings.imap(), context.door) as box:
                for role, folder in await self._folders(box, reading):
                    await self._read(box, reading, role, folder, (since or {}).get(folder))
        except HomarusError as error:
            raise NoDataError(
                _("The mailbox {name!r} cannot be read: {error}").format(name=context.name, error=error.message),
                hint=error.hint,
            ) from error
        except TimeoutError as error:
            raise NoDataError(
                _("The mailbox {name!r} took longer than {seconds:g} s.").format(name=context.name, seconds=_WHOLE_S),
                hint=_("Look at fewer mails: `most_mails`, or `first_days` of the account."),
            ) from error
        bounds = self._settings.bounds
        return Fetched(
            items=tuple(reading.items.values()),
            watermark=reading.watermark,
            label=Label(
                origin=Origin.TOOL,
                source=_("mails {name}").format(name=context.name),
                reach=bounds.reach,
                region=bounds.region,
            ),
            is_whole=reading.is_whole,
            missing=tuple(reading.missing),
        )

    async def probe(self, context: SourceContext) -> Health:
        """Sign in and look at the first folder."""
        try:
            async with asyncio.timeout(60), open_mailbox(self._settings.imap(), context.door) as box:
                found = await box.changes(self._settings.folders[0], whole="UID 1")
        except (HomarusError, TimeoutError) as error:
            sentence = error.message if isinstance(error, HomarusError) else _("The server took longer than a minute.")
            return Health(is_well=False, sentence=sentence, hint=getattr(error, "hint", ""))
        return Health(
            is_well=True,
            sentence=_("{count} mails in {folder!r}.").format(count=found.exists, folder=self._settings.folders[0]),
        )

    async def _folders(self, box: ImapSession, reading: _Reading) -> "list[tuple[str, str]]":
        wanted = [("inbox", folder) for folder in self._settings.folders]
        sent = self._settings.sent or await box.special("sent")
        if self._settings.sent == _NO_FOLDER:
            return wanted
        if sent is None:
            reading.missing.append(
                Missing(
                    what=_("sent mails of {name!r}").format(name=reading.context.name),
                    because=_("The server does not say which folder they are in."),
                    hint=_("Set `sent` of the account to its name, or to `-` to do without."),
                )
            )
            return wanted
        return [*wanted, ("sent", sent)]

    async def _read(self, box: ImapSession, reading: _Reading, role: str, folder: str, mark: Json) -> None:
        known = mark if isinstance(mark, dict) else None
        day = reading.context.clock.now() - timedelta(days=self._settings.first_days)
        try:
            changes = await box.changes(
                folder, since=known, whole=f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
            )
        except HomarusError as error:
            if role == "inbox" and folder == self._settings.folders[0]:
                raise
            what = _("folder {folder!r} of {name!r}").format(folder=folder, name=reading.context.name)
            reading.missing.append(Missing(what=what, because=error.message, hint=error.hint))
            return
        keys = _keys(known)
        seen = frozenset(keys.values())
        if changes.is_whole:
            reading.is_whole, keys = True, {}
        uids = self._newest(reading, folder, changes)
        for at in range(0, len(uids), _AT_ONCE):
            mails = await box.fetch(uids[at : at + _AT_ONCE], most_bytes=_MOST_BYTES)
            keys.update(await _keep(reading, mails, role, folder, seen))
        _changed(reading, changes, keys)
        newest = sorted(keys.items(), key=lambda each: int(each[0]))[-_MOST_KEYS:]
        reading.watermark[folder] = {**changes.watermark, "keys": dict(newest)}

    def _newest(self, reading: _Reading, folder: str, changes: Changes) -> tuple[int, ...]:
        wanted = reading.context.options.get("most")
        most = min(wanted, _MOST_MAILS) if isinstance(wanted, int) and wanted > 0 else _MOST_MAILS
        left = len(changes.new) - most
        if left > 0:
            what = _("{count} older mails in {folder!r} of {name!r}").format(
                count=left, folder=folder, name=reading.context.name
            )
            because = _("Only the newest {most} are looked at in one run.").format(most=most)
            reading.missing.append(Missing(what=what, because=because, hint=_("Raise `most_mails`.")))
        return changes.new[-most:]


def _keys(mark: JsonObject | None) -> dict[str, str]:
    keys = mark.get("keys") if mark else None
    return {uid: key for uid, key in keys.items() if isinstance(key, str)} if isinstance(keys, dict) else {}


async def _keep(
    reading: _Reading, mails: Sequence[Mail], role: str, folder: str, seen: frozenset[str]
) -> dict[str, str]:
    """Keep mails and note them as items; those that an earlier reading had, under another uid, are not noted again."""
    context = reading.context
    digests: list[str] = []
    for at in range(0, len(mails), _BLOBS_AT_ONCE):
        some = mails[at : at + _BLOBS_AT_ONCE]
        digests += await asyncio.gather(*(context.blobs.put(mail.raw) for mail in some))
    items = await asyncio.to_thread(_items, mails, digests, reading, role, folder)
    for item in items:
        if item.key not in seen:
            reading.items.setdefault(item.key, item)
        problems = item.fields.get("problems")
        if isinstance(problems, list) and problems and item.key not in seen:
            what = _("mail {title!r}").format(title=item.title[:80])
            reading.missing.append(Missing(what=what, because=", ".join(str(each) for each in problems)))
    return {str(mail.uid): item.key for mail, item in zip(mails, items, strict=True)}


def _items(mails: Sequence[Mail], digests: Sequence[str], reading: _Reading, role: str, folder: str) -> list[Item]:
    name, owner = reading.context.name, list(reading.owner)
    found: list[Item] = []
    for mail, digest in zip(mails, digests, strict=True):
        parsed = parse(mail.raw)
        if mail.is_cut:
            parsed = replace(parsed, problems=(*parsed.problems, _("only its beginning was read, it is too long")))
        if parsed.at is None:
            parsed = replace(parsed, at=mail.received_at)
        flags = {flag.lower() for flag in mail.flags}
        found.append(
            parsed.item(
                blob=digest,
                url=f"imap:{name}/{folder}/{mail.uid}",
                folder=role,
                account=name,
                owner=owner,
                uid=mail.uid,
                is_seen="\\seen" in flags,
                is_answered="\\answered" in flags,
            )
        )
    return found


def _changed(reading: _Reading, changes: Changes, keys: dict[str, str]) -> None:
    """Note what became of mails of earlier readings."""
    for uid in changes.gone:
        key = keys.pop(str(uid), "")
        if key and key not in reading.items:
            reading.items[key] = Item(key=key, kind="mail", title="", is_gone=True)
    for uid, flags in changes.flags.items():
        key = keys.get(str(uid), "")
        held = {flag.lower() for flag in flags}
        if key and key not in reading.items and held & {"\\answered", "\\deleted"}:
            reading.items[key] = Item(
                key=key,
                kind="flags",
                title="",
                fields={"is_answered": "\\answered" in held, "is_deleted": "\\deleted" in held},
            )
