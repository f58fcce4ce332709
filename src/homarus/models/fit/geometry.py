"""Out of a model's metadata, what its memory depends on: layers, heads, windows, states."""

from dataclasses import dataclass, field

from homarus.domain.engines import ModelFacts
from homarus.domain.i18n import _
from homarus.models.fit.architectures import (
    APPROXIMATE,
    COMPRESSED,
    FEED_FORWARD_ALONE,
    INDEXED,
    KNOWN,
    KV_LAYERS,
    LOOPED,
    RECURRENT,
    SLIDING,
    WITHOUT_CACHE,
    Recurrence,
)
from homarus.models.fit.metadata import MOST_LAYERS, Metadata, metadata_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What the layers of one kind keep of one token: numbers, not bytes."""

    layers: int = 0
    keys: int = 0
    """Over all these layers."""
    values: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How a model is built, as far as memory goes."""

    architecture: str
    layers: int
    trained_tokens: int | None
    embedding: int
    feed_forward: int
    """Of the widest dense layer."""
    heads: int
    full: Cells = field(default_factory=Cells)
    """Layers that keep every token of the context."""
    sliding: Cells = field(default_factory=Cells)
    """Layers that keep the last `window_tokens`."""
    window_tokens: int = 0
    widest_value: int = 0
    """Without flash attention, every layer keeps as many values as the widest."""
    state_numbers: int = 0
    """Recurrent layers: 32-bit numbers per conversation, whatever the context."""
    experts: int = 0
    experts_used: int = 0
    expert_feed_forward: int = 0
    is_exact: bool = True
    """Whether the engine is known to lay it out like this."""
    because: str = ""
    """Why it is not exact, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layers:
    """Per layer: what it is and has."""

    is_attending: tuple[bool, ...]
    is_sliding: tuple[bool, ...]
    is_recurrent: tuple[bool, ...]
    kv_heads: tuple[int, ...]
    window_tokens: int
    doubts: tuple[str, ...]


def geometry(facts: ModelFacts) -> Geometry | None:
    """Return how a model is built; `None` when its metadata says too little to count anything.

    Reads GGUF keys (`qwen3.block_count`), also from Ollama's `/api/show`, whose `model_info` has the same ones. An
    architecture that is not known is counted as full attention in every layer, and `is_exact` is false.
    """
    meta = metadata_of(facts.metadata, facts.architecture)
    layers = _trunk(meta)
    if not 0 < layers <= MOST_LAYERS or not meta.number("embedding_length"):
        return None
    kinds = _layers(meta, layers)
    full, sliding = _cells(meta, kinds, is_sliding=False), _cells(meta, kinds, is_sliding=True)
    head_v = max(_head(meta, "value", is_sliding=flag) for flag in (False, True))
    return Geometry(
        architecture=meta.architecture,
        layers=layers,
        trained_tokens=meta.number("context_length") or None,
        embedding=meta.number("embedding_length"),
        feed_forward=max(meta.per_layer("feed_forward_length", layers) or (0,)),
        heads=meta.number("attention.head_count"),
        full=full,
        sliding=sliding,
        window_tokens=kinds.window_tokens if sliding.layers else 0,
        widest_value=max(kinds.kv_heads, default=0) * head_v,
        state_numbers=sum(kinds.is_recurrent) * _state(meta),
        experts=meta.number("expert_count"),
        experts_used=meta.number("expert_used_count"),
        expert_feed_forward=meta.number("expert_feed_forward_length"),
        is_exact=not kinds.doubts,
        because=" ".join(kinds.doubts),
    )


def _trunk(meta: Metadata) -> int:
    """Return the number of layers without the draft layers at the end; looped models count each time."""
    loops = meta.number(LOOPED.get(meta.architecture, ""), 1) if meta.architecture in LOOPED else 1
    return (meta.number("block_count") - meta.number("nextn_predict_layers")) * max(1, min(loops, MOST_LAYERS))


# --- what each layer is ---


def _layers(meta: Metadata, layers: int) -> _Layers:
    doubts: list[str] = []
    kv_heads = _kv_heads(meta, layers, doubts)
    is_recurrent = _recurrent(meta, layers, kv_heads, doubts)
    how = RECURRENT.get(meta.architecture, "none")
    is_attending = [how == "both" or not flag for flag in is_recurrent]
    if meta.architecture in WITHOUT_CACHE or how == "all":
        is_attending = [False] * layers
    if meta.architecture in FEED_FORWARD_ALONE:
        widths = meta.per_layer("feed_forward_length", layers) or (0,) * layers
        is_attending = [flag and not width for flag, width in zip(is_attending, widths, strict=True)]
    own = _layers_with_own_kv(meta, layers)
    is_attending = [flag and index < own for index, flag in enumerate(is_attending)]
    window = _window(meta, doubts)
    is_sliding = _slides(meta, layers, window, is_attending, doubts)
    if meta.architecture not in KNOWN:
        doubts.append(
            _("The architecture {name!r} is not known here: counted as if every layer kept the whole context.").format(
                name=meta.architecture or "?"
            )
        )
    elif meta.architecture in APPROXIMATE:
        doubts.append(_("Counted with every layer's index, which some of them do not keep."))
    return _Layers(
        is_attending=tuple(is_attending),
        is_sliding=is_sliding,
        is_recurrent=is_recurrent,
        kv_heads=kv_heads,
        window_tokens=window,
        doubts=tuple(doubts),
    )


def _kv_heads(meta: Metadata, layers: int, doubts: list[str]) -> tuple[int, ...]:
    heads = meta.number("attention.head_count")
    own = meta.per_layer("attention.head_count_kv", layers // _loops(meta), heads)
    if own is None:
        doubts.append(_("The heads per layer are left out: counted with {heads} in every layer.").format(heads=heads))
        return (heads,) * layers
    return own * _loops(meta)


def _loops(meta: Metadata) -> int:
    real = meta.number("block_count") - meta.number("nextn_predict_layers")
    return max(1, _trunk(meta) // real) if real > 0 else 1


def _recurrent(meta: Metadata, layers: int, kv_heads: tuple[int, ...], doubts: list[str]) -> tuple[bool, ...]:
    how: Recurrence = RECURRENT.get(meta.architecture, "none")
    match how:
        case "none":
            if meta.architecture not in KNOWN and meta.has("ssm.state_size"):
                doubts.append(_("It has recurrent layers, which are counted as attention."))
            return (False,) * layers
        case "all" | "both":
            return (True,) * layers
        case "without-kv":
            widths = meta.per_layer("feed_forward_length", layers) or (0,) * layers
            alone = meta.architecture in FEED_FORWARD_ALONE
            return tuple(not heads and not (alone and width) for heads, width in zip(kv_heads, widths, strict=True))
        case "interval":
            said = meta.flags("attention.recurrent_layers", layers)
            every = meta.number("full_attention_interval", 4) or 4
            return said or tuple((index + 1) % every != 0 for index in range(layers))


def _layers_with_own_kv(meta: Metadata, layers: int) -> int:
    if meta.architecture == "gemma4":
        return layers - meta.number("attention.shared_kv_layers")
    return KV_LAYERS.get(meta.architecture, layers)


def _window(meta: Metadata, doubts: list[str]) -> int:
    """Return how far back the sliding layers look; 0 when none slides."""
    rule = SLIDING.get(meta.architecture)
    said = meta.number("attention.sliding_window")
    if rule is None:
        return said if meta.architecture == "lfm2" else 0
    if rule.only_layers and _trunk(meta) != rule.only_layers:
        return 0
    is_switched_off = meta.has("attention.sliding_window") and not said
    if (rule.needs_window and not said) or (rule.is_window_fixed and is_switched_off):
        return 0
    if rule.is_window_fixed:
        return rule.window_tokens
    if not said and not rule.window_tokens:
        doubts.append(_("The window of its sliding layers is left out: counted as if there were none."))
    return said or rule.window_tokens


def _slides(meta: Metadata, layers: int, window: int, is_attending: list[bool], doubts: list[str]) -> tuple[bool, ...]:
    rule = SLIDING.get(meta.architecture)
    if not window:
        return (False,) * layers
    if rule is None:  # LFM2 with a window: every layer that attends
        return tuple(is_attending)
    said = meta.flags("attention.sliding_window_pattern", layers)
    if said is not None:
        return said
    period = rule.period
    if meta.has("attention.sliding_window_pattern"):
        period = meta.number("attention.sliding_window_pattern", period)
    elif meta.is_left_out("attention.sliding_window_pattern") or not period:
        period = rule.guess_period or period
        doubts.append(_("Which layers slide is left out: counted as all but every {n}th.").format(n=period))
    if not period:
        return (True,) * layers
    if rule.is_first_full:
        return tuple(index % period != 0 for index in range(layers))
    return tuple(index % period < period - 1 for index in range(layers))


# --- what they keep ---


def _head(meta: Metadata, which: str, *, is_sliding: bool) -> int:
    """Return the length of a head's key or value."""
    heads = meta.number("attention.head_count")
    default = meta.number("embedding_length") // heads if heads else 0
    length = meta.number(f"attention.{which}_length", default)
    return meta.number(f"attention.{which}_length_swa", length) if is_sliding else length


def _cells(meta: Metadata, kinds: _Layers, *, is_sliding: bool) -> Cells:
    """Sum up what the layers of one kind keep of a token."""
    chosen = [
        heads
        for heads, attends, slides in zip(kinds.kv_heads, kinds.is_attending, kinds.is_sliding, strict=True)
        if attends and slides is is_sliding
    ]
    keys = sum(chosen) * _head(meta, "key", is_sliding=is_sliding)
    values = sum(chosen) * _head(meta, "value", is_sliding=is_sliding)
    if _is_compressed(meta):
        values = 0
    if meta.architecture in INDEXED:
        keys += len(chosen) * meta.number("attention.indexer.key_length")
    return Cells(layers=len(chosen), keys=keys, values=values)


def _is_compressed(meta: Metadata) -> bool:
    lengths = (meta.number("attention.key_length_mla"), meta.number("attention.value_length_mla"))
    return meta.architecture in COMPRESSED and all(lengths)


def _state(meta: Metadata) -> int:
    """Return the numbers that one recurrent layer keeps of a conversation.

    Source: llama_hparams::n_embd_r and n_embd_s (RWKV, short convolutions, Kimi delta attention, Mamba and delta nets).
    """
    embedding, heads = meta.number("embedding_length"), meta.number("attention.head_count")
    if size := meta.number("wkv.head_size"):
        return meta.number("token_shift_count", 2) * embedding + embedding * size
    inner, state = meta.number("ssm.inner_size"), meta.number("ssm.state_size")
    if length := meta.number("shortconv.l_cache"):
        return embedding * (length - 1) + state * inner
    kernel = meta.number("ssm.conv_kernel")
    if size := meta.number("kda.head_dim"):
        return 3 * (kernel - 1 if kernel else 3) * heads * size + size * size * heads
    conv = (kernel - 1 if kernel else 0) * (inner + 2 * meta.number("ssm.group_count") * state)
    return conv + state * inner
