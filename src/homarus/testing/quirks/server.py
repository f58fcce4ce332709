"""The quirk server: listens on loopback, answers as scripted, misbehaves as told, keeps every request."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Self, cast

from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks import anthropic, completions, ollama, responses
from homarus.testing.quirks.acts import EVENT_STREAM, NDJSON, Act, End, Head, compact, whole
from homarus.testing.quirks.catalogue import quirk_named
from homarus.testing.quirks.connection import Connection, on_the_wire
from homarus.testing.quirks.places import DIGEST, Face, knows, tell
from homarus.testing.quirks.quirk import Quirk, Refusal
from homarus.testing.quirks.received import Received
from homarus.testing.quirks.turns import (
    ANTHROPIC_MESSAGES,
    APIS,
    OLLAMA,
    OPENAI_COMPLETIONS,
    OPENAI_RESPONSES,
    Asked,
    Heard,
    Script,
    Turn,
    say,
    turn_for,
)

_SPEAKING = {
    OPENAI_COMPLETIONS: completions,
    OPENAI_RESPONSES: responses,
    ANTHROPIC_MESSAGES: anthropic,
    OLLAMA: ollama,
}
_PATHS = {
    "/v1/chat/completions": OPENAI_COMPLETIONS,
    "/chat/completions": OPENAI_COMPLETIONS,
    "/v1/responses": OPENAI_RESPONSES,
    "/v1/messages": ANTHROPIC_MESSAGES,
    "/api/chat": OLLAMA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the server is, apart from what it says."""

    models: tuple[str, ...] = ("quirk",)
    """The first one is loaded; prompts for any name are answered."""
    speaks: tuple[str, ...] = APIS
    """Which protocols there are; the paths of the others are not found."""
    api_key: str | None = None
    """With one, requests without it are refused (401)."""
    window_tokens: int = 32_768
    """What it says that its window is."""
    pause_s: float = 0.5
    """How long the slow quirks are slow."""
    is_strict: bool = True
    """Whether it refuses what hosted servers refuse: dots in tool names, results without a call."""
    is_instant: bool = False
    """For benchmarks: the same bytes for every prompt, no script, no records, no quirks."""


class QuirkServer:
    """A model server that does as it is told; an async context manager."""

    def __init__(
        self,
        script: Script = (),
        *,
        quirks: Iterable[str | Quirk] = (),
        port: int = 0,
        manner: Manner | None = None,
    ) -> None:
        """Get ready; nothing is opened yet. Without a script it says hello."""
        self.script: Script = script or (say("Hello."),)
        self.quirks = [quirk_named(quirk) if isinstance(quirk, str) else quirk for quirk in quirks]
        """May be changed while it runs."""
        self.manner = manner or Manner()
        self.received: list[Received] = []
        """Every request, in order."""
        self.prompted = asyncio.Event()
        """Set when the first prompt has come in."""
        self._port = port
        self._prompts = 0
        self._answered = 0
        self._listener: asyncio.Server | None = None
        self._open: set[Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(min((quirk.slots for quirk in self.quirks if quirk.slots), default=64))
        self._instant: dict[tuple[str, bool], bytes] = {}

    async def __aenter__(self) -> Self:
        """Listen on a port of the system's choice, unless one was named."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and drop every client."""
        assert self._listener is not None
        self._listener.close()
        for connection in self._open:
            connection.abort()
        if self._serving:
            await asyncio.wait(self._serving, timeout=5)
        await self._listener.wait_closed()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def prompts(self) -> list[Received]:
        """The requests that asked the model for something, in order."""
        return [request for request in self.received if request.is_prompt]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, pause_s=self.manner.pause_s, is_watched=not self.manner.is_instant)
        task = asyncio.current_task()
        assert task is not None
        self._open.add(connection)
        self._serving.add(task)
        try:
            await connection.serve(self._answer_at_once if self.manner.is_instant else self._answer)
        finally:
            self._open.discard(connection)
            self._serving.discard(task)

    async def _answer(self, connection: Connection, request: Received) -> None:
        self.received.append(request)
        api = _PATHS.get(request.path) if request.method == "POST" else None
        if api is None or api not in self.manner.speaks:
            await connection.play(self._tell(request), request)
            return
        request.is_prompt = True
        self.prompted.set()
        self._prompts += 1
        number = self._prompts
        async with self._slots:
            await connection.play(self._prompted(api, request, number), request)

    def _tell(self, request: Received) -> list[Act]:
        if not self._may(request):
            return _refused(OPENAI_COMPLETIONS, _NO_KEY)
        body = _object(request.body) if request.body else dict[str, Json]()
        if body is None:
            return _refused(OPENAI_COMPLETIONS, _NOT_JSON)
        says = tell(self._face(), request.method, request.path, body)
        if says is None:
            error: JsonObject = {"code": 404, "message": "File Not Found", "type": "not_found_error"}
            return whole(compact({"error": error}), status=404)
        return whole(compact(says.body), status=says.status)

    def _face(self) -> Face:
        active = [quirk for quirk in self.quirks if quirk.times is None or self._prompts < quirk.times]
        windows = [quirk.window_tokens for quirk in self.quirks if quirk.window_tokens]
        return Face(
            models=self.manner.models,
            speaks=knows(self.manner.speaks),
            window_tokens=min([self.manner.window_tokens, *windows]),
            slots=min((quirk.slots for quirk in self.quirks if quirk.slots), default=4),
            is_cold=any(quirk.is_cold for quirk in active),
            is_unloading=any(quirk.is_unloading for quirk in self.quirks),
            is_secretive=any(quirk.is_secretive for quirk in self.quirks),
            digest=next((quirk.digest for quirk in self.quirks if quirk.digest), DIGEST),
            remote_host=next((quirk.remote_host for quirk in self.quirks if quirk.remote_host), ""),
        )

    def _may(self, request: Received) -> bool:
        key = self.manner.api_key
        given = (request.headers.get("authorization", ""), request.headers.get("x-api-key", ""))
        return key is None or given[0] == f"Bearer {key}" or given[1] == key

    def _prompted(self, api: str, request: Received, number: int) -> list[Act]:
        speaking = _SPEAKING[api]
        body = _object(request.body)
        if body is None:
            return _refused(api, _NOT_JSON)
        asked = cast("Asked", speaking.read(body, self._answered + 1))
        active = [quirk for quirk in self.quirks if _applies(quirk, asked, number)]
        refusal = self._refusal(speaking, request, asked, active)
        if refusal is not None:
            return _refused(api, refusal)
        self._answered += 1
        read = _truncated(asked, active)
        counted = read if any(quirk.tells_cut for quirk in active) else asked
        return _acts(speaking, turn_for(self.script, read), counted, active)

    def _refusal(self, speaking: ModuleType, request: Received, asked: Asked, active: list[Quirk]) -> Refusal | None:
        if not self._may(request):
            return _NO_KEY
        if self.manner.is_strict and (complaint := speaking.complaint(asked.body)):
            return Refusal(status=400, message=complaint, kind="invalid_request_error")
        refusals = (quirk.refuse(asked) for quirk in active if quirk.refuse)
        return next((refusal for refusal in refusals if refusal is not None), None)

    async def _answer_at_once(self, connection: Connection, request: Received) -> None:
        api = _PATHS.get(request.path)
        if api is None:
            await connection.play(self._tell(request), request)
            return
        is_stream = _wants_stream(api, request.body)
        if (api, is_stream) not in self._instant:
            asked = Asked(
                api=api, model=self.manner.models[0], messages=(), tools=(), is_stream=is_stream, body={}, number=1
            )
            self._instant[api, is_stream] = on_the_wire(_acts(_SPEAKING[api], turn_for(self.script, asked), asked, []))
        request.status = 200
        await connection.send(self._instant[api, is_stream])


_NOT_JSON = Refusal(status=400, message="invalid JSON", kind="invalid_request_error")
_NO_KEY = Refusal(status=401, message="Invalid API Key", kind="authentication_error")


def _object(body: bytes) -> JsonObject | None:
    try:
        found = cast("Json", json.loads(body))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _applies(quirk: Quirk, asked: Asked, number: int) -> bool:
    if quirk.times is not None and number > quirk.times:
        return False
    return (not quirk.only or asked.api in quirk.only) and (asked.is_stream or not quirk.is_stream_only)


def _truncated(asked: Asked, active: list[Quirk]) -> Asked:
    """Drop the oldest messages until the rest fits, as servers do that say nothing of it."""
    window = min((quirk.window_tokens for quirk in active if quirk.window_tokens), default=None)
    messages: tuple[Heard, ...] = asked.messages
    while window is not None and len(messages) > 1 and sum(len(heard.text) for heard in messages) // 4 > window:
        messages = messages[1:]
    return replace(asked, messages=messages)


def _acts(speaking: ModuleType, turn: Turn, asked: Asked, active: list[Quirk]) -> list[Act]:
    for quirk in active:
        turn = quirk.rewrite(turn, asked) if quirk.rewrite else turn
    acts: list[Act]
    if asked.is_stream:
        kind = NDJSON if asked.api == OLLAMA else EVENT_STREAM
        acts = [Head(headers=kind), *speaking.stream(turn, asked), End()]
    else:
        acts = whole(speaking.answer(turn, asked))
    for quirk in active:
        acts = quirk.stream(acts, asked) if quirk.stream else acts
    return acts


def _refused(api: str, refusal: Refusal) -> list[Act]:
    if refusal.body is not None:
        return whole(refusal.body, status=refusal.status, headers=refusal.headers)
    body = dict(cast("JsonObject", _SPEAKING[api].refusal(refusal.status, refusal.message, refusal.kind)))
    if refusal.extra and isinstance(error := body.get("error"), dict):
        body["error"] = {**error, **refusal.extra}
    headers = (("Content-Type", "application/json"), *refusal.headers)
    return whole(compact(body), status=refusal.status, headers=headers)


def _wants_stream(api: str, body: bytes) -> bool:
    if api == OLLAMA:
        return b'"stream":false' not in body and b'"stream": false' not in body
    return b'"stream":true' in body or b'"stream": true' in body
