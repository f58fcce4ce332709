"""How Postgres looks for words: tsvector and GIN where SQLite has FTS5."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from homarus.state.ledger import COLUMNS
from homarus.state.wording import Wording


def _bare(word: str) -> Iterator[str]:
    """Yield the parts of a word as `bare_words` of the schema leaves them: no accents, no capitals, cut at `_`."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word) if not 768 <= ord(letter) <= 879)  # noqa: PLR2004 - combining marks
    yield from re.findall(r"[^\W_]+", plain.lower())


def _joined(words: Sequence[str], sign: str) -> str:
    found = ["(" + " & ".join(f"'{part}':*" for part in parts) + ")" for word in words if (parts := list(_bare(word)))]
    return sign.join(found)


POSTGRES: Final = Wording(
    name="PostgreSQL",
    messages=(
        f"SELECT {COLUMNS} FROM events JOIN (SELECT m.rowid AS found, ts_rank(m.words, asked, 1) AS place "  # noqa: S608
        "FROM messages AS m, to_tsquery('pg_catalog.simple', ?) AS asked WHERE m.words @@ asked "
        "ORDER BY place DESC, m.rowid DESC LIMIT ?) AS hits ON seq = found "
        "WHERE owner_id = ? ORDER BY place DESC, seq DESC"  # only constants
    ),
    notes=(
        "SELECT n.file, n.line, n.text, n.label FROM memory_notes AS n, "
        "to_tsquery('homarus.house_notes', ?) AS asked WHERE n.words @@ asked AND n.owner_id = ? "
        "ORDER BY ts_rank('{0.1, 0.2, 0.4, 1.0}', n.words, asked, 1) DESC, n.note DESC LIMIT ?"
    ),
    all_of=lambda words: _joined(words, " & "),
    any_of=lambda words: _joined(words, " | "),
)
