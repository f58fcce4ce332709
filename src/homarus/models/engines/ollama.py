"""Ollama: what it has and what is loaded, loading, unloading, downloading, deleting. It tells everything but its slots.

Nothing that `look` asks loads a model or keeps one awake. Source: github.com/ollama/ollama at fb30760 (2026-08-21):
api/types.go, docs/openapi.yaml, envconfig/config.go, server/sched.go, server/routes.go.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from homarus.domain.content import Json, JsonObject
from homarus.domain.engines import (
    Ability,
    Engine,
    EngineKind,
    LoadState,
    ModelFacts,
    PullProgress,
    ServedModel,
    as_facts,
)
from homarus.domain.errors import EgressRefusedError, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint
from homarus.models.closing import closing
from homarus.models.engines.pulling import Sum, refusal, unfinished
from homarus.models.engines.talk import PATIENT, Talk, down, engine
from homarus.models.ndjson import as_count, as_list, as_object, as_text

SLOTS = 1
"""`OLLAMA_NUM_PARALLEL` is 1 unless its owner says so, and it tells nobody."""
_SHOWN_AT_MOST = 64
_SHOWN_AT_ONCE = 4
_ABILITIES = frozenset({Ability.LOAD, Ability.UNLOAD, Ability.PULL, Ability.REMOVE, Ability.SHOW})
_MOSTLY_OUTSIDE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What `/api/show` says of a model; the same for as long as its digest is."""

    abilities: tuple[str, ...] = ()
    trained_tokens: int | None = None


@dataclass(slots=True)
class OllamaEngine:
    """The adapter; it remembers what models can do, because old servers must be asked for each."""

    _shown: dict[str, _Shown] = field(default_factory=dict[str, _Shown])

    async def look(self, at: Endpoint, door: Door) -> Engine:
        """Return how it is now."""
        talk = Talk.to(at, door)
        try:
            tags = [as_object(row) for row in as_list((await talk.get("/api/tags")).get("models"))]
            running = [as_object(row) for row in as_list((await talk.find("/api/ps") or {}).get("models"))]
            version = await talk.find("/api/version") or {}
            shown = await self._show_all(talk, tags)
        except (ModelCallError, EgressRefusedError) as error:
            return down(at, EngineKind.OLLAMA, error)
        loaded = {_name(row): row for row in running}
        models = [_model(row, loaded.pop(_name(row), None), shown.get(_key(row), _Shown())) for row in tags]
        models += [_model(row, row, _Shown()) for row in loaded.values()]
        return replace(
            engine(at, EngineKind.OLLAMA),
            version=as_text(version.get("version")),
            models=tuple(model for model in models if model.model_id),
            slots=SLOTS,
            abilities=_ABILITIES,
            slow_because=_slow(running),
        )

    async def load(self, at: Endpoint, door: Door, model_id: str, *, window_tokens: int | None = None) -> None:
        """Load a model and wait until it can answer."""
        talk = Talk.to(at, door, model_id=model_id, patience=PATIENT)
        body: JsonObject = {"model": model_id, "stream": False}
        if window_tokens is not None:
            body = {**body, "options": {"num_ctx": window_tokens}}
        await talk.tell("/api/generate", body)

    async def unload(self, at: Endpoint, door: Door, model_id: str) -> None:
        """Take a model out of memory."""
        talk = Talk.to(at, door, model_id=model_id, patience=PATIENT)
        await talk.tell("/api/generate", {"model": model_id, "keep_alive": 0, "stream": False})

    async def pull(self, at: Endpoint, door: Door, model_id: str) -> AsyncIterator[PullProgress]:
        """Download a model; layers that are there already are not downloaded again."""
        talk = Talk.to(at, door, model_id=model_id, patience=PATIENT)
        sum_of = Sum()
        try:
            async with closing(talk.lines("/api/pull", {"model": model_id, "stream": True})) as lines:
                async for line in lines:
                    progress = _progress(line, sum_of)
                    yield progress
                    if progress.is_done:
                        return
        except ModelCallError as error:
            raise refusal(error, model_id) from error
        raise unfinished(at, model_id)

    async def remove(self, at: Endpoint, door: Door, model_id: str) -> None:
        """Delete a model from the server's disk."""
        await Talk.to(at, door, model_id=model_id).do("/api/delete", {"model": model_id}, method="DELETE")

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:
        """Return how a model is built."""
        talk = Talk.to(at, door, model_id=model_id)
        shown = await talk.tell("/api/show", {"model": model_id})
        rows = [as_object(row) for row in as_list((await talk.find("/api/tags") or {}).get("models"))]
        row = next((row for row in rows if _name(row) in (model_id, f"{model_id}:latest")), as_object(None))
        metadata = as_object(shown.get("model_info"))
        details = as_object(shown.get("details"))
        return ModelFacts(
            model_id=model_id,
            architecture=as_text(metadata.get("general.architecture")) or as_text(details.get("family")),
            metadata=as_facts(metadata),
            weights_bytes=as_count(row.get("size")) or None,
            quantization=as_text(details.get("quantization_level")),
            digest=as_text(row.get("digest")),
            template=as_text(shown.get("template")),
            abilities=_words(shown.get("capabilities")),
            parameters=as_count(metadata.get("general.parameter_count")) or None,
            parameters_text=as_text(shown.get("parameters")),
            licence=_first_line(as_text(shown.get("license"))),
            is_remote=_is_remote(shown, model_id) or _is_remote(row, model_id),
        )

    async def _show_all(self, talk: Talk, tags: list[JsonObject]) -> Mapping[str, _Shown]:
        """Ask once per digest for what a list does not tell; servers of 2026 tell it."""
        told = {_key(row): _Shown(abilities=_words(row.get("capabilities"))) for row in tags if row.get("capabilities")}
        unknown = [row for row in tags if _key(row) not in told and _key(row) not in self._shown][:_SHOWN_AT_MOST]
        gate = asyncio.Semaphore(_SHOWN_AT_ONCE)

        async def ask(row: JsonObject) -> None:
            async with gate:
                self._shown[_key(row)] = await _ask(talk, _name(row))

        async with asyncio.TaskGroup() as group:
            for row in unknown:
                group.create_task(ask(row))
        known = {_key(row) for row in tags}
        self._shown = {key: value for key, value in self._shown.items() if key in known}
        return {**self._shown, **told}


async def _ask(talk: Talk, name: str) -> _Shown:
    try:
        said = await talk.tell("/api/show", {"model": name})
    except ModelCallError:
        return _Shown()
    metadata = as_object(said.get("model_info"))
    trained = next((as_count(value) for key, value in metadata.items() if key.endswith(".context_length")), 0)
    return _Shown(abilities=_words(said.get("capabilities")), trained_tokens=trained or None)


def _name(row: JsonObject) -> str:
    return as_text(row.get("model")) or as_text(row.get("name"))


def _key(row: JsonObject) -> str:
    return as_text(row.get("digest")) or _name(row)


def _words(value: Json) -> tuple[str, ...]:
    return tuple(as_text(word) for word in as_list(value) if as_text(word))


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _is_remote(row: JsonObject, name: str) -> bool:
    """Say whether a model runs in Ollama's cloud: the prompt leaves the machine."""
    return bool(row.get("remote_host") or row.get("remote_model")) or name.endswith(("-cloud", ":cloud"))


def _model(row: JsonObject, running: JsonObject | None, shown: _Shown) -> ServedModel:
    name = _name(row)
    details = as_object(row.get("details"))
    loaded = running or {}
    return ServedModel(
        model_id=name,
        name=name.removesuffix(":latest"),
        state=LoadState.UNLOADED if running is None else LoadState.LOADED,
        window_tokens=as_count(loaded.get("context_length")) or None,
        trained_tokens=as_count(details.get("context_length")) or shown.trained_tokens,
        digest=as_text(row.get("digest")),
        quantization=as_text(details.get("quantization_level")),
        size_bytes=as_count(loaded.get("size")) or as_count(row.get("size")) or None,
        vram_bytes=as_count(loaded.get("size_vram")) if running is not None and "size_vram" in loaded else None,
        expires_at=_time(as_text(loaded.get("expires_at"))),
        slots=SLOTS,
        is_remote=_is_remote(row, name),
        abilities=shown.abilities,
    )


def _time(text: str) -> datetime | None:
    """Read a Go time, whose fraction has more digits than Python takes; a far future means that it stays loaded."""
    if "." in text:
        head, _dot, rest = text.partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]}{rest[len(digits) :]}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year < 2200 else None  # noqa: PLR2004 - keep_alive -1 is written as a time in 300 years


def _slow(running: list[JsonObject]) -> str:
    """Say that most of a loaded model is outside the GPU, where there is one."""
    for row in running:
        size, inside = as_count(row.get("size")), as_count(row.get("size_vram"))
        if inside and size and inside < size * _MOSTLY_OUTSIDE:
            share = round(100 * (1 - inside / size))
            return _("{share} % of {model} is outside the GPU").format(share=share, model=_name(row))
    return ""


def _progress(line: JsonObject, sum_of: Sum) -> PullProgress:
    status = as_text(line.get("status"))
    sum_of.saw(as_text(line.get("digest")), as_count(line.get("completed")), as_count(line.get("total")))
    return PullProgress(
        status=status, done_bytes=sum_of.done_bytes, total_bytes=sum_of.total_bytes, is_done=status == "success"
    )
