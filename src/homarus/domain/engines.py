"""A model server as it is now: what it has, what is loaded and how, what it can be told to do."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from homarus.domain.content import Json, JsonObject
from homarus.domain.ports import Door, Endpoint


class EngineKind(StrEnum):
    """Which server it is; each has an adapter of its own."""

    OLLAMA = "ollama"
    LM_STUDIO = "lmstudio"
    VLLM = "vllm"
    LLAMA_SERVER = "llama-server"
    EMBEDDED = "embedded"
    GENERIC = "generic"
    """Anything that speaks a known protocol and tells nothing of itself."""


class LoadState(StrEnum):
    """Whether a model can answer at once."""

    LOADED = "loaded"
    LOADING = "loading"
    SLEEPING = "sleeping"
    """Known to the server, its memory given back; the next request wakes it."""
    UNLOADED = "unloaded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Ability(StrEnum):
    """What a server can be told to do."""

    LOAD = "load"
    UNLOAD = "unload"
    PULL = "pull"
    REMOVE = "remove"
    SHOW = "show"
    KEEP_SLOTS = "keep-slots"
    """Save and restore what a slot has read (llama-server started with `--slot-save-path`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model as its server has it now."""

    model_id: str
    state: LoadState = LoadState.UNKNOWN
    window_tokens: int | None = None
    """The context that is really allocated while it is loaded; never what it was trained for."""
    trained_tokens: int | None = None
    digest: str = ""
    """Of the weights, as the server names them: pins and score cards hold on to it. Empty when it does not say."""
    quantization: str = ""
    size_bytes: int | None = None
    """Memory while loaded, else the size on disk."""
    vram_bytes: int | None = None
    """Of that, in the memory of the GPU."""
    expires_at: datetime | None = None
    """When the server unloads it by itself."""
    slots: int | None = None
    """How many requests it takes at once."""
    is_remote: bool = False
    """Whether the server hands the prompt on to somebody else."""
    because: str = ""
    """Why it failed, in the server's words."""
    name: str = ""
    """What people call it, where the server says so."""
    abilities: tuple[str, ...] = ()
    """`completion`, `tools`, `vision`, `thinking`, `embedding`; empty when the server does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One model server, as it was found at a moment."""

    provider: str
    kind: EngineKind
    base_url: str
    place: str
    is_local: bool
    is_up: bool
    because: str = ""
    """What is wrong, in a sentence; empty when it is well."""
    hint: str = ""
    version: str = ""
    models: tuple[ServedModel, ...] = ()
    slots: int | None = None
    """How many requests it takes at once over all models; `None` when it does not say."""
    max_loaded: int | None = None
    """How many models it keeps loaded, where it says."""
    memory_total_bytes: int | None = None
    memory_free_bytes: int | None = None
    abilities: frozenset[Ability] = frozenset()
    slow_because: str = ""
    """A known reason why answers take long: most of a model outside the GPU, a debug build."""

    def served(self, model_id: str) -> ServedModel | None:
        """Return a model by the id that the server knows it by; `name` and `name:latest` are the same."""
        for model in self.models:
            if model.model_id in (model_id, f"{model_id}:latest") or f"{model.model_id}:latest" == model_id:
                return model
        return None

    @property
    def loaded(self) -> tuple[ServedModel, ...]:
        """The models that can answer at once."""
        return tuple(model for model in self.models if model.state is LoadState.LOADED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a server or a file knows of how a model is built: what memory arithmetic and pins need."""

    model_id: str
    architecture: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """As GGUF names it: `qwen3.block_count`, `qwen3.attention.head_count_kv` (a number or a list), ..."""
    weights_bytes: int | None = None
    quantization: str = ""
    digest: str = ""
    template: str = ""
    """The chat template, as text."""
    abilities: tuple[str, ...] = ()
    """As the server says it: `tools`, `vision`, `thinking`, `embedding`."""
    parameters: int | None = None
    """How many weights it has."""
    parameters_text: str = ""
    """Parameters that the model brings (Ollama's Modelfile), as text."""
    licence: str = ""
    is_remote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a download is."""

    status: str
    """In the server's words: `pulling manifest`, `verifying sha256 digest`."""
    done_bytes: int = 0
    total_bytes: int = 0
    is_done: bool = False


class Adapter(Protocol):
    """How one kind of server is looked at and told what to do."""

    async def look(self, at: Endpoint, door: Door) -> Engine:
        """Return how it is now; a server that does not answer is an engine that is not up, never an error."""
        ...

    async def load(self, at: Endpoint, door: Door, model_id: str, *, window_tokens: int | None = None) -> None:
        """Load a model and wait until it can answer.

        Raises:
            ModelCallError: in the failure grammar, when it cannot be loaded.
        """
        ...

    async def unload(self, at: Endpoint, door: Door, model_id: str) -> None:
        """Take a model out of memory.

        Raises:
            ModelCallError: when the server does not do it.
        """
        ...

    def pull(self, at: Endpoint, door: Door, model_id: str) -> AsyncIterator[PullProgress]:
        """Download a model; closing the iterator pauses it, and the next call goes on from there.

        Raises:
            ModelCallError: when it cannot be had.
        """
        ...

    async def remove(self, at: Endpoint, door: Door, model_id: str) -> None:
        """Delete a model from the server's disk.

        Raises:
            ModelCallError: when the server does not do it.
        """
        ...

    async def show(self, at: Endpoint, door: Door, model_id: str) -> ModelFacts:
        """Return how a model is built.

        Raises:
            ModelCallError: when the server does not know it, or cannot say.
        """
        ...


def as_facts(body: JsonObject) -> JsonObject:
    """Return the metadata of a model without what is long and needed by nobody: vocabularies and merges."""
    return {key: value for key, value in body.items() if not key.startswith("tokenizer.ggml.")}
