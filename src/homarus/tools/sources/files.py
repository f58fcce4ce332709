"""Read folders of the owner's: texts that are new or changed; what cannot be read is named."""

import asyncio
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from homarus.domain.content import Json, JsonObject
from homarus.domain.findings import Missing
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin, Reach
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sections import Section
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.decoding import decoded
from homarus.tools.readable import readable, visible
from homarus.tools.sources.parts import MOST_CHARS, PartRead, read_parts, tried

_TEXTS = frozenset({".md", ".txt", ".html", ".htm", ".csv", ".tsv", ".json", ".rst", ".org", ".log", ".xml"})
_PAGES = frozenset({".html", ".htm"})


class FilesSettings(Section):
    """Folders to read."""

    folders: tuple[str, ...] = ()
    """Their paths; `~` is your home. What is below them is read, hidden files and links apart."""
    max_files: int = Field(default=500, ge=1, le=20_000)
    """How many files of one folder are looked at."""
    max_bytes: int = Field(default=2 << 20, ge=1, le=64 << 20)
    """The largest file that is read."""
    may_leave: bool = False
    """Whether a hosted model may be shown them; otherwise only models on this machine or in your network are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A file as it was read."""

    path: Path
    content: bytes
    at: datetime


@source("files", settings=FilesSettings)
class FilesSource:
    """Texts in folders of the owner's."""

    def __init__(self, settings: FilesSettings) -> None:
        """Take the folders."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return what is new, changed or gone."""
        reach = Reach.ANYWHERE if self._settings.may_leave else Reach.LOCAL_ONLY
        label = Label(origin=Origin.FILE, source=f"files {context.name}", reach=reach)
        return await read_parts(context, self._settings.folders, since, self._folder, label=label)

    async def probe(self, context: SourceContext) -> Health:
        """Read the first folder."""
        return await tried(self, context, next(iter(self._settings.folders), ""))

    async def _folder(self, context: SourceContext, part: str, known: JsonObject) -> PartRead:
        folder = await asyncio.to_thread(lambda: Path(part).expanduser())
        if not await asyncio.to_thread(folder.is_dir):
            raise NoDataError(
                _("There is no folder {path!r}.").format(path=part), hint=_("Check the path under `folders`.")
            )
        before = known.get("files")
        seen: JsonObject = before if isinstance(before, Mapping) else {}
        paths = await asyncio.to_thread(lambda: sorted(_below(folder))[: self._settings.max_files])
        items: list[Item] = []
        missing: list[Missing] = []
        marks: dict[str, Json] = {}
        for path in paths:
            name = str(path.relative_to(folder))
            if (why := self._unread(path)) is not None:
                missing.append(Missing(what=str(path), because=why, hint=_("Save it as text to have it read.")))
                continue
            read = await asyncio.to_thread(_read, path)
            digest = hashlib.sha256(read.content).hexdigest()
            marks[name] = digest
            if seen.get(name) != digest:
                blob = await context.blobs.put(read.content)
                items.append(_item(read, name, blob, is_edit=name in seen))
        gone = [name for name in seen if name not in marks]
        items += [Item(key=str(folder / name), kind="file", title=name, is_gone=True) for name in gone]
        return PartRead(items=tuple(items), watermark={"files": marks}, missing=tuple(missing))

    def _unread(self, path: Path) -> str | None:
        if path.suffix.lower() not in _TEXTS:
            return _("Files of this kind ({ending}) are not read.").format(ending=path.suffix or "?")
        if path.stat().st_size > self._settings.max_bytes:
            return _("It is larger than {limit} bytes.").format(limit=self._settings.max_bytes)
        return None


def _below(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            path = Path(here) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _read(path: Path) -> _Read:
    return _Read(path=path, content=path.read_bytes(), at=datetime.fromtimestamp(path.stat().st_mtime, tz=UTC))


def _item(read: _Read, name: str, blob: str, *, is_edit: bool) -> Item:
    text = decoded(read.content, charset="")
    if read.path.suffix.lower() in _PAGES:
        text = readable(text, url=read.path.as_uri()).text
    return Item(
        key=str(read.path),
        kind="file",
        title=name,
        text=visible(text)[:MOST_CHARS],
        at=read.at,
        url=read.path.as_uri(),
        fields={"is_edit": is_edit},
        blob=blob,
    )
