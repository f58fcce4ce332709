"""LM Studio: instances with their real context and parallel requests; loading, unloading, downloading.

Up to 0.3 there was only `/api/v0/models`, which tells state and windows and takes no orders. A model that is asked for
is loaded by itself (JIT) and unloaded after 60 minutes unless a request says `ttl`; what is loaded by an order stays.
So we load only when a person says so, and never twice. Source: github.com/lmstudio-ai/docs at c6854fb (2026-04-29).
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from homarus.domain.content import JsonObject
from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ModelFacts, PullProgress, ServedModel
from homarus.domain.errors import EgressRefusedError, Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint
from homarus.models.engines.pulling import refusal, unfinished
from homarus.models.engines.talk import PATIENT, Talk, cannot, down, engine
from homarus.models.ndjson import as_count, as_list, as_object, as_text

SLOTS = 4
"""What an instance takes at once when nobody said otherwise (0.4)."""
_ORDERS = frozenset({Ability.LOAD, Ability.UNLOAD, Ability.PULL, Ability.SHOW})
_LOOK_AGAIN_S = 1.0
_HOPELESS = frozenset({"failed", "paused"})
_HF = ("hf.co/", "huggingface.co/")


class LmStudioEngine:
    """The adapter."""

    def __init__(self, *, look_again_s: float = _LOOK_AGAIN_S) -> None:
        """Take how often a download is asked about."""
        self._look_again_s = look_again_s

    async def look(self, at: Endpoint, door: Door) -> Engine:
        """Return how it is now."""
        talk = Talk.to(at, door)
        try:
            rows = _rows(await talk.find("/api/v1/models"), "models", "key")
            old = [] if rows else _rows(await talk.get("/api/v0/models"), "data", "id")
        except (ModelCallError, EgressRefusedError) as error:
            return down(at, EngineKind.LM_STUDIO, error)
        models = tuple(_model(row) for row in rows) or tuple(_old_model(row) for row in old)
        return replace(
            engine(at, EngineKind.LM_STUDIO),
            version="0.4" if rows else "0.3",
            models=models,
            slots=max((model.slots for model in models if model.slots), default=SLOTS if rows else 1),
            abilities=_ORDERS if rows else frozenset[Ability](),
        )

    async def load(self, at: Endpoint, door: Door, model_id: str, *, window_tokens: int | None = None) -> None:
        """Load a model, unless it is loaded with such a window already: a second copy would take the memory again."""
        row = await self._row(at, door, model_id)
        instances = [as_object(one) for one in as_list(row.get("loaded_instances"))]
        if any(window_tokens in (None, _window(one)) for one in instances):
            return
        talk = Talk.to(at, door, model_id=model_id, patience=PATIENT)
        for instance in instances:
            await talk.tell("/api/v1/models/unload", {"instance_id": as_text(instance.get("id"))})
        body: JsonObject = {"model": model_id}
        if window_tokens is not None:
            body = {**body, "context_length": window_tokens}
        await talk.tell("/api/v1/models/load", body)

    async def unload(self, at: Endpoint, door: Door, model_id: str) -> None:
        """Take every instance of a model out of memory."""
        row = await self._row(at, door, model_id)
        talk = Talk.to(at, door, model_id=model_id, patience=PATIENT)
        for instance in as_list(row.get("loaded_instances")):
            await talk.tell("/api/v1/models/unload", {"instance_id": as_text(as_object(instance).get("id"))})

    async def pull(self, at: Endpoint, door: Door, model_id: str) -> AsyncIterator[PullProgress]:
        """Download a model; it goes on there when nobody listens any more, and asking again joins in."""
        talk = Talk.to(at, door, model_id=model_id)
        try:
            said = await talk.tell("/api/v1/models/download", _wanted(model_id))
            while True:
                progress = _progress(said)
                yield progress
                if progress.is_done:
                    return
                job = as_text(said.get("job_id"))
                if not job or progress.status in _HOPELESS:
                    raise _stopped(said, at, model_id)
                await asyncio.sleep(self._look_again_s)
                said = {**said, **await talk.get(f"/api/v1/models/download/status/{job}")}
        except ModelCallError as error:
            raise refusal(error, model_id) from error

    async def remove(self, at: Endpoint, door: Door, model_id: str) -> None:  # noqa: ARG002 - it takes no such order
        """Refuse: LM Studio deletes only in its own window."""
        raise cannot(
            at, _("cannot be told to delete {model!r}").format(model=model_id), _("Delete it in LM Studio, My Models.")
        )

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:
        """Return what it tells of a model: no geometry."""
        row = await self._row(at, door, model_id)
        quantization = as_object(row.get("quantization"))
        return ModelFacts(
            model_id=model_id,
            architecture=as_text(row.get("architecture")) or as_text(row.get("arch")),
            weights_bytes=as_count(row.get("size_bytes")) or None,
            quantization=as_text(quantization.get("name")) or as_text(row.get("quantization")),
            abilities=_abilities(row),
        )

    async def _row(self, at: Endpoint, door: Door, model_id: str) -> JsonObject:
        talk = Talk.to(at, door, model_id=model_id)
        rows = _rows(await talk.find("/api/v1/models"), "models", "key")
        if not rows:
            raise cannot(at, _("is too old to be told what to do"), _("Update LM Studio to 0.4, or use its window."))
        found = next((row for row in rows if _is(row, model_id)), None)
        if found is None:
            raise ModelCallError(
                Failure.MODEL_MISSING,
                _("{provider} does not have {model!r}.").format(provider=at.provider, model=model_id),
                hint=_("See what it has with `homarus models list`."),
            )
        return found


def _rows(answer: JsonObject | None, key: str, id_key: str) -> list[JsonObject]:
    rows = [as_object(row) for row in as_list((answer or {}).get(key))]
    return [row for row in rows if as_text(row.get(id_key))]


def _is(row: JsonObject, model_id: str) -> bool:
    instances = (as_text(as_object(one).get("id")) for one in as_list(row.get("loaded_instances")))
    return model_id == as_text(row.get("key")) or model_id in instances


def _window(instance: JsonObject) -> int:
    return as_count(as_object(instance.get("config")).get("context_length"))


def _model(row: JsonObject) -> ServedModel:
    instances = [as_object(one) for one in as_list(row.get("loaded_instances"))]
    windows = [window for one in instances if (window := _window(one))]
    parallel = [as_count(as_object(one.get("config")).get("parallel")) for one in instances]
    return ServedModel(
        model_id=as_text(row.get("key")),
        name=as_text(row.get("display_name")),
        state=LoadState.LOADED if instances else LoadState.UNLOADED,
        window_tokens=min(windows) if windows else None,
        trained_tokens=as_count(row.get("max_context_length")) or None,
        quantization=as_text(as_object(row.get("quantization")).get("name")),
        size_bytes=as_count(row.get("size_bytes")) or None,
        slots=sum(count or SLOTS for count in parallel) if instances else None,
        abilities=_abilities(row),
    )


def _abilities(row: JsonObject) -> tuple[str, ...]:
    kind = as_text(row.get("type"))
    if kind in {"embedding", "embeddings"}:
        return ("embedding",)
    said = as_object(row.get("capabilities"))
    if not said and not isinstance(row.get("capabilities"), list):
        return ("completion", "vision") if kind == "vlm" else ()
    words = {as_text(word) for word in as_list(row.get("capabilities"))}
    has = {
        "tools": bool(said.get("trained_for_tool_use")) or "tool_use" in words,
        "vision": bool(said.get("vision")) or kind == "vlm",
        "thinking": bool(said.get("reasoning")),
    }
    return ("completion", *(word for word, is_so in has.items() if is_so))


def _old_model(row: JsonObject) -> ServedModel:
    is_loaded = as_text(row.get("state")) == "loaded"
    return ServedModel(
        model_id=as_text(row.get("id")),
        state=LoadState.LOADED if is_loaded else LoadState.UNLOADED,
        window_tokens=as_count(row.get("loaded_context_length")) or None if is_loaded else None,
        trained_tokens=as_count(row.get("max_context_length")) or None,
        quantization=as_text(row.get("quantization")),
        slots=1 if is_loaded else None,
        abilities=_abilities(row),
    )


def _wanted(model_id: str) -> JsonObject:
    """Return the order for a download: names of the hub are addresses there, with the quantisation apart."""
    name = model_id.removeprefix("https://")
    if not name.startswith(_HF):
        return {"model": model_id}
    path, _colon, quantization = name.partition("/")[2].partition(":")
    order: JsonObject = {"model": f"https://huggingface.co/{path}"}
    return {**order, "quantization": quantization} if quantization else order


def _progress(said: JsonObject) -> PullProgress:
    status = as_text(said.get("status"))
    return PullProgress(
        status=status.replace("_", " "),
        done_bytes=as_count(said.get("downloaded_bytes")),
        total_bytes=as_count(said.get("total_size_bytes")),
        is_done=status in {"completed", "already_downloaded"},
    )


def _stopped(said: JsonObject, at: Endpoint, model_id: str) -> ModelCallError:
    if as_text(said.get("status")) == "paused":
        return ModelCallError(
            Failure.CUT_OFF,
            _("The download of {model!r} is paused in LM Studio.").format(model=model_id),
            hint=_("Let it go on in LM Studio's downloads, or pull it again."),
        )
    because = as_text(said.get("error")) or as_text(as_object(said.get("error")).get("message"))
    if because:
        sentence = _("LM Studio could not download {model!r}: {because}.")
        return ModelCallError(
            Failure.SERVER_ERROR,
            sentence.format(model=model_id, because=because.rstrip(".")),
            hint=_("Look into LM Studio's downloads."),
        )
    return unfinished(at, model_id)
