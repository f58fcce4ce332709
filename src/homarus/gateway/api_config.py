"""The configuration over HTTP: every value with its place, one value changed, a file or a text checked."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel, ConfigDict, JsonValue

from homarus.domain import codec
from homarus.domain.content import Json
from homarus.domain.errors import RefusedError, UsageError
from homarus.domain.i18n import _
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import CallerKind, Need
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.state.config import keys
from homarus.state.config.listing import SettingValue
from homarus.state.config.problems import Problem, Severity

_COMMANDS = frozenset({"localservice", "$include"})
"""Parts of the configuration, written without underscores, in which a command may stand."""


class SettingList(BaseModel):
    """Settings with value, default and place; secrets are masked."""

    settings: list[SettingValue]
    standing: str
    """`files`, `last_good` or `defaults`: which configuration the house runs on."""
    problems: list[Problem]


class SettingValues(BaseModel):
    """One setting, or all of a section."""

    settings: list[SettingValue]


class NewValue(BaseModel):
    """A value to be written; `null` takes the change back."""

    model_config = ConfigDict(extra="forbid")

    value: JsonValue


class UndoneChange(BaseModel):
    """A change that was taken back."""

    is_undone: bool
    settings: list[SettingValue]
    """What came back."""
    left: int
    """How many changes can still be taken back."""


class CheckRequest(BaseModel):
    """What to check: a file on this machine, a text, or nothing for what the house reads."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = None
    """Only over the Unix socket."""
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found."""

    is_good: bool
    problems: tuple[Problem, ...]


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with every setting."""
    configuration = house_of(request).configuration
    return ok(
        {
            "settings": [codec.dump(row) for row in configuration.listing()],
            "standing": configuration.standing.value,
            "problems": [codec.dump(problem) for problem in configuration.problems],
        }
    )


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with one setting, or with all of a section."""
    rows = house_of(request).configuration.value(request.match_info["key"])
    return ok({"settings": [codec.dump(row) for row in rows]})


async def change(request: web.Request) -> web.StreamResponse:
    """Write one setting."""
    wanted = await read_as(request, NewValue)
    if caller_of(request).kind is not CallerKind.SOCKET:
        refuse_commands(request.match_info["key"], wanted.value)
    configuration = house_of(request).configuration
    rows = configuration.set(request.match_info["key"], wanted.value, by=caller_of(request).by)
    return ok({"settings": [codec.dump(row) for row in rows]})


def refuse_commands(key: str, value: Json) -> None:
    """Refuse what would name a command that the gateway runs, or bring in a file that could.

    A paired browser or a key may change almost everything; programs outside of the sandbox are the owner's alone.

    Raises:
        RefusedError: with how the owner says it.
        UsageError: when this is not how a key is written.
    """
    names = {_plain(str(step)) for step in keys.parse(key)} | set(_names_in(value))
    if value is None or not names & _COMMANDS:
        return
    raise RefusedError(
        _("Commands that the gateway starts are taken only from its command line or its file."),
        hint=_("On the gateway's machine: homarus config set models.providers.NAME.localService.command PROGRAM"),
    )


def _names_in(value: Json) -> Iterator[str]:
    waiting: list[Json] = [value]
    for part in waiting:
        if isinstance(part, dict):
            yield from map(_plain, part)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


async def undo(request: web.Request) -> web.StreamResponse:
    """Take the last change back."""
    undone = house_of(request).configuration.undo(by=caller_of(request).by)
    return ok({"is_undone": True, "settings": [codec.dump(row) for row in undone.settings], "left": undone.left})


async def check(request: web.Request) -> web.StreamResponse:
    """Check a configuration without using it."""
    wanted = await read_as(request, CheckRequest)
    if wanted.path is not None and wanted.text is not None:
        raise UsageError(_("A path and a text cannot both be checked."), hint=_("Send one of them."))
    if wanted.path is not None and caller_of(request).kind is not CallerKind.SOCKET:
        raise RefusedError(
            _("Files of this machine are checked only from its command line."), hint="homarus config check FILE"
        )
    configuration = house_of(request).configuration
    path = Path(wanted.path) if wanted.path is not None else None
    problems = await asyncio.to_thread(lambda: configuration.check(path=path, text=wanted.text))
    is_good = all(problem.severity is not Severity.ERROR for problem in problems)
    return ok({"is_good": is_good, "problems": [codec.dump(problem) for problem in problems]})


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/config",
        answer=listing,
        need=Need.ADMIN,
        about="Every setting with its value, default and the file and line it comes from.",
        gives=SettingList,
    ),
    Operation(
        method="POST",
        path="/api/v1/config/check",
        answer=check,
        need=Need.ADMIN,
        about="Check a configuration without using it.",
        takes=CheckRequest,
        gives=Checked,
    ),
    Operation(
        method="POST",
        path="/api/v1/config/undo",
        answer=undo,
        need=Need.ADMIN,
        about="Take the last change back; again, the one before it, ten steps back at most.",
        gives=UndoneChange,
    ),
    Operation(
        method="GET",
        path="/api/v1/config/{key}",
        answer=show,
        need=Need.ADMIN,
        about="One setting, or all of a section.",
        gives=SettingValues,
    ),
    Operation(
        method="PUT",
        path="/api/v1/config/{key}",
        answer=change,
        need=Need.ADMIN,
        about="Write one setting on top of the owner's file; `null` takes the change back.",
        takes=NewValue,
        gives=SettingValues,
    ),
)
