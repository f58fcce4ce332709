"""Ask interfaces that answer JSON, and read the answers without trusting their shape."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _
from homarus.domain.sources import NoDataError, SourceContext
from homarus.tools.sources.courier import NO_HEADERS, Brought, Courier, Known

_MOST_DIGITS = 18
_FEW = 4
"""So many fields has a message of a fault, with its address and status."""
_JSON = {"Accept": "application/json"}


async def asked(
    courier: Courier,
    context: SourceContext,
    url: str,
    *,
    known: Known | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Brought:
    """Ask an interface that the owner configured; it is made for programs, so robots.txt does not speak of it.

    Raises:
        NoDataError: when it does not answer.
    """
    brought = await courier.bring(context, url, known=known, headers={**_JSON, **headers}, obeys_robots=False)
    if brought.is_gone:
        raise NoDataError(
            _("{url!r} answered {status}.").format(url=url, status=brought.status),
            hint=_("Check the address and the name."),
        )
    return brought


def json_of(brought: Brought) -> Json:
    """Return what an interface answered.

    Raises:
        NoDataError: when that is no JSON.
    """
    try:
        return cast("Json", json.loads(brought.body))
    except (ValueError, RecursionError) as error:
        raise NoDataError(
            _("{url!r} did not answer JSON.").format(url=brought.url), hint=_("Check the address.")
        ) from error


def refuse_faults(answer: Json, url: str) -> None:
    """Refuse an answer that is a message about what went wrong, whatever its status says: it is not "nothing new".

    Raises:
        NoDataError: when it is one.
    """
    if not isinstance(answer, Mapping):
        return
    told = answer.get("errors") or answer.get("error") or (answer.get("message") if len(answer) <= _FEW else None)
    if told:
        because = told[0] if isinstance(told, list) else told
        raise NoDataError(
            _("{url!r} answered with a fault: {because}.").format(url=url, because=str(because)[:200].rstrip(".")),
            hint=_("It may want a login or a token; look at it in a browser."),
        )


def rows_of(value: Json, *path: str) -> list[JsonObject]:
    """Return the objects of a list that stands at a path in an answer."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def word(row: Json, *path: str) -> str:
    """Return the word or figure at a path, empty when there is none."""
    for name in path:
        row = row.get(name) if isinstance(row, Mapping) else None
    return str(row) if isinstance(row, str | int | float) and not isinstance(row, bool) else ""


def number(row: Json, *path: str) -> int:
    """Return the whole number at a path, zero when there is none."""
    text = word(row, *path)
    return int(text) if text.removeprefix("-").isdecimal() and len(text) <= _MOST_DIGITS else 0


def moment(text: str) -> datetime | None:
    """Read a time as interfaces write it."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
