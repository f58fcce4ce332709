"""Where a model would lie: whole on the cards, on both, or in main memory; and whether there is room."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from homarus.domain.i18n import _
from homarus.models.fit.arithmetic import GPU_CONTEXT_BYTES, MIB, PROCESS_BYTES, Memory
from homarus.models.fit.limits import usual_free
from homarus.models.fit.machine import Machine

_LEAST_SPARE = 192 * MIB
_MOST_SPARE = 2 << 30


class Verdict(StrEnum):
    """Whether there is room."""

    FITS = "fits"
    TIGHT = "tight"
    """Only without anything to spare, or when other programs give memory back."""
    NO = "no"


class Where(StrEnum):
    """On what it runs."""

    GPU = "gpu"
    SPLIT = "split"
    """Partly on cards, the rest in main memory."""
    CPU = "cpu"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a model would lie."""

    verdict: Verdict
    where: Where
    gpu_bytes: int = 0
    ram_bytes: int = 0
    because: str = ""

    @property
    def gpu_share(self) -> float:
        """How much of it lies on cards."""
        whole = self.gpu_bytes + self.ram_bytes
        return 0.0 if self.where in (Where.CPU, Where.NOWHERE) or not whole else self.gpu_bytes / whole


Needs = Callable[[int], Memory]
"""What is needed on so many cards: each takes something for itself."""


def place(needs: Needs, machine: Machine) -> Place:
    """Return the best place: cards before main memory, and few cards before many."""
    tried = [*_on_cards(needs, machine), *_shared(needs, machine), _in_memory(needs, machine)]
    ranks = {Verdict.FITS: 0, Verdict.TIGHT: 1, Verdict.NO: 2}
    return min(tried, key=lambda found: ranks[found.verdict])


def _on_cards(needs: Needs, machine: Machine) -> list[Place]:
    """Return the ways over cards with memory of their own, best first."""
    cards = sorted(machine.cards, key=lambda gpu: -gpu.memory_free_bytes)
    found: list[Place] = []
    for count in range(1, len(cards) + 1):
        free = sum(gpu.memory_free_bytes for gpu in cards[:count])
        total = sum(gpu.memory_total_bytes for gpu in cards[:count])
        need = needs(count)
        verdict = _verdict(need.total - PROCESS_BYTES, free, total * 19 // 20)
        if verdict is not Verdict.NO:
            because = _whole(verdict, need.total, free, machine, count)
            found.append(Place(verdict=verdict, where=Where.GPU, gpu_bytes=need.total, because=because))
    if cards:
        found.append(_split(needs(len(cards)), machine))
    return found


def _split(need: Memory, machine: Machine) -> Place:
    """Return the way that fills the cards and puts the rest into main memory."""
    room = sum(max(0, gpu.memory_free_bytes - GPU_CONTEXT_BYTES) for gpu in machine.cards) * 19 // 20
    rest = max(0, need.total - room)
    share = room / need.total if need.total else 0
    if share < 0.05:  # noqa: PLR2004 - so little is not worth the trouble
        return Place(verdict=Verdict.NO, where=Where.NOWHERE, because=_nowhere(need.total, machine))
    verdict = _verdict(rest, machine.memory_free_bytes, usual_free(machine.memory_total_bytes))
    if verdict is Verdict.NO:
        return Place(verdict=verdict, where=Where.NOWHERE, because=_nowhere(need.total, machine))
    told = _("{percent:.0f} % of it fits on the graphics card, the rest works from main memory, which is slower.")
    because = told.format(percent=share * 100)
    return Place(verdict=verdict, where=Where.SPLIT, gpu_bytes=need.total - rest, ram_bytes=rest, because=because)


def _shared(needs: Needs, machine: Machine) -> list[Place]:
    """Return the way over graphics that share the main memory."""
    pools = [gpu for gpu in machine.gpus if gpu.is_unified]
    if not pools:
        return []
    pool = max(pools, key=lambda gpu: gpu.memory_total_bytes)
    need = needs(0).total
    free = min(pool.memory_free_bytes, machine.memory_free_bytes)
    most = min(pool.memory_total_bytes, usual_free(machine.memory_total_bytes))
    if pool.kind == "rocm":  # a carve-out is not a part of what the system counts as main memory
        free, most = pool.memory_free_bytes, pool.memory_total_bytes
    verdict = _verdict(need, free, most)
    if verdict is Verdict.NO:
        return []
    because = _whole(verdict, need, free, machine, 0)
    return [Place(verdict=verdict, where=Where.GPU, gpu_bytes=need, because=because)]


def _in_memory(needs: Needs, machine: Machine) -> Place:
    need = needs(0).total
    free = machine.memory_free_bytes
    verdict = _verdict(need, free, usual_free(machine.memory_total_bytes))
    if verdict is Verdict.NO:
        return Place(verdict=verdict, where=Where.NOWHERE, because=_nowhere(need, machine))
    because = _whole(verdict, need, free, machine, None)
    return Place(verdict=verdict, where=Where.CPU, ram_bytes=need, because=because)


def _verdict(need: int, free: int, most: int) -> Verdict:
    """Judge a need by what is free now, and by what there is when other programs give theirs back."""
    spare = min(max(_LEAST_SPARE, need // 20), _MOST_SPARE)
    if need + spare <= min(free, most):
        return Verdict.FITS
    return Verdict.TIGHT if need <= max(free, most) else Verdict.NO


def _whole(verdict: Verdict, need: int, free: int, machine: Machine, cards: int | None) -> str:
    """Say in one sentence why there is room, or hardly; `cards` is `None` in main memory and 0 where it is shared."""
    sizes = {"need": gib(need), "free": gib(free), "total": gib(machine.memory_total_bytes), "count": cards}
    if verdict is Verdict.TIGHT and need > free:
        told = _("It needs {need} GiB and {free} GiB are free: it fits when other programs give memory back.")
    elif verdict is Verdict.TIGHT:
        told = _("It needs {need} GiB of the {free} GiB that are free, which leaves nothing to spare.")
    elif cards is None:
        told = _("It needs {need} GiB of the {free} GiB of main memory that are free; the processor does the work.")
    elif cards == 0:
        told = _("It needs {need} GiB of the {free} GiB that the graphics may use.")
    elif cards == 1:
        told = _("It fits whole on the graphics card: {need} of {free} GiB.")
    else:
        told = _("It fits whole on {count} graphics cards together: {need} of {free} GiB.")
    return told.format(**sizes)


def _nowhere(need: int, machine: Machine) -> str:
    there = usual_free(machine.memory_total_bytes) + sum(gpu.memory_total_bytes for gpu in machine.cards)
    told = _("It needs {need} GiB; this machine has at most {there} GiB for it.")
    return told.format(need=gib(need), there=gib(there))


def gib(size: int) -> str:
    """Return a size for a sentence: `5.4`, `12`, `0.2`."""
    value = size / 2**30
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}"  # noqa: PLR2004 - digits that matter
