"""The words of CalDAV that are needed to read calendars: which there are, what changed since a token, what it is now.

Sources: RFC 4791 (CalDAV), RFC 6578 (sync-collection), RFC 6764 (where it is found).
"""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Outbound, Purpose, Timeouts
from homarus.domain.sources import NoDataError

_DAV, _CAL = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
_MOST_BYTES = 32 << 20
_WHOLE_S = 60.0
_TIMEOUTS = Timeouts(connect_s=10, first_byte_s=40, idle_s=20)
_MULTI, _REFUSED, _MOVED = 207, frozenset({401, 403}), frozenset({301, 302, 307, 308})
_AT_ONCE = 100
_MOST_CALENDARS = 50
WELL_KNOWN = "/.well-known/caldav"


class StaleTokenError(Exception):
    """The server does not know the token any more; everything is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A calendar of an account."""

    url: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What happened in a calendar since a token."""

    token: str
    changed: dict[str, str] = field(default_factory=dict[str, str])
    """ETags by address."""
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a server says of one address."""

    url: str
    status: int
    props: ET.Element

    def text(self, name: str) -> str:
        """Return the text of a property."""
        found = self.props.find(f".//{name}")
        return (found.text or "").strip() if found is not None else ""

    def has(self, name: str) -> bool:
        """Tell whether a property is there."""
        return self.props.find(f".//{name}") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class DavAccount:
    """An account on a CalDAV server, over the door."""

    door: Door
    url: str
    user: str
    password: str

    async def calendars(self) -> tuple[Calendar, ...]:
        """Find the calendars: at the address itself, of the user who signs in, or where the server says.

        Raises:
            NoDataError: when the server cannot be asked, refuses the account, or has no calendar.
        """
        for start in (self.url, urljoin(self.url, WELL_KNOWN)):
            found = await self._from(start)
            if found:
                return found
        raise NoDataError(
            _("There is no calendar at {url!r}.").format(url=self.url),
            hint=_("Give the address that the calendar program uses: often it ends with the name of the account."),
        )

    async def changes(self, calendar: str, token: str) -> Delta:
        """Return what changed since a token; everything when it is empty.

        Raises:
            StaleTokenError: when the token does not hold any more.
            NoDataError: when the server cannot be asked.
        """
        body = (
            f"<d:sync-collection {_SPACES}><d:sync-token>{escape(token)}</d:sync-token>"
            "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
        )
        answer = await self._ask("REPORT", calendar, body, depth="1")
        if answer.status != _MULTI:
            if token:
                raise StaleTokenError
            return await self._listed(calendar)
        told = _read(answer)
        objects = [each for each in told if each.url.rstrip("/") != calendar.rstrip("/")]
        changed = {each.url: each.text(f"{_DAV}getetag") for each in objects if each.has(f"{_DAV}getetag")}
        new_token = answer.root().findtext(f"{_DAV}sync-token", "")
        gone = tuple(each.url for each in objects if each.status == 404)  # noqa: PLR2004 - gone
        return Delta(token=new_token, changed=changed, gone=gone)

    async def objects(self, calendar: str, urls: Sequence[str]) -> dict[str, str]:
        """Return calendar objects as text, by address."""
        found: dict[str, str] = {}
        for at in range(0, len(urls), _AT_ONCE):
            hrefs = "".join(f"<d:href>{escape(urlsplit(url).path)}</d:href>" for url in urls[at : at + _AT_ONCE])
            body = (
                f"<c:calendar-multiget {_SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>{hrefs}"
                "</c:calendar-multiget>"
            )
            answer = await self._ask("REPORT", calendar, body, depth="1")
            _check(answer, self.url)
            found |= {each.url: each.text(f"{_CAL}calendar-data") for each in _read(answer)}
        return {url: text for url, text in found.items() if text}

    async def _listed(self, calendar: str) -> Delta:
        """Return everything of a calendar whose server keeps no tokens."""
        answer = await self._ask("PROPFIND", calendar, _prop("<d:getetag/><d:resourcetype/>"), depth="1")
        _check(answer, self.url)
        objects = [each for each in _read(answer) if not each.has(f"{_DAV}collection")]
        return Delta(token="", changed={each.url: each.text(f"{_DAV}getetag") for each in objects})

    async def _from(self, start: str) -> tuple[Calendar, ...]:
        wanted = "<d:resourcetype/><d:displayname/><d:current-user-principal/><c:calendar-home-set/>"
        answer = await self._ask("PROPFIND", start, _prop(wanted), depth="0")
        if answer.status in _REFUSED:
            _check(answer, self.url)
        told = _read(answer)[0] if answer.status == _MULTI and _read(answer) else None
        if told is None:
            return ()
        if told.has(f"{_CAL}calendar"):
            return (Calendar(url=told.url, name=told.text(f"{_DAV}displayname") or told.url),)
        home = told.text(f"{_CAL}calendar-home-set/{_DAV}href")
        principal = told.text(f"{_DAV}current-user-principal/{_DAV}href")
        if not home and principal:
            asked = await self._ask("PROPFIND", urljoin(answer.url, principal), _prop(wanted), depth="0")
            there = _read(asked) if asked.status == _MULTI else ()
            home = there[0].text(f"{_CAL}calendar-home-set/{_DAV}href") if there else ""
        return await self._in(urljoin(answer.url, home) if home else answer.url)

    async def _in(self, home: str) -> tuple[Calendar, ...]:
        answer = await self._ask(
            "PROPFIND", home, _prop("<d:resourcetype/><d:displayname/><c:supported-calendar-component-set/>"), depth="1"
        )
        found = [each for each in _read(answer) if each.has(f"{_CAL}calendar")] if answer.status == _MULTI else []
        return tuple(
            Calendar(url=each.url, name=each.text(f"{_DAV}displayname") or each.url.rstrip("/").rpartition("/")[2])
            for each in found[:_MOST_CALENDARS]
            if _holds_events(each)
        )

    async def _ask(self, method: str, url: str, body: str, *, depth: str, may_move: bool = True) -> "_Answer":
        if self.url.startswith("https:") and not url.startswith("https:"):
            raise _unreadable(url)
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {
            "Authorization": f"Basic {login}",
            "Content-Type": "application/xml; charset=utf-8",
            "Depth": depth,
            "User-Agent": "homarus (personal agent)",
        }
        content = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
        outbound = Outbound(
            method=method, url=url, purpose=Purpose.TOOL, headers=headers, body=content, timeouts=_TIMEOUTS
        )
        try:
            async with asyncio.timeout(_WHOLE_S), self.door.open(outbound) as inlet:
                answer = _Answer(
                    url=url,
                    status=inlet.status,
                    content=await inlet.read(_MOST_BYTES),
                    location={name.lower(): value for name, value in inlet.headers.items()}.get("location", ""),
                )
        except (ConnectionFailedError, EgressRefusedError) as error:
            raise NoDataError(
                _("The calendars at {url!r} cannot be read: {error}").format(url=url, error=error.message),
                hint=error.hint,
            ) from error
        except TimeoutError as error:
            raise NoDataError(
                _("The calendars at {url!r} took longer than {seconds:g} s.").format(url=url, seconds=_WHOLE_S),
                hint=_("Try again later."),
            ) from error
        target = urljoin(url, answer.location)
        if answer.status in _MOVED and may_move and urlsplit(target).netloc == urlsplit(url).netloc:
            return await self._ask(method, target, body, depth=depth, may_move=False)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    url: str
    status: int
    content: bytes
    location: str

    def root(self) -> ET.Element:
        """Return the answer as a tree; document types, with which trees can be made to grow, are refused."""
        plain = self.content.replace(b"\0", b"")  # what stands in UTF-16, too
        if b"<!DOCTYPE" in plain[:4_000] or b"<!ENTITY" in plain:
            raise _unreadable(self.url)
        try:
            return ET.fromstring(self.content)  # noqa: S314 - no entities, see above
        except ET.ParseError as error:
            raise _unreadable(self.url) from error


def _unreadable(url: str) -> NoDataError:
    return NoDataError(
        _("{url!r} does not answer as a CalDAV server does.").format(url=url),
        hint=_("Check the address; for a calendar file use the source `ics`."),
    )


def _prop(names: str) -> str:
    return f"<d:propfind {_SPACES}><d:prop>{names}</d:prop></d:propfind>"


def _check(answer: _Answer, url: str) -> None:
    if answer.status in _REFUSED:
        raise NoDataError(
            _("{url!r} does not accept the name or the password.").format(url=url),
            hint=_("Check both; many providers want an app password."),
        )
    if answer.status != _MULTI:
        raise NoDataError(
            _("{url!r} answered {status}.").format(url=url, status=answer.status),
            hint=_("Check the address, or try again later."),
        )


def _read(answer: _Answer) -> tuple[Told, ...]:
    found: list[Told] = []
    for response in answer.root().iter(f"{_DAV}response"):
        props = ET.Element("props")
        for stat in response.findall(f"{_DAV}propstat"):
            if _status(stat.findtext(f"{_DAV}status", "")) in {0, 200}:
                props.extend(stat.findall(f"{_DAV}prop/*"))
        url = urljoin(answer.url, response.findtext(f"{_DAV}href", "").strip())
        found.append(Told(url=url, status=_status(response.findtext(f"{_DAV}status", "")), props=props))
    return tuple(found)


def _status(line: str) -> int:
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _holds_events(told: Told) -> bool:
    kinds = [kind.get("name", "") for kind in told.props.iter(f"{_CAL}comp")]
    return not kinds or "VEVENT" in kinds
