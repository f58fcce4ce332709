"""Read what a request carries: bounded in size, depth and time, and checked against its type."""

import asyncio
import json
import re
from typing import TYPE_CHECKING, NoReturn, TypeVar, cast

from aiohttp import web

from homarus.domain.content import Json
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.gateway.site import SITE

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    M = TypeVar("M", bound=BaseModel)

MAX_DEPTH = 64
BODY_S = 30.0
"""A body must be there whole by then, and for each megabyte a second longer."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_CONTAINERS = (dict, list)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


_JSON = json.JSONDecoder(parse_constant=_no_constant)


async def read(request: web.Request) -> bytes:
    """Return the body of a request.

    Raises:
        HTTPRequestEntityTooLarge: when more comes in than the path takes, whatever Content-Length said.
        UsageError: when it does not come in time.
    """
    limit = request.app[SITE].body_limit(request.path)
    if request.content.is_eof():
        # It came in with the head: nothing to wait for, and the parser took no more than it could hold.
        whole = request.content.read_nowait()
        if len(whole) > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(whole))
        return whole
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S + limit / 1_000_000):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > limit:
                    raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=size)
                chunks.append(chunk)
    except TimeoutError:
        raise UsageError(_("The body did not come in time."), hint=_("Send it again.")) from None
    return b"".join(chunks)


def parse(body: bytes) -> Json:
    """Return the JSON of a body.

    Raises:
        UsageError: when it is no JSON, or nested deeper than anything that makes sense.
    """
    try:
        value = cast("Json", _JSON.decode((body or b"{}").decode()))
    except (ValueError, RecursionError):
        raise UsageError(_("The body is not JSON."), hint=_("Send one JSON object.")) from None
    # What has fewer brackets cannot be deeper: counting them is cheaper than walking through a long talk.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and is_deeper_than(value, MAX_DEPTH):
        raise UsageError(
            _("The body is nested deeper than {depth} levels.").format(depth=MAX_DEPTH),
            hint=_("Send something flatter."),
        )
    return _whole(value) if _HALF.search(body) else value


def _whole(value: Json) -> Json:
    """Return a value without halves of letters, as U+D800: kept, they would end each answer in which they stand."""
    return cast("Json", _JSON.decode(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()))


def is_deeper_than(value: Json, depth: int) -> bool:
    """Tell whether lists and objects are nested deeper than this."""
    level: list[Json] = [value]
    for _level in range(depth + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, _CONTAINERS)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _CONTAINERS)
        ]
        if not level:
            return False
    return True


async def read_as(request: web.Request, kind: "type[M]") -> "M":
    """Return the body as the type that a path takes.

    Raises:
        UsageError: when it is of another shape; the message names the field.
    """
    return parse_as(parse(await read(request)), kind)


def parse_as(value: Json, kind: "type[M]") -> "M":
    """Return a value as the type that a path takes.

    Raises:
        UsageError: when it is of another shape; the message names the field.
    """
    from pydantic import ValidationError

    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise misshapen(error) from None


def misshapen(error: "ValidationError") -> UsageError:
    """Return what is wrong with a body, by its first fault; what was sent is not repeated."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or _("the body")
    return UsageError(
        _("{where!r}: {fault}").format(where=where, fault=first["msg"]),
        hint=_("The API is described at /api/v1/openapi.json."),
    )
