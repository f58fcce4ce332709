"""The hash chain over the log, and its head kept in a second file, so that edits and a cut tail are found.

Each row's hash covers the row and the hash before it. The newest hash that the disk surely has is written to
`events.head` beside the database after every synced commit. Whoever can write both files can still forge both: the
chain finds damage, mistakes and edits to the database alone.
"""

import hashlib
import json
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from homarus.domain.i18n import _

HEAD_FILE = "events.head"
_START = bytes(32)
_LINE_BYTES = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest row of the log."""

    seq: int = 0
    digest: bytes = _START


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An event as the table holds it."""

    seq: int
    owner_id: str
    at_us: int
    kind: str
    session: str | None
    turn: str | None
    dedupe: str | None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What the check of the log found."""

    is_whole: bool
    rows: int
    sentence: str
    broken_at_seq: int | None = None


def link(before: bytes, row: Row) -> bytes:
    """Return the hash of a row that follows the given hash."""
    fields = [row.seq, row.owner_id, row.at_us, row.kind, row.session, row.turn, row.dedupe]
    # JSON escapes newlines, so the first raw one ends the fields whatever they hold.
    text = json.dumps(fields) + "\n" + row.body
    return hashlib.sha256(before + text.encode("utf-8", "surrogatepass")).digest()


def head_of(sql: sqlite3.Connection) -> Head:
    """Return the newest row that the database has."""
    row = sql.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return Head() if row is None else Head(seq=int(row[0]), digest=bytes(row[1]))


class Anchor:
    """The file that holds the head; written in place, one line of fixed length, so that it is never half there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def write(self, head: Head) -> None:
        """Keep the head; never raises for a full disk, because the line already has its place after the first time."""
        line = f"{head.seq} {head.digest.hex()}".ljust(_LINE_BYTES - 1) + "\n"
        os.pwrite(self._file, line.encode(), 0)

    def read(self) -> Head | None:
        """Return the head that was kept; `None` when there is none or the line cannot be read."""
        return parse_head(os.pread(self._file, _LINE_BYTES, 0))

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def parse_head(line: bytes) -> Head | None:
    """Read the line of an anchor; `None` when it is not one."""
    words = line.decode("ascii", "replace").split()
    try:
        head = Head(seq=int(words[0]), digest=bytes.fromhex(words[1]))
    except (IndexError, ValueError):
        return None
    return head if len(head.digest) == len(_START) else None


def check(sql: sqlite3.Connection, anchored: Head | None) -> ChainReport:
    """Walk the whole log and say whether every row is as it was written and the tail is there.

    About 2 microseconds a row; uses no memory to speak of.
    """
    digest, rows, at_anchor = _START, 0, None
    if anchored is not None and anchored.seq == 0:
        at_anchor = _START
    for found in sql.execute(
        "SELECT seq, owner_id, at_us, kind, session, turn, dedupe, body, hash FROM events ORDER BY seq"
    ):
        seq, owner_id, at_us, kind, session, turn, dedupe, body, kept = found
        row = Row(
            seq=seq, owner_id=owner_id, at_us=at_us, kind=kind, session=session, turn=turn, dedupe=dedupe, body=body
        )
        digest = link(digest, row)
        if digest != kept:
            return ChainReport(
                is_whole=False,
                rows=rows,
                broken_at_seq=seq,
                sentence=_("Event {seq} or the one before it was changed or removed.").format(seq=seq),
            )
        rows += 1
        if anchored is not None and seq == anchored.seq:
            at_anchor = digest
    return _against_anchor(rows, anchored, at_anchor)


def _against_anchor(rows: int, anchored: Head | None, at_anchor: bytes | None) -> ChainReport:
    if anchored is None:
        sentence = _("{rows} events are unchanged; the file {file!r} that would show a cut tail is missing.")
        return ChainReport(is_whole=rows == 0, rows=rows, sentence=sentence.format(rows=rows, file=HEAD_FILE))
    if at_anchor != anchored.digest:
        return ChainReport(
            is_whole=False,
            rows=rows,
            broken_at_seq=anchored.seq,
            sentence=_("The log ends before event {seq}, which was surely written: its tail was cut off.").format(
                seq=anchored.seq
            ),
        )
    return ChainReport(is_whole=True, rows=rows, sentence=_("All {rows} events are unchanged.").format(rows=rows))
