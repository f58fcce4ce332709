"""llama.cpp's server, with one model or as a router over several; proven on the real one.

`/health`, `/props`, `/models` and `/metrics` neither wake a sleeping model nor keep one awake; `/slots` does, so it is
asked once, and not while the model sleeps. `n_ctx` of `/props` is what one slot has. Source: tools/server/README.md,
server-context.cpp and server-models.cpp of llama.cpp b11549, and the answers of xllamacpp 2026.10.11549.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from homarus.domain.content import Json, JsonObject
from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ModelFacts, PullProgress, ServedModel
from homarus.domain.errors import EgressRefusedError, Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint
from homarus.models.closing import closing
from homarus.models.engines import router
from homarus.models.engines.talk import PATIENT, Talk, cannot, down, engine, named
from homarus.models.ndjson import as_count, as_list, as_object, as_text

_ROUTER = frozenset({Ability.LOAD, Ability.UNLOAD, Ability.PULL, Ability.REMOVE, Ability.SHOW})
_CANNOT_KEEP = "slot-save-path"


@dataclass(slots=True)
class LlamaServerEngine:
    """The adapter; it remembers which servers can keep slots, because asking wakes them."""

    look_again_s: float = 0.25
    """How often a load or a download is asked about."""
    _keeps_slots: dict[str, bool] = field(default_factory=dict[str, bool])

    async def look(self, at: Endpoint, door: Door) -> Engine:
        """Return how it is now."""
        talk = Talk.to(at, door)
        try:
            props = await talk.get("/props")
            if is_router(props):
                return await _router(at, talk, props)
            row, *others = await _rows(talk)
            can_keep = await self._can_keep(talk, props)
        except ModelCallError as error:
            if error.failure is Failure.LOADING:
                return replace(engine(at, EngineKind.LLAMA_SERVER), because=error.message, models=(_unnamed(),))
            return down(at, EngineKind.LLAMA_SERVER, error)
        except EgressRefusedError as error:
            return down(at, EngineKind.LLAMA_SERVER, error)
        state = LoadState.SLEEPING if props.get("is_sleeping") else LoadState.LOADED
        abilities = {Ability.SHOW, Ability.LOAD} | ({Ability.KEEP_SLOTS} if can_keep else set[Ability]())
        return replace(
            engine(at, EngineKind.LLAMA_SERVER),
            version=as_text(props.get("build_info")),
            models=(_model(row, props, state), *map(_behind, others)),
            slots=as_count(props.get("total_slots")) or None,
            max_loaded=1,
            abilities=frozenset(abilities),
        )

    async def load(self, at: Endpoint, door: Door, model_id: str, *, window_tokens: int | None = None) -> None:  # noqa: ARG002 - the context is set where it is started
        """Load a model of a router, wake the one model of a server."""
        talk = Talk.to(at, door, model_id=model_id, patience=PATIENT)
        props = await talk.get("/props")
        if is_router(props):
            await router.load(talk, model_id, look_again_s=self.look_again_s)
            return
        row = await _only_row(talk)
        if model_id not in _names(row):
            raise cannot(
                at,
                _("runs with one model from its start, and cannot load {model!r}").format(model=model_id),
                _("Start llama-server without a model (`--models-dir FOLDER`): then it serves all of a folder."),
            )
        if props.get("is_sleeping"):
            await talk.tell("/completion", {"prompt": "", "n_predict": 0})

    async def unload(self, at: Endpoint, door: Door, model_id: str) -> None:
        """Take a model of a router out of memory."""
        talk = await self._router_at(at, door, model_id, _("keeps its one model for as long as it runs"))
        await router.unload(talk, model_id)

    async def pull(self, at: Endpoint, door: Door, model_id: str) -> AsyncIterator[PullProgress]:
        """Download a model into the cache of a router."""
        talk = await self._router_at(at, door, model_id, _("runs with one model, and downloads none"))
        async with closing(router.pull(talk, at, model_id, look_again_s=self.look_again_s)) as progress:
            async for step in progress:
                yield step

    async def remove(self, at: Endpoint, door: Door, model_id: str) -> None:
        """Delete a model from the cache of a router."""
        talk = await self._router_at(at, door, model_id, _("cannot be told to delete"))
        await talk.do(f"/models?model={named(model_id)}", None, method="DELETE")

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:
        """Return how a model is built, as far as the server says; a model of a router must be loaded for it."""
        talk = Talk.to(at, door, model_id=model_id)
        props = await talk.get("/props")
        if is_router(props):
            row = next((row for row in await router.rows(talk) if model_id in _names(row)), None)
            props = await talk.find(f"/props?model={named(model_id)}&autoload=false") or {}
        else:
            row = await _only_row(talk)
            row = row if model_id in _names(row) else None
        if row is None:
            raise cannot(at, _("does not have {model!r}").format(model=model_id), "homarus models list")
        return _facts(model_id, row, props)

    async def _can_keep(self, talk: Talk, props: JsonObject) -> bool:
        """Ask once whether slots can be saved, with an order that does nothing."""
        key = f"{talk.exchange.at.base_url} {as_text(props.get('model_path'))}"
        if key not in self._keeps_slots and not props.get("is_sleeping"):
            try:
                await talk.tell("/slots/0?action=none", {})
            except ModelCallError as error:
                self._keeps_slots[key] = "invalid action" in error.message.lower()
        return self._keeps_slots.get(key, False)

    async def _router_at(self, at: Endpoint, door: Door, model_id: str, otherwise: str) -> Talk:
        talk = Talk.to(at, door, model_id=model_id, patience=PATIENT)
        if is_router(await talk.get("/props")):
            return talk
        raise cannot(at, otherwise, _("Start llama-server without a model to have a router that does this."))


def is_router(props: JsonObject) -> bool:
    """Say whether `/props` are those of a router."""
    return as_text(props.get("role")) == "router"


async def _router(at: Endpoint, talk: Talk, props: JsonObject) -> Engine:
    models = await router.models(talk, _model)
    return replace(
        engine(at, EngineKind.LLAMA_SERVER),
        version=as_text(props.get("build_info")),
        models=models,
        slots=max((model.slots for model in models if model.slots), default=None),
        max_loaded=as_count(props.get("max_instances")) or None,
        abilities=_ROUTER,
    )


async def _rows(talk: Talk) -> list[JsonObject]:
    """Return what is listed: one row, or more where something in front of the server lists what it could start."""
    listed = await talk.get("/v1/models")
    return [as_object(row) for row in as_list(listed.get("data"))] or [as_object(None)]


async def _only_row(talk: Talk) -> JsonObject:
    return (await _rows(talk))[0]


def _behind(row: JsonObject) -> ServedModel:
    """Return a model that a swapper in front of the server lists; `/props` says nothing about it."""
    model_id = as_text(row.get("id"))
    return ServedModel(model_id=model_id, name=_short(model_id), state=LoadState.UNKNOWN)


def _names(row: JsonObject) -> set[str]:
    return {as_text(row.get("id")), *(as_text(alias) for alias in as_list(row.get("aliases")))}


def _unnamed() -> ServedModel:
    """Return the model of a server that loads it and does not tell its name yet."""
    return ServedModel(model_id="", state=LoadState.LOADING)


def _model(row: JsonObject, props: JsonObject, state: LoadState) -> ServedModel:
    meta = as_object(row.get("meta"))
    model_id = as_text(row.get("id"))
    window = as_count(as_object(props.get("default_generation_settings")).get("n_ctx")) or as_count(meta.get("n_ctx"))
    return ServedModel(
        model_id=model_id,
        name=_short(model_id),
        state=state,
        window_tokens=window or None,
        trained_tokens=as_count(meta.get("n_ctx_train")) or as_count(row.get("context_length")) or None,
        digest=_fingerprint(row, props),
        quantization=as_text(meta.get("ftype")) or as_text(props.get("model_ftype")),
        size_bytes=as_count(meta.get("size")) or None,
        slots=as_count(props.get("total_slots")) or None,
        because=router.because(row),
        abilities=_abilities(row, props),
    )


def _short(model_id: str) -> str:
    """Return a name for people: a server that was given no alias calls its model by the path of the file."""
    return PurePath(model_id).stem if model_id.endswith(".gguf") else model_id


def _fingerprint(row: JsonObject, props: JsonObject) -> str:
    """Return what tells one build of a model from another: the server knows no digest of its weights.

    Bytes, parameters, layers of the vocabulary, quantisation and template: new weights of another shape or another
    template show, a fine-tune of the same shape under the same name does not.
    """
    meta = as_object(row.get("meta"))
    if not meta:
        return ""
    known: list[Json] = [meta.get(key) for key in ("size", "n_params", "n_vocab", "n_embd", "ftype")]
    text = "/".join(str(value) for value in (*known, as_text(props.get("chat_template"))))
    return f"shape:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _abilities(row: JsonObject, props: JsonObject) -> tuple[str, ...]:
    inputs = as_list(as_object(row.get("architecture")).get("input_modalities"))
    caps = as_object(props.get("chat_template_caps"))
    if not caps and not inputs:
        return ()
    has = {
        "tools": bool(caps.get("supports_tools") or caps.get("supports_tool_calls")),
        "vision": "image" in inputs or bool(as_object(props.get("modalities")).get("vision")),
        "thinking": bool(caps.get("supports_preserve_reasoning") or caps.get("supports_reasoning_effort")),
    }
    words = tuple(word for word, is_so in has.items() if is_so)
    # Without its template nobody knows whether a model calls tools; to say nothing is better than to say no.
    return ("completion", *words) if caps else words


def _facts(model_id: str, row: JsonObject, props: JsonObject) -> ModelFacts:
    meta = as_object(row.get("meta"))
    path = as_text(props.get("model_path")) or as_text(row.get("path"))
    told: dict[str, Json] = {f"llama-server.{key}": value for key, value in meta.items()}
    return ModelFacts(
        model_id=model_id,
        metadata={**told, **({"general.path": path} if path else {})},
        weights_bytes=as_count(meta.get("size")) or None,
        quantization=as_text(meta.get("ftype")) or as_text(props.get("model_ftype")),
        digest=_fingerprint(row, props),
        template=as_text(props.get("chat_template")),
        abilities=_abilities(row, props),
        parameters=as_count(meta.get("n_params")) or None,
    )
