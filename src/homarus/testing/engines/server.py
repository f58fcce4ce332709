"""A server of one kind: places, prompts, slots, and the faults that a real one has."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Self, cast

from homarus.testing.engines import llama_server, lm_studio, ollama, vllm
from homarus.testing.engines.says import Admitted, Question, Says, question
from homarus.testing.engines.stock import Loaded, Model, Rack
from homarus.testing.quirks import anthropic, completions, responses
from homarus.testing.quirks import ollama as ollama_wire
from homarus.testing.quirks.acts import EVENT_STREAM, NDJSON, Act, End, Head, Pause, Stall, whole
from homarus.testing.quirks.connection import Connection
from homarus.testing.quirks.received import Received
from homarus.testing.quirks.turns import OLLAMA, Asked, Script, say, turn_for

KINDS: tuple[str, ...] = ("ollama", "lmstudio", "vllm", "llama-server", "llama-router")
_KINDS: Mapping[str, ModuleType] = {
    "ollama": ollama,
    "lmstudio": lm_studio,
    "vllm": vllm,
    "llama-server": llama_server,
    "llama-router": llama_server,
}
_WIRES: Mapping[str, ModuleType] = {
    "/v1/chat/completions": completions,
    "/v1/responses": responses,
    "/v1/messages": anthropic,
    "/api/chat": ollama_wire,
}
_SPEAKS = {
    "ollama": frozenset(_WIRES),
    "lmstudio": frozenset({"/v1/chat/completions", "/v1/responses", "/v1/messages"}),
    "vllm": frozenset({"/v1/chat/completions", "/v1/responses"}),
    "llama-server": frozenset({"/v1/chat/completions", "/v1/responses", "/v1/messages"}),
    "llama-router": frozenset({"/v1/chat/completions", "/v1/responses", "/v1/messages"}),
}
DEFAULT_MODELS: Mapping[str, tuple[Model, ...]] = {
    "ollama": (
        Model(name="qwen3:8b"),
        Model(name="gemma3:12b", capabilities=("completion", "vision"), family="gemma3"),
    ),
    "lmstudio": (Model(name="qwen/qwen3-8b"), Model(name="openai/gpt-oss-20b", family="gpt-oss")),
    "vllm": (Model(name="Qwen/Qwen3-8B", quantization=""),),
    "llama-server": (Model(name="qwen3-8b.gguf"),),
    "llama-router": (Model(name="qwen3-8b"), Model(name="gemma-3-12b", family="gemma3")),
}


class EngineServer:
    """A model server that remembers what it was told; an async context manager."""

    def __init__(
        self,
        kind: str = "ollama",
        rack: Rack | Iterable[Model] = (),
        *,
        script: Script = (),
        port: int = 0,
        api_key: str | None = None,
        pause_s: float = 0.0,
        answer_s: float = 0.0,
    ) -> None:
        """Get ready; nothing is opened yet.

        `pause_s` is waited between two pieces of a download, `answer_s` before each answer.
        """
        self.kind = kind
        self.rack = rack if isinstance(rack, Rack) else Rack(tuple(rack) or DEFAULT_MODELS[kind])
        self.script: Script = script or (say("Hello."),)
        self.received: list[Received] = []
        """Every request, in order."""
        self.api_key = api_key
        self.answer_s = answer_s
        self._pause_s = pause_s
        self._port = port
        self._says = _KINDS[kind]
        self._listener: asyncio.Server | None = None
        self._open: set[Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._answered = 0

    async def __aenter__(self) -> Self:
        """Listen, with the model of a server that has one in memory."""
        if self.kind in {"vllm", "llama-server"} and not self.rack.faults.is_loading:
            await self.rack.use(next(iter(self.rack.disk)), keep_s=-1)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> None:
        """Listen on the same port as before, or on one of the system's choice."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go down: the port is closed and every client dropped; `start` brings it back with what it had on disk."""
        if self._listener is None:
            return
        self._listener.close()
        for connection in self._open:
            connection.abort()
        if self._serving:
            await asyncio.wait(self._serving, timeout=5)
        await self._listener.wait_closed()
        self.rack.stop()
        self._listener = None

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def prompts(self) -> list[Received]:
        """The requests that asked a model for something, in order."""
        return [request for request in self.received if request.is_prompt]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, pause_s=1.0)
        task = asyncio.current_task()
        assert task is not None
        self._open.add(connection)
        self._serving.add(task)
        try:
            await connection.serve(self._answer)
        finally:
            self._open.discard(connection)
            self._serving.discard(task)

    async def _answer(self, connection: Connection, request: Received) -> None:
        self.received.append(request)
        if self.rack.faults.is_silent:
            await connection.play([Stall()], request)
            return
        if not self._may(request):
            await connection.play(whole(b'{"error":"unauthorized"}', status=401), request)
            return
        asked = question(self.rack, request, pause_s=self._pause_s, is_router=self.kind == "llama-router")
        if request.method == "POST" and request.path in _SPEAKS[self.kind]:
            await self._prompt(connection, asked)
            return
        said = cast("Says | None", await self._says.tell(asked))
        await _play(connection, said if said is not None else whole(b"404 page not found", status=404), request)

    async def _prompt(self, connection: Connection, asked: Question) -> None:
        request = asked.source
        request.is_prompt = True
        admitted = cast("Admitted", await self._says.admit(asked))
        if admitted.loaded is None:
            await connection.play(admitted.refused or [], request)
            return
        loaded = admitted.loaded
        async with self._slot(loaded):
            await connection.play(self._acts(asked, loaded), request)
        self.rack.touch(loaded, -1.0 if loaded.expires_at is None else None)

    def _slot(self, loaded: Loaded) -> asyncio.Semaphore:
        return self._slots.setdefault(loaded.model.name, asyncio.Semaphore(loaded.parallel))

    def _acts(self, asked: Question, loaded: Loaded) -> list[Act]:
        wire = _WIRES[asked.path]
        read = cast("Asked", wire.read(asked.body, self._answered + 1))
        refused = cast("list[Act] | None", self._says.overflow(loaded, read.prompt_tokens, asked))
        if refused is not None:
            return refused
        self._answered += 1
        turn = turn_for(self.script, _cut(read, loaded.window_tokens))
        waited: list[Act] = [Pause(units=self.answer_s)] if self.answer_s else []
        if not read.is_stream:
            return [*waited, *whole(cast("bytes", wire.answer(turn, read)))]
        kind = NDJSON if read.api == OLLAMA else EVENT_STREAM
        return [*waited, Head(headers=kind), *cast("list[Act]", wire.stream(turn, read)), End()]

    def _may(self, request: Received) -> bool:
        if self.kind == "vllm" and not request.path.startswith("/v1"):
            return True  # its key guards its API and nothing else: not its health, version and metrics
        return self.api_key is None or request.headers.get("authorization", "") == f"Bearer {self.api_key}"


async def _play(connection: Connection, said: Says, request: Received) -> None:
    if isinstance(said, list):
        await connection.play(said, request)
        return
    async for act in said:
        await connection.play([act], request)


def _cut(asked: Asked, window_tokens: int) -> Asked:
    """Drop the oldest messages without a word until the rest fits, as Ollama does when it was not told otherwise."""
    messages = asked.messages
    while len(messages) > 1 and sum(len(heard.text) for heard in messages) // 4 > window_tokens:
        messages = messages[1:]
    return replace(asked, messages=messages)
