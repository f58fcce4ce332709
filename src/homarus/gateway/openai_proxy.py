"""Hand a request on to a model server that speaks the same protocol: the bytes of the answer pass as they are."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus

from aiohttp import web

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ConnectionFailedError, HomarusError
from homarus.domain.i18n import _
from homarus.domain.inference import Usage
from homarus.domain.labels import Bounds
from homarus.domain.ports import Endpoint, Inlet, Outbound, Purpose
from homarus.gateway.answers import Problem, encoded, openai_error, problem_of, refuse
from homarus.gateway.connection import connection_of
from homarus.gateway.openai_parts import refuse_addresses
from homarus.gateway.openai_progress import Reading, asking, is_to_be_asked, read_first
from homarus.gateway.operations import caller_of, house_of
from homarus.gateway.queueing import QUEUE_HEADER, comment_of, header_of, priority_of
from homarus.gateway.redacting import Redacting
from homarus.gateway.site import SITE
from homarus.gateway.sse import EVENT_STREAM, Stream, stream
from homarus.gateway.whole import Whole
from homarus.models.catalog import EMBEDDED_OUTPUT_TOKENS, Candidate
from homarus.models.dispatch import Priority, Queued, Ticket

_MODEL = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')
_USAGE = b'"usage"'
_OPENS = re.compile(rb'"usage"\s*:\s*\{')
_COUNT = re.compile(rb'"(prompt|input|completion|output)_tokens"\s*:\s*(\d{1,15})\b')
_WORDS = {b"prompt": b"prompt", b"input": b"prompt", b"completion": b"completion", b"output": b"completion"}
_TAIL = 8192
"""Usage stands at the end of a stream."""
_LIMITS = ("max_tokens", "max_completion_tokens", "n_predict")
_WHOLE = 64 * 1024 * 1024
_NOT_THE_CLIENTS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})


def readdressed(body: bytes, parsed: JsonObject, model: Candidate) -> bytes:
    """Return the body with the model's name as its server knows it; all other bytes stay as they are.

    Parameters that the owner gave this model are added where the client named none.
    """
    missing = {name: value for name, value in model.params.items() if name not in parsed} if model.params else {}
    if model.is_embedded and not any(_is_limit(parsed.get(name)) for name in _LIMITS):
        missing["max_tokens"] = EMBEDDED_OUTPUT_TOKENS
    found = None if missing else _MODEL.search(body)
    if found is not None and _MODEL.search(body, found.end()) is None:
        start, end = found.span(1)
        return b"%b%b%b" % (body[:start], _quoted(model.ref.model_id), body[end:])
    # Some text in it looks like the field: write it anew instead of guessing which one it is.
    return encoded({**parsed, **missing, "model": model.ref.model_id})


@lru_cache(maxsize=256)
def _quoted(model_id: str) -> bytes:
    return json.dumps(model_id).encode()


async def forward(
    request: web.Request, body: bytes, parsed: JsonObject, model: Candidate, *, path: str, bounds: Bounds
) -> web.StreamResponse:
    """Send a body to the model's server and pass its answer on, within bounds; a client that hangs up ends the call.

    Raises:
        UsageError: when a server on this machine or in its network would have to fetch something for it.
    """
    desk = house_of(request).desk
    with connection_of(request).cancelling():
        async with desk.lease(model.ref, priority_of(request, usual=Priority.JOB)) as ticket:

            async def send() -> _Sending:
                at = await desk.endpoint(model.ref)
                if at.is_local and (b"url" in body or b"\\u" in body):
                    refuse_addresses([parsed.get("messages"), parsed.get("input")])
                sent, reads = readdressed(body, parsed, model), is_to_be_asked(desk, model, at, parsed, path=path)
                outbound = _outbound(request, asking(sent) if reads else sent, at, path)
                outbound = replace(outbound, reach=bounds.reach, within=bounds.region, region=at.region)
                return _Sending(request=request, outbound=outbound, at=at, model=model, ticket=ticket, reads=reads)

            if not ticket.is_held and parsed.get("stream") is True:
                return await _send_late(request, ticket, send)
            waited: dict[str, str] = {}
            if not ticket.is_held:
                waited = await _waited(ticket)
            return await (await send()).answer(waited)


def _is_limit(value: Json) -> bool:
    """Whether a client's limit is one: for the engine, zero and less mean none."""
    return isinstance(value, int) and value > 0


def _outbound(request: web.Request, body: bytes, at: Endpoint, path: str) -> Outbound:
    headers = {"Content-Type": "application/json", "Accept": request.headers.get("Accept", "*/*"), **at.headers}
    if at.api_key is not None:
        headers["Authorization"] = f"Bearer {at.api_key}"
    return Outbound(
        method="POST",
        url=f"{at.base_url}{path}",
        purpose=Purpose.MODEL,
        headers=headers,
        body=body,
        timeouts=at.timeouts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """A request on its way to its server."""

    request: web.Request
    outbound: Outbound
    at: Endpoint
    model: Candidate
    ticket: Ticket
    reads: bool = False
    """Whether it was asked for progress that the client did not ask for."""

    async def answer(self, headers: dict[str, str]) -> web.StreamResponse:
        """Answer as the server does, with some headers more."""
        request, redacting = self.request, house_of(self.request).redacting
        async with house_of(request).door.open(self.outbound) as inlet:
            if inlet.status in _NOT_THE_CLIENTS:
                return refuse(request, _key_refused(self.at))
            if inlet.headers.get("Content-Type", "").startswith(EVENT_STREAM):
                return await stream(request, lambda out: self._pass_on(out, inlet), headers=headers)
            answer = await inlet.read(_WHOLE)
            self.ticket.began()
            await self._note(answer[-_TAIL:])
            return Whole(body=answer, status=inlet.status, headers={**_passed(inlet, redacting), **headers})

    async def into(self, out: Stream) -> None:
        """Answer into a stream that has begun already: what is no stream of the server's is an error in it."""
        async with house_of(self.request).door.open(self.outbound) as inlet:
            if inlet.headers.get("Content-Type", "").startswith(EVENT_STREAM):
                await self._pass_on(out, inlet)
                return
            said = (await inlet.read(_WHOLE))[:_TAIL]
            problem = _key_refused(self.at) if inlet.status in _NOT_THE_CLIENTS else _no_stream(inlet.status, said)
            await out.send(_failed(problem, house_of(self.request).redacting))

    async def _pass_on(self, out: Stream, inlet: Inlet) -> None:
        clean = house_of(self.request).redacting.chunks()
        clean = read_first(Reading(), clean) if self.reads else clean
        await _pass_on(out, inlet, clean, began=self.ticket.began, note=self._note)

    async def _note(self, tail: bytes) -> None:
        meter = self.request.app[SITE].meter
        await meter.note(caller_of(self.request).caller_id, str(self.model.ref), usage_in(tail))


async def _waited(ticket: Ticket) -> dict[str, str]:
    """Wait for a slot, and return the header that says what the client was told first."""
    first: Queued | None = None
    async for queued in ticket.wait():
        first = first or queued
    return {} if first is None else {QUEUE_HEADER: header_of(first)}


async def _send_late(
    request: web.Request, ticket: Ticket, send: Callable[[], Awaitable[_Sending]]
) -> web.StreamResponse:
    """Begin the stream before there is a slot, so that the client hears how long it has to wait."""

    async def write(out: Stream) -> None:
        try:
            async for queued in ticket.wait():
                await out.send(comment_of(queued))
            await (await send()).into(out)
        except HomarusError as error:
            await out.send(_failed(problem_of(error), house_of(request).redacting))

    return await stream(request, write)


def _failed(problem: Problem, redacting: Redacting) -> bytes:
    told = replace(problem, message=redacting(problem.message), hint=redacting(problem.hint))
    return b"\n\ndata: " + encoded(openai_error(told)) + b"\n\n"


def _no_stream(status: int, said: bytes) -> Problem:
    return Problem(
        status=status,
        message=_("The server answered {status}: {said}").format(status=status, said=said.decode("utf-8", "replace")),
        hint=_("`homarus doctor models` looks at what is wrong with it."),
        kind="ModelCallError",
        code="bad_answer",
    )


async def _pass_on(
    out: Stream,
    inlet: Inlet,
    clean: Callable[[bytes], bytes],
    *,
    began: Callable[[], None],
    note: Callable[[bytes], Awaitable[None]],
) -> None:
    """Pass chunks on without our secrets; what may be the beginning of one waits for the next chunk."""
    tail = b""
    try:
        async for chunk in inlet.chunks():
            began()
            if passed := clean(chunk):
                await out.send(passed)
            tail = (tail + chunk)[-_TAIL:]
        if held := clean(b""):
            await out.send(held)
    except ConnectionFailedError as error:
        problem = Problem(
            status=error.status, message=error.message, hint=error.hint, kind="ModelCallError", code=error.stage.value
        )
        await out.send(b"\n\ndata: " + encoded(openai_error(problem)) + b"\n\n")
    await note(tail)


def usage_in(text: bytes) -> Usage:
    """Return the last usage that the end of an answer names, in the words of either OpenAI protocol."""
    at = text.rfind(_USAGE)
    while at >= 0:
        if _OPENS.match(text, at):
            counts: dict[bytes, int] = {}
            for found in _COUNT.finditer(text, at):
                counts.setdefault(_WORDS[found[1]], int(found[2]))
            return Usage(
                prompt_tokens=counts.get(b"prompt", 0),
                completion_tokens=counts.get(b"completion", 0),
            )
        at = text.rfind(_USAGE, 0, at)
    return Usage()


def _passed(inlet: Inlet, redacting: Redacting) -> dict[str, str]:
    passed = {"Content-Type": redacting(inlet.headers.get("Content-Type", "application/json"))}
    if retry_after := inlet.headers.get("Retry-After"):
        passed["Retry-After"] = redacting(retry_after)
    return passed


def _key_refused(at: Endpoint) -> Problem:
    # Passed on as it is, a client would take it for its own key being wrong.
    return Problem(
        status=502,
        message=_("The provider {name!r} refused the key that homarus has for it.").format(name=at.provider),
        hint=_("Check models.providers.{name}.apiKey: homarus doctor").format(name=at.provider),
        kind="ModelCallError",
        code="auth",
    )
