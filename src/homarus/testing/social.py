"""Social networks of the tests' own: Mastodon's API and a Bluesky PDS as a program that posts sees them.

Shapes are those of https://docs.joinmastodon.org/methods/statuses/ (4.x) and of @atproto/pds 0.5: the same
Idempotency-Key gives the same status, and a record that is put again under its key is the same record.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "tests-only-token"  # noqa: S105 - nobody's
_PATIENCE_S = 20.0
_MOST_CHARS = 500
_MOST_GRAPHEMES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def token(self) -> str:
        """What it signs in with."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer."""

    value: Any
    status: int = 200


@dataclass(slots=True, kw_only=True)
class SocialServer:
    """One of the two, with what was posted on it."""

    port: int = 0
    posts: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """By id or record key."""
    breaks: int = 0
    """How many of the next posts are taken and then not answered."""
    asked: list[Asked] = field(default_factory=list[Asked])
    _keys: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def mastodon(self, asked: Asked) -> Answered:
        """Answer as Mastodon does."""
        if asked.path == "/api/v2/instance":
            return Answered(value={"configuration": {"statuses": {"max_characters": _MOST_CHARS}}})
        if asked.token != TOKEN:
            return Answered(status=401, value={"error": "The access token is invalid"})
        match asked.path:
            case "/api/v1/statuses" if asked.method == "POST":
                return self._status(asked)
            case "/api/v1/accounts/verify_credentials":
                return Answered(value={"id": "1", "acct": "jonas"})
            case "/api/v1/accounts/1/statuses":
                return Answered(value=list(reversed(self.posts.values())))
            case "/api/v1/notifications":
                return Answered(value=_mentions(int(asked.query.get("since_id", ["0"])[0])))
            case _:
                return Answered(status=404, value={"error": "Record not found"})

    def bluesky(self, asked: Asked) -> Answered:
        """Answer as a PDS does."""
        name = asked.path.removeprefix("/xrpc/")
        if name == "com.atproto.server.createSession":
            if asked.body.get("password") != TOKEN:
                return _refused("AuthenticationRequired", "Invalid identifier or password", status=401)
            return Answered(
                value={"did": "did:plc:tests", "handle": "jonas.test", "accessJwt": TOKEN, "refreshJwt": "r"}
            )
        if asked.token != TOKEN:
            return _refused("InvalidToken", "Bad token", status=401)
        if name == "com.atproto.repo.putRecord":
            text = str(asked.body["record"].get("text", ""))
            if len(text) > _MOST_GRAPHEMES * 10:
                return _refused("InvalidRequest", "Record/text must not be longer than 300 graphemes")
            key = str(asked.body["rkey"])
            self.posts[key] = asked.body["record"]
            return Answered(value={"uri": _at(key), "cid": "bafytests"})
        if name == "com.atproto.repo.getRecord":
            key = asked.query["rkey"][0]
            if key not in self.posts:
                return _refused("RecordNotFound", f"Could not locate record: {_at(key)}")
            return Answered(value={"uri": _at(key), "value": self.posts[key]})
        return _refused("MethodNotImplemented", "Method Not Implemented", status=501)

    def _status(self, asked: Asked) -> Answered:
        text, key = str(asked.body.get("status", "")), asked.headers.get("idempotency-key", "")
        if len(text) > _MOST_CHARS:
            return Answered(status=422, value={"error": "Validation failed: Text character limit of 500 exceeded"})
        number = self._keys.get(key) or str(len(self.posts) + 1)
        if key:
            self._keys[key] = number
        status = {"id": number, "content": f"<p>{escape(text)}</p>", "url": f"{self.url}/@jonas/{number}"}
        return Answered(value=self.posts.setdefault(number, status))

    def broke(self, asked: Asked) -> bool:
        """Tell whether this answer is to be lost."""
        is_post = asked.method == "POST" and asked.path in {"/api/v1/statuses", "/xrpc/com.atproto.repo.putRecord"}
        if is_post and self.breaks:
            self.breaks -= 1
            return True
        return False


@asynccontextmanager
async def serving(network: str) -> AsyncGenerator[SocialServer]:
    """Serve `mastodon` or `bluesky` while inside."""
    here = SocialServer()
    answer = here.mastodon if network == "mastodon" else here.bluesky

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            asked = await _read(reader)
            here.asked.append(asked)
            told = answer(asked)
            if not here.broke(asked):
                body = json.dumps(told.value).encode()
                head = f"HTTP/1.1 {told.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
                writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)
                await writer.drain()
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    here.port = int(server.sockets[0].getsockname()[1])
    try:
        yield here
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    method, target, _version = (await reader.readline()).decode().split()
    headers: dict[str, str] = {}
    while line := (await reader.readline()).decode().strip():
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Asked(
        method=method,
        path=parts.path,
        query=parse_qs(parts.query),
        headers=headers,
        body=json.loads(body) if body else {},
    )


def _mentions(after: int) -> list[Mapping[str, Any]]:
    status = {"id": "77", "content": "<p>Hello @jonas</p>", "created_at": "2026-11-20T08:00:00.000Z", "url": None}
    mention = {"id": "5", "type": "mention", "status": {**status, "account": {"acct": "lena@elsewhere.example"}}}
    return [mention] if after < 5 else []


def _refused(error: str, message: str, *, status: int = 400) -> Answered:
    return Answered(status=status, value={"error": error, "message": message})


def _at(key: str) -> str:
    return f"at://did:plc:tests/app.bsky.feed.post/{key}"
