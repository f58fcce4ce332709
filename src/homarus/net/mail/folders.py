"""The folders of a mailbox and what each is for: as the server says (RFC 6154), else as people name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

_USES = {"\\drafts": "drafts", "\\sent": "sent", "\\trash": "trash", "\\junk": "junk", "\\archive": "archive"}
_NAMES = {
    "drafts": ("drafts", "draft", "entwürfe", "borradores", "brouillons", "bozze"),
    "sent": (
        "sent",
        "sent items",
        "sent messages",
        "sent mail",
        "gesendet",
        "gesendete objekte",
        "enviados",
        "envoyés",
    ),
    "trash": ("trash", "deleted items", "deleted messages", "papierkorb", "papelera", "corbeille"),
    "junk": ("junk", "spam", "junk e-mail", "bulk mail"),
    "archive": ("archive", "archives", "all mail", "archiv", "archivo"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder."""

    name: str
    """Readable, not in the spelling that IMAP uses."""
    delimiter: str = "/"
    flags: frozenset[str] = frozenset()
    use: str = ""
    """`drafts`, `sent`, `trash`, `junk`, `archive`, where the server says."""

    @property
    def can_be_opened(self) -> bool:
        """Whether it holds messages."""
        return "\\noselect" not in {flag.lower() for flag in self.flags}


def folders_of(box: "BaseMailBox") -> tuple[Folder, ...]:
    """Ask for all folders."""
    found: list[Folder] = []
    for told in box.folder.list():
        flags = frozenset(str(flag) for flag in told.flags)
        use = next((_USES[flag.lower()] for flag in sorted(flags) if flag.lower() in _USES), "")
        found.append(Folder(name=str(told.name), delimiter=str(told.delim), flags=flags, use=use))
    return tuple(found)


def chosen(folders: Sequence[Folder], use: str) -> str | None:
    """Return the folder that is for something."""
    told = next((folder.name for folder in folders if folder.use == use), None)
    if told is not None:
        return told
    wanted = _NAMES.get(use, ())
    by_name = {folder.name.split(folder.delimiter)[-1].casefold(): folder.name for folder in folders}
    return next((by_name[name] for name in wanted if name in by_name), None)
