"""How each architecture lays out its layers in memory, as llama.cpp does it.

Source: llama.cpp src/models/*.cpp and llama_model::create_memory, as shipped in xllamacpp 2026.10.11549. What is not
in these tables is counted as full attention in every layer, and `Geometry.is_exact` says that this is a guess.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Recurrence: TypeAlias = Literal["none", "all", "both", "without-kv", "interval"]
"""Which layers keep a state of fixed size: none, all, all beside their attention, those without key-value heads, or
all but every n-th."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliding:
    """Which layers look only at the last tokens."""

    period: int = 0
    """Every n-th layer looks at everything; 0: the model must say it layer by layer."""
    is_first_full: bool = False
    """Whether the first of each period is the one that looks at everything, instead of the last."""
    window_tokens: int = 0
    """When the model does not say."""
    is_window_fixed: bool = False
    """Whether the engine takes its own window whatever the model says."""
    needs_window: bool = False
    """Whether a model without a window slides nowhere."""
    only_layers: int = 0
    """Only the model with so many layers slides."""
    guess_period: int = 0
    """What to assume when the list is left out."""


SLIDING: dict[str, Sliding] = {
    "afmoe": Sliding(period=4, needs_window=True),
    "cohere2": Sliding(period=4),
    "cohere2moe": Sliding(period=4, is_first_full=True),
    "exaone-moe": Sliding(period=4, window_tokens=128),
    "exaone4": Sliding(period=4, window_tokens=4096, only_layers=64),
    "gemma2": Sliding(period=2, window_tokens=4096),
    "gemma3": Sliding(period=6, needs_window=True),
    "gemma3n": Sliding(period=5),
    "gemma4": Sliding(guess_period=6),
    "gpt-oss": Sliding(period=2),
    "gptoss": Sliding(period=2),  # as Ollama's own converter names it
    "granite_swa": Sliding(guess_period=4),
    "laguna": Sliding(period=4, is_first_full=True, needs_window=True),
    "llama4": Sliding(period=4, window_tokens=8192, is_window_fixed=True),
    "maple": Sliding(guess_period=4),
    "mellum": Sliding(period=4, needs_window=True),
    "mimo2": Sliding(guess_period=6),
    "muse-glimmer": Sliding(period=4),
    "olmo2": Sliding(period=4, needs_window=True),
    "plamo3": Sliding(period=8, needs_window=True),
    "smallthinker": Sliding(period=4, is_first_full=True, needs_window=True, window_tokens=4096, is_window_fixed=True),
    "spark2_5": Sliding(guess_period=4),
    "step35": Sliding(guess_period=4),
}

RECURRENT: dict[str, Recurrence] = {
    "arwkv7": "all",
    "falcon-h1": "both",
    "granitehybrid": "without-kv",
    "jamba": "without-kv",
    "kimi-linear": "without-kv",
    "lfm2": "without-kv",
    "lfm2moe": "without-kv",
    "mamba": "all",
    "mamba2": "all",
    "nemotron_h": "without-kv",
    "nemotron_h_moe": "without-kv",
    "plamo2": "without-kv",
    "qwen35": "interval",
    "qwen35moe": "interval",
    "qwen3next": "interval",
    "rwkv6": "all",
    "rwkv6qwen2": "all",
    "rwkv7": "all",
}

FEED_FORWARD_ALONE = frozenset({"nemotron_h", "nemotron_h_moe"})
"""Layers with a feed-forward part have neither attention nor a state."""
COMPRESSED = frozenset({"deepseek2", "deepseek32", "glm-dsa", "kimi-linear", "mistral4"})
"""Keep one compressed vector per token instead of keys and values, when the file has the two `_mla` lengths."""
INDEXED = frozenset({"deepseek32", "glm-dsa"})
"""Keep a second, small key per token, by which they find what to attend to."""
WITHOUT_CACHE = frozenset(
    {
        "bert",
        "clip",
        "dream",
        "eurobert",
        "gemma-embedding",
        "jina-bert-v2",
        "jina-bert-v3",
        "llada",
        "llada-moe",
        "modern-bert",
        "neo-bert",
        "nomic-bert",
        "nomic-bert-moe",
        "rnd1",
        "t5encoder",
    }
)
"""Read a whole text at once and keep nothing: embedding models, diffusion."""
KV_LAYERS = {"gemma3n": 20}
"""Only so many layers have keys and values of their own; the others use theirs."""
LOOPED = {"nanbeige": "num_loops"}
"""Run through their layers several times, and keep keys and values for each time."""

_PLAIN = (
    "apertus arcee arctic baichuan bailingmoe bailingmoe2 bitnet bloom chameleon chatglm codeshell cogvlm command-r "
    "dbrx deci deepseek deepseek2-ocr dots1 ernie4_5 ernie4_5-moe exaone falcon gemma glm4 glm4moe gpt2 gptj "
    "gptneox granite granitemoe grok grovemoe hunyuan-dense hunyuan-moe hunyuan_vl hy_v3 internlm2 jais jais2 "
    "k2-horizon llama maincoder minicpm minicpm3 minimax-m2 mistral3 mpt nemotron olmo olmoe openelm orion "
    "paddleocr pangu-embedded phi2 phi3 phimoe plamo plm qwen qwen2 qwen2moe qwen2vl qwen3 qwen3moe qwen3vl "
    "qwen3vlmoe refact seed_oss smollm3 stablelm starcoder starcoder2 talkie xverse "
)
PLAIN = frozenset(_PLAIN.split())
"""Every layer looks at everything, also where a file names a window (Phi-3, Mistral 7B)."""
APPROXIMATE = frozenset({"glm-dsa"})
"""Known, but not every layer keeps all that is counted here."""
KNOWN = PLAIN | set(SLIDING) | set(RECURRENT) | COMPRESSED | WITHOUT_CACHE | set(LOOPED)
