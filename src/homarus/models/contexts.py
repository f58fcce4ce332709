"""The context that Ollama is asked for: one figure per model, so that it is never loaded again because of us.

Any other `num_ctx` than before makes Ollama load the model anew, and its own default is 4,096 tokens on most machines.
Over `/v1` it cannot be said at all, so an Ollama behind such an address is spoken to natively. What the server then
really allocated is read back, and prompts are made for that.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homarus.domain.content import Json
from homarus.domain.engines import Engine, EngineKind, LoadState, ServedModel
from homarus.domain.inference import ModelRef
from homarus.models.catalog import Candidate
from homarus.models.compat import Compat
from homarus.models.ndjson import as_object

SAFE_TOKENS = 16_384
"""Asked for when nobody said: enough for an agent, and a cache that most machines can hold."""
LITTLE_TOKENS = 8_192
"""Asked for when the weights alone take most of the memory; also the least loaded context that is left as it is."""
CLAIMED_TOKENS = 32_768
"""The most that a `contextWindow` alone is asked for: it says what a model can hold, not what this machine can."""
_MOST_OF_MEMORY = 0.6


def memory_bytes() -> int:
    """Return the memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fixed:
    tokens: int
    own: int | None
    at_most: int | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A model as it is now: what the catalog and its server say."""

    live: Candidate
    engine: Engine | None
    at_most: int | None = None
    """How much of any model's window the owner lets be used."""


class Contexts:
    """The figure of each model, from its first request on."""

    def __init__(
        self, look: Callable[[ModelRef], Awaitable[Looked]], *, memory: Callable[[], int] = memory_bytes
    ) -> None:
        """Take who looks at a model, and how much memory this machine has."""
        self._look = look
        self._memory = memory
        self._fixed: dict[ModelRef, _Fixed] = {}
        self._asked: dict[ModelRef, int] = {}

    async def to_load(self, ref: ModelRef) -> int | None:
        """Return the context to load a model with, so that its next request does not load it again.

        Nothing where the server chooses.
        """
        now = await self._look(ref)
        if spoken(now.live, now.engine) != "ollama" or not now.live.is_local:
            return None
        served = now.engine.served(ref.model_id) if now.engine is not None else None
        return self.num_ctx(now.live, served, now.at_most)

    def num_ctx(self, live: Candidate, served: ServedModel | None, at_most: int | None = None) -> int:
        """Return what to ask for: the owner's figure, else what is loaded, else what this machine can surely hold.

        It stays the same until the owner says another one or the weights are others.
        """
        own, digest = own_tokens(live), served.digest if served is not None else ""
        kept = self._fixed.get(live.ref)
        if kept is not None and (kept.own, kept.at_most) == (own, at_most) and kept.digest in ("", digest):
            return kept.tokens
        tokens = _least(own or self._chosen(live, served), at_most, served.trained_tokens if served else None)
        if own is not None or served is not None:
            self._fixed[live.ref] = _Fixed(tokens=tokens, own=own, at_most=at_most, digest=digest)
        return tokens

    def given(self, live: Candidate, served: ServedModel | None, at_most: int | None = None) -> int:
        """Return the context that prompts may fill: what was asked for, or less where less was allocated for it."""
        tokens = self.num_ctx(live, served, at_most)
        is_loaded = served is not None and served.state is LoadState.LOADED
        if is_loaded and served is not None and served.window_tokens and self._asked.get(live.ref) == tokens:
            return min(tokens, served.window_tokens)
        return tokens

    def has_asked(self, ref: ModelRef, tokens: int | None) -> bool:
        """Note that a model was loaded with what was asked for; tell whether that is news, and worth a look."""
        if tokens is None or self._asked.get(ref) == tokens:
            return False
        self._asked[ref] = tokens
        return True

    def _chosen(self, live: Candidate, served: ServedModel | None) -> int:
        loaded = served.window_tokens if served is not None and served.state is LoadState.LOADED else None
        if loaded is not None and loaded >= LITTLE_TOKENS:
            return loaded
        claimed = live.own_window_tokens
        size = served.size_bytes if served is not None else None
        is_tight = size is not None and size > self._memory() * _MOST_OF_MEMORY and _is_here(live)
        return min(claimed or SAFE_TOKENS, CLAIMED_TOKENS, LITTLE_TOKENS if is_tight else CLAIMED_TOKENS)


def own_tokens(candidate: Candidate) -> int | None:
    """Return the context that the owner wants used: `params.num_ctx`, else `contextTokens`, else a modest window."""
    options = as_object(candidate.params.get("options"))
    for said in (candidate.params.get("num_ctx"), options.get("num_ctx"), candidate.own_context_tokens):
        if _is_count(said):
            return int(said)  # pyright: ignore[reportArgumentType] - a number, as was just made sure
    claimed = candidate.own_window_tokens
    return claimed if claimed is not None and claimed <= CLAIMED_TOKENS else None


def spoken(candidate: Candidate, engine: Engine | None) -> str:
    """Return the protocol for a model: an Ollama that is configured as `/v1` is spoken to in its own.

    `compat.ollamaNative: false` keeps `/v1`, where its context cannot be set.
    """
    if engine is None or engine.kind is not EngineKind.OLLAMA or candidate.endpoint is None:
        return candidate.api
    if candidate.api not in {"openai-completions", "openai-responses"}:
        return candidate.api
    return "ollama" if Compat.of(candidate.endpoint).is_on("ollamaNative", default=True) else candidate.api


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_here(candidate: Candidate) -> bool:
    from homarus.net.addresses import Zone, place_of

    return candidate.endpoint is not None and place_of(candidate.endpoint.base_url) is Zone.LOOPBACK


def _least(first: int, *others: int | None) -> int:
    return min([first, *(one for one in others if one)])
