"""A model server that speaks OpenAI's protocols, and keeps what it was sent."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

_HEAD = {"id": "u1", "object": "chat.completion.chunk", "created": 1, "model": "big"}
_USAGE = {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}


def _chunk(**more: object) -> bytes:
    return b"data: " + json.dumps({**_HEAD, **more}, separators=(",", ":")).encode() + b"\n\n"


def _said(text: str, finish: str | None) -> bytes:
    delta = {"role": "assistant", "content": text}
    return _chunk(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


CHUNKS = [_said("Up", None), _said("stream", "stop"), _chunk(choices=[], usage=_USAGE) + b"data: [DONE]\n\n"]
WHOLE = {
    "id": "u1",
    "object": "chat.completion",
    "created": 1,
    "model": "big",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Upstream"}, "finish_reason": "stop"}],
    "usage": _USAGE,
}


@dataclass
class Upstream:
    """What the server was sent, and how it behaves."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list[bytes])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    status: int = 200
    error: dict[str, Any] = field(default_factory=lambda: {"error": {"message": "no", "type": "x", "code": "slow"}})
    stalls: bool = False
    """Says the first piece and then nothing."""
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        if self.status != 200:
            return web.json_response(self.error, status=self.status)
        if not json.loads(body).get("stream"):
            return web.json_response(WHOLE)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for chunk in CHUNKS:
                await response.write(chunk)
                if self.stalls:
                    await asyncio.sleep(60)
        except (ConnectionError, asyncio.CancelledError):
            self.hung_up.set()
            raise
        return response


@asynccontextmanager
async def running_upstream() -> AsyncGenerator[Upstream]:
    upstream = Upstream()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", upstream.answer)
    app.router.add_post("/v1/responses", upstream.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    upstream.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield upstream
    finally:
        await runner.cleanup()
