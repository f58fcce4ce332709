"""Task lists as people keep them: todo.txt, Markdown with boxes, CSV, VTODO in a calendar file."""

import asyncio
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from homarus.domain.content import JsonObject
from homarus.domain.i18n import _
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import source
from homarus.domain.ports import Health
from homarus.domain.sources import Fetched, Item, NoDataError, SourceContext
from homarus.tools.bringing import bring
from homarus.tools.mails.heads import decode, inked
from homarus.tools.tables import day_of, table_of

_MOST_TASKS = 2_000
_LONGEST = 500
_PRIORITY = re.compile(r"^\(([A-Z])\)\s+")
_DATE = r"\d{4}-\d\d-\d\d"
_DONE = re.compile(rf"^x\s+(?:{_DATE}\s+)?")
_CREATED = re.compile(rf"^{_DATE}\s+")
_BOX = re.compile(r"^\s*[-*+]\s+\[([ xX])\]\s+(.+)$")
_DUE = re.compile(
    rf"(?:\(?\b(?:due|deadline|fällig|bis)\b:?\s*|📅\s*|@due\()({_DATE}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}})\)?",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"(?<!\S)@([\w.-]{1,40})")
_PROJECT = re.compile(r"(?<!\S)\+([\w.-]{1,60})")
_TITLES = ("title", "task", "name", "summary", "aufgabe", "titel", "betreff", "subject", "content")
_DUES = ("due", "due date", "due_date", "deadline", "fällig", "fällig am", "frist", "date", "datum")
_STATES = ("status", "done", "completed", "erledigt", "state")
_FINISHED = frozenset({"x", "1", "yes", "ja", "true", "done", "completed", "complete", "closed", "erledigt", "fertig"})


class TaskSettings(BaseModel):
    """A task list."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(min_length=1, max_length=2_000)
    """A path or an address."""
    form: Literal["auto", "todo.txt", "markdown", "csv", "ics"] = "auto"
    """How it is written; `auto` looks at the name and the first lines."""


@source("tasks", settings=TaskSettings)
class Tasks:
    """The open tasks of a list: what it holds, not what is new."""

    def __init__(self, settings: TaskSettings) -> None:
        """Keep where it is."""
        self._settings = settings

    async def fetch(self, context: SourceContext, *, since: JsonObject | None) -> Fetched:
        """Return the tasks, done ones too.

        Raises:
            NoDataError: when the list cannot be read.
        """
        known = since or {}
        mark, digest = str(known.get("mark", "")), str(known.get("blob", ""))
        brought = await bring(self._settings.where, context, mark=mark if digest else "")
        content = await context.blobs.get(digest) if brought.is_same else brought.content
        digest = digest if brought.is_same else await context.blobs.put(content)
        text = inked(decode(content.removeprefix(b"\xef\xbb\xbf"), "utf-8").replace("\r\n", "\n").replace("\t", "    "))
        form = self._form(text)
        items = await asyncio.to_thread(lambda: tuple(_READERS[form](text, digest)))
        return Fetched(
            items=items[:_MOST_TASKS],
            watermark={"mark": brought.mark, "blob": digest},
            label=Label(origin=Origin.FILE, source=_("tasks {name}").format(name=context.name)),
            is_whole=not brought.is_same,
        )

    async def probe(self, context: SourceContext) -> Health:
        """Say whether it can be read."""
        try:
            found = await self.fetch(context, since=None)
        except NoDataError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)
        return Health(is_well=True, sentence=_("{count} tasks can be read.").format(count=len(found.items)))

    def _form(self, text: str) -> str:
        if self._settings.form != "auto":
            return self._settings.form
        name = self._settings.where.lower().partition("?")[0]
        if text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
            return "ics"
        if name.endswith((".csv", ".tsv")):
            return "csv"
        is_markdown = name.endswith((".md", ".markdown")) or any(_BOX.match(line) for line in text.splitlines()[:200])
        return "markdown" if is_markdown else "todo.txt"


def _task(title: str, *, where: int, due: str, digest: str, is_done: bool, priority: str = "", uid: str = "") -> Item:
    found = _DUE.search(title)
    due = due or (day_of(found[1]) if found else "")
    words = " ".join(_DUE.sub("", title).split())[:_LONGEST]
    plain = " ".join(_PROJECT.sub("", _PEOPLE.sub("", words)).split()) or words
    return Item(
        key=f"task:{uid or hashlib.sha256(plain.casefold().encode()).hexdigest()[:20]}",
        kind="task",
        title=plain,
        text=title[:_LONGEST],
        blob=digest,
        fields={
            "due": due,
            "is_done": is_done,
            "priority": priority,
            "who": list(_PEOPLE.findall(words)),
            "project": next(iter(_PROJECT.findall(words)), ""),
            "line": where,
        },
    )


def _of_todo_txt(text: str, digest: str) -> Iterator[Item]:
    """Source: https://github.com/todotxt/todo.txt."""
    for number, line in enumerate(text.splitlines(), 1):
        rest = line.strip()
        if not rest or rest.startswith("#"):
            continue
        done = _DONE.match(rest)
        rest = rest[done.end() :] if done else rest
        priority = _PRIORITY.match(rest)
        rest = rest[priority.end() :] if priority else rest
        rest = _CREATED.sub("", rest, count=1)
        yield _task(
            rest, where=number, due="", digest=digest, is_done=bool(done), priority=priority[1] if priority else ""
        )


def _of_markdown(text: str, digest: str) -> Iterator[Item]:
    for number, line in enumerate(text.splitlines(), 1):
        box = _BOX.match(line[: _LONGEST * 2])
        if box:
            yield _task(box[2], where=number, due="", digest=digest, is_done=box[1] != " ")


def _of_csv(text: str, digest: str) -> Iterator[Item]:
    names, *rows = table_of(text) or [[]]
    for number, row in enumerate(rows, 2):
        cells = {name.strip().casefold(): value for name, value in zip(names, row, strict=False)}
        title = _first(cells, _TITLES).strip()
        if title:
            yield _task(
                title,
                where=number,
                due=day_of(_first(cells, _DUES)),
                digest=digest,
                is_done=_first(cells, _STATES).strip().casefold() in _FINISHED,
                priority=_first(cells, ("priority", "priorität", "prio")),
            )


def _first(cells: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((cells[name] for name in names if name in cells), "")


def _of_ics(text: str, digest: str) -> Iterator[Item]:
    from homarus.tools.calendars.events import UnreadableCalendarError, need_calendars

    try:
        need_calendars()
        from icalendar import Calendar

        todos = [part for part in Calendar.from_ical(text).subcomponents if part.name == "VTODO"]
    except (ValueError, UnreadableCalendarError) as error:
        raise NoDataError(
            _("The task list cannot be read: {error}").format(error=str(error)[:200]),
            hint=getattr(error, "hint", _("Export it again as iCalendar (.ics).")),
        ) from error
    for number, todo in enumerate(todos, 1):
        due: object = getattr(todo.get("DUE"), "dt", None)
        yield _task(
            str(todo.get("SUMMARY", "")),
            where=number,
            due=due.isoformat()[:10] if isinstance(due, date) else "",
            digest=digest,
            is_done=str(todo.get("STATUS", "")).upper() in {"COMPLETED", "CANCELLED"},
            uid=str(todo.get("UID", "")),
        )


_READERS = {"todo.txt": _of_todo_txt, "markdown": _of_markdown, "csv": _of_csv, "ics": _of_ics}
