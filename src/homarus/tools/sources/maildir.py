"""Mails that lie on this disk: a Maildir, an mbox file, a folder of .eml files. No server is asked."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _, ngettext
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.mails.parsed import parse

_MOST_MAILS = 5_000
_MOST_KNOWN = 100_000
_BEGINS = re.compile(rb"^From (?=[^\n]*(?:@|\d\d:\d\d|- ))[^\n]{1,300}\n(?=[!-9;-~]{1,80}:|>?From )", re.MULTILINE)
"""Where a mail begins: an envelope, then a header. A sentence of a mail may begin with `From`, too."""
_MOST_BYTES = 512 << 20
_AT_ONCE = 8


class MaildirSettings(BaseModel):
    """Mails on this disk."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1, max_length=2_000)
    """A Maildir, an mbox file, or a folder with .eml files."""
    sent: str = ""
    """The same for what the owner sent, so that answers that are awaited can be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    """A mail as it lies there."""

    name: str
    content: bytes
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _There:
    """What lies there and was not read before."""

    mails: tuple[_Raw, ...]
    older: tuple[str, ...] = ()
    """Names of those that are beyond how many are looked at; they are not new the next time either."""


@source("maildir", settings=MaildirSettings)
class Maildir:
    """Mails on this disk, new ones only once they were read."""

    def __init__(self, settings: MaildirSettings) -> None:
        """Keep where they are."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return the mails that were not there the last time.

        Raises:
            NoDataError: when the folder or the file cannot be read.
        """
        watermark: JsonObject = {}
        missing: list[Missing] = []
        items: list[Item] = []
        for role, where in (("inbox", self._settings.path), ("sent", self._settings.sent)):
            if not where:
                continue
            known = (since or {}).get(role)
            names = {name for name in known if isinstance(name, str)} if isinstance(known, list) else set[str]()
            there = await asyncio.to_thread(_mails, where, names, _most(context))
            items += await _items(there.mails, context, role)
            everything: list[Json] = [*sorted(names), *there.older, *(mail.name for mail in there.mails)]
            watermark[role] = everything[-_MOST_KNOWN:]
            if there.older and role == "inbox":
                missing.append(_left_out(len(there.older), context.name))
        missing += [
            Missing(what=_("mail {title!r}").format(title=item.title[:80]), because=", ".join(map(str, problems)))
            for item in items
            if isinstance(problems := item.fields.get("problems"), list) and problems
        ]
        return Fetched(
            items=tuple(items),
            watermark=watermark,
            label=Label(origin=Origin.TOOL, source=_("mails {name}").format(name=context.name)),
            is_whole=since is None,
            missing=tuple(missing),
        )

    async def probe(self, context: SourceContext) -> Health:
        """Say whether it can be read."""
        try:
            mails = await asyncio.to_thread(_mails, self._settings.path, set[str](), 10)
        except NoDataError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        if not mails.mails:
            return Health(is_well=True, sentence=_("{name!r} can be read; it holds no mail.").format(name=context.name))
        return Health(is_well=True, sentence=_("{name!r} can be read.").format(name=context.name))


def _left_out(count: int, name: str) -> Missing:
    return Missing(
        what=ngettext("{count} older mail of {name!r}", "{count} older mails of {name!r}", count).format(
            count=count, name=name
        ),
        because=_("More came than are looked at in one run, and the newest come first."),
        hint=_("`mostMails` of the briefing says how many are looked at."),
    )


def _most(context: SourceContext) -> int:
    wanted = context.options.get("most")
    return min(wanted, _MOST_MAILS) if isinstance(wanted, int) and wanted > 0 else _MOST_MAILS


async def _items(mails: Sequence[_Raw], context: SourceContext, role: str) -> list[Item]:
    digests: list[str] = []
    for at in range(0, len(mails), _AT_ONCE):
        some = mails[at : at + _AT_ONCE]
        digests += await asyncio.gather(*(context.blobs.put(mail.content) for mail in some))
    return await asyncio.to_thread(_parsed, mails, digests, context.name, role)


def _parsed(mails: Sequence[_Raw], digests: list[str], name: str, role: str) -> list[Item]:
    return [
        parse(mail.content).item(
            blob=digest, url=f"maildir:{name}/{role}/{mail.name[:80]}", folder=role, is_seen=mail.is_seen, account=name
        )
        for mail, digest in zip(mails, digests, strict=True)
    ]


def _mails(where: str, known: set[str], most: int) -> _There:
    path = Path(where).expanduser()
    try:
        if path.is_file():
            return _of_mbox(path, known, most)
        if (path / "cur").is_dir() or (path / "new").is_dir():
            files = [*path.glob("cur/*"), *path.glob("new/*")]
        elif path.is_dir():
            files = [*path.glob("*.eml")]
        else:
            raise FileNotFoundError(2, _("there is no such file or folder"))
        return _of_files(files, known, most)
    except OSError as error:
        raise NoDataError(
            _("The mails at {path!r} cannot be read: {error}.").format(path=str(path), error=error.strerror),
            hint=_("Check `path` under `sources`: a Maildir, an mbox file, or a folder with .eml files."),
        ) from error


def _of_files(files: list[Path], known: set[str], most: int) -> _There:
    """Return new ones, newest last; the flags that mail programs write behind a name (`:2,S`) are not part of it."""
    new = sorted(
        (file for file in files if file.name.partition(":2,")[0] not in known and file.is_file()),
        key=_changed_ns,
    )
    mails = (_read(file) for file in new[-most:])
    return _There(
        mails=tuple(mail for mail in mails if mail is not None),
        older=tuple(file.name.partition(":2,")[0] for file in new[:-most]),
    )


def _read(file: Path) -> _Raw | None:
    """Return a mail; none when a mail program moved it away in between, as it is found under its new name then."""
    name, _mark, flags = file.name.partition(":2,")
    try:
        return _Raw(name=name, content=file.read_bytes(), is_seen="S" in flags)
    except FileNotFoundError:
        return None


def _changed_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _of_mbox(path: Path, known: set[str], most: int) -> _There:
    """Return new ones; a mail of an mbox is known by its bytes, as mbox programs move mails around."""
    import hashlib

    if path.stat().st_size > _MOST_BYTES:
        raise OSError(27, _("it is larger than {size} MB").format(size=_MOST_BYTES >> 20))
    content = path.read_bytes().replace(b"\r\n", b"\n")
    starts = [
        found
        for found in _BEGINS.finditer(content)
        if found.start() == 0 or content[found.start() - 2 : found.start()] == b"\n\n"
    ]
    mails: list[_Raw] = []
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(content)
        raw = content[start.end() : end].replace(b"\n>From ", b"\nFrom ").removesuffix(b"\n")
        name = hashlib.sha256(raw).hexdigest()[:24]
        if name not in known:
            mails.append(_Raw(name=name, content=raw, is_seen=False))
    return _There(mails=tuple(mails[-most:]), older=tuple(mail.name for mail in mails[:-most]))
