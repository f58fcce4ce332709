"""What playbooks there are, what each needs, and whether that is there."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ValidationError

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NotFoundError, UnfitSettingError
from homarus.domain.i18n import _
from homarus.domain.marks import PlaybookMark, mark_of
from homarus.domain.nearness import nearest
from homarus.domain.sources import Sources
from homarus.gateway.plugins import Problem

if TYPE_CHECKING:
    from homarus.gateway.discover import Discovery

_STARTERS = 3
_EXTRAS = {
    "duckdb": "board",
    "imap_tools": "email",
    "icalendar": "calendar",
    "feedparser": "research",
    "protego": "research",
}


class NoSettings(BaseModel):
    """Of a playbook that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that a playbook needs."""

    what: str
    is_met: bool
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A playbook as faces show it."""

    name: str
    title: str
    does: str
    risk: str
    tier: str
    minutes: int
    schedule: str
    version: int
    form: JsonObject = field(default_factory=dict[str, Json])
    """JSON Schema of its settings."""
    settings: JsonObject = field(default_factory=dict[str, Json])
    """What the configuration has for it now."""
    needs: tuple[Need, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether everything that it needs is there."""
        return all(need.is_met for need in self.needs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Knows the playbooks of a house; each is imported when it is looked at."""

    discovery: "Discovery"
    configured: Callable[[], Mapping[str, Mapping[str, Json]]]
    """The settings of playbooks as the configuration has them."""
    sources: Sources

    def names(self) -> tuple[str, ...]:
        """Return the names, without importing anything."""
        return self.discovery.names("playbook")

    def mark(self, name: str) -> PlaybookMark:
        """Return what a playbook says of itself.

        Raises:
            NotFoundError: when there is no such playbook, or its file does not work.
        """
        mark = mark_of(self.thing(name))
        assert isinstance(mark, PlaybookMark)
        return mark

    def thing(self, name: str) -> object:
        """Return a playbook.

        Raises:
            NotFoundError: when there is no such playbook, or its file does not work.
        """
        if name not in self.names():
            near = nearest(name, self.names())
            hint = _("Did you mean {near!r}? ").format(near=near[0]) if near else ""
            raise NotFoundError(
                _("There is no playbook {name!r}.").format(name=name[:60]),
                hint=hint + _("See them: homarus playbooks list"),
            )
        return self.discovery.thing("playbook", name)

    def cards(self) -> tuple[Card, ...]:
        """Return all that work; what does not is a problem."""
        found: list[Card] = []
        for name in self.names():
            try:
                found.append(self.card(name))
            except NotFoundError:
                continue
        return tuple(found)

    def card(self, name: str) -> Card:
        """Return one.

        Raises:
            NotFoundError: when there is no such playbook; the hint has a near name.
        """
        mark = self.mark(name)
        shape = mark.settings or NoSettings
        return Card(
            name=name,
            title=_(mark.title) if mark.title else name,
            does=_(mark.does) if mark.does else "",
            risk=_(mark.risk) if mark.risk else "",
            tier=mark.tier,
            minutes=mark.minutes,
            schedule=mark.schedule,
            version=mark.version,
            form=cast("JsonObject", shape.model_json_schema()),
            settings=dict(self.configured().get(name, {})),
            needs=self._needs(mark),
        )

    def settings(self, name: str, given: JsonObject) -> BaseModel:
        """Return the settings of a run: what is given, over what the configuration has, over the defaults.

        Raises:
            NotFoundError: when there is no such playbook.
            UnfitSettingError: when one of them is none of its settings, or does not fit.
        """
        shape = self.mark(name).settings or NoSettings
        known = {key for field_name, one in shape.model_fields.items() for key in (field_name, one.alias) if key}
        stranger = next((key for key in given if key not in known), None)
        if stranger is not None:
            near = nearest(stranger, known)
            hint = _("Did you mean {near!r}? ").format(near=near[0]) if near else ""
            raise UnfitSettingError(
                _("{key!r} is not a setting of the playbook {name!r}.").format(key=stranger, name=name),
                hint=hint + _("See them: homarus playbooks show {name}").format(name=name),
            )
        try:
            return shape.model_validate({**self.configured().get(name, {}), **given})
        except ValidationError as error:
            raise UnfitSettingError(
                _("The settings of {name!r} do not fit: {problems}.").format(name=name, problems=_problems(error)),
                hint=_("See them: homarus playbooks show {name}").format(name=name),
            ) from error

    def problems(self) -> Sequence[Problem]:
        """Return why some playbooks and sources are not there."""
        return tuple(self.discovery.problems)

    def _needs(self, mark: PlaybookMark) -> tuple[Need, ...]:
        needs: list[Need] = []
        if mark.needs_sources:
            hint = _("Write one under `sources` in homarus.json5; `homarus config check` says what it lacks.")
            what = _("a source: {kinds}").format(kinds=", ".join(mark.needs_sources))
            is_met = bool(self.sources.names(*mark.needs_sources))
            needs.append(Need(what=what, is_met=is_met, hint="" if is_met else hint))
        for module in mark.needs_packages:
            is_met = importlib.util.find_spec(module) is not None
            hint = f"pip install 'homarus[{_EXTRAS.get(module, module)}]'"
            needs.append(Need(what=module, is_met=is_met, hint="" if is_met else hint))
        return tuple(needs)


def starters(cards: Sequence[Card]) -> tuple[Card, ...]:
    """Return what somebody without jobs may begin with: at most three that say when people usually run them."""
    planned = [card for card in cards if card.schedule]
    return tuple(sorted(planned, key=lambda card: not card.is_ready)[:_STARTERS])


def _problems(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()[:5])
