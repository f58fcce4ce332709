"""How many bytes a model needs: weights, keys and values, states, working memory, the process.

The part that grows with the context reproduces llama.cpp's own allocation byte for byte (`benchmarks/fit.py` compares
them); working memory and the process are a model of what was measured. docs/explanation/memory-arithmetic.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias, get_args

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.models.fit.geometry import Cells, Geometry

CacheType: TypeAlias = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
"""How keys and values are kept."""
MIB = 1 << 20
PAD_TOKENS = 256
"""llama.cpp rounds each context up to this."""
_BYTES_PER_32: dict[CacheType, int] = {
    "f32": 128,
    "f16": 64,
    "bf16": 64,
    "q8_0": 34,
    "q5_1": 24,
    "q5_0": 22,
    "q4_1": 20,
    "q4_0": 18,
    "iq4_nl": 18,
}
"""Source: ggml's block layouts, 32 numbers and their scales."""
_COPIES = 8.5
"""Of the hidden state, that are alive at once in the widest step; measured: 8.0 to 8.5."""
_COPIES_SLIDING = 10.5
"""The same for architectures with sliding layers, which norm more often; measured: 9.0 to 10.4."""
PROCESS_BYTES = 60 * MIB
"""The engine's process with its libraries and a vocabulary; measured with the embedded model at 1,024 tokens."""
GPU_CONTEXT_BYTES = 400 * MIB
"""What a GPU driver takes per process and card before anything is loaded; 0.3 to 1 GiB are reported, not measured."""


class Sharing(StrEnum):
    """What a context is when a server takes several requests at once."""

    EACH = "each"
    """Every request has the whole context: Ollama multiplies it by OLLAMA_NUM_PARALLEL."""
    SPLIT = "split"
    """The context is divided among the slots: llama-server's `-c` with `-np`."""
    UNIFIED = "unified"
    """All slots draw on one pool: llama-server's `--kv-unified`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How a model is to be run."""

    context_tokens: int
    parallel: int = 1
    sharing: Sharing = Sharing.EACH
    batch_tokens: int = 512
    """How many prompt tokens are read in one step (`n_ubatch`)."""
    keys: CacheType = "f16"
    values: CacheType = "f16"
    has_flash_attention: bool = True
    vision_bytes: int = 0
    """Of a picture encoder beside the weights (`mmproj`)."""
    gpus: int = 0
    """How many cards share it; each takes something for itself."""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: for a context, a number of requests or a batch below one.
        """
        if min(self.context_tokens, self.parallel, self.batch_tokens) < 1 or self.context_tokens > 1 << 32:
            raise UsageError(
                _("A context of {tokens} tokens for {parallel} requests cannot be.").format(
                    tokens=self.context_tokens, parallel=self.parallel
                ),
                hint=_("Give both as whole numbers above zero, as in `--context 16384 --parallel 2`."),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Where the bytes go."""

    weights: int
    """With every expert and the picture encoder."""
    kv: int
    """Keys and values."""
    state: int
    """Of recurrent layers."""
    compute: int
    base: int
    """Process, and drivers of the cards."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.state + self.compute + self.base


def memory(geometry: Geometry, weights_bytes: int, use: Use) -> Memory:
    """Return what a model of this build needs when it is run like this."""
    return Memory(
        weights=weights_bytes + use.vision_bytes,
        kv=kv_bytes(geometry, use),
        state=geometry.state_numbers * 4 * use.parallel,
        compute=compute_bytes(geometry, use),
        base=PROCESS_BYTES + GPU_CONTEXT_BYTES * use.gpus,
    )


def cells(use: Use) -> int:
    """Return for how many tokens each full layer has room, over all slots."""
    match use.sharing:
        case Sharing.EACH:
            return _padded(use.context_tokens) * use.parallel
        case Sharing.SPLIT:
            return _padded(max(1, use.context_tokens // use.parallel)) * use.parallel
        case Sharing.UNIFIED:
            return _padded(use.context_tokens)


def kv_bytes(geometry: Geometry, use: Use) -> int:
    """Return the bytes of keys and values: exactly what llama.cpp allocates for the architectures it is known of."""
    streams = 1 if use.sharing is Sharing.UNIFIED else use.parallel
    full = _per_cell(geometry, geometry.full, use) * (cells(use) // streams)
    sliding = _per_cell(geometry, geometry.sliding, use) * window_cells(geometry, use)
    return (full + sliding) * streams


def window_cells(geometry: Geometry, use: Use) -> int:
    """Return for how many tokens each sliding layer has room, per stream: its window and what is read in one step."""
    is_unified = use.sharing is Sharing.UNIFIED
    most = cells(use) if is_unified else cells(use) // use.parallel
    return _padded(min(most, geometry.window_tokens * (use.parallel if is_unified else 1) + use.batch_tokens))


def _per_cell(geometry: Geometry, kept: Cells, use: Use) -> int:
    """Return the bytes of one token in all layers of a kind.

    Without flash attention values are kept transposed, all as wide as the widest, and cannot be quantised.
    """
    values = kept.values
    kind = use.values
    if not use.has_flash_attention and values:
        values = kept.layers * geometry.widest_value
        kind = "f16" if kind not in {"f32", "bf16"} else kind
    return (kept.keys * _BYTES_PER_32[use.keys] + values * _BYTES_PER_32[kind]) // 32


def compute_bytes(geometry: Geometry, use: Use) -> int:
    """Return the working memory of one step, as the engine reserves it for its largest batch; rather too much.

    A model of what llama.cpp reserves, within 6 % of it for most architectures (`benchmarks/fit.py`): the widest layer
    and some copies of the hidden state, a mask over the context, and without flash attention all scores of one layer.
    """
    batch = min(use.batch_tokens, _padded(use.context_tokens))
    copies = _COPIES_SLIDING if geometry.sliding.layers else _COPIES
    dense = 2 * geometry.feed_forward + copies * geometry.embedding
    used = geometry.experts_used
    mixture = 2 * used * geometry.expert_feed_forward + (2 * used + 1) * geometry.embedding if used else 0
    reach = cells(use) if use.sharing is Sharing.UNIFIED else cells(use) // use.parallel
    mask = 2 * (reach + (window_cells(geometry, use) if geometry.sliding.layers else 0))
    scores = 0 if use.has_flash_attention else 8 * reach * geometry.heads
    return int(batch * (4 * max(dense, mixture) + mask + scores))


def cache_type(name: str) -> CacheType:
    """Return the way to keep keys and values that a name means.

    Raises:
        UsageError: when there is none of this name.
    """
    for known in get_args(CacheType):
        if known == name.strip().lower():
            return known
    raise UsageError(
        _("{name!r} is no type of the key-value cache.").format(name=name),
        hint=_("There are {names}.").format(names=", ".join(get_args(CacheType))),
    )


def _padded(tokens: int) -> int:
    return -(-tokens // PAD_TOKENS) * PAD_TOKENS
