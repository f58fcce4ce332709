"""What the agent keeps: Markdown files in the workspace are the truth, a full-text index finds in them."""

import asyncio
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from homarus.domain import codec
from homarus.domain.errors import UsageError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.labels import Label
from homarus.domain.ports import Clock, Found
from homarus.state import notes
from homarus.state.blobs import write_whole
from homarus.state.database import Database
from homarus.state.ledger import Pen
from homarus.state.statements import Sql
from homarus.state.wording import words_of

_MAIN = "MEMORY.md"
_FOLDER = "memory"
_LARGEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A file as it was found on the disk or in the index."""

    mtime_ns: int
    size_bytes: int
    digest: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A file with its entries, on the way into the index."""

    file: str
    seen: _Seen
    found: tuple[notes.Note, ...] | None
    """`None` when the file was touched and holds what it held."""


class WorkspaceMemory:
    """Implements `domain.ports.Memory` over `MEMORY.md` and `memory/*.md`."""

    def __init__(self, workspace: Path, store: Database, *, clock: Clock, key: bytes) -> None:
        """Remember where; `key` seals the labels of trusted entries and stays the same over the years."""
        self._workspace = workspace
        self._store = store
        self._clock = clock
        self._key = key
        self._saving = asyncio.Lock()
        """Held from reading a day's file to replacing it, so that no entry is written over."""

    async def save(self, text: str, *, label: Label) -> str:
        """Add an entry to today's file and return where it stands; what stands there already is not added again.

        Raises:
            UsageError: when there is nothing to save.
            DiskFullError: when there is no room; the file is as it was.
        """
        if not notes.plain(text):
            raise UsageError(_("There is nothing to remember."), hint=_("Say what should be remembered."))
        file = f"{_FOLDER}/{self._clock.now():%Y-%m-%d}.md"
        async with self._saving:
            line = await asyncio.to_thread(self._add, file, text, label)
        new = NewEvent(
            kind=Kind.MEMORY_SAVED,
            body={"file": file, "text": text, "label": codec.dump(label)},
            dedupe=f"memory:{file}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}",
            owner_id=self._store.owner_id,
        )
        await self._store.append(new, synced=False)
        await self.refresh()
        return f"{file}:{line}"

    async def search(self, query: str, *, limit: int = 8) -> tuple[Found, ...]:
        """Return the entries that fit best, best first; any text is a valid query."""
        words = words_of(query)
        if not words:
            return ()
        await self.refresh()
        wording = self._store.wording

        def find(sql: Sql) -> list[tuple[str, int, str, str]]:
            return sql.execute(wording.notes, (wording.any_of(words), self._store.owner_id, limit)).fetchall()

        return tuple(
            Found(file=file, line=line, text=text, label=codec.load(Label, json.loads(label)))
            for file, line, text, label in await self._store.read(find)
        )

    async def of_day(self, day: date) -> tuple[Found, ...]:
        """Return what was noted on a day, in its order."""
        file = f"{_FOLDER}/{day:%Y-%m-%d}.md"

        def read() -> tuple[Found, ...]:
            if file not in self._files():
                return ()
            text = (self._workspace / file).read_text(encoding="utf-8", errors="replace")
            found = notes.parse(text, source=file, key=self._key)
            return tuple(Found(file=file, line=note.line, text=note.text, label=note.label) for note in found)

        return await asyncio.to_thread(read)

    async def refresh(self) -> int:
        """Bring the index up to date with the files and return how many had changed.

        Files are told apart by time and size; one that was only touched is recognised by its hash.
        """
        known = await self._store.read(self._indexed)
        here = await asyncio.to_thread(lambda: {file: _look(self._workspace / file) for file in self._files()})
        changed = [file for file, seen in here.items() if not _is_same(seen, known.get(file))]
        gone = [file for file in known if file not in here]
        if changed or gone:
            read = await asyncio.to_thread(lambda: [self._read(file, known.get(file)) for file in changed])
            await self._store.writer.write(lambda pen: self._index(pen, read, gone), synced=False)
        return len(changed) + len(gone)

    def _add(self, file: str, text: str, label: Label) -> int:
        path = self._workspace / file
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for note in notes.parse(before, source=file, key=self._key):
            if note.text == notes.plain(text):
                return note.line
        if not before:
            before = f"# {self._clock.now():%Y-%m-%d}\n\n"
        elif not before.endswith("\n"):
            before += "\n"
        write_whole(path, (before + notes.render(text, label, key=self._key)).encode())
        return before.count("\n") + 1

    def _files(self) -> Iterator[str]:
        folder = self._workspace / _FOLDER
        days = sorted(folder.glob("*.md")) if folder.is_dir() and not folder.is_symlink() else []
        for path in (self._workspace / _MAIN, *days):
            # A link could lead out of the workspace.
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_BYTES:
                yield path.relative_to(self._workspace).as_posix()

    def _read(self, file: str, known: _Seen | None) -> _Reading:
        seen = _look(self._workspace / file)
        content = (self._workspace / file).read_bytes()
        digest = hashlib.sha256(content).digest()
        seen = _Seen(mtime_ns=seen.mtime_ns, size_bytes=seen.size_bytes, digest=digest)
        if known is not None and known.digest == digest:
            return _Reading(file=file, seen=seen, found=None)
        text = content.decode("utf-8", "replace")
        return _Reading(file=file, seen=seen, found=tuple(notes.parse(text, source=file, key=self._key)))

    def _indexed(self, sql: Sql) -> dict[str, _Seen]:
        rows = sql.execute(
            "SELECT file, mtime_ns, size_bytes, hash FROM memory_files WHERE owner_id = ?", (self._store.owner_id,)
        )
        return {row[0]: _Seen(mtime_ns=row[1], size_bytes=row[2], digest=row[3]) for row in rows}

    def _index(self, pen: Pen, read: Sequence[_Reading], gone: Sequence[str]) -> None:
        owner = self._store.owner_id
        for file in (*gone, *(reading.file for reading in read if reading.found is not None)):
            pen.sql.execute("DELETE FROM memory_notes WHERE owner_id = ? AND file = ?", (owner, file))
            pen.sql.execute("DELETE FROM memory_files WHERE owner_id = ? AND file = ?", (owner, file))
        for reading in read:
            pen.sql.execute(
                "INSERT INTO memory_files (owner_id, file, mtime_ns, size_bytes, hash) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (owner_id, file) DO UPDATE SET mtime_ns = excluded.mtime_ns, "
                "size_bytes = excluded.size_bytes, hash = excluded.hash",
                (owner, reading.file, reading.seen.mtime_ns, reading.seen.size_bytes, reading.seen.digest),
            )
            pen.sql.executemany(
                "INSERT INTO memory_notes (owner_id, file, line, heading, text, label) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (owner, reading.file, note.line, note.heading, note.text, json.dumps(codec.dump(note.label)))
                    for note in reading.found or ()
                ],
            )


def _look(path: Path) -> _Seen:
    found = path.stat()
    return _Seen(mtime_ns=found.st_mtime_ns, size_bytes=found.st_size)


def _is_same(seen: _Seen, known: _Seen | None) -> bool:
    return known is not None and (seen.mtime_ns, seen.size_bytes) == (known.mtime_ns, known.size_bytes)
