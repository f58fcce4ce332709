"""The barest code that does the same, for ratios: `python -m benchmarks.floor {gateway,proxy,model}`.

`gateway` is aiohttp with two flushed SQLite commits a turn and no agent; `proxy` hands requests on; `model` answers
with the same bytes at once, or as a stream of words. Each prints its address and serves until it is ended.
"""

import argparse
import asyncio
import json
import os
import queue
import sqlite3
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import aiohttp
import uvloop
from aiohttp import web

from benchmarks.ground import PACED_WORDS

_SYNC = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS rows (n INTEGER, body TEXT);"
_MAX_BODY = 64 * 1024 * 1024
_WORDS = 80
PACE_S = 0.002


class Rows:
    """Flushed commits of one thread, as many at once as wait."""

    def __init__(self, path: Path) -> None:
        self._jobs: queue.SimpleQueue[tuple[str, asyncio.Future[None]]] = queue.SimpleQueue()
        self._path = path
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, daemon=True).start()

    async def add(self, body: str) -> None:
        """Return when a row is on the disk."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._jobs.put((body, done))
        await done

    def _run(self) -> None:
        sql = sqlite3.connect(self._path, isolation_level=None)
        sql.executescript(_SYNC)
        while True:
            batch = [self._jobs.get()]
            while not self._jobs.empty():
                batch.append(self._jobs.get())
            sql.execute("BEGIN IMMEDIATE")
            for body, _done in batch:
                sql.execute("INSERT INTO rows (body) VALUES (?)", (body,))
            sql.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, [done for _body, done in batch])


def _resolve(waiting: list[asyncio.Future[None]]) -> None:
    for done in waiting:
        if not done.done():
            done.set_result(None)


async def gateway(upstream: str, folder: Path) -> None:
    """Serve turns: write the message down, ask the model, write the answer down, send it."""
    rows = Rows(folder / "floor.db")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def turn(request: web.Request) -> web.StreamResponse:
            asked = await request.json()
            await rows.add(json.dumps(asked))
            body = {"model": "quirk", "stream": True, "messages": [{"role": "user", "content": asked["text"]}]}
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            async with session.post(f"{upstream}/chat/completions", json=body) as answer:
                said = await answer.text()
            await rows.add(said)
            await response.prepare(request)
            await response.write(b'event: ended\ndata: {"reply": ' + json.dumps(said).encode() + b"}\n\n")
            await response.write_eof()
            return response

        app = web.Application()
        app.router.add_post("/api/v1/turns", turn)
        app.router.add_get("/api/v1/status", _well)
        await _serve(app, folder / "gateway.sock")


async def _well(_request: web.Request) -> web.Response:
    return web.json_response({"version": "floor"})


async def proxy(upstream: str) -> None:
    """Hand requests on, the bytes as they are."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def answer(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            headers = {"Content-Type": "application/json", "Authorization": "Bearer up"}
            async with session.post(f"{upstream}/chat/completions", data=body, headers=headers) as inlet:
                if inlet.content_type != "text/event-stream":
                    return web.Response(body=await inlet.read(), content_type=inlet.content_type)
                response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
                await response.prepare(request)
                async for chunk in inlet.content.iter_any():
                    await response.write(chunk)
                return response

        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_post("/v1/chat/completions", answer)
        await _serve(app, None)


async def _serve(app: web.Application, socket: Path | None) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    if socket is not None:
        await web.UnixSite(runner, str(socket)).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


# --- the model ----------------------------------------------------------------------------------------------------

_FRAME = {"id": "1", "object": "chat.completion", "created": 1, "model": "quirk"}
_USAGE = {"prompt_tokens": 900, "completion_tokens": _WORDS, "total_tokens": 900 + _WORDS}


def _answer() -> bytes:
    message = {"role": "assistant", "content": "word " * _WORDS}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _whole({**_FRAME, "choices": [choice], "usage": _USAGE})


def _models() -> bytes:
    return _whole({"object": "list", "data": [{"id": "quirk", "object": "model"}, {"id": "paced", "object": "model"}]})


def _whole(value: object) -> bytes:
    body = json.dumps(value).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def _chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def _delta(content: str | None, finish: str | None = None) -> bytes:
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    frame = {**_FRAME, "object": "chat.completion.chunk", "choices": [choice]}
    return _chunk(b"data: " + json.dumps(frame, separators=(",", ":")).encode() + b"\n\n")


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_END = _delta(None, "stop") + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Model(asyncio.Protocol):
    """A model server on raw bytes; a model named `paced` says one word every two milliseconds."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._talk: asyncio.Task[None] | None = None
        self._whole, self._listed = _answer(), _models()
        self._stream = _HEAD + _delta("word ") * _WORDS + _END

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._buffer += data
        while (request := self._taken()) is not None:
            self._reply(request)

    def _taken(self) -> bytes | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._buffer[:end]).lower()
        _before, found, after = head.partition(b"\r\ncontent-length:")
        size = end + 4 + (int(after.split(b"\r\n", 1)[0]) if found else 0)
        if len(self._buffer) < size:
            return None
        request = bytes(self._buffer[:size])
        del self._buffer[:size]
        return request

    def _reply(self, request: bytes) -> None:
        assert self._transport is not None
        if request.startswith(b"GET"):
            self._transport.write(self._listed)
        elif b'"stream":true' not in request and b'"stream": true' not in request:
            self._transport.write(self._whole)
        elif b'"paced"' in request:
            self._talk = asyncio.get_running_loop().create_task(self._say(self._transport))
        else:
            self._transport.write(self._stream)

    async def _say(self, transport: asyncio.Transport) -> None:
        transport.write(_HEAD)
        for number in range(PACED_WORDS):
            transport.write(_delta(f"word{number * number} "))
            await asyncio.sleep(PACE_S)
        transport.write(_END)


async def model() -> None:
    """Serve the model."""
    async with _listening():
        await asyncio.Event().wait()


@asynccontextmanager
async def _listening() -> AsyncGenerator[None]:
    server = await asyncio.get_running_loop().create_server(Model, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        yield


def main() -> None:
    """Serve what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("gateway", "proxy", "model"))
    parser.add_argument("--upstream", default="")
    parser.add_argument("--folder", type=Path, default=Path())
    options = parser.parse_args()
    os.umask(0o077)
    match options.what:
        case "gateway":
            uvloop.run(gateway(options.upstream, options.folder))
        case "proxy":
            uvloop.run(proxy(options.upstream))
        case _:
            uvloop.run(model())


if __name__ == "__main__":
    main()
