"""The headers that every answer carries: nothing is sniffed, framed, cached or told to another site."""

from collections.abc import Mapping

from aiohttp import web
from multidict import CIMultiDict

NONCE: web.RequestKey[str] = web.RequestKey("nonce", str)
"""Under this key a request keeps the nonce that the scripts and styles of its page carry."""
ALLOWED_ORIGIN: web.RequestKey[str] = web.RequestKey("allowed_origin", str)
"""Under this key a request keeps the foreign origin that the owner allowed and that may read the answer."""

_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)

ALWAYS: Mapping[str, str] = {
    "Server": "homarus",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    "Cache-Control": "no-store",
}

NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""The policy of answers that are no page: should a browser show one, it can do nothing."""


def page_policy(nonce: str) -> str:
    """Return the policy of a page: only what carries this nonce runs, and no string becomes code.

    Source: https://www.w3.org/TR/CSP3/ and https://www.w3.org/TR/trusted-types/
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types homarus",
        )
    )


_STAMP = CIMultiDict({**ALWAYS, "Content-Security-Policy": NOT_A_PAGE})
STAMPED = "".join(f"{name}: {value}\r\n" for name, value in _STAMP.items())
"""The same headers as they stand on the wire."""


async def stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on an answer that is about to be sent; what it set itself of them stays."""
    headers = response.headers
    own_policy, own_keeping = headers.get("Content-Security-Policy"), headers.get("Cache-Control")
    headers.update(_STAMP)
    if own_keeping is not None:
        headers["Cache-Control"] = own_keeping
    if own_policy is not None:
        headers["Content-Security-Policy"] = own_policy
    elif response.content_type == "text/html" and NONCE in request:
        headers["Content-Security-Policy"] = page_policy(request[NONCE])
    # Looking a key of a request up in vain costs more than all of the above; most requests name no origin.
    if "Origin" in request.headers and ALLOWED_ORIGIN in request:
        headers["Access-Control-Allow-Origin"] = request[ALLOWED_ORIGIN]
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["Vary"] = "Origin"
