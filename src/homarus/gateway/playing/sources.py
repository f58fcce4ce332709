"""The sources that the owner configured: built once each, read with a deadline, alive by their last reading."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import BaseModel

from homarus.domain.books import Readings
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import HomarusError, NotFoundError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.nearness import nearest
from homarus.domain.ports import Blobs, Clock, Door, Health, Store
from homarus.domain.sources import Fetched, NoDataError, Source, SourceContext, SourceState
from homarus.domain.tooling import Account
from homarus.gateway.playing.source_types import SourceSettings

if TYPE_CHECKING:
    from homarus.gateway.discover import Discovery

T = TypeVar("T")
FETCH_LIMIT_S = 900.0
PROBE_LIMIT_S = 30.0
_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What the code of a source can raise without meaning to, which may be anybody's: its run goes on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    section: BaseModel
    source: Source


@dataclass(kw_only=True)
class ConfiguredSources:
    """Implements `domain.sources.Sources`. One instance stands for each section, as long as that stays as it is."""

    discovery: "Discovery"
    sections: Callable[[], Mapping[str, BaseModel]]
    """The settings of channels, tools and sources, by section."""
    written: Callable[[], Mapping[str, Mapping[str, Json]]] = dict
    """What stands under `sources`: a source whose settings do not fit is one that cannot be read, never none at all."""
    readings: Readings
    store: Store
    door: Door
    blobs: Blobs
    clock: Clock
    _built: dict[str, _Built] = field(default_factory=dict[str, _Built])

    def names(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of the sources of these kinds, of all when none is named."""
        known = {**{name: one.kind for name, one in self._all().items()}, **self._odd()}
        return tuple(name for name, kind in known.items() if not kinds or kind in kinds)

    def kind_of(self, name: str) -> str:
        """Return the kind of a source.

        Raises:
            NotFoundError: when no source has this name; the hint names those that exist.
        """
        return self._odd().get(name) or self._named(name).kind

    def settings_of(self, name: str) -> object:
        """Return the settings of a source, an instance of its `Settings`.

        Raises:
            NotFoundError: when no source has this name.
            NoDataError: when its settings do not fit.
        """
        return self._named(name)

    def accounts(self) -> dict[str, Account]:
        """Return the sources as places that tools write to."""
        return {name: Account(name=name, kind=one.kind, settings=one) for name, one in self._all().items()}

    async def fetch(self, name: str, *, since: JsonObject | None, options: JsonObject) -> Fetched:
        """Read a source, and note how it went.

        Raises:
            NotFoundError: when no source has this name.
            NoDataError: when it cannot be read.
        """
        try:
            reading = self._source(name).fetch(self._context(name, options), since=since)
            fetched = await self._guarded(name, reading, limit_s=FETCH_LIMIT_S)
        except NoDataError as error:
            await self._note(name, 0, problem=error.message)
            raise
        await self._note(name, len(fetched.items), problem="")
        return fetched

    async def probe(self, name: str) -> Health:
        """Say how a source is, without changing anything there.

        Raises:
            NotFoundError: when no source has this name.
        """
        try:
            source = self._source(name)
            return await self._guarded(name, source.probe(self._context(name, {})), limit_s=PROBE_LIMIT_S)
        except NoDataError as error:
            return Health(is_well=False, sentence=error.message, hint=error.hint)

    async def _guarded(self, name: str, work: Awaitable[T], *, limit_s: float) -> T:
        try:
            async with asyncio.timeout(limit_s):
                return await work
        except NoDataError:
            raise
        except TimeoutError as error:
            raise NoDataError(
                _("The source {name!r} did not answer within {limit:g} seconds.").format(name=name, limit=limit_s),
                hint=_("See how it is: homarus playbooks sources --probe"),
            ) from error
        except HomarusError as error:
            raise NoDataError(error.message, hint=error.hint) from error
        except _BROKEN as error:
            raise NoDataError(
                _("The source {name!r} broke: {error}.").format(
                    name=name, error=f"{type(error).__name__}: {error}"[:300]
                ),
                hint=_("`homarus logs` has the details; report it to whoever wrote the source."),
            ) from error

    def _context(self, name: str, options: JsonObject) -> SourceContext:
        return SourceContext(name=name, door=self.door, blobs=self.blobs, clock=self.clock, options=options)

    def _source(self, name: str) -> Source:
        section = self._named(name)
        built = self._built.get(name)
        if built is None or built.section != section:
            make = cast("Callable[[BaseModel], Source]", self._kind(section.kind))
            built = self._built[name] = _Built(section=section, source=make(section))
        return built.source

    def _kind(self, kind: str) -> object:
        try:
            return self.discovery.thing("source", kind)
        except NotFoundError as error:
            raise NoDataError(error.message, hint=error.hint) from error

    def _all(self) -> dict[str, SourceSettings]:
        return {
            name.removeprefix("sources."): section
            for name, section in self.sections().items()
            if name.startswith("sources.") and isinstance(section, SourceSettings) and section.enabled
        }

    def _odd(self) -> dict[str, str]:
        """Return the sources whose settings do not fit, with the kind that was written."""
        fitting = self.sections()
        return {
            name: str(section.get("kind") or "")
            for name, section in self.written().items()
            if f"sources.{name}" not in fitting and section.get("enabled", True) is not False
        }

    def _named(self, name: str) -> SourceSettings:
        known = self._all()
        if name in known:
            return known[name]
        if name in self._odd():
            raise NoDataError(
                _("The settings of the source {name!r} do not fit.").format(name=name),
                hint=_("See what is wrong with them: homarus config check"),
            )
        near = nearest(name, known)
        there = ", ".join(sorted(known)) or _("none")
        raise NotFoundError(
            _("There is no source {name!r}.").format(name=name),
            hint=_("Did you mean {near!r}?").format(near=near[0])
            if near
            else _("These are there: {known}.").format(known=there),
        )

    async def _note(self, name: str, items: int, *, problem: str) -> None:
        known, now = await self.readings.state(name), self.clock.now()
        if problem:
            state = replace(known, last_error=problem, failed_since=known.failed_since or now)
        else:
            state = SourceState(name=name, watermark=known.watermark, last_ok=now, counts={"items": items})
        await self.readings.put_state(state)
        body: JsonObject = {"source": name, "items": items, "is_complete": not problem, "problem": problem}
        await self.store.append(NewEvent(kind=Kind.SOURCE_READ, body=body), synced=False)
