"""The memory arithmetic against llama.cpp itself, on models of real build without weights. `python -m benchmarks.fit`.

For each architecture of the catalog llama.cpp lays a model out (see `skeletons.py`) and says how large its key-value
cache, its states and its working memory are; the figures are how far we are off, and how far the usual formula is that
takes every layer for one that keeps the whole context. The built-in model is really started, and its process weighed.
HOMARUS_BENCH_ROWS=1 prints every row.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import skeletons
from benchmarks.figures import Figure, main
from homarus.domain.content import user
from homarus.domain.inference import ModelRequest, Sampling
from homarus.domain.labels import HOUSE, Reach
from homarus.domain.settings import EmbeddedSettings
from homarus.models import weights
from homarus.models.embedded import BATCH_TOKENS, MODEL, Embedded
from homarus.models.fit import gguf
from homarus.models.fit.arithmetic import MIB, Sharing, Use, compute_bytes, kv_bytes, memory
from homarus.models.fit.geometry import Geometry, geometry
from homarus.models.fit.table import Row, rows
from homarus.models.openai_completions import OpenAiCompletions
from homarus.net.door import OpenDoor

LIMIT_S = 10.0
LONG_PROMPT = " ".join(f"Line {number}: the harbour is quiet and the boats lie still." for number in range(35))
WANTED = {
    "qwen3:8b",
    "qwen3:30b-a3b",
    "qwen3.5:9b",
    "qwen3.5:27b",
    "gemma3:12b",
    "gemma4:e4b",
    "gemma4:12b",
    "gemma4:26b",
    "gpt-oss:20b",
    "gpt-oss:120b",
    "exaone4:32b",
    "lfm2:24b",
    "lfm2.5:1.2b",
    "glm-4.7-flash",
    "nemotron-3-nano:30b",
    "granite4:tiny-h",
    "phi4:14b",
    "llama3.2:3b",
    "smollm2:135m",
}
_CHILD = """
import ctypes, importlib, json, resource, signal, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
libc = ctypes.CDLL(None)
libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, 1, 0)  # line by line, also into a pipe
for fatal in (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE):  # without weights it cannot live; it has said enough then
    libc.signal(int(fatal), ctypes.cast(libc.pause, ctypes.c_void_p))
engine, order = importlib.import_module("xllamacpp"), json.loads(sys.argv[1])
params = engine.CommonParams()
params.model.path = order["path"]
params.no_alloc, params.load_mode = True, engine.llama_load_mode.LLAMA_LOAD_MODE_NONE
params.n_ctx, params.n_parallel, params.kv_unified = order["context"], order["parallel"], order["is_unified"]
params.n_batch = params.n_ubatch = order["batch"]
params.cache_type_k = getattr(engine.ggml_type, "GGML_TYPE_" + order["keys"].upper())
params.cache_type_v = getattr(engine.ggml_type, "GGML_TYPE_" + order["values"].upper())
if not order["has_flash_attention"]:
    params.flash_attn_type = engine.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
params.warmup = params.fit_params = params.ui = False
params.offline, params.port, params.verbosity, params.cache_ram_mib = True, 0, 4, 0
engine.Server(params)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """What llama.cpp says that a model takes, MiB."""

    kv: float
    state: float
    compute: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One model at one use: theirs and ours, MiB."""

    row: Row
    use: Use
    real: LaidOut
    ours: LaidOut
    naive_kv: float

    @property
    def kv_error(self) -> float:
        """Share by which we are off, in keys, values and states."""
        real = self.real.kv + self.real.state
        return abs(self.ours.kv + self.ours.state - real) / real

    @property
    def naive_error(self) -> float:
        """Share by which the formula is off that takes every layer for a full one."""
        return abs(self.naive_kv - self.real.kv - self.real.state) / (self.real.kv + self.real.state)

    @property
    def compute_error(self) -> float:
        """Share by which we are off in working memory; above zero is too much."""
        return self.ours.compute / self.real.compute - 1

    @property
    def step_error(self) -> float:
        """The same as a share of all memory that the model takes."""
        whole = self.row.weights_bytes / MIB + self.real.kv + self.real.state + self.real.compute
        return abs(self.ours.compute - self.real.compute) / whole


def uses(*, is_quick: bool) -> Iterator[Use]:
    """Yield the ways in which each model is laid out."""
    yield Use(context_tokens=32768)
    if not is_quick:
        yield Use(context_tokens=8192, parallel=4, keys="q8_0", values="q8_0", batch_tokens=128)
        yield Use(context_tokens=40000, parallel=4, sharing=Sharing.SPLIT)
        yield Use(context_tokens=16384, parallel=4, sharing=Sharing.UNIFIED)


def lay_out(path: Path, use: Use) -> LaidOut:
    """Let llama.cpp lay a model out.

    Raises:
        RuntimeError: with its last words, when it does not.
    """
    times = use.parallel if use.sharing is Sharing.EACH else 1
    order = {
        "path": str(path),
        "context": use.context_tokens * times,
        "parallel": use.parallel,
        "is_unified": use.sharing is Sharing.UNIFIED,
        "batch": use.batch_tokens,
        "keys": use.keys,
        "values": use.values,
        "has_flash_attention": use.has_flash_attention,
    }
    return _read(order)


def _read(order: Mapping[str, object]) -> LaidOut:
    command = [sys.executable, "-c", _CHILD, json.dumps(order)]
    said: list[str] = []
    environment = {**os.environ, "GGML_NO_BACKTRACE": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment
    ) as child:
        assert child.stdout is not None
        limit = threading.Timer(LIMIT_S, child.kill)
        limit.start()
        try:
            for line in child.stdout:
                said.append(line)
                if "sched_reserve: reserve took" in line or "GGML_ASSERT" in line or "Error" in line:
                    break
        finally:
            limit.cancel()
            child.kill()
    text = "".join(said)
    found = LaidOut(
        kv=_sum(r"llama_kv_cache: size = +([\d.]+) MiB", text),
        state=_sum(r"llama_memory_recurrent: size = +([\d.]+) MiB", text),
        compute=_sum(r"sched_reserve: +\w+ compute buffer size = +([\d.]+) MiB", text),
    )
    if not found.compute:
        raise RuntimeError(f"llama.cpp did not lay out {order['path']}: {text[-800:]}")
    return found


def _sum(pattern: str, text: str) -> float:
    return sum(float(found) for found in re.findall(pattern, text))


def compare(row: Row, kinds: Iterable[Use], folder: Path) -> Iterator[Compared]:
    """Lay one model out in each way, and count it."""
    path = folder / f"{row.id.replace(':', '-').replace('/', '-')}.gguf"
    skeletons.write(path, row.facts())
    for use in kinds:
        yield _compared(row, use, lay_out(path, use))
    path.unlink()


def _compared(row: Row, use: Use, real: LaidOut) -> Compared:
    shape = geometry(row.facts())
    assert shape is not None
    return Compared(
        row=row,
        use=use,
        real=real,
        ours=LaidOut(
            kv=kv_bytes(shape, use) / MIB,
            state=shape.state_numbers * 4 * use.parallel / MIB,
            compute=compute_bytes(shape, use) / MIB,
        ),
        naive_kv=_naive(row, shape, use),
    )


def _naive(row: Row, shape: Geometry, use: Use) -> float:
    """Return what the usual formula says: all layers, the whole context, heads of embedding divided by heads."""
    groups = row.shape.get("attention.head_count_kv")
    heads = max((item for item in groups if isinstance(item, int)), default=0) if isinstance(groups, list) else groups
    assert isinstance(heads, int)
    length = row.shape.get("attention.key_length")
    width = length if isinstance(length, int) else shape.embedding // max(1, shape.heads)
    times = use.parallel if use.sharing is Sharing.EACH else 1
    return 2 * shape.layers * heads * width * 2 * use.context_tokens * times / MIB


def table(*, is_quick: bool, wanted: Iterable[str] = WANTED) -> list[Compared]:
    """Compare all wanted models in all uses."""
    chosen = [row for row in rows() if row.id in set(wanted)]
    with tempfile.TemporaryDirectory() as place:
        kinds = list(uses(is_quick=is_quick))
        return [one for row in chosen for one in compare(row, kinds, Path(place))]


def tell(done: Iterable[Compared]) -> None:
    """Print every row."""
    for one in done:
        how = f"{one.use.context_tokens} x {one.use.parallel} {one.use.sharing.value} {one.use.keys}"
        real, ours = one.real.kv + one.real.state, one.ours.kv + one.ours.state
        kept = f"kept {real:9.2f} ours {ours:9.2f} naive {one.naive_kv:9.0f}"
        step = f"compute {one.real.compute:7.1f} ours {one.ours.compute:7.1f} ({one.compute_error:+.0%})"
        print(f"{one.row.id:22} {how:24} {kept} | {step}", file=sys.stderr)


async def weigh(context_tokens: int) -> float:
    """Return the share by which we are off for the built-in model's process, after it has read a long prompt."""
    with tempfile.TemporaryDirectory() as place:
        engine = Embedded(EmbeddedSettings.model_validate({"contextTokens": context_tokens}), Path(place))
        found = weights.find(Path(place), weights.PACKAGES)
        assert found is not None
        facts = gguf.facts(found.path)
        shape = geometry(facts)
        assert shape is not None
        assert facts.weights_bytes is not None
        async with OpenDoor() as door:
            try:
                messages = (user(LONG_PROMPT, HOUSE),)
                request = ModelRequest(model=MODEL, messages=messages, sampling=Sampling(max_tokens=8))
                at = await engine.endpoint()
                async for _event in OpenAiCompletions().stream(request, at, door, reach=Reach.LOCAL_ONLY):
                    pass
                real = engine.memory_bytes()
            finally:
                await engine.stop()
    use = Use(context_tokens=context_tokens, batch_tokens=BATCH_TOKENS)
    return memory(shape, facts.weights_bytes, use).total / real - 1


def weighed(*, is_quick: bool) -> Iterator[Figure]:
    """Yield how far off the prediction is for a real process."""
    errors = [asyncio.run(weigh(tokens)) for tokens in ((4096,) if is_quick else (2048, 4096, 8192))]
    yield Figure(
        name="memory arithmetic, built-in model's process, largest error",
        value=100 * max(map(abs, errors)),
        unit="%",
        goal=4,
        note=", ".join(f"{error:+.1%}" for error in errors),
    )


def measure(*, is_quick: bool) -> Iterable[Figure]:
    """Yield how far the arithmetic is off."""
    done = table(is_quick=is_quick)
    if os.environ.get("HOMARUS_BENCH_ROWS"):
        tell(done)
    names = {one.row.architecture for one in done}
    note = f"{len(names)} architectures, {len(done)} layouts"
    yield Figure(
        name="memory arithmetic, key-value cache, largest error",
        value=100 * max(one.kv_error for one in done),
        unit="%",
        goal=0.005,  # their log has two digits after the point
        baseline=100 * max(one.naive_error for one in done),
        baseline_name="every layer full",
        note=note,
    )
    yield from weighed(is_quick=is_quick)
    yield Figure(
        name="memory arithmetic, working memory, largest error of the whole",
        value=100 * max(one.step_error for one in done),
        unit="%",
        goal=2,
        note=note,
    )


if __name__ == "__main__":
    sys.exit(main(measure))
