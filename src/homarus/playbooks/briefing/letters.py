"""Mails as the briefing sees them, and the threads that they make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from homarus.domain.content import Json
from homarus.domain.labels import Label
from homarus.domain.sources import Item

_SENT = frozenset({"sent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail."""

    item: Item
    label: Label
    account: str
    """The source that has it."""
    is_mine: bool
    """Whether the owner sent it."""
    thread: str
    """The message id with which its thread began, as far as it is known."""

    @property
    def key(self) -> str:
        """Its key."""
        return self.item.key

    @property
    def subject(self) -> str:
        """Its subject."""
        return self.item.title or "(no subject)"

    @property
    def text(self) -> str:
        """What its sender wrote."""
        return self.item.text

    @property
    def at(self) -> datetime | None:
        """When it was sent."""
        return self.item.at

    @property
    def address(self) -> str:
        """Whom it is from."""
        return self.word("from")

    @property
    def sender(self) -> str:
        """Whom it is from, by name."""
        return self.word("from_name") or self.address

    @property
    def to(self) -> tuple[str, ...]:
        """Whom it is to."""
        return self.words("to")

    def word(self, name: str) -> str:
        """Return a field that is a text."""
        value = self.item.fields.get(name)
        return value if isinstance(value, str) else ""

    def words(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts."""
        value = self.item.fields.get(name)
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

    def says(self, name: str) -> bool:
        """Tell whether a field is true."""
        return self.item.fields.get(name) is True


def letters(
    items: Iterable[tuple[str, Item, Label]], *, mine: frozenset[str], threads: "dict[str, str] | None" = None
) -> tuple[Letter, ...]:
    """Return mails, oldest first, each once, with the thread that it belongs to.

    `threads` knows threads of earlier runs by message id, and learns those of these mails.
    """
    known = {} if threads is None else threads
    found: dict[str, Letter] = {}
    for account, item, label in sorted(items, key=lambda each: _when(each[1])):
        if item.kind != "mail" or item.is_gone or item.key in found:
            continue
        thread = _thread(item, known)
        message_id = item.fields.get("message_id")
        if isinstance(message_id, str) and message_id:
            known.setdefault(message_id, thread)
        is_mine = item.fields.get("folder") in _SENT or str(item.fields.get("from", "")) in mine
        found[item.key] = Letter(item=item, label=label, account=account, is_mine=is_mine, thread=thread)
    return tuple(found.values())


def _thread(item: Item, known: dict[str, str]) -> str:
    named = [*_texts(item.fields.get("references")), *_texts([item.fields.get("in_reply_to")])]
    for message_id in named:
        if message_id in known:
            return known[message_id]
    first = named[0] if named else str(item.fields.get("message_id") or item.key)
    for message_id in named:
        known.setdefault(message_id, first)
    return first


def _texts(value: Json | Sequence[Json]) -> list[str]:
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def _when(item: Item) -> str:
    return item.at.isoformat() if item.at else ""
