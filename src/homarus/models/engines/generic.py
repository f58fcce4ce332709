"""Any server that speaks a known protocol: its list of models, and nothing that it could be told to do."""

from collections.abc import AsyncIterator
from dataclasses import replace

from homarus.domain.engines import Engine, EngineKind, LoadState, ModelFacts, PullProgress, ServedModel
from homarus.domain.errors import EgressRefusedError, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.labels import Reach
from homarus.domain.ports import Door, Endpoint, ModelInfo, Wire
from homarus.models.engines.talk import GLANCE, cannot, down, engine, refusing
from homarus.models.exchange import Exchange, bearer
from homarus.models.listing import list_openai_models

_STATES = {True: LoadState.LOADED, False: LoadState.UNLOADED, None: LoadState.UNKNOWN}


class GenericEngine:
    """The adapter."""

    def __init__(self, wire: Wire | None = None) -> None:
        """Take the protocol that the server speaks; without one, that of OpenAI."""
        self._wire = wire

    async def look(self, at: Endpoint, door: Door) -> Engine:
        """Return how it is now."""
        try:
            infos = await self._list(replace(at, timeouts=GLANCE), door)
        except (ModelCallError, EgressRefusedError) as error:
            return down(at, EngineKind.GENERIC, error)
        models = tuple(_model(info) for info in infos if info.model_id)
        return replace(engine(at, EngineKind.GENERIC), models=models)

    async def load(self, at: Endpoint, door: Door, model_id: str, *, window_tokens: int | None = None) -> None:  # noqa: ARG002
        """Refuse: nobody knows how."""
        raise _orderless(at)

    async def unload(self, at: Endpoint, door: Door, model_id: str) -> None:  # noqa: ARG002
        """Refuse: nobody knows how."""
        raise _orderless(at)

    def pull(self, at: Endpoint, door: Door, model_id: str) -> AsyncIterator[PullProgress]:  # noqa: ARG002
        """Refuse: nobody knows how."""
        return refusing(_orderless(at))

    async def remove(self, at: Endpoint, door: Door, model_id: str) -> None:  # noqa: ARG002
        """Refuse: nobody knows how."""
        raise _orderless(at)

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:  # noqa: ARG002
        """Refuse: nobody knows how."""
        raise _orderless(at)

    async def _list(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        if self._wire is not None:
            return await self._wire.list_models(at, door)
        exchange = Exchange.of(at, door, model=None, reach=Reach.ANYWHERE)
        return await list_openai_models(exchange, bearer(at))


def _model(info: ModelInfo) -> ServedModel:
    words = {"tools": info.has_tools, "thinking": info.has_reasoning, "vision": "image" in info.inputs or None}
    is_told = info.has_tools is not None or info.has_reasoning is not None or words["vision"] is not None
    said = tuple(word for word, is_so in words.items() if is_so)
    return ServedModel(
        model_id=info.model_id,
        name=info.name,
        state=_STATES[info.is_loaded],
        window_tokens=info.window_tokens,
        is_remote=info.is_remote,
        abilities=("completion", *said) if is_told else (),
    )


def _orderless(at: Endpoint) -> ModelCallError:
    hint = _("Use its own program; `homarus models list` shows what it has then.")
    return cannot(at, _("is a server of a kind that takes no orders from here"), hint)
