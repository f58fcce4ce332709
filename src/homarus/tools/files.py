"""Read, write, change and list the files of the workspace; nothing else can be named."""

import asyncio
import hashlib
import os
import stat
from pathlib import Path, PurePosixPath
from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ToolFailedError
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE, Label, Origin
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.paths import WorkspacePath
from homarus.domain.tooling import ToolContext
from homarus.tools.confined import (
    UNDO_FOLDER,
    Place,
    found_file,
    located,
    opened_file,
    opened_folder,
    relative,
    replace_file,
)
from homarus.tools.texts import Decoded, decoded, what_it_is

MOST_BYTES = 4 << 20
_SHOWN_CHARS = 16_000
_SHOWN_LINES = 400
_SHOWN_ENTRIES = 200
_LONGEST_LINE = 2_000
_UNDO_KEPT = 100
_NEAR_ENOUGH = 0.5


def _file_label(path: str) -> Label:
    return Label(origin=Origin.FILE, source=f"file {path}")


def _content(place: Place) -> bytes:
    number = opened_file(place)
    with os.fdopen(number, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ToolFailedError(
            f"{place.path!r} is larger than {MOST_BYTES >> 20} MB.",
            hint="Find the part you need with files.search.",
            label=HOUSE,
        )
    return content


def _text(place: Place) -> Decoded:
    content = _content(place)
    text = decoded(content)
    if text is None:
        kind = what_it_is(content[:16])
        hint = "Ask the owner to attach it to a message." if "picture" in kind else "Only text files can be read."
        raise ToolFailedError(
            f"{place.path!r} is {kind} ({len(content)} bytes), not a text file.", hint=hint, label=HOUSE
        )
    return text


# --- read ---------------------------------------------------------------------------------------------------------


@tool("files.read", risk=Risk.READ, key=["path"])
async def read(context: ToolContext, *, path: WorkspacePath, start: int = 1, lines: int = _SHOWN_LINES) -> ToolOutput:
    """Read a text file of the workspace, from line `start`."""

    def work() -> Decoded:
        with located(context.workspace, path) as place:
            return _text(place)

    text = (await asyncio.to_thread(work)).text
    every = text.splitlines()
    first = max(1, start)
    if every and first > len(every):
        raise ToolFailedError(
            f"{path!r} has only {len(every)} lines.", hint="Read it with a smaller start.", label=HOUSE
        )
    shown = _fitting(every[first - 1 : first - 1 + max(1, lines)])
    last = first + len(shown) - 1
    notice = "" if first == 1 and last >= len(every) else f"\n[lines {first}-{last} of {len(every)}"
    if notice:
        notice += f"; go on with start={last + 1}]" if last < len(every) else "]"
    return ToolOutput(
        text="\n".join(shown) + notice if every else "[the file is empty]",
        label=_file_label(path),
        summary=_("Read {path}, lines {first} to {last} of {all}").format(
            path=path, first=first if every else 0, last=last, all=len(every)
        ),
        facts={"path": path, "first_line": first, "last_line": last, "all_lines": len(every)},
    )


def _fitting(lines: list[str]) -> list[str]:
    """Return as many lines as fit into one result, at least one, the longest ones cut."""
    kept: list[str] = []
    room = _SHOWN_CHARS
    for line in lines:
        short = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} [... {len(line)} characters]"
        room -= len(short) + 1
        if kept and room < 0:
            break
        kept.append(short)
    return kept


# --- write and change ---------------------------------------------------------------------------------------------


@tool("files.write", risk=Risk.WRITE, key=["path"])
async def write(
    context: ToolContext, *, path: WorkspacePath, content: Annotated[str, at_most(MOST_BYTES)]
) -> ToolOutput:
    """Write a whole text file."""

    def work() -> bool:
        with located(context.workspace, path, is_made=True) as place:
            return _put(context, place, content.encode())

    existed = await asyncio.to_thread(work)
    sentence = _("Replaced {path} ({size} bytes)") if existed else _("Wrote {path} ({size} bytes)")
    return _written(context, path, len(content.encode()), sentence, existed=existed)


@tool("files.edit", risk=Risk.WRITE, key=["path"])
async def edit(
    context: ToolContext,
    *,
    path: WorkspacePath,
    old: Annotated[str, at_most(MOST_BYTES)],
    new: Annotated[str, at_most(MOST_BYTES)],
) -> ToolOutput:
    """Replace `old`, which must occur exactly once, by `new`."""

    def work() -> int:
        with located(context.workspace, path) as place:
            before = _text(place)
            try:
                after = _replaced(before.text, old, new, path)
            except ToolFailedError:
                kept = _kept_before(context, path)
                if kept is not None and _would_be(kept, old, new, path) == before.text:
                    return len(before.text.encode(before.encoding))  # done before the house went down
                raise
            content = after.encode(before.encoding)
            _put(context, place, content)
            return len(content)

    size = await asyncio.to_thread(work)
    return _written(context, path, size, _("Changed {path} ({size} bytes)"), existed=True)


def _written(context: ToolContext, path: str, size: int, sentence: str, *, existed: bool) -> ToolOutput:
    facts: dict[str, str | int] = {"path": path, "bytes": size}
    if existed:
        facts["undo"] = _undo_name(context, path)
    summary = sentence.format(path=path, size=size)
    return ToolOutput(text=f"{summary}.", label=HOUSE, summary=summary, facts=facts)


def _put(context: ToolContext, place: Place, content: bytes) -> bool:
    """Write a file whole, keep what was there, and say whether there was something."""
    found = found_file(place)
    if found is not None:
        _keep(context, place, found)
    replace_file(place, content, mode=stat.S_IMODE(found.st_mode) if found else 0o644)
    return found is not None


def _undo_name(context: ToolContext, path: str) -> str:
    mark = hashlib.sha256(context.idempotency_key.encode()).hexdigest()[:12]
    return f"{UNDO_FOLDER}/{mark}-{PurePosixPath(path).name}"


def _keep(context: ToolContext, place: Place, found: os.stat_result) -> None:
    """Copy what is about to be replaced; a replay of the same call keeps the first copy, the true one."""
    with located(context.workspace, _undo_name(context, place.path), is_made=True) as backup:
        if found_file(backup) is None:
            replace_file(backup, _content(place), mode=stat.S_IMODE(found.st_mode) & 0o600)
            _forget_oldest(backup)


def _forget_oldest(backup: Place) -> None:
    entries = [entry for entry in os.scandir(backup.folder) if entry.is_file(follow_symlinks=False)]
    oldest = sorted(entries, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)[:-_UNDO_KEPT]
    for entry in oldest:
        os.unlink(entry.name, dir_fd=backup.folder)


def _kept_before(context: ToolContext, path: str) -> str | None:
    try:
        with located(context.workspace, _undo_name(context, path)) as backup:
            return _text(backup).text
    except ToolFailedError:
        return None


def _would_be(text: str, old: str, new: str, path: str) -> str | None:
    try:
        return _replaced(text, old, new, path)
    except ToolFailedError:
        return None


def _replaced(text: str, old: str, new: str, path: str) -> str:
    if "\r\n" in text and "\r\n" not in old:
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
    count = text.count(old) if old else 0
    if count == 1:
        return text.replace(old, new)
    if not old:
        raise ToolFailedError("`old` is empty.", hint="Copy the exact text to replace from files.read.", label=HOUSE)
    if count:
        raise ToolFailedError(
            f"`old` occurs {count} times in {path!r}, {_where(text, old)}.",
            hint="Add the lines around it, so that it occurs once.",
            label=HOUSE,
        )
    near = _nearest(text, old)
    raise ToolFailedError(
        f"`old` does not occur in {path!r}." + (f" The nearest text is:\n{near}\n" if near else ""),
        hint="Copy the exact text, with its spaces, from files.read.",
        label=_file_label(path) if near else HOUSE,
    )


def _where(text: str, old: str) -> str:
    places: list[str] = []
    start = text.find(old)
    while start >= 0 and len(places) < 5:  # noqa: PLR2004 - enough to choose from
        places.append(str(text.count("\n", 0, start) + 1))
        start = text.find(old, start + 1)
    return "at lines " + ", ".join(places)


def _nearest(text: str, old: str) -> str:
    """Return the lines that look most like what was searched for, with their numbers."""
    lines = text.splitlines()[:5_000]
    wanted = [line.strip() for line in old.strip().splitlines()][:20]
    if not wanted or not lines:
        return ""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=wanted[0][:300], autojunk=False)
    best, best_ratio = -1, _NEAR_ENOUGH
    for number, line in enumerate(lines):
        matcher.set_seq1(line.strip()[:300])
        if matcher.real_quick_ratio() > best_ratio and matcher.quick_ratio() > best_ratio:
            ratio = matcher.ratio()
            if ratio > best_ratio:
                best, best_ratio = number, ratio
    if best < 0:
        return ""
    shown = lines[best : best + len(wanted)]
    return "\n".join(f"{best + 1 + offset}: {line[:300]}" for offset, line in enumerate(shown))


# --- list ---------------------------------------------------------------------------------------------------------


@tool("files.list", risk=Risk.READ)
async def list_folder(context: ToolContext, *, path: WorkspacePath = ".") -> ToolOutput:
    """List a folder of the workspace."""
    lines = await asyncio.to_thread(_entries, context.workspace, path)
    shown = lines[:_SHOWN_ENTRIES]
    if len(lines) > len(shown):
        shown.append(f"[{len(lines) - len(shown)} more; list a folder below, or use files.search]")
    return ToolOutput(
        text="\n".join(shown) or "[the folder is empty]",
        label=_file_label(path),
        summary=_("Listed {path} ({count} entries)").format(path=path, count=len(lines)),
        facts={"path": path, "entries": len(lines)},
    )


def _entries(workspace: Path, path: str) -> list[str]:
    with opened_folder(workspace, relative(workspace, path)) as folder, os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: (not entry.is_dir(follow_symlinks=False), entry.name.casefold()))
        return [_line(entry) for entry in found if entry.name != UNDO_FOLDER]


def _line(entry: "os.DirEntry[str]") -> str:
    name = entry.name.encode(errors="replace").decode().replace("\n", "?")
    if entry.is_dir(follow_symlinks=False):
        return f"{name}/"
    if entry.is_symlink():
        return f"{name} (link, not followed)"
    return f"{name} ({entry.stat(follow_symlinks=False).st_size} bytes)"
