"""Bring a file or what an address holds, and nothing when it is what it was the last time."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from homarus.domain.errors import ConnectionFailedError, EgressRefusedError
from homarus.domain.i18n import _
from homarus.domain.ports import Outbound, Purpose, Timeouts
from homarus.domain.sources import NoDataError, SourceContext

_MOST_BYTES = 64 << 20
_WHOLE_S = 90.0
_TIMEOUTS = Timeouts(connect_s=10, first_byte_s=40, idle_s=20)
_SAME = 304
_REFUSED = frozenset({401, 403})
_FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What is there now."""

    content: bytes
    """Empty when it is what it was."""
    mark: str
    """ETag, date or size and time: what to show the next time."""
    is_same: bool = False


def is_address(where: str) -> bool:
    """Tell whether this is a web address and not a path."""
    return where.lower().startswith(("http://", "https://", "webcal://"))


async def bring(
    where: str, context: SourceContext, *, mark: str = "", headers: dict[str, str] | None = None
) -> Brought:
    """Return what a path or an address holds; `mark` is what the last time gave.

    Raises:
        NoDataError: when it cannot be read, with what would help.
    """
    if is_address(where):
        return await _fetched(where, context, mark, headers or {})
    return await asyncio.to_thread(_read, where, mark)


def _read(where: str, mark: str) -> Brought:
    path = Path(where).expanduser()
    try:
        stat = path.stat()
        now = f"{stat.st_mtime_ns}:{stat.st_size}"
        if now == mark:
            return Brought(content=b"", mark=mark, is_same=True)
        if stat.st_size > _MOST_BYTES:
            raise NoDataError(
                _("{path!r} is larger than {size} MB.").format(path=str(path), size=_MOST_BYTES >> 20),
                hint=_("Split it, or leave out what is old."),
            )
        return Brought(content=path.read_bytes(), mark=now)
    except OSError as error:
        raise NoDataError(
            _("{path!r} cannot be read: {error}.").format(path=str(path), error=error.strerror or type(error).__name__),
            hint=_("Check the path under `sources` in the configuration, and that the file belongs to you."),
        ) from error


async def _fetched(where: str, context: SourceContext, mark: str, headers: dict[str, str]) -> Brought:
    url = "https://" + where.partition("://")[2] if where.lower().startswith("webcal://") else where
    kind, _sep, value = mark.partition("=")
    asked = {"etag": {"If-None-Match": value}, "date": {"If-Modified-Since": value}}.get(kind, {}) if value else {}
    outbound = Outbound(
        method="GET",
        url=url,
        purpose=Purpose.TOOL,
        headers={"User-Agent": "homarus (personal agent)", **headers, **asked},
        timeouts=_TIMEOUTS,
        max_redirects=5,
    )
    try:
        async with asyncio.timeout(_WHOLE_S), context.door.open(outbound) as inlet:
            if inlet.status == _SAME and asked:
                return Brought(content=b"", mark=mark, is_same=True)
            _check(inlet.status, where)
            content = await inlet.read(_MOST_BYTES + 1)
            found = {name.lower(): text for name, text in inlet.headers.items()}
    except (ConnectionFailedError, EgressRefusedError) as error:
        raise NoDataError(
            _("{name!r} cannot be read: {error}").format(name=context.name, error=error.message), hint=error.hint
        ) from error
    except TimeoutError as error:
        raise NoDataError(
            _("{name!r} took longer than {seconds:g} s.").format(name=context.name, seconds=_WHOLE_S),
            hint=_("Try `homarus sources probe {name}` later.").format(name=context.name),
        ) from error
    if len(content) > _MOST_BYTES:
        raise NoDataError(
            _("{name!r} holds more than {size} MB.").format(name=context.name, size=_MOST_BYTES >> 20),
            hint=_("Ask its site for a shorter period."),
        )
    new = f"etag={found['etag']}" if "etag" in found else f"date={found.get('last-modified', '')}"
    return Brought(content=content, mark=new)


def _check(status: int, where: str) -> None:
    if status in _REFUSED:
        raise NoDataError(
            _("{where!r} refused the credentials ({status}).").format(where=_bare(where), status=status),
            hint=_("The password or the token has expired or is wrong; set a new one under `sources`."),
        )
    if status >= _FIRST_REFUSAL:
        raise NoDataError(
            _("{where!r} answered {status}.").format(where=_bare(where), status=status),
            hint=_("Check the address under `sources`, or try again later."),
        )


def _bare(where: str) -> str:
    """Return an address without its query, which often carries a key."""
    return where.partition("?")[0]
