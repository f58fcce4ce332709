"""Models of real build without weights: GGUF files whose header is true and whose data is a hole in the file.

llama.cpp reads them with `no_alloc`: it lays everything out and says how much it would take, and touches no weight. So
its key-value cache and working memory can be read off for models that no test machine could hold. Needs the `gguf`
package, which the product does not.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from homarus.domain.content import Json
from homarus.domain.engines import ModelFacts

VOCABULARY = 512
_ORDINARY, _CONTROL, _BYTE = 1, 3, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A tensor without data; dimensions as llama.cpp names them, the fastest first."""

    name: str
    shape: tuple[int, ...]

    @property
    def is_small(self) -> bool:
        """Norms, biases and the like, which llama.cpp wants in 32 bits."""
        return len(self.shape) == 1 or self.name.endswith(("ssm_a", "ssm_d", "conv1d.weight", "conv.weight"))


@dataclass(slots=True)
class Shape:
    """Reads a model's metadata as llama.cpp does."""

    facts: ModelFacts

    def number(self, key: str, default: int = 0) -> int:
        """Return a number; of a list the first."""
        value = self.facts.metadata.get(f"{self.facts.architecture}.{key}", default)
        first = value[0] if isinstance(value, list) else value
        return int(first) if isinstance(first, int) else default

    def at(self, key: str, layer: int, default: int = 0) -> int:
        """Return a layer's number."""
        value = self.facts.metadata.get(f"{self.facts.architecture}.{key}", default)
        found = value[layer] if isinstance(value, list) else value
        return int(found) if isinstance(found, int) else default

    @property
    def embedding(self) -> int:
        """How wide the hidden state is."""
        return self.number("embedding_length")

    @property
    def heads(self) -> int:
        """How many query heads there are."""
        return self.number("attention.head_count")

    @property
    def layers(self) -> range:
        """The layers, by number."""
        return range(self.number("block_count"))

    def is_sliding(self, layer: int) -> bool:
        """Whether a layer looks only at the last tokens."""
        return bool(self.at("attention.sliding_window_pattern", layer))


def write(path: Path, facts: ModelFacts) -> None:
    """Write a file of a model's true build with holes for weights."""
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(path, facts.architecture)
    for key, value in (*facts.metadata.items(), *_demanded(facts)):
        if not key.startswith(("general.", "homarus.")) and not key.endswith(".vocab_size"):
            _put(writer, key, value)
    _vocabulary(writer)
    total = 0
    for hole in holes(Shape(facts)):
        kind = np.dtype(np.float32 if hole.is_small else np.float16)
        size = kind.itemsize * math.prod(hole.shape)
        writer.add_tensor_info(hole.name, tuple(reversed(hole.shape)), kind, size)
        total += -(-size // 32) * 32
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + total + 64)


def _put(writer: object, key: str, value: Json) -> None:
    import gguf

    assert isinstance(writer, gguf.GGUFWriter)
    if isinstance(value, list):
        writer.add_array(key, value)
    elif isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)


def _demanded(facts: ModelFacts) -> Iterator[tuple[str, Json]]:
    """Yield what llama.cpp will not do without, and what changes nothing in memory."""
    name, shape = facts.architecture, Shape(facts)
    yield f"{name}.attention.layer_norm_rms_epsilon", 1e-6
    yield f"{name}.attention.layer_norm_epsilon", 1e-6
    yield f"{name}.rope.dimension_count", shape.number("rope.dimension_count") or _rope(shape)
    yield f"{name}.rope.freq_base", 10000.0
    match name:
        case "gemma4":
            yield f"{name}.rope.dimension_count_swa", 256
            yield f"{name}.rope.freq_base_swa", 10000.0
            yield f"{name}.embedding_length_per_layer_input", 0
        case "qwen35" | "qwen35moe":
            yield f"{name}.rope.dimension_sections", [11, 11, 10, 0]
        case "lfm2moe" | "glm4moe":
            yield f"{name}.expert_gating_func", 2
        case "deepseek2" | "nemotron_h_moe":
            yield f"{name}.expert_shared_count", 1
            yield f"{name}.expert_shared_feed_forward_length", 512
            yield f"{name}.expert_weights_scale", 1.0
            yield f"{name}.expert_gating_func", 2
        case _:
            return


def _rope(shape: Shape) -> int:
    if shape.number("attention.key_length_mla"):
        return shape.number("attention.key_length") - shape.number("attention.value_length")
    return 64 if shape.facts.architecture.startswith("qwen35") else shape.number("attention.key_length")


def _vocabulary(writer: object) -> None:
    import gguf

    assert isinstance(writer, gguf.GGUFWriter)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [_CONTROL] * 3 + [_BYTE] * 256
    tokens += [f"w{number}" for number in range(VOCABULARY - len(tokens))]
    kinds += [_ORDINARY] * (VOCABULARY - len(kinds))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)


# --- tensors ---


def holes(shape: Shape) -> Iterator[Hole]:
    """Yield the tensors that llama.cpp expects of a model. Source: its load_arch_tensors functions."""
    width = shape.embedding
    norm = "token_embd_norm" if shape.facts.architecture.startswith("lfm2") else "output_norm"
    yield Hole(name="token_embd.weight", shape=(width, VOCABULARY))
    yield Hole(name=f"{norm}.weight", shape=(width,))
    if shape.facts.architecture == "gpt-oss":
        yield Hole(name="output.weight", shape=(width, VOCABULARY))
    if shape.facts.architecture == "gemma4":
        yield Hole(name="rope_freqs.weight", shape=(shape.number("attention.key_length") // 2,))
    for layer in shape.layers:
        for name, dims in _layer(shape, layer):
            yield Hole(name=f"blk.{layer}.{name}", shape=tuple(dims))


Parts = Iterator[tuple[str, Sequence[int]]]


def _layer(shape: Shape, layer: int) -> Parts:
    """Yield the tensors of one layer."""
    by_name = {
        "gemma3": _gemma,
        "gemma4": _gemma,
        "gpt-oss": _gpt_oss,
        "exaone4": _exaone,
        "lfm2": _lfm2,
        "lfm2moe": _lfm2,
        "qwen35": _delta,
        "deepseek2": _compressed,
        "nemotron_h_moe": _nemotron,
        "granitehybrid": _granite,
        "qwen3": _qwen3,
        "qwen3moe": _qwen3,
        "phi3": _phi3,
    }
    return by_name.get(shape.facts.architecture, _llama)(shape, layer)


def _llama(shape: Shape, layer: int) -> Parts:
    yield from _norms(shape, "attn_norm", "ffn_norm")
    yield from _attention(shape, layer)
    yield from _feed_forward(shape, layer)


def _exaone(shape: Shape, layer: int) -> Parts:
    yield from _attention(shape, layer, has_norms=True)
    yield from _feed_forward(shape, layer)
    yield from _norms(shape, "post_attention_norm", "post_ffw_norm")


def _qwen3(shape: Shape, layer: int) -> Parts:
    yield from _norms(shape, "attn_norm", "ffn_norm")
    yield from _attention(shape, layer, has_norms=True)
    yield from _wide(shape, layer)


def _phi3(shape: Shape, layer: int) -> Parts:
    width = shape.at("feed_forward_length", layer)
    yield from _norms(shape, "attn_norm", "ffn_norm")
    yield from _attention(shape, layer)
    yield "ffn_up.weight", (shape.embedding, 2 * width)
    yield "ffn_down.weight", (width, shape.embedding)


def _norms(shape: Shape, *names: str) -> Parts:
    for name in names:
        yield f"{name}.weight", (shape.embedding,)


def _attention(shape: Shape, layer: int, *, has_norms: bool = False, times: int = 1, suffix: str = "") -> Parts:
    key = shape.number(f"attention.key_length{suffix}") or shape.number("attention.key_length")
    value = shape.number(f"attention.value_length{suffix}") or shape.number("attention.value_length")
    groups = shape.at("attention.head_count_kv", layer)
    yield "attn_q.weight", (shape.embedding, key * shape.heads * times)
    yield "attn_k.weight", (shape.embedding, key * groups)
    yield "attn_v.weight", (shape.embedding, value * groups)
    yield "attn_output.weight", (key * shape.heads, shape.embedding)
    if has_norms:
        yield "attn_q_norm.weight", (key,)
        yield "attn_k_norm.weight", (key,)


def _feed_forward(shape: Shape, layer: int) -> Parts:
    width = shape.at("feed_forward_length", layer)
    yield "ffn_gate.weight", (shape.embedding, width)
    yield "ffn_up.weight", (shape.embedding, width)
    yield "ffn_down.weight", (width, shape.embedding)


def _wide(shape: Shape, layer: int) -> Parts:
    """Yield experts where there are some, after the dense layers at the beginning."""
    if shape.number("expert_count") and layer >= shape.number("leading_dense_block_count"):
        yield from _experts(shape, has_bias=shape.facts.architecture in {"glm4moe", "lfm2moe"})
    else:
        yield from _feed_forward(shape, layer)


def _experts(shape: Shape, *, has_gate: bool = True, has_bias: bool = False) -> Parts:
    count, width = shape.number("expert_count"), shape.number("expert_feed_forward_length")
    yield "ffn_gate_inp.weight", (shape.embedding, count)
    if has_gate:
        yield "ffn_gate_exps.weight", (shape.embedding, width, count)
    yield "ffn_up_exps.weight", (shape.embedding, width, count)
    yield "ffn_down_exps.weight", (width, shape.embedding, count)
    if has_bias:
        yield "exp_probs_b.bias", (count,)


def _gemma(shape: Shape, layer: int) -> Parts:
    is_new = shape.facts.architecture == "gemma4"
    suffix = "_swa" if is_new and shape.is_sliding(layer) else ""
    yield from _norms(shape, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
    yield from _attention(shape, layer, has_norms=True, suffix=suffix)
    yield from _feed_forward(shape, layer)


def _gpt_oss(shape: Shape, layer: int) -> Parts:
    count, width = shape.number("expert_count"), shape.number("expert_feed_forward_length")
    yield from _norms(shape, "attn_norm", "post_attention_norm")
    yield from _attention(shape, layer)
    yield "attn_sinks.weight", (shape.heads,)
    yield "attn_output.bias", (shape.embedding,)
    yield from _experts(shape)
    yield "ffn_gate_inp.bias", (count,)
    yield "ffn_gate_exps.bias", (width, count)
    yield "ffn_up_exps.bias", (width, count)
    yield "ffn_down_exps.bias", (shape.embedding, count)


def _lfm2(shape: Shape, layer: int) -> Parts:
    width = shape.embedding
    yield from _norms(shape, "attn_norm", "ffn_norm")
    if shape.at("attention.head_count_kv", layer):
        yield from _attention(shape, layer, has_norms=True)
    else:
        yield "shortconv.conv.weight", (shape.number("shortconv.l_cache"), width)
        yield "shortconv.in_proj.weight", (width, 3 * width)
        yield "shortconv.out_proj.weight", (width, width)
    yield from _wide(shape, layer)


def _delta(shape: Shape, layer: int) -> Parts:
    state, groups, rank = (shape.number(f"ssm.{key}") for key in ("state_size", "group_count", "time_step_rank"))
    keys, values = state * groups, state * rank
    yield from _norms(shape, "attn_norm", "post_attention_norm")
    if (layer + 1) % shape.number("full_attention_interval") == 0:
        yield from _attention(shape, layer, has_norms=True, times=2)
    else:
        yield "attn_qkv.weight", (shape.embedding, 2 * keys + values)
        yield "attn_gate.weight", (shape.embedding, values)
        yield "ssm_conv1d.weight", (shape.number("ssm.conv_kernel"), 2 * keys + values)
        yield "ssm_dt.bias", (rank,)
        yield "ssm_a", (rank,)
        yield "ssm_beta.weight", (shape.embedding, rank)
        yield "ssm_alpha.weight", (shape.embedding, rank)
        yield "ssm_norm.weight", (state,)
        yield "ssm_out.weight", (values, shape.embedding)
    yield from _feed_forward(shape, layer)


def _compressed(shape: Shape, layer: int) -> Parts:
    key, value = shape.number("attention.key_length_mla"), shape.number("attention.value_length_mla")
    lora, query = shape.number("attention.kv_lora_rank"), shape.number("attention.q_lora_rank")
    rope = shape.number("attention.key_length") - shape.number("attention.value_length")
    yield from _norms(shape, "attn_norm", "ffn_norm")
    yield "attn_q_a_norm.weight", (query,)
    yield "attn_kv_a_norm.weight", (lora,)
    yield "attn_q_a.weight", (shape.embedding, query)
    yield "attn_q_b.weight", (query, shape.heads * key)
    yield "attn_kv_a_mqa.weight", (shape.embedding, lora + rope)
    yield "attn_k_b.weight", (key - rope, lora, shape.heads)
    yield "attn_v_b.weight", (lora, value, shape.heads)
    yield "attn_output.weight", (shape.heads * value, shape.embedding)
    if layer < shape.number("leading_dense_block_count"):
        yield from _feed_forward(shape, layer)
        return
    yield from _experts(shape)
    for name in ("gate", "up"):
        yield f"ffn_{name}_shexp.weight", (shape.embedding, shape.number("expert_feed_forward_length"))
    yield "ffn_down_shexp.weight", (shape.number("expert_feed_forward_length"), shape.embedding)


def _mamba(shape: Shape) -> Parts:
    inner, state, groups, heads = (
        shape.number(f"ssm.{key}") for key in ("inner_size", "state_size", "group_count", "time_step_rank")
    )
    conv = inner + 2 * groups * state
    yield "ssm_in.weight", (shape.embedding, inner + conv + heads)
    yield "ssm_conv1d.weight", (shape.number("ssm.conv_kernel"), conv)
    yield "ssm_conv1d.bias", (conv,)
    yield "ssm_dt.bias", (heads,)
    yield "ssm_a", (1, heads)
    yield "ssm_d", (1, heads)
    yield "ssm_norm.weight", (inner // groups, groups)
    yield "ssm_out.weight", (inner, shape.embedding)


def _nemotron(shape: Shape, layer: int) -> Parts:
    yield from _norms(shape, "attn_norm")
    if shape.at("attention.head_count_kv", layer):
        yield from _attention(shape, layer)
    elif shape.at("feed_forward_length", layer):
        yield from _experts(shape, has_gate=False, has_bias=True)
        yield "ffn_up_shexp.weight", (shape.embedding, 512)
        yield "ffn_down_shexp.weight", (512, shape.embedding)
    else:
        yield from _mamba(shape)


def _granite(shape: Shape, layer: int) -> Parts:
    yield from _norms(shape, "attn_norm", "ffn_norm")
    yield from _attention(shape, layer) if shape.at("attention.head_count_kv", layer) else _mamba(shape)
    yield from _experts(shape)
