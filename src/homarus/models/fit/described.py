"""Machines as people and other machines describe them, in JSON: everything but the memory may be left out."""

import platform
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar, cast, get_args

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.domain.printable import printable
from homarus.models.fit.apple import usual_share
from homarus.models.fit.gpus import Gpu, GpuKind
from homarus.models.fit.limits import usual_free
from homarus.models.fit.sizes import bare_name, size_in, size_within
from homarus.models.letters import whole_letters

T = TypeVar("T")

_EXAMPLE = '{"memory": "16 GB", "cores": 8, "gpus": [{"name": "RTX 3060", "memory": "12 GB"}]}'
_MOST_CORES = 4096
_MOST_GPUS = 64
_USUAL_CORES = 4
_APPLE_CORES = 8
_GIB = 1 << 30
_NAMES = ("name", "chip", "cpu", "processor", "soc", "model")
_MEMORY = frozenset(
    {"memory", "memorytotal", "totalmemory", "ram", "ramtotal", "totalram", "mem", "systemmemory", "systemram"}
    | {"unifiedmemory", "physicalmemory", "arbeitsspeicher"}
)
_CARD = frozenset({"memory", "memorytotal", "totalmemory", "vram", "vramtotal", "totalvram", "videomemory", "mem"})
_FREE = frozenset({"free", "memoryfree", "freememory", "ramfree", "freeram", "vramfree", "freevram", "available"})
_LIMIT = frozenset({"limit", "memorylimit", "ramlimit", "memlimit", "containerlimit", "cgrouplimit", "memorymax"})
_KNOWN = (
    _MEMORY
    | _FREE
    | _LIMIT
    | frozenset(_NAMES)
    | {"gpus", "gpu", "graphics", "vram", "cores", "cpucores", "threads", "physicalcores", "system", "isunified"}
    | {"limits", "missingflags", "bandwidthgbs", "prefillweightss", "generationweightss", "calibratedat", "count"}
)
_SHARES = re.compile(
    r"\bapple\b|\bmac(?:book|mini| ?studio| ?mini| ?pro)?\b|\A\s*m\d(?: (?:pro|max|ultra))?\s*\Z|jetson|gb10|dgx spark"
    r"|ryzen ai max|strix halo",
    re.IGNORECASE,
)
"""Machines whose graphics use the main memory."""
_INTEGRATED = re.compile(
    r"\b(?:u?hd|iris)\b|radeon (?:graphics|\d{3}m\b|vega)|integrated|\bigpu\b|arc graphics", re.IGNORECASE
)
_MAKERS: tuple[tuple[str, GpuKind], ...] = (
    (r"nvidia|cuda|geforce|rtx|gtx|tesla|quadro|jetson|\b[ahl]\d{1,3}\b|gb10", "cuda"),
    (r"amd|rocm|radeon|\brx ?\d|ryzen|instinct|\bmi\d{2,3}", "rocm"),
    (r"apple|metal|\bmac(?:book|mini|\b)|\bm\d\b", "metal"),
    (r"intel|\barc\b", "intel"),
)


def parsed(value: Json, make: Callable[..., T]) -> T:
    """Read a machine and make it with `make`; see `Machine.parse`.

    Raises:
        UsageError: when it is no object, or a value cannot be.
    """
    if not isinstance(value, dict):
        raise _unfit("machine", value)
    told: list[str] = []
    total = _memory(value, told)
    free = _size(value, _FREE)
    free = min(total, usual_free(total) if free is None else free)
    name = next((said for key in _NAMES if (said := _text(value, key, ""))), _("another machine"))
    cores = _cores(value, name, told)
    found = _gpus(value, name, told, total=total, free=free)
    if odd := [str(key) for key in value if bare_name(key)[0] not in _KNOWN]:
        told.append(_("Not understood, and left out: {names}.").format(names=printable(", ".join(odd))[:200]))
    return make(
        name=name,
        system=_text(value, "system", f"{platform.system()} {platform.machine()}"),
        cores=cores,
        physical_cores=min(cores, _count(value, "physical_cores", cores)),
        memory_total_bytes=total,
        memory_free_bytes=free,
        is_unified=any(gpu.is_unified for gpu in found),
        gpus=found,
        limits=(*_words(value, "limits"), *told),
        missing_flags=_words(value, "missing_flags"),
        bandwidth_gb_s=_rate(value, "bandwidth_gb_s"),
        prefill_weights_s=_rate(value, "prefill_weights_s"),
        generation_weights_s=_rate(value, "generation_weights_s"),
        calibrated_at=_moment(value, "calibrated_at"),
    )


def _memory(value: JsonObject, told: list[str]) -> int:
    """Return the memory that may be used; a container's limit is less than the machine has."""
    total = _size(value, _MEMORY)
    if total is None:
        raise _unsaid(_("how much memory the machine has"))
    limit = _size(value, _LIMIT)
    if limit is None or limit >= total:
        return total
    told.append(_("This container may use {gib:.1f} GiB of memory.").format(gib=limit / _GIB))
    return limit


def _cores(value: JsonObject, name: str, told: list[str]) -> int:
    said = next((key for key in ("cores", "cpu_cores", "threads") if value.get(key) is not None), None)
    if said is not None:
        return _count(value, said, 1)
    usual = _APPLE_CORES if _kind(name) == "metal" else _USUAL_CORES
    told.append(_("How many cores it has is not said; {count} are assumed for the speed.").format(count=usual))
    return usual


def _gpus(value: JsonObject, name: str, told: list[str], *, total: int, free: int) -> tuple[Gpu, ...]:
    """Return the cards: a list, one under `gpu`, or memory that is shared without more words."""
    listed = next((value[key] for key in ("gpus", "gpu", "graphics") if value.get(key) is not None), None)
    if listed is None and (vram := size_in(value, {"vram"})) is not None:
        listed = [{"name": None, vram.name: vram.value}]
    if isinstance(listed, str | Mapping):
        one: Mapping[str, Json] = {"name": listed} if isinstance(listed, str) else listed
        beside = size_in(value, {"vram"}) if size_in(one, _CARD) is None else None
        listed = [{**one, beside.name: beside.value} if beside is not None else one]
    if not isinstance(listed, list | None):
        raise _unfit("gpus", listed)
    is_unified = value.get("is_unified", listed is None and _SHARES.search(name) is not None) is True
    cards = [card for item in listed or [] for card in [item] * _times(item)]
    if len(cards) > _MOST_GPUS:
        raise _unfit("gpus", listed)
    made = [_gpu(card, told, is_unified=is_unified, shared_total=total) for card in cards]
    found = tuple(gpu for gpu in made if gpu is not None)
    if is_unified and not found:
        share = usual_share(total)
        kind = _kind(name)
        found = (
            Gpu(name=name, kind=kind, memory_total_bytes=share, memory_free_bytes=min(share, free), is_unified=True),
        )
    return found


def _times(card: Json) -> int:
    """Return how many of a card there are: `{"name": "H100", "count": 8}`."""
    return min(_count(card, "count", 1), _MOST_GPUS + 1) if isinstance(card, Mapping) else 1


def _gpu(value: Json, told: list[str], *, is_unified: bool, shared_total: int) -> Gpu | None:
    """Return a card; nothing for graphics that have no memory of their own and share none on purpose."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping):
        raise _unfit("gpus", value)
    name = _text(value, "name", _text(value, "model", _("graphics card")))
    said = _text(value, "kind", name)
    kind = cast("GpuKind", said) if said in get_args(GpuKind) else _kind(f"{said} {name}")
    is_shared = value.get("is_unified", is_unified or kind == "metal") is True
    total = _size(value, _CARD) or size_within(name)
    if total is None and is_shared:
        total = usual_share(shared_total)
    if total is None and _INTEGRATED.search(name):
        told.append(_("{name} has no memory of its own and is left out.").format(name=name))
        return None
    if total is None:
        raise _unsaid(_("how much memory {name!r} has").format(name=name))
    free = _size(value, _FREE)
    return Gpu(
        name=name,
        kind=kind,
        memory_total_bytes=total,
        memory_free_bytes=min(total, total * 19 // 20 if free is None else free),
        is_unified=is_shared,
    )


def _kind(name: str) -> GpuKind:
    """Return whose card it is, by its name."""
    found: list[GpuKind] = [kind for pattern, kind in _MAKERS if re.search(pattern, name, re.IGNORECASE)]
    return found[0] if found else "other"


def _size(value: Mapping[str, Json], names: frozenset[str]) -> int | None:
    """Return a size in bytes from the first name that is there: a number, or text like `16 GB`."""
    said = size_in(value, names)
    if said is None:
        return None
    if said.size is None:
        raise _unfit(said.name, said.value)
    return said.size


def _count(value: Mapping[str, Json], name: str, default: int) -> int:
    said = value.get(name)
    if said is None:
        return default
    if isinstance(said, str) and re.fullmatch(r"[0-9]{1,4}", said.strip()):
        said = int(said)
    if not isinstance(said, int) or isinstance(said, bool) or not 1 <= said <= _MOST_CORES:
        raise _unfit(name, said)
    return said


def _rate(value: Mapping[str, Json], name: str) -> float | None:
    said = value.get(name)
    if said is None:
        return None
    if not isinstance(said, int | float) or isinstance(said, bool) or not 0 < said < 1e18:  # noqa: PLR2004 - absurd
        raise _unfit(name, said)
    return float(said)


def _moment(value: Mapping[str, Json], name: str) -> datetime | None:
    said = value.get(name)
    try:
        return datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        raise _unfit(name, said) from None


def _text(value: Mapping[str, Json], name: str, default: str) -> str:
    said = value.get(name)
    return " ".join(whole_letters(said[:200]).split()) if isinstance(said, str) and said.strip() else default


def _words(value: Mapping[str, Json], name: str) -> tuple[str, ...]:
    said = value.get(name)
    return tuple(str(item)[:200] for item in said[:20]) if isinstance(said, list) else ()


def _unsaid(what: str) -> UsageError:
    return UsageError(
        _("The description does not say {what}.").format(what=what),
        hint=_("Describe it like {example}.").format(example=_EXAMPLE),
    )


def _unfit(name: str, said: Json) -> UsageError:
    return UsageError(
        _("{name!r} of the machine cannot be {value!r}.").format(name=name, value=str(said)[:80]),
        hint=_("Describe it like {example}.").format(example=_EXAMPLE),
    )
