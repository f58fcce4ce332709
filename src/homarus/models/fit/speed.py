"""How fast a model answers here, as a range: what memory delivers, what cores compute, and what was measured.

A token needs every active weight once, and what was kept of the conversation. The range goes from a full context and
the worse of what engines reach to an empty one and the better. Shares that engines reach of a card's bandwidth, from
public measurements: 27B at 4 bits on an RTX 4090 0.64, on an RTX 3090 0.6; 35B-A3B on an RTX 3090 0.22.
"""

from dataclasses import dataclass

from homarus.domain.i18n import _
from homarus.models.fit.bandwidths import bandwidth_of
from homarus.models.fit.gpus import Gpu, GpuKind
from homarus.models.fit.machine import Machine

_GIGA = 1e9
MOST_TOKENS_S = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From at least to at most."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Tokens per second."""

    generation: Range
    prefill: Range
    is_measured: bool = False
    """Whether this model was timed on this machine."""
    because: str = ""
    """Where the figures come from, in a sentence."""

    def first_token_s(self, prompt_tokens: int) -> float:
        """Return how long a person waits for the first word at best, when nothing of the prompt was read before."""
        return prompt_tokens / self.prefill.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one token costs."""

    active_bytes: float
    """Of weights, over all parts."""
    active_parameters: float
    kept_bytes: float
    """Of keys and values at the full context."""
    is_mixture: bool
    gpu_share: float
    """Of the model that lies on cards: 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """What was measured of this model on this machine."""

    generation_tokens_s: float | None = None
    prefill_tokens_s: float | None = None


_GPU_DENSE = Range(low=0.45, high=0.8)
_GPU_MIXTURE = Range(low=0.18, high=0.55)
_CPU_REACH = Range(low=0.5, high=1.0)
_UNKNOWN_GPU = Range(low=150, high=500)
_UNKNOWN_CPU = Range(low=8, high=60)
"""GB/s of main memory before it was measured: one channel of old memory to two of new."""
_READS_PER_BYTE: dict[GpuKind, Range] = {
    "cuda": Range(low=20, high=60),
    "rocm": Range(low=10, high=40),
    "metal": Range(low=8, high=14),
    "intel": Range(low=5, high=20),
    "other": Range(low=5, high=20),
}
"""How many weights a card works through while reading, per byte of its bandwidth; out of public measurements."""
_CORE_WRITES = Range(low=1.5e9, high=10e9)
_CORE_READS = Range(low=3e9, high=50e9)
"""Weights a second that one core works through; an old small one to a new one with AVX-512."""
_SMALL_CORE_WRITES = Range(low=0.3e9, high=2e9)
_SMALL_CORE_READS = Range(low=0.5e9, high=5e9)
"""The same on a single-board computer; a guess, nothing was measured there."""
_LARGER = Range(low=0.7, high=2.0)
"""A larger model is worked through faster per weight than the small one that was timed, or slower when memory binds."""


def speed(work: Work, machine: Machine, *, timed: Timings | None = None) -> Speed:
    """Return how fast a model writes and reads when it lies as planned; what was measured replaces estimates."""
    bound = _generation(work, machine)
    reads = _prefill(work, machine)
    generation, prefill = timed or Timings(), timed or Timings()
    if generation.generation_tokens_s:
        bound = Range(low=generation.generation_tokens_s, high=generation.generation_tokens_s)
    if prefill.prefill_tokens_s:
        reads = Range(low=prefill.prefill_tokens_s, high=prefill.prefill_tokens_s)
    is_measured = timed is not None and timed.generation_tokens_s is not None
    return Speed(
        generation=bound,
        prefill=reads,
        is_measured=is_measured,
        because=_because(work, machine, is_measured=is_measured),
    )


def _generation(work: Work, machine: Machine) -> Range:
    gpu, cpu = _gpu_bandwidth(machine), _cpu_bandwidth(machine)
    reach = _GPU_MIXTURE if work.is_mixture else _GPU_DENSE
    writes = _SMALL_CORE_WRITES if _is_small(machine) else _CORE_WRITES
    cores = _core_rate(machine.generation_weights_s, writes, machine)
    slow = _token_s(work, work.kept_bytes, gpu.low * reach.low, cpu.low * _CPU_REACH.low, cores.low)
    fast = _token_s(work, 0, gpu.high * reach.high, cpu.high * _CPU_REACH.high, cores.high)
    return Range(low=min(MOST_TOKENS_S, 1 / slow), high=min(MOST_TOKENS_S, 1 / fast))


def _token_s(work: Work, kept_bytes: float, gpu_gb_s: float, cpu_gb_s: float, core_weights_s: float) -> float:
    """Return the seconds of one token: cards and processor work one after the other."""
    moved = work.active_bytes + kept_bytes
    on_gpu = moved * work.gpu_share / (gpu_gb_s * _GIGA)
    rest = 1 - work.gpu_share
    on_cpu = max(moved * rest / (cpu_gb_s * _GIGA), work.active_parameters * rest / core_weights_s)
    return max(1e-6, on_gpu + on_cpu)


def _prefill(work: Work, machine: Machine) -> Range:
    gpu = _gpu_bandwidth(machine)
    reads = _READS_PER_BYTE[machine.gpus[0].kind] if machine.gpus else _READS_PER_BYTE["other"]
    core_reads = _SMALL_CORE_READS if _is_small(machine) else _CORE_READS
    cores = _core_rate(machine.prefill_weights_s, core_reads, machine)
    weights = max(1.0, work.active_parameters)
    slow = weights * work.gpu_share / (gpu.low * reads.low * _GIGA) + weights * (1 - work.gpu_share) / cores.low
    fast = weights * work.gpu_share / (gpu.high * reads.high * _GIGA) + weights * (1 - work.gpu_share) / cores.high
    return Range(low=1 / slow, high=1 / fast)


def _gpu_bandwidth(machine: Machine) -> Range:
    """Return the bandwidth of the slowest card, GB/s."""
    known = [_bandwidth(gpu, machine) for gpu in machine.gpus]
    if not known or any(found is None for found in known):
        return _UNKNOWN_GPU
    least = min(found for found in known if found is not None)
    return Range(low=least, high=least)


def _bandwidth(gpu: Gpu, machine: Machine) -> float | None:
    named = bandwidth_of(gpu.name)
    if named is None and gpu.is_unified:
        named = bandwidth_of(machine.name) or machine.bandwidth_gb_s
    return named


def _cpu_bandwidth(machine: Machine) -> Range:
    if machine.bandwidth_gb_s:
        return Range(low=machine.bandwidth_gb_s, high=machine.bandwidth_gb_s)
    named = bandwidth_of(machine.name)
    return Range(low=named * 0.5, high=named) if named else _UNKNOWN_CPU


def _core_rate(measured: float | None, guess: Range, machine: Machine) -> Range:
    """Return how many weights a second the cores work through."""
    if measured:
        return Range(low=measured * _LARGER.low, high=measured * _LARGER.high)
    return Range(low=guess.low * machine.physical_cores, high=guess.high * machine.physical_cores)


def _is_small(machine: Machine) -> bool:
    return "raspberry" in machine.name.lower() or machine.system.lower().endswith(("armv7l", "armv6l"))


def _because(work: Work, machine: Machine, *, is_measured: bool) -> str:
    if is_measured:
        return _("Measured with this model on this machine.")
    if work.gpu_share and any(_bandwidth(gpu, machine) is None for gpu in machine.gpus):
        return _("Estimated without knowing how fast the card's memory is, so the range is wide.")
    if work.gpu_share < 1 and not machine.bandwidth_gb_s:
        return _("Estimated without measuring this machine, so the range is wide; calibrate it to narrow it.")
    return _("Estimated from the bandwidth of the memory and what the cores compute.")
