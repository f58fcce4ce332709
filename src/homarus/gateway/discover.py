"""Find what is marked as channel, wire, provider, tool, source or playbook, and import only what is asked for.

Files are indexed by reading their text, so a channel that nobody configured and a plugin that nobody approved cost no
import. Looked through: our own rooms, entry points of the group `homarus`, and `HOMARUS_HOME/plugins/*.py`.
"""

import importlib.metadata
import importlib.util
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, cast

from homarus.domain.errors import HomarusError, NotFoundError
from homarus.domain.i18n import _
from homarus.domain.marks import ChannelMark, Mark, PlaybookMark, ProviderMark, SourceMark, ToolMark, WireMark, mark_of
from homarus.domain.ports import Channel, Wire
from homarus.gateway.described import described
from homarus.gateway.plugin_approvals import approved as approved_in
from homarus.gateway.plugins import (
    BrokenPluginError,
    Problem,
    approved_source,
    file_of,
    import_approved,
    import_named,
)

if TYPE_CHECKING:
    from types import ModuleType

    from pydantic import BaseModel

    from homarus.domain.acts import ToolOutput
    from homarus.domain.content import JsonObject
    from homarus.domain.seats import Seat
    from homarus.tools.marked import MarkedTool

ROOMS = ("homarus.tools", "homarus.tools.sources", "homarus.models", "homarus.channels", "homarus.playbooks")
GROUP = "homarus"
_MARKED = re.compile(
    r"""^@(?:\w+\.)?(tool|wire|provider|channel|source|playbook)\(\s*(?:\w+\s*=\s*)?["']([^"']+)["']""", re.MULTILINE
)
_KINDS: dict[type[Mark], str] = {
    ToolMark: "tool",
    WireMark: "wire",
    ProviderMark: "provider",
    ChannelMark: "channel",
    SourceMark: "source",
    PlaybookMark: "playbook",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where something marked stands."""

    kind: str
    """`tool`, `wire`, `provider`, `channel`, `source` or `playbook`."""
    name: str
    file: Path
    line: int
    module: str | None
    """The name to import; `None` for a file in the plugins folder."""

    def __str__(self) -> str:
        """Return file and line."""
        return f"{self.file}:{self.line}"


@dataclass(slots=True, kw_only=True)
class Discovery:
    """What was found. Things are imported when they are asked for; what goes wrong is added to `problems`."""

    spots: dict[tuple[str, str], Spot] = field(default_factory=dict[tuple[str, str], Spot])
    """By kind and name."""
    left_out: dict[tuple[str, str], Spot] = field(default_factory=dict[tuple[str, str], Spot])
    """What stands in a plugin that is not approved or does not work; never imported."""
    problems: list[Problem] = field(default_factory=list[Problem])
    approved: Mapping[str, str] = field(default_factory=dict[str, str])

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of a kind, without importing anything."""
        return tuple(sorted(name for of, name in self.spots if of == kind))

    def thing(self, kind: str, name: str) -> object:
        """Import and return what has this name.

        Raises:
            NotFoundError: when there is no such thing, or its file does not work; the problem is kept as well.
        """
        spot = self.spots.get((kind, name))
        if spot is None:
            known = ", ".join(self.names(kind)) or _("none")
            raise NotFoundError(
                _("There is no {kind} {name!r}.").format(kind=kind, name=name),
                hint=_("These are there: {known}.").format(known=known),
            )
        try:
            return _marked_in(self._module(spot), spot)
        except BrokenPluginError as broken:
            self._note(broken.problem)
            raise NotFoundError(broken.problem.sentence, hint=broken.problem.hint) from broken

    def tools(self, *, without: Collection[str] = ()) -> "Mapping[str, MarkedTool]":
        """Return every tool that works, with its schema; the others become problems.

        Those `without` which it is to be are not loaded.
        """
        from homarus.tools.marked import tool_of

        tools: dict[str, MarkedTool] = {}
        wanted = [name for name in self.names("tool") if name not in without]
        for name, thing in self._all("tool", among=wanted):
            spot = self.spots["tool", name]
            try:
                tools[name] = described(tool_of(cast("Callable[..., Awaitable[ToolOutput]]", thing)))
            except HomarusError as error:
                self._note(Problem(sentence=error.message, hint=error.hint, file=str(spot.file), line=spot.line))
        return tools

    def wires(self) -> Mapping[str, Wire]:
        """Return one of each wire protocol by its `api`."""
        return {api: cast("type[Wire]", kind)() for api, kind in self._all("wire")}

    def providers(self) -> tuple[ProviderMark, ...]:
        """Return the providers that are known by name."""
        marks = (mark_of(thing) for _name, thing in self._all("provider"))
        return tuple(mark for mark in marks if isinstance(mark, ProviderMark))

    def channel_settings(self, names: Collection[str]) -> "Mapping[str, type[BaseModel]]":
        """Return the settings of the named channels by their section of the configuration (`channels.telegram`)."""
        marks = {name: mark_of(thing) for name, thing in self._all("channel", among=names)}
        return {f"channels.{name}": mark.settings for name, mark in marks.items() if isinstance(mark, ChannelMark)}

    def tool_settings(self) -> "Mapping[str, type[BaseModel]]":
        """Return the settings of tools that have some, by the tool's name."""
        marks = {name: mark_of(thing) for name, thing in self._all("tool")}
        return {
            name: mark.settings
            for name, mark in marks.items()
            if isinstance(mark, ToolMark) and mark.settings is not None
        }

    def channel(self, name: str, settings: "JsonObject | BaseModel", *, seat: "Seat | None" = None) -> Channel:
        """Build a configured channel from settings as they are written or as they were read; now it is imported.

        Raises:
            NotFoundError: when there is none of that name, or its file does not work.
            pydantic.ValidationError: when the settings do not fit.
        """
        kind = self.thing("channel", name)
        mark = mark_of(kind)
        assert isinstance(mark, ChannelMark)
        read = settings if isinstance(settings, mark.settings) else mark.settings.model_validate(settings)
        if seat is not None and "seat" in signature(cast("type[_Built]", kind)).parameters:
            return cast("type[_Seated]", kind)(read, seat=seat)
        return cast("type[_Built]", kind)(read)

    def _all(self, kind: str, *, among: Collection[str] | None = None) -> Iterator[tuple[str, object]]:
        for name in self.names(kind):
            if among is not None and name not in among:
                continue
            try:
                yield name, self.thing(kind, name)
            except NotFoundError:
                continue  # kept as a problem

    def _module(self, spot: Spot) -> "ModuleType":
        if spot.module is None:
            return import_approved(spot.file, self.approved)
        return import_named(spot.module, str(spot.file))

    def _note(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def add(self, spots: Iterable[Spot]) -> None:
        """Take further spots in; the first of a name stays, and the second is a problem that names both files."""
        for spot in spots:
            first = self.spots.setdefault((spot.kind, spot.name), spot)
            if first is not spot:
                self._note(_clash(first, spot))

    def check_plugins(self, files: Iterable[Path]) -> None:
        """Import the approved plugins once, so that each that cannot be used is known before it is needed.

        A file with nothing but channels is not: a channel that is switched off costs no import.
        """
        for file in files:
            brings = {key: spot for key, spot in self.spots.items() if spot.file == file}
            has_only_channels = bool(brings) and all(spot.kind == "channel" for spot in brings.values())
            try:
                (approved_source if has_only_channels else import_approved)(file, self.approved)
            except BrokenPluginError as broken:
                self._note(broken.problem)
                self.left_out.update(brings)
                self.spots = {key: spot for key, spot in self.spots.items() if key not in brings}


class _Built(Channel):
    """A channel class takes its settings."""

    def __init__(self, settings: "BaseModel") -> None: ...


class _Seated(Channel):
    """A channel class that takes what the house lends it besides."""

    def __init__(self, settings: "BaseModel", *, seat: "Seat") -> None: ...


def discover(home: Path, *, approved: Mapping[str, str] | None = None, rooms: Collection[str] = ROOMS) -> Discovery:
    """Return everything that is there.

    `approved` maps the path of a plugin to the SHA-256 that its owner approved; without it, what is written down in the
    state folder holds.
    """
    found = Discovery(approved=approved_in(home) if approved is None else approved)
    for room in rooms:
        found.add(_of_room(room))
    found.add(_of_entry_points(found.problems))
    plugins = sorted((home / "plugins").glob("*.py"))
    for file in plugins:
        found.add(_spots(file, module=None))
    found.check_plugins(plugins)
    return found


def _of_room(room: str) -> Iterator[Spot]:
    spec = importlib.util.find_spec(room)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(folder).glob("*.py")):
            yield from _spots(file, module=f"{room}.{file.stem}")
        for file in sorted(Path(folder).glob("*/playbook.py")):
            yield from _spots(file, module=f"{room}.{file.parent.name}.playbook")


def _of_entry_points(problems: list[Problem]) -> Iterator[Spot]:
    for entry in importlib.metadata.entry_points(group=GROUP):
        file = file_of(entry.module)
        if file is None:
            distribution = entry.dist.name if entry.dist else "?"
            problems.append(
                Problem(
                    sentence=_("The package {package!r} names {module!r}, which cannot be found.").format(
                        package=distribution, module=entry.module
                    ),
                    hint=_("Update or remove the package {package!r}.").format(package=distribution),
                    file=entry.value,
                )
            )
            continue
        yield from _spots(file, module=entry.module)


def _spots(file: Path, *, module: str | None) -> Iterator[Spot]:
    """Return what a file marks, read from its text; names that are not written out are not seen."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    for match in _MARKED.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Spot(kind=match[1], name=match[2], file=file, line=line, module=module)


def _marked_in(module: "ModuleType", spot: Spot) -> object:
    for thing in vars(module).values():
        mark = mark_of(thing)
        if mark is not None and _KINDS[type(mark)] == spot.kind and _name_of(mark) == spot.name:
            return thing
    problem = Problem(
        sentence=_("{spot} marks a {kind} {name!r}, which is not there after the import.").format(
            spot=spot, kind=spot.kind, name=spot.name
        ),
        hint=_("Keep it at the top level of the file."),
        file=str(spot.file),
        line=spot.line,
    )
    raise BrokenPluginError(problem)


def _name_of(mark: Mark) -> str:
    match mark:
        case ToolMark():
            return mark.traits.name
        case WireMark():
            return mark.api
        case SourceMark():
            return mark.kind
        case _:
            return mark.name


def _clash(first: Spot, second: Spot) -> Problem:
    return Problem(
        sentence=_("Two files have a {kind} {name!r}: {first} and {second}. The first one is used.").format(
            kind=first.kind, name=first.name, first=first, second=second
        ),
        hint=_("Rename the one in {file}.").format(file=second.file),
        file=str(second.file),
        line=second.line,
    )
