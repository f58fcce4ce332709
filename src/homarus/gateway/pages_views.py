"""The pages beside the chat: home, what needs you, models, activity, settings. Each has its twin under /api/v1."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from aiohttp import web

from homarus.domain.events import Event, Kind
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.gateway.api_events import number
from homarus.gateway.at_home import at_home
from homarus.gateway.house import House
from homarus.gateway.operations import caller_of, house_of
from homarus.gateway.pages_events import latest, sentence_of
from homarus.gateway.pages_render import page
from homarus.state.config.listing import SettingValue

SEEN_COOKIE = "homarus-seen"
"""The newest event that was there when Home was last looked at; no secret, set by a script."""
_NEWS = 12
_ROWS = 100
_NEWS_KINDS = (
    Kind.REPLY_WRITTEN,
    Kind.APPROVAL_ASKED,
    Kind.REMINDER_FIRED,
    Kind.MODEL_FAILED,
    Kind.CONFIG_REFUSED,
    Kind.DEVICE_PAIRED,
    Kind.KEY_ADDED,
    Kind.RUN_ENDED,
    Kind.FAILED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An event as a line."""

    event: Event
    sentence: str
    body: str
    """The whole of it, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Kinds of events that a person looks for together."""

    name: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """A setting with what its form needs."""

    setting: SettingValue
    place: str
    """`file:line`, empty where the default holds."""
    choices: tuple[str, ...]


async def home(request: web.Request) -> web.StreamResponse:
    """Return what happened, what waits, what runs, and how the machine is."""
    house = house_of(request)
    seen = request.cookies.get(SEEN_COOKIE, "")
    after = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 16 else 0  # noqa: PLR2004 - fits SQLite
    news = await latest(house.store, _NEWS, kinds=_NEWS_KINDS, after=after, has_errands=False)
    cards = await house.sessions.cards(20)
    return await page(
        request,
        "home.html",
        here="home",
        title=_("Home"),
        news=[row_of(event) for event in news],
        is_since=after > 0,
        work=await at_home(house),
        busy=[card for card in cards if card.state != "idle"],
        recent=[card for card in cards if card.state == "idle"][:5],
    )


async def approvals(request: web.Request) -> web.StreamResponse:
    """Return every question that waits, whole."""
    waiting = await house_of(request).approvals.pending()
    return await page(request, "approvals.html", here="approvals", title=_("Needs you"), approvals=waiting)


async def activity(request: web.Request) -> web.StreamResponse:
    """Return the log, newest first, and what left this machine today."""
    house, query = house_of(request), request.query
    groups = _groups()
    shown = query.get("show", "all")
    turn, before = query.get("turn", ""), query.get("before")
    if turn:
        events = list(reversed(await house.store.of_turn(TurnId(turn))))
    else:
        kinds = groups[shown].kinds if shown in groups else ()
        upto = number(before, "before") if before is not None else None
        events = await latest(house.store, _ROWS, kinds=kinds, before=upto)
    return await page(
        request,
        "activity.html",
        here="activity",
        title=_("Activity"),
        rows=[row_of(event) for event in events],
        groups=groups,
        shown=shown,
        turn=turn,
        before=before,
        more=events[-1].seq if len(events) == _ROWS and not turn else 0,
        egress=[row_of(event) for event in await latest(house.store, 20, kinds=(Kind.EGRESS,))],
    )


async def settings(request: web.Request) -> web.StreamResponse:
    """Return every setting with its default and place, who may come in, and what is wrong with the files."""
    house = house_of(request)
    configuration = house.configuration
    rows = [_setting(house, row) for row in configuration.listing()]
    sections = [(name, list(found)) for name, found in groupby(rows, key=lambda row: str(row.setting.path[0]))]
    return await page(
        request,
        "settings.html",
        here="settings",
        title=_("Settings"),
        sections=sections,
        standing=configuration.standing.value,
        problems=configuration.problems,
        devices=house.access.devices(),
        keys=house.access.keys(),
        me=caller_of(request).caller_id,
        show=request.query.get("show", ""),
    )


def row_of(event: Event) -> Row:
    """Return an event as a line with everything in it."""
    return Row(
        event=event, sentence=sentence_of(event), body=json.dumps(event.body, indent=2, ensure_ascii=False, default=str)
    )


def _setting(house: House, setting: SettingValue) -> SettingRow:
    where = setting.where
    place = f"{where.file.removeprefix(f'{house.home}/')}:{where.line}" if where is not None else ""
    return SettingRow(setting=setting, place=place, choices=_choices(setting))


def _choices(setting: SettingValue) -> tuple[str, ...]:
    """Return the words to choose from, where a setting takes nothing else."""
    if isinstance(setting.default, bool) and isinstance(setting.value, bool):
        return ("true", "false")
    return ()


_JOB_KINDS = (
    Kind.JOB_CHANGED,
    Kind.RUN_QUEUED,
    Kind.RUN_CHANGED,
    Kind.RUN_SAID,
    Kind.RUN_ENDED,
    Kind.RUN_TOLD,
    Kind.SOURCE_READ,
    Kind.EFFECT_CHANGED,
    Kind.RULE_SIGNED,
    Kind.ITEM_TICKED,
    Kind.HOOK_RECEIVED,
)


def _groups() -> Mapping[str, Group]:
    return {
        "talk": Group(
            name=_("Conversation"),
            kinds=(Kind.INBOUND_ACCEPTED, Kind.REPLY_WRITTEN, Kind.TURN_STOPPED, Kind.SESSION_COMPACTED),
        ),
        "models": Group(
            name=_("Models"),
            kinds=(Kind.ROUTE_CHOSEN, Kind.MODEL_ANSWERED, Kind.MODEL_FAILED, Kind.MODEL_PROXIED, Kind.ENGINE_CHANGED),
        ),
        "tools": Group(
            name=_("Tools"),
            kinds=(Kind.TOOL_INTENDED, Kind.TOOL_FINISHED, Kind.REMINDER_SET, Kind.REMINDER_FIRED, Kind.MEMORY_SAVED),
        ),
        "jobs": Group(name=_("Jobs"), kinds=_JOB_KINDS),
        "approvals": Group(name=_("Approvals"), kinds=(Kind.APPROVAL_ASKED, Kind.APPROVAL_DECIDED)),
        "egress": Group(name=_("Left this machine"), kinds=(Kind.EGRESS,)),
        "house": Group(
            name=_("House"),
            kinds=(
                Kind.GATEWAY_STARTED,
                Kind.GATEWAY_STOPPED,
                Kind.CONFIG_CHANGED,
                Kind.CONFIG_REFUSED,
                Kind.DEVICE_PAIRED,
                Kind.DEVICE_REVOKED,
                Kind.KEY_ADDED,
                Kind.KEY_REVOKED,
                Kind.FAILED,
            ),
        ),
    }
