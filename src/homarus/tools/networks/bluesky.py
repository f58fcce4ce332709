"""Bluesky. A post is a record whose key comes from the idempotency key, so putting it twice leaves one post.

Sources: https://docs.bsky.app/docs/api/com-atproto-repo-put-record, https://atproto.com/specs/tid. `createRecord` with
a key that is taken answers 500; `putRecord` is idempotent (measured against @atproto/pds 0.5).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ToolFailedError
from homarus.domain.labels import HOUSE
from homarus.domain.ports import Door
from homarus.tools.networks.accounts import BlueskySettings
from homarus.tools.networks.wire import Said, call
from homarus.tools.posting import LIMITS, graphemes

_COLLECTION = "app.bsky.feed.post"
_MOST_BYTES = 3_000
_TID = "234567abcdefghijklmnopqrstuvwxyz"
_LINK = re.compile(r"https?://[^\s<>\"]{3,1000}")
_FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Signed in."""

    did: str
    token: str


def record_key(idempotency_key: str) -> str:
    """Return the record's key: a TID with a time long past, so that no server takes it for one of the future."""
    digest = int.from_bytes(hashlib.sha256(idempotency_key.encode()).digest()[:8], "big")
    number = digest & ((1 << 60) - 1)  # 50 bits of microseconds end in 2005, 10 bits of clock
    return "".join(_TID[(number >> shift) & 31] for shift in range(60, -1, -5))


async def sign_in(settings: BlueskySettings, door: Door) -> Session:
    """Sign in with the app password.

    Raises:
        ToolFailedError: when the server does not let the account in.
    """
    body: JsonObject = {"identifier": settings.handle, "password": settings.password.get_secret_value()}
    said = await call(door, "POST", f"{settings.base}/xrpc/com.atproto.server.createSession", body=body)
    did, token = said.body.get("did"), said.body.get("accessJwt")
    if not said.is_ok or not isinstance(did, str) or not isinstance(token, str):
        raise ToolFailedError(
            f"Bluesky does not let {settings.handle!r} in: {said.problem}",
            hint="The owner makes a new app password and sets it under `sources`.",
        )
    return Session(did=did, token=token)


async def post(settings: BlueskySettings, door: Door, text: str, *, key: str, at: datetime) -> Said:
    """Post a text once.

    Raises:
        ToolFailedError: when it surely was not posted.
    """
    length = graphemes(text)
    if length > LIMITS["bluesky"] or len(text.encode()) > _MOST_BYTES:
        raise ToolFailedError(
            f"The text has {length} characters; Bluesky takes {LIMITS['bluesky']}.", hint="Shorten it.", label=HOUSE
        )
    session = await sign_in(settings, door)
    record: JsonObject = {
        "$type": _COLLECTION,
        "text": text,
        "createdAt": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "facets": _links(text),
    }
    body: JsonObject = {
        "repo": session.did,
        "collection": _COLLECTION,
        "rkey": record_key(key),
        "record": record,
    }
    said = await call(door, "POST", f"{settings.base}/xrpc/com.atproto.repo.putRecord", token=session.token, body=body)
    if not said.is_ok and said.status < _FIRST_SERVER_ERROR:
        raise ToolFailedError(f"Bluesky refused it: {said.problem}", hint="Check the text.")
    return said


async def find(settings: BlueskySettings, door: Door, *, key: str) -> str | None:
    """Return the address of the post with this key, if there is one.

    Raises:
        ToolFailedError: when the server cannot be asked.
    """
    session = await sign_in(settings, door)
    query = f"repo={session.did}&collection={_COLLECTION}&rkey={record_key(key)}"
    said = await call(door, "GET", f"{settings.base}/xrpc/com.atproto.repo.getRecord?{query}", token=session.token)
    if said.is_ok:
        return str(said.body.get("uri", ""))
    if said.body.get("error") == "RecordNotFound":
        return None
    raise ToolFailedError(f"Bluesky could not be asked: {said.problem}", hint="Try again later.")


def _links(text: str) -> list[Json]:
    """Return where links stand, in bytes, as clients need it to make them links."""
    found: list[Json] = []
    for link in _LINK.finditer(text):
        url = link.group().rstrip(".,;:!?)")
        start = len(text[: link.start()].encode())
        found.append(
            {
                "index": {"byteStart": start, "byteEnd": start + len(url.encode())},
                "features": [{"$type": "app.bsky.richtext.facet#link", "uri": url}],
            }
        )
    return found
