"""The bytes of keys and values are those that llama.cpp allocates, and grow as they should."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.errors import UsageError
from homarus.models.fit.arithmetic import MIB, CacheType, Sharing, Use, cache_type, kv_bytes, memory
from homarus.models.fit.geometry import Geometry, geometry
from homarus.models.fit.table import Row, rows

ROOT = Path(__file__).resolve().parents[3]


def shape_of(row: Row) -> Geometry:
    found = geometry(row.facts())
    assert found is not None
    return found


def named(name: str) -> Geometry:
    return shape_of(next(row for row in rows() if row.id == name))


@pytest.mark.parametrize(
    ("name", "mib"),
    [  # as llama.cpp allocated them
        ("gemma3:12b", 2528),
        ("qwen3:30b-a3b", 3072),
        ("gpt-oss:20b", 786),
        ("exaone4:32b", 2912),
        ("lfm2:24b", 640),
        ("gemma4:26b", 940),
        ("glm-4.7-flash", 1692),
        ("qwen3.5:27b", 2048),
    ],
)
def test_keys_and_values_of_32768_tokens(name: str, mib: int) -> None:
    assert kv_bytes(named(name), Use(context_tokens=32768)) == mib * MIB


def test_ollama_multiplies_and_llama_server_divides() -> None:
    shape = named("qwen3:8b")
    one = kv_bytes(shape, Use(context_tokens=8192))

    assert kv_bytes(shape, Use(context_tokens=8192, parallel=4)) == 4 * one
    assert kv_bytes(shape, Use(context_tokens=8192, parallel=4, sharing=Sharing.SPLIT)) == one
    assert kv_bytes(shape, Use(context_tokens=8192, parallel=4, sharing=Sharing.UNIFIED)) == one


@pytest.mark.parametrize(("kind", "share"), [("q8_0", 34 / 64), ("q4_0", 18 / 64), ("f32", 2.0)])
def test_a_smaller_cache_takes_its_share(kind: CacheType, share: float) -> None:
    shape = named("llama3.1:8b")
    whole = kv_bytes(shape, Use(context_tokens=4096))

    assert kv_bytes(shape, Use(context_tokens=4096, keys=kind, values=kind)) == whole * share


def test_without_flash_attention_values_stay_whole_and_work_takes_more() -> None:
    shape = named("qwen3:8b")
    with_it = memory(shape, 0, Use(context_tokens=8192, keys="q8_0", values="q8_0"))
    without = memory(shape, 0, Use(context_tokens=8192, keys="q8_0", values="q8_0", has_flash_attention=False))

    assert without.kv > with_it.kv
    assert without.compute > 5 * with_it.compute


@given(
    row=st.sampled_from(rows()),
    tokens=st.integers(1, 1 << 20),
    parallel=st.integers(1, 16),
    sharing=st.sampled_from(Sharing),
)
def test_more_context_never_takes_less(row: Row, tokens: int, parallel: int, sharing: Sharing) -> None:
    shape = shape_of(row)
    less = memory(shape, row.weights_bytes, Use(context_tokens=tokens, parallel=parallel, sharing=sharing))
    more = memory(shape, row.weights_bytes, Use(context_tokens=2 * tokens, parallel=parallel, sharing=sharing))

    assert 0 <= less.kv <= more.kv
    assert less.total <= more.total
    assert less.total == less.weights + less.kv + less.state + less.compute + less.base


@pytest.mark.parametrize(("tokens", "parallel"), [(0, 1), (-1, 1), (4096, 0), (1 << 40, 1)])
def test_a_use_that_cannot_be_is_refused(tokens: int, parallel: int) -> None:
    with pytest.raises(UsageError):
        Use(context_tokens=tokens, parallel=parallel)


def test_a_type_of_cache_is_found_by_its_name() -> None:
    assert cache_type(" Q8_0") == "q8_0"
    with pytest.raises(UsageError, match="q5_9"):
        cache_type("q5_9")


@pytest.mark.slow
def test_llama_cpp_lays_out_the_same() -> None:
    """Every model in one way, by the real engine: 14 architectures, without a byte of weights."""
    pytest.importorskip("gguf")
    code = (
        "import json; from benchmarks.fit import table; "
        "print(json.dumps([[one.row.architecture, one.kv_error] for one in table(is_quick=True)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=110
    )
    errors: list[tuple[str, float]] = json.loads(done.stdout)

    assert len({name for name, _error in errors}) >= 8
    assert [name for name, error in errors if error > 5e-5] == []
