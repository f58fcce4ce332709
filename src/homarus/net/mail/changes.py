"""What happened in a folder since it was last looked at: by MODSEQ where the server has it (RFC 7162), else by uid."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from homarus.domain.content import JsonObject
from homarus.net.mail.client import SocketClient
from homarus.net.mail.commands import choose, found, vanished
from homarus.net.mail.commands import told as told_by

_UID = re.compile(rb"UID (\d+)")
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """How far a folder was read."""

    uidvalidity: int
    uidnext: int
    modseq: int = 0
    """Zero where the server keeps none."""

    @classmethod
    def read(cls, body: JsonObject | None) -> "Self | None":
        """Read what `Changes.watermark` gave; nothing where it is something else."""
        if not body:
            return None
        try:
            numbers = {name: int(str(body[name])) for name in ("uidvalidity", "uidnext", "modseq")}
        except (KeyError, ValueError):
            return None
        return cls(**numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened in a folder."""

    watermark: JsonObject
    """To be kept when what follows was written down; give it to the next call."""
    new: tuple[int, ...]
    """Uids that came since, oldest first; everything that the search finds where `is_whole`."""
    flags: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """Of messages that were there before and have other flags now; only where the server keeps MODSEQ."""
    gone: tuple[int, ...] = ()
    """Uids that were there before and are not any more; only where the server has QRESYNC."""
    exists: int = 0
    is_whole: bool = False
    """Whether there was no watermark, or its UIDVALIDITY does not hold any more: uids mean other messages now."""


def changes_of(client: SocketClient, folder: str, since: Watermark | None, *, whole: str) -> Changes:
    """Open a folder for reading and compare it with the watermark."""
    told = choose(client, folder, is_read_only=True)
    now = Watermark(
        uidvalidity=told.get("UIDVALIDITY", 0), uidnext=told.get("UIDNEXT", 0), modseq=told.get("HIGHESTMODSEQ", 0)
    )
    mark: JsonObject = {"uidvalidity": now.uidvalidity, "uidnext": now.uidnext, "modseq": now.modseq}
    exists = told.get("EXISTS", 0)
    if since is None or since.uidvalidity != now.uidvalidity:
        return Changes(watermark=mark, new=found(client, whole), exists=exists, is_whole=True)
    if now.modseq and since.modseq:
        return _by_modseq(client, since, now, mark, exists)
    new: tuple[int, ...] = ()
    if now.uidnext > since.uidnext or not now.uidnext:
        # `5:*` finds the last message also when its uid is smaller.
        new = tuple(uid for uid in found(client, f"UID {since.uidnext}:*") if uid >= since.uidnext)
    return Changes(watermark=mark, new=new, exists=exists)


def _by_modseq(client: SocketClient, since: Watermark, now: Watermark, mark: JsonObject, exists: int) -> Changes:
    if now.modseq == since.modseq:
        return Changes(watermark=mark, new=(), exists=exists)
    has_gone = "QRESYNC" in client.extensions()
    words = f"(CHANGEDSINCE {since.modseq}{' VANISHED' if has_gone else ''})"
    flags = dict(_flags(told_by(client, "FETCH", "1:*", "(UID FLAGS)", words)))
    gone = tuple(uid for uid in vanished(client) if uid < since.uidnext) if has_gone else ()
    new = tuple(sorted(uid for uid in flags if uid >= since.uidnext))
    changed = {uid: held for uid, held in flags.items() if uid < since.uidnext}
    return Changes(watermark=mark, new=new, flags=changed, gone=gone, exists=exists)


def _flags(answers: Iterable[object]) -> Iterable[tuple[int, tuple[str, ...]]]:
    for answer in answers:
        line = answer if isinstance(answer, bytes) else b""
        uid, flags = _UID.search(line), _FLAGS.search(line)
        if uid is not None:
            yield int(uid[1]), tuple(flags[1].decode("ascii", "replace").split()) if flags else ()
