"""Who may come in: pair a browser, look at devices and keys, make keys, take rights away."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from homarus.domain import codec
from homarus.domain.errors import NotFoundError, RefusedError
from homarus.domain.i18n import _
from homarus.gateway.answers import Problem, ok, refuse
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need, Scope
from homarus.gateway.operations import Operation, caller_of, house_of
from homarus.gateway.security import source_of
from homarus.gateway.site import SITE
from homarus.state.access import ApiKey, Device

_COOKIE_AGE_S = 400 * 86_400
"""As long as browsers keep cookies; a revocation counts at once whatever the browser keeps."""


class DeviceList(BaseModel):
    """Paired browsers."""

    devices: list[Device]


class KeyList(BaseModel):
    """API keys; what they are is not kept, so it cannot be shown."""

    keys: list[ApiKey]


class KeyRequest(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(default_factory=lambda: [Scope.CHAT], min_length=1)
    """`models` for proxying alone, `chat` for agents too, `read`, `admin`; `owner` lets what the client writes count as
    your own words."""


class KeyMade(BaseModel):
    """A new key, shown once."""

    key: ApiKey
    secret: str


class PairingLink(BaseModel):
    """A link that pairs one browser."""

    url: str
    """The code stands behind `#`, so no server and no log sees it."""
    expires_in_s: float


class Claim(BaseModel):
    """A browser that wants to be paired."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=200)
    name: str = Field(default="Browser", min_length=1, max_length=100)


async def devices(request: web.Request) -> web.StreamResponse:
    """Answer with the paired browsers."""
    return ok({"devices": [codec.dump(device) for device in house_of(request).access.devices()]})


async def revoke_device(request: web.Request) -> web.StreamResponse:
    """Shut a browser out; its open streams end."""
    device_id = request.match_info["device_id"]
    device = await house_of(request).access.revoke_device(device_id, by=caller_of(request).by)
    request.app[SITE].hang_up(device_id)
    return ok(codec.dump(device))


async def keys(request: web.Request) -> web.StreamResponse:
    """Answer with the keys."""
    known = house_of(request).access.keys()
    return ok({"keys": [codec.dump(key) for key in known]})


async def make_key(request: web.Request) -> web.StreamResponse:
    """Make a key with no more rights than the one who asks has."""
    caller = caller_of(request)
    wanted = await read_as(request, KeyRequest)
    beyond = sorted(scope.value for scope in frozenset(wanted.scopes) - caller.scopes)
    if beyond:
        raise RefusedError(
            _("{name!r} may not give away {scopes}.").format(name=caller.name, scopes=", ".join(beyond)),
            hint=_("Use the command line: homarus keys add"),
        )
    made = await house_of(request).access.add_key(wanted.name, [scope.value for scope in wanted.scopes])
    return ok({"key": codec.dump(made.key), "secret": made.secret}, status=201)


async def revoke_key(request: web.Request) -> web.StreamResponse:
    """Make a key worthless; its open streams end."""
    key_id = request.match_info["key_id"]
    key = await house_of(request).access.revoke_key(key_id, by=caller_of(request).by)
    request.app[SITE].hang_up(key_id)
    return ok(codec.dump(key))


async def offer(request: web.Request) -> web.StreamResponse:
    """Make a link that pairs one browser, once."""
    site = request.app[SITE]
    made = site.pairing.offer()
    return ok({"url": f"http://127.0.0.1:{site.port}/pair#{made.code}", "expires_in_s": made.ttl_s}, status=201)


async def claim(request: web.Request) -> web.StreamResponse:
    """Pair the browser that has a good code: from here on its cookie is its credential."""
    site = request.app[SITE]
    wanted = await read_as(request, Claim)
    if not site.pairing.claim(wanted.code):
        return _wrong_code(request)
    is_first = not site.house.access.devices()
    paired = await site.house.access.pair(wanted.name)
    has_model = site.house.settings().agents.defaults.model.primary is not None
    body = {"device_id": paired.device.device_id, "name": paired.device.name}
    response = ok({**body, "opens": "/setup" if is_first and not has_model else "/chat"}, status=201)
    response.set_cookie(
        site.cookie_name,
        paired.token,
        max_age=_COOKIE_AGE_S,
        httponly=True,
        samesite="Strict",
        path="/",
        secure=request.headers.get("Origin", "").startswith("https://"),
    )
    return response


def _wrong_code(request: web.Request) -> web.StreamResponse:
    site = request.app[SITE]
    pause_s = site.limiter.failed(source_of(request, "code"), site.house.settings().gateway.rate_limit)
    error = NotFoundError(
        _("This code is not good: it was used, it has expired, or it was never made."),
        hint=_("Make a new link on the machine itself: homarus devices pair"),
    )
    problem = Problem(
        status=429 if pause_s else 401,
        message=error.message,
        hint=error.hint,
        kind="RefusedError",
        retry_after_s=pause_s or None,
    )
    return refuse(request, problem)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/devices",
        answer=devices,
        need=Need.ADMIN,
        about="Paired browsers, also those that were revoked.",
        gives=DeviceList,
    ),
    Operation(
        method="DELETE",
        path="/api/v1/devices/{device_id}",
        answer=revoke_device,
        need=Need.ADMIN,
        about="Shut a browser out, at once; its open streams end.",
        gives=Device,
    ),
    Operation(
        method="GET",
        path="/api/v1/keys",
        answer=keys,
        need=Need.ADMIN,
        about="API keys, also those that were revoked.",
        gives=KeyList,
    ),
    Operation(
        method="POST",
        path="/api/v1/keys",
        answer=make_key,
        need=Need.ADMIN,
        about="Make a key, with no more rights than you have; it is shown once.",
        takes=KeyRequest,
        gives=KeyMade,
        status=201,
    ),
    Operation(
        method="DELETE",
        path="/api/v1/keys/{key_id}",
        answer=revoke_key,
        need=Need.ADMIN,
        about="Make a key worthless, at once; its open streams end.",
        gives=ApiKey,
    ),
    Operation(
        method="POST",
        path="/api/v1/pairing",
        answer=offer,
        need=Need.SOCKET,
        about="Make a link that pairs one browser within ten minutes; only over the Unix socket.",
        gives=PairingLink,
        status=201,
    ),
    Operation(
        method="POST",
        path="/pair/claim",
        answer=claim,
        need=Need.NOTHING,
        about="Pair the browser that has a good code; the answer sets its cookie.",
        takes=Claim,
        status=201,
    ),
)
