"""vLLM: one model per server, as long as it runs; its context is fixed when it starts, and it takes many at once.

Source: vllm/entrypoints/openai (ModelCard: `owned_by`, `root`, `max_model_len`), docs/usage/metrics.md.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

from homarus.domain.content import JsonObject
from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ModelFacts, PullProgress, ServedModel
from homarus.domain.errors import EgressRefusedError, Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint
from homarus.models.engines.talk import Talk, cannot, down, engine, refusing
from homarus.models.exchange import bearer
from homarus.models.ndjson import as_count, as_list, as_object, as_text

_WAITING = re.compile(r"^vllm:num_requests_waiting(?:\{[^}]*\})?\s+(\d{1,9})(?:\.\d+)?$", re.MULTILINE | re.ASCII)
_QUEUE_IS_LONG = 8


class VllmEngine:
    """The adapter."""

    async def look(self, at: Endpoint, door: Door) -> Engine:
        """Return how it is now."""
        talk = Talk.to(at, door)
        try:
            listed = await talk.get("/v1/models")
            version = await talk.find("/version") or {}
            metrics = await talk.text("/metrics")
            await _require_well(talk)
        except (ModelCallError, EgressRefusedError) as error:
            return down(at, EngineKind.VLLM, error)
        rows = [as_object(row) for row in as_list(listed.get("data"))]
        return replace(
            engine(at, EngineKind.VLLM),
            version=as_text(version.get("version")),
            models=tuple(_model(row) for row in rows if as_text(row.get("id"))),
            max_loaded=1,
            abilities=frozenset({Ability.SHOW}),
            slow_because=_slow(metrics),
        )

    async def load(self, at: Endpoint, door: Door, model_id: str, *, window_tokens: int | None = None) -> None:
        """Do nothing for the model that it was started with; it loads no other."""
        served = (await self.look(at, door)).served(model_id)
        if served is not None and (window_tokens or 0) <= (served.window_tokens or window_tokens or 0):
            return
        raise cannot(
            at,
            _("runs with one model and one context from its start, and cannot load {model!r}").format(model=model_id),
            _("Start another `vllm serve {model}`, with --max-model-len for its context.").format(model=model_id),
        )

    async def unload(self, at: Endpoint, door: Door, model_id: str) -> None:  # noqa: ARG002 - it takes no such order
        """Refuse: its model leaves with it."""
        raise cannot(at, _("keeps its model for as long as it runs"), _("Stop the server to free its memory."))

    def pull(self, at: Endpoint, door: Door, model_id: str) -> AsyncIterator[PullProgress]:  # noqa: ARG002
        """Refuse: it downloads when it is started."""
        hint = _("Start `vllm serve {model}`: it downloads what it serves.").format(model=model_id)
        return refusing(cannot(at, _("cannot be told to download"), hint))

    async def remove(self, at: Endpoint, door: Door, model_id: str) -> None:  # noqa: ARG002
        """Refuse: its models lie in the cache of the hub."""
        raise cannot(at, _("cannot be told to delete"), _("`hf cache delete` frees the disk on its machine."))

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:
        """Return what it tells of its model: where it comes from."""
        talk = Talk.to(at, door, model_id=model_id)
        rows = [as_object(row) for row in as_list((await talk.get("/v1/models")).get("data"))]
        row = next((row for row in rows if as_text(row.get("id")) == model_id), None)
        if row is None:
            raise cannot(at, _("does not have {model!r}").format(model=model_id), "homarus models list")
        root = as_text(row.get("root"))
        return ModelFacts(model_id=model_id, metadata={"general.source": root} if root else {})


async def _require_well(talk: Talk) -> None:
    """Raise when its engine has died. vLLM asks for no key there; something before it that does is an answer, too."""
    try:
        await talk.exchange.whole("GET", "/health", bearer(talk.at))
    except ModelCallError as error:
        if error.failure is not Failure.AUTH:
            raise


def _model(row: JsonObject) -> ServedModel:
    return ServedModel(
        model_id=as_text(row.get("id")),
        state=LoadState.LOADED,
        window_tokens=as_count(row.get("max_model_len")) or None,
    )


def _slow(metrics: str) -> str:
    found = _WAITING.search(metrics)
    waiting = int(found[1]) if found else 0
    return _("{count} requests wait in its own queue").format(count=waiting) if waiting >= _QUEUE_IS_LONG else ""
