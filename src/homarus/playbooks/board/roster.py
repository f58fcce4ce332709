"""Who sits on the board: experts, what each looks at and must answer. One JSON5 file; four are shipped."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from homarus.domain.errors import ConfigError
from homarus.domain.i18n import _
from homarus.playbooks.board.tables.shapes import Table

SHIPPED = Path(__file__).with_name("rosters")
FEWEST = 5
"""With fewer opinions there is no verdict of a board."""
MOST = 12


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Expert(_Part):
    """One seat."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
    """Short, lower case: it names steps, columns of the map and views."""
    role: Annotated[str, Field(min_length=3, max_length=600)]
    """Who it is and what it cares for, as the model reads it."""
    looks_at: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Which tables and columns it sees: `shop*`, `*.views`. What others see, it does not."""
    answers: Annotated[tuple[str, ...], Field(max_length=5)] = ()
    """Questions that its opinion must answer."""
    model: str | None = None
    """`provider/id`; without it the job's model answers, which is the one that is loaded."""


class Roster(_Part):
    """Everybody who sits on a board."""

    title: Annotated[str, Field(min_length=3, max_length=80)]
    notice: str = ""
    """Said at the top of every report: what this board is not."""
    local_only: bool = False
    """Whether nothing of it may leave this machine's own models."""
    experts: Annotated[tuple[Expert, ...], Field(min_length=FEWEST, max_length=MOST)]

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        names = [expert.name for expert in self.experts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(_("Two experts are called {name!r}.").format(name=twice[0]))
        return self


def shipped() -> tuple[str, ...]:
    """Return the names of the rosters that come with homarus."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.json5")))


def parsed(text: str, file: str) -> Roster:
    """Read a roster.

    Raises:
        ConfigError: when it is not one, with the line of what is wrong.
    """
    import pyjson5

    try:
        value: object = pyjson5.decode(text)
    except pyjson5.Json5Exception as error:
        line = _line_of_offset(text, str(error))
        raise ConfigError(
            _("{file!r}, line {line}: not valid JSON5 ({why}).").format(file=file, line=line, why=_plain(error)),
            hint=_("Look for a missing comma, bracket or quotation mark there."),
        ) from error
    try:
        return Roster.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        line = line_of(text, first["loc"])
        where = ".".join(str(part) for part in first["loc"]) or "roster"
        raise ConfigError(
            _("{file!r}, line {line}: {where}: {why}.").format(
                file=file, line=line, where=where, why=first["msg"].rstrip(".")
            ),
            hint=_("`homarus playbooks show board` and the page on boards show what a roster holds."),
        ) from error


def _plain(error: Exception) -> str:
    return " ".join(str(error.args[0] if error.args else error).split())[:120]


def _line_of_offset(text: str, told: str) -> int:
    """Return the line that a message of pyjson5 means, which counts characters."""
    near = re.search(r"near (\d+)", told)
    return text.count("\n", 0, int(near[1])) + 1 if near else 1


def line_of(text: str, path: Sequence[int | str]) -> int:
    """Return the line at which a value of a JSON5 text begins; as near as the path leads."""
    at = 0
    for part in path:
        found = _element(text, at, part) if isinstance(part, int) else _member(text, at, part)
        if found < 0:
            break
        at = found
    return text.count("\n", 0, at) + 1


_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[\[\]{},:]|[^\s\[\]{},:\"'/]+", re.DOTALL
)


def _member(text: str, at: int, name: str) -> int:
    """Return where the member of the object at a place is named, or -1."""
    depth = 0
    names = {name, to_camel(name)}
    for token in _TOKEN.finditer(text, at):
        word = token.group()
        if word in {"{", "["}:
            depth += 1
        elif word in {"}", "]"}:
            depth -= 1
            if depth <= 0:
                return -1
        elif depth == 1 and word.strip("\"'") in names and text[token.end() :].lstrip().startswith(":"):
            return token.start()
    return -1


def _element(text: str, at: int, number: int) -> int:
    """Return where an element of the list at a place begins, or -1."""
    depth, count, is_new = 0, -1, False
    for token in _TOKEN.finditer(text, text.find("[", at)):
        word = token.group()
        if word.startswith(("//", "/*")):
            continue
        if depth == 1 and is_new and word != "]":
            count, is_new = count + 1, False
            if count == number:
                return token.start()
        if word in {"{", "["}:
            depth += 1
            is_new = is_new or depth == 1
        elif word in {"}", "]"}:
            depth -= 1
            if depth <= 0:
                return -1
        elif word == "," and depth == 1:
            is_new = True
    return -1


def visible(expert: Expert, tables: Sequence[Table]) -> dict[str, list[str]]:
    """Return the columns of each table that an expert may see."""
    seen: dict[str, list[str]] = {}
    for table in tables:
        columns = [
            column.name
            for column in table.columns
            if any(_fits(glob, table.name, column.name) for glob in expert.looks_at)
        ]
        if columns:
            seen[table.name] = columns
    return seen


def _fits(glob: str, table: str, column: str) -> bool:
    over, dot, inside = glob.lower().partition(".")
    return fnmatchcase(table, over) and (not dot or fnmatchcase(column, inside))
