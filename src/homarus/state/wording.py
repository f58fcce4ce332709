"""What databases say differently: looking for words. Everything else in this room is said once, for all of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from homarus.state.ledger import COLUMNS

_MOST_WORDS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one kind of database looks for words."""

    name: str
    """What the owner is told: `SQLite`, `PostgreSQL`."""
    messages: str
    """Finds events by what was said in them: takes what is looked for, how many, and the owner; best first."""
    notes: str
    """Finds entries of the memory: takes what is looked for, the owner, and how many; best first."""
    all_of: Callable[[Sequence[str]], str]
    """Returns what finds texts with all of these words, or with longer ones that begin like them."""
    any_of: Callable[[Sequence[str]], str]
    """Returns what finds texts with any of them."""


SQLITE = Wording(
    name="SQLite",
    messages=(
        f"SELECT {COLUMNS} FROM events JOIN (SELECT rowid AS found, rank AS place FROM messages "  # noqa: S608 - constant
        "WHERE messages MATCH ? ORDER BY rank LIMIT ?) ON seq = found WHERE owner_id = ? ORDER BY place"
    ),
    notes=(
        "SELECT n.file, n.line, n.text, n.label FROM memory_words AS w "
        "JOIN memory_notes AS n ON n.note = w.rowid WHERE memory_words MATCH ? AND n.owner_id = ? "
        "ORDER BY bm25(memory_words, 1.0, 0.4), n.note DESC LIMIT ?"
    ),
    all_of=lambda words: " ".join(f'"{word}"*' for word in words),
    any_of=lambda words: " OR ".join(f'"{word}"*' for word in words),
)


def words_of(query: str) -> tuple[str, ...]:
    """Return the words of any text, at most 32."""
    return tuple(re.findall(r"\w+", query.encode("utf-8", "ignore").decode())[:_MOST_WORDS])
