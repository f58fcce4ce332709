"""The guard at the door: who may ask what, decided before anything else is done with a request.

A page in the owner's browser can reach this gateway, so being on the same machine proves nothing. Names under which we
are reached and origins that may ask are exact lists; a credential never stands in an address; writes carry JSON, which
no form and no simple request can send.
"""

import json
import logging
import re
import secrets
from urllib.parse import unquote_plus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from homarus.domain.errors import HomarusError
from homarus.domain.i18n import _
from homarus.gateway import callers
from homarus.gateway.answers import Problem, problem_of, refuse
from homarus.gateway.callers import Caller, Need
from homarus.gateway.connection import Connection, connection_of
from homarus.gateway.headers import ALLOWED_ORIGIN, NONCE
from homarus.gateway.limiter import Source, normalised
from homarus.gateway.site import Site

CALLER: web.RequestKey[Caller] = web.RequestKey("caller", Caller)
"""Under this key a request keeps who asks; nothing stands there when nobody proved anything."""

_LOG = logging.getLogger(__name__)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_CREDENTIAL_WORDS = frozenset(
    {
        "token", "accesstoken", "authtoken", "devicetoken", "sessiontoken", "idtoken", "key", "apikey", "auth",
        "authorization", "bearer", "password", "passwd", "secret", "code", "cookie", "gatewayurl", "gatewaytoken",
        "jwt", "sid", "sessionid", "xapikey", "accesskey", "secretkey", "credential", "credentials", "signature", "pwd",
        "refreshtoken", "clientsecret", "xauthtoken", "csrftoken", "pass", "otp", "pin",
    }
)  # fmt: skip
_NAMES = re.compile(r"[?&;]([^=&;?/#]*)")
"""Names of parameters, in the query and in the path (RFC 3986 section 3.3)."""
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID, X-Homarus-Session",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}


def guard(site: Site) -> Middleware:
    """Return the middleware that every request passes."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = connection_of(request)
        connection.arrived()
        try:
            problem = _unwanted(request, connection, site)
            if problem is not None:
                return refuse(request, problem)
            if request.method == "OPTIONS" and ALLOWED_ORIGIN in request:
                return web.Response(status=204, headers=_PREFLIGHT)
            problem = _unproven(request, connection, site)
            if problem is not None:
                return refuse(request, problem)
            return await handler(request)
        except HomarusError as error:
            return refuse(request, problem_of(error))
        except web.HTTPException as error:
            return _of_http(request, error)
        except Exception as error:
            problem = await _unexpected(request, site, error)
            if request.writer.output_size > 0:
                raise  # an answer is on its way: all that is left is to hang up
            return refuse(request, problem)

    return check


def _unwanted(request: web.Request, connection: Connection, site: Site) -> Problem | None:
    """Return what is wrong with a request whoever sent it; nothing of its body has been read."""
    if not request.raw_path.startswith("/") or len(request.headers.getall("Host", ())) != 1:
        return _problem(400, _("The address of this request is not one of ours."), _("Send a path and one Host."))
    problem = _wrong_place(request, connection, site)
    if problem is None and ("?" in request.raw_path or ";" in request.raw_path):
        problem = _credential_in_address(request)
    if problem is None:
        problem = _wrong_body(request, connection, site)
    return problem


def _wrong_place(request: web.Request, connection: Connection, site: Site) -> Problem | None:
    headers = request.headers
    origin = headers.get("Origin")
    if connection.is_owner_socket:
        if origin is None:
            return None
        return _problem(403, _("Pages may not talk to this socket."), _("Use the address that homarus status names."))
    names = site.names()
    if headers["Host"].lower() not in names.hosts:
        return _problem(
            421,
            _("This gateway is not reached under the name {host!r}.").format(host=headers["Host"][:100]),
            _("Open http://127.0.0.1:{port}, or add the name to gateway.allowedHosts.").format(port=site.port),
        )
    if origin is not None:
        if origin in names.further_origins:
            request[ALLOWED_ORIGIN] = origin
            return None
        if origin not in names.own_origins or len(headers.getall("Origin")) != 1:
            return _foreign(origin)
    if headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return _foreign(_("another site"))
    return None


def _foreign(who: str) -> Problem:
    return _problem(
        403,
        _("Pages of {who!r} may not talk to this gateway.").format(who=who[:100]),
        _("Open the page here yourself, or add the origin to gateway.allowedOrigins."),
    )


def _credential_in_address(request: web.Request) -> Problem | None:
    for name in (unquote_plus(found) for found in _NAMES.findall(request.raw_path)):
        if name.strip().lower().replace("_", "").replace("-", "") in _CREDENTIAL_WORDS:
            return _problem(
                400,
                _("{name!r} must not stand in an address: addresses end up in logs.").format(name=name[:40]),
                _("Send an API key in the Authorization header; pair a browser with: homarus devices pair"),
            )
    return None


def _wrong_body(request: web.Request, connection: Connection, site: Site) -> Problem | None:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return _problem(415, _("Bodies must not be compressed."), _("Leave Content-Encoding out."), closes=True)
    limit = site.body_limit(request.path)
    if (request.content_length or 0) > limit:
        return _problem(
            413,
            _("This request is larger than {limit:,} bytes.").format(limit=limit),
            _("Send less, or raise gateway.maxBodyMb."),
            closes=True,
        )
    if request.method in _READS or request.method == "DELETE":
        return None
    if request.content_type == "application/json" and "Content-Type" in request.headers:
        return None
    if connection.is_owner_socket and not request.body_exists:
        return None
    return _problem(
        415, _("Only JSON is read here."), _("Send Content-Type: application/json."), closes=request.body_exists
    )


def _unproven(request: web.Request, connection: Connection, site: Site) -> Problem | None:
    """Find out who asks, and return a problem unless they may."""
    caller = _caller(request, connection, site)
    if not request.path.startswith(("/api/", "/v1/")):
        request[NONCE] = secrets.token_urlsafe(18)
    if caller is not None:
        request[CALLER] = caller
        connection.proven()
    need = site.need(request)
    if need is Need.NOTHING or (caller is not None and caller.meets(need)):
        return None
    if caller is not None:
        return _not_enough(caller, need)
    pause_s = _count_wrong(request, site)
    if pause_s:
        return Problem(
            status=429,
            message=_("Too many wrong credentials came from here."),
            hint=_("Wait, then try again; whoever is paired or holds a valid key is not affected."),
            kind="RefusedError",
            code="rate_limit_exceeded",
            retry_after_s=pause_s,
        )
    return _problem(401, *_how_to_prove(request), code="invalid_api_key")


def _caller(request: web.Request, connection: Connection, site: Site) -> Caller | None:
    if connection.is_owner_socket:
        return callers.SOCKET_OWNER
    bearer = bearer_of(request)
    if bearer is not None:
        key = site.house.access.key_of(bearer)
        if key is not None:
            return callers.of_key(key)
    # A cookie is only worth something from a page of our own, or from a program that sends no origin at all.
    cookie = request.cookies.get(site.cookie_name) if "Cookie" in request.headers else None
    if cookie and ALLOWED_ORIGIN not in request:
        device = site.house.access.device_of(cookie)
        if device is not None:
            return callers.of_device(device)
    return None


def bearer_of(request: web.BaseRequest) -> str | None:
    """Return the key of the Authorization header, if there is one."""
    kind, _space, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" and key.strip() else None


def source_of(request: web.BaseRequest, credential: str) -> Source:
    """Return whom a wrong credential is counted against; only what the connection and the browser say is used."""
    origin_class = "page" if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers else "none"
    return Source(address=normalised(request.remote or ""), origin_class=origin_class, credential=credential)


def _count_wrong(request: web.Request, site: Site) -> float:
    limit = site.house.settings().gateway.rate_limit
    pause_s = 0.0
    if "Authorization" in request.headers:
        pause_s = site.limiter.failed(source_of(request, "key"), limit)
    if request.cookies.get(site.cookie_name):
        pause_s = max(pause_s, site.limiter.failed(source_of(request, "cookie"), limit))
    return pause_s


def _how_to_prove(request: web.Request) -> tuple[str, str]:
    if request.path.startswith("/v1/"):
        return _("A valid API key is needed here."), _("Make one with: homarus keys add NAME")
    return _("This browser is not paired with your homarus."), _(
        "Run homarus devices pair; it prints a link that pairs it."
    )


def _not_enough(caller: Caller, need: Need) -> Problem:
    if need is Need.SOCKET:
        hint = _("Use the command line on the machine itself.")
    else:
        hint = _("Make a key that may: homarus keys add NAME --scope {scope}").format(scope=need.value)
    return _problem(403, _("{name!r} may not do this.").format(name=caller.name), hint, code="insufficient_scope")


def _problem(status: int, message: str, hint: str, *, code: str | None = None, closes: bool = False) -> Problem:
    return Problem(status=status, message=message, hint=hint, kind="RefusedError", code=code, closes=closes)


def _of_http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    messages = {
        404: _("There is nothing at {path!r}.").format(path=request.path[:200]),
        405: _("{method} is not possible at {path!r}.").format(method=request.method, path=request.path[:200]),
        413: _("This request is too large."),
    }
    message = messages.get(error.status, error.reason)
    hint = _("The API is described at /api/v1/openapi.json.")
    kind = "NotFoundError" if error.status == 404 else "UsageError"  # noqa: PLR2004 - HTTP's own number
    problem = Problem(status=error.status, message=message, hint=hint, kind=kind, closes=error.status == 413)  # noqa: PLR2004
    response = refuse(request, problem)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


async def _unexpected(request: web.Request, site: Site, error: Exception) -> Problem:
    """Write down what nobody expected; who asked learns that it broke, and nothing of the inside."""
    reference = secrets.token_hex(4)
    _LOG.error("Request %s %s broke (%s)", request.method, json.dumps(request.path[:200]), reference, exc_info=error)
    await site.record_failure(f"request {request.method} {request.path[:200]}", error, reference)
    return Problem(
        status=500,
        message=_("Something broke that nobody expected ({reference}).").format(reference=reference),
        hint=_("See what happened: homarus logs"),
        kind="HomarusError",
    )
