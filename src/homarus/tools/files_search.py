"""Find lines in the files of the workspace, within a bounded time.

Patterns run on the regular expressions of Rust, which come with pydantic: their time grows with the text only, so no
pattern of a model can hang the house. Source: https://docs.rs/regex, "Untrusted input".
"""

import asyncio
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ToolArgumentError
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.paths import WorkspacePath
from homarus.domain.tooling import ToolContext
from homarus.tools.confined import UNDO_FOLDER, opened_folder, relative
from homarus.tools.texts import decoded

_SKIPPED = frozenset({".git", ".hg", ".svn", ".venv", "__pycache__", "node_modules", UNDO_FOLDER})
_MOST_FOUND = 60
_MOST_BYTES = 2 << 20
_LINE_CHARS = 240
_LIMIT_S = 5.0
_LONGEST_QUERY = 1_000


@dataclass(slots=True, kw_only=True)
class _Search:
    """What was found so far, and when to stop."""

    is_match: Callable[[str], bool]
    deadline: float
    found: list[str] = field(default_factory=list[str])
    files: int = 0
    stopped: str = ""

    def goes_on(self) -> bool:
        if len(self.found) >= _MOST_FOUND:
            self.stopped = f"[stopped after {_MOST_FOUND} lines; search for something rarer]"
        elif time.monotonic() > self.deadline:
            self.stopped = f"[stopped after {_LIMIT_S:g} seconds; search in one folder]"
        return not self.stopped

    def look(self, path: str, text: str) -> None:
        """Search one file."""
        self.files += 1
        for number, line in enumerate(text.splitlines(), start=1):
            if self.is_match(line):
                if not self.goes_on():
                    return
                self.found.append(f"{path}:{number}: {_short(line.strip())}")


def _short(line: str) -> str:
    return line if len(line) <= _LINE_CHARS else f"{line[:_LINE_CHARS]} [...]"


def _matcher(query: str, *, regex: bool) -> Callable[[str], bool]:
    if not query.strip():
        raise ToolArgumentError("`query` is empty.", hint="Write a word that the line contains.")
    if not regex:
        wanted = query.casefold()
        return lambda line: wanted in line.casefold()
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        pattern = SchemaValidator(core_schema.str_schema(pattern=f"(?i){query}", regex_engine="rust-regex"))
    except SchemaError as error:
        raise ToolArgumentError(
            f"{query!r} is not a regular expression of the kind used here.",
            hint="Look-around and back references are not known; or search for plain text without regex.",
        ) from error
    return pattern.isinstance_python


@tool("files.search", risk=Risk.READ)
async def search(
    context: ToolContext,
    *,
    query: Annotated[str, at_most(_LONGEST_QUERY)],
    path: WorkspacePath = ".",
    regex: bool = False,
) -> ToolOutput:
    """Find lines in the workspace's files, and files by name."""
    look = _Search(is_match=_matcher(query, regex=regex), deadline=time.monotonic() + _LIMIT_S)
    await asyncio.to_thread(_search_folder, context.workspace, path, look)
    lines = [*look.found, *([look.stopped] if look.stopped else [])]
    return ToolOutput(
        text="\n".join(lines) or f"[nothing found in {look.files} files]",
        label=Label(origin=Origin.FILE, source=f"files.search {path}"),
        summary=_("Found {count} lines for {query!r}").format(count=len(look.found), query=query),
        facts={"query": query, "found": len(look.found), "files": look.files},
    )


def _search_folder(workspace: Path, path: str, look: _Search) -> None:
    wanted = relative(workspace, path)
    with opened_folder(workspace, wanted) as top:
        prefix = "" if str(wanted) == "." else f"{wanted}/"
        for above, folders, files, folder in os.fwalk(".", dir_fd=top, follow_symlinks=False):
            folders[:] = sorted(name for name in folders if name not in _SKIPPED)
            place = prefix + above.removeprefix(".").removeprefix("/") + ("/" if above != "." else "")
            for name, text in _texts(folder, sorted(files), place, look):
                look.look(place + name, text)
                if not look.goes_on():
                    return


def _texts(folder: int, names: list[str], place: str, look: _Search) -> Iterator[tuple[str, str]]:
    """Yield the text files of a folder; a name that matches is found too."""
    for name in names:
        if look.is_match(name) and look.goes_on():
            look.found.append(f"{place}{name}")
        content = _plain_content(folder, name)
        text = decoded(content) if content is not None else None
        if text is not None:
            yield name, text.text


def _plain_content(folder: int, name: str) -> bytes | None:
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return None
        number = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(number, "rb") as file:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_size > _MOST_BYTES:
            return None
        return file.read(_MOST_BYTES)
