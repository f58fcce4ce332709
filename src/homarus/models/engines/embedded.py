"""The model that comes with homarus, as an engine among the others; looking at it starts nothing."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ModelFacts, PullProgress, ServedModel
from homarus.domain.errors import EngineError, Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Door, Endpoint, Health
from homarus.models import weights
from homarus.models.engines.talk import cannot, refusing

MODEL_ID = "smollm2"
TRAINED_TOKENS = 8192
QUANTIZATION = "Q4_1"
_STATES = {"ready": LoadState.LOADED, "starting": LoadState.LOADING, "asleep": LoadState.SLEEPING}


class Child(Protocol):
    """What `models.embedded.Embedded` tells of itself and takes as orders."""

    @property
    def state(self) -> str:
        """What it is doing now."""
        ...

    def health(self) -> Health:
        """Say how it is, without starting it."""
        ...

    @property
    def is_usable(self) -> bool:
        """Whether a start is worth trying."""
        ...

    def memory_bytes(self) -> int:
        """Return the memory that it holds now."""
        ...

    async def endpoint(self) -> Endpoint:
        """Start it if need be, and return where it is reached."""
        ...

    async def stop(self) -> None:
        """End it."""
        ...


class EmbeddedAdapter:
    """The adapter."""

    def __init__(self, child: Child, *, window_tokens: Callable[[], int]) -> None:
        """Take the engine, and the context that it is started with."""
        self._child = child
        self._window_tokens = window_tokens

    async def look(self, at: Endpoint, door: Door) -> Engine:  # noqa: ARG002 - it is asked in this process
        """Return how it is now."""
        health = self._child.health()
        state = _STATES.get(str(self._child.state), LoadState.UNLOADED)
        model = ServedModel(
            model_id=MODEL_ID,
            name=_("SmolLM2 (embedded)"),
            state=state if health.is_well else LoadState.FAILED,
            window_tokens=self._window_tokens(),
            trained_tokens=TRAINED_TOKENS,
            digest=f"sha256:{weights.SHA256}",
            quantization=QUANTIZATION,
            size_bytes=self._child.memory_bytes() or None,
            slots=1,
            because="" if health.is_well else health.sentence,
            abilities=("completion",),
        )
        return Engine(
            provider=at.provider,
            kind=EngineKind.EMBEDDED,
            base_url=at.base_url,
            place=_("this machine"),
            is_local=True,
            is_up=self._child.is_usable,
            because="" if health.is_well else health.sentence,
            hint=health.hint,
            models=(model,),
            slots=1,
            max_loaded=1,
            abilities=frozenset({Ability.LOAD, Ability.UNLOAD, Ability.SHOW}),
        )

    async def load(self, at: Endpoint, door: Door, model_id: str, *, window_tokens: int | None = None) -> None:  # noqa: ARG002
        """Start it."""
        await self._started()

    async def unload(self, at: Endpoint, door: Door, model_id: str) -> None:  # noqa: ARG002 - there is one
        """End it; the next request starts it again."""
        await self._child.stop()

    def pull(self, at: Endpoint, door: Door, model_id: str) -> AsyncIterator[PullProgress]:  # noqa: ARG002
        """Refuse: it has one model, which came with the package."""
        hint = _("Run Ollama or another server for other models: `homarus setup` helps.")
        return refusing(cannot(at, _("has one model, which came with homarus"), hint))

    async def remove(self, at: Endpoint, door: Door, model_id: str) -> None:  # noqa: ARG002
        """Refuse: it can be switched off instead."""
        hint = _("Run `homarus config set embedded.enabled false` to switch it off.")
        raise cannot(at, _("cannot be deleted by itself"), hint)

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:  # noqa: ARG002
        """Return how the model is built; it is started to tell."""
        from homarus.models.engines.llama_server import LlamaServerEngine

        return await LlamaServerEngine().show(await self._started(), door, MODEL_ID)

    async def _started(self) -> Endpoint:
        try:
            return await self._child.endpoint()
        except EngineError as error:
            raise ModelCallError(Failure.SERVER_DOWN, error.message, hint=error.hint) from error
