"""Machines as people and other machines describe them, in JSON: everything but the memory may be left out."""

import platform
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar, cast, get_args

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.models.fit.apple import usual_share
from homarus.models.fit.gpus import Gpu, GpuKind
from homarus.models.fit.limits import usual_free

T = TypeVar("T")

_UNITS = {"": 1, "b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}
_MOST_BYTES = 1 << 50
_MOST_CORES = 4096
_MOST_GPUS = 64
_GIB = 1 << 30
_MAKERS: tuple[tuple[str, GpuKind], ...] = (
    (r"nvidia|cuda|geforce|rtx|gtx|tesla|quadro|jetson|\b[ahl]\d{1,3}\b|gb10", "cuda"),
    (r"amd|rocm|radeon|\brx ?\d|ryzen|instinct|\bmi\d{2,3}", "rocm"),
    (r"apple|metal|\bm\d\b", "metal"),
    (r"intel|\barc\b", "intel"),
)


def parsed(value: Json, make: Callable[..., T]) -> T:
    """Read a machine and make it with `make`; see `Machine.parse`.

    Raises:
        UsageError: when it is no object, or a value cannot be.
    """
    if not isinstance(value, dict):
        raise _unfit("machine", value)
    total = _size(value, "memory_total_bytes", "memory", "ram", "memory_gb", "ram_gb")
    if total is None:
        raise _unfit("memory", value.get("memory"))
    free = _size(value, "memory_free_bytes", "memory_free", "free", "memory_free_gb")
    free = min(total, usual_free(total) if free is None else free)
    cores = _count(value, "cores", 1)
    name = _text(value, "name", _text(value, "cpu", _("another machine")))
    found = _gpus(value, name, total=total, free=free)
    return make(
        name=name,
        system=_text(value, "system", f"{platform.system()} {platform.machine()}"),
        cores=cores,
        physical_cores=min(cores, _count(value, "physical_cores", cores)),
        memory_total_bytes=total,
        memory_free_bytes=free,
        is_unified=any(gpu.is_unified for gpu in found),
        gpus=found,
        limits=_words(value, "limits"),
        missing_flags=_words(value, "missing_flags"),
        bandwidth_gb_s=_rate(value, "bandwidth_gb_s"),
        prefill_weights_s=_rate(value, "prefill_weights_s"),
        generation_weights_s=_rate(value, "generation_weights_s"),
        calibrated_at=_moment(value, "calibrated_at"),
    )


def _gpus(value: JsonObject, name: str, *, total: int, free: int) -> tuple[Gpu, ...]:
    """Return the cards: a list, one under `gpu`, or memory that is shared without more words."""
    listed = value.get("gpus")
    if listed is None and (value.get("gpu") is not None or value.get("vram") is not None):
        one = value.get("gpu")
        listed = [one if isinstance(one, dict) else {"name": one, "memory": value.get("vram")}]
    if not isinstance(listed, list | None) or len(listed or []) > _MOST_GPUS:
        raise _unfit("gpus", listed)
    is_unified = value.get("is_unified") is True
    found = tuple(_gpu(item, is_unified=is_unified, shared_total=total) for item in listed or [])
    if is_unified and not found:
        share = usual_share(total)
        kind = _kind(name)
        found = (
            Gpu(name=name, kind=kind, memory_total_bytes=share, memory_free_bytes=min(share, free), is_unified=True),
        )
    return found


def _gpu(value: Json, *, is_unified: bool, shared_total: int) -> Gpu:
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        raise _unfit("gpus", value)
    name = _text(value, "name", _("graphics card"))
    said = _text(value, "kind", name)
    kind = cast("GpuKind", said) if said in get_args(GpuKind) else _kind(f"{said} {name}")
    is_shared = value.get("is_unified", is_unified or kind == "metal") is True
    total = _size(value, "memory_total_bytes", "memory", "vram", "memory_gb", "vram_gb")
    if total is None and is_shared:
        total = usual_share(shared_total)
    if total is None:
        raise _unfit("gpus.memory", value.get("memory"))
    free = _size(value, "memory_free_bytes", "memory_free", "free", "memory_free_gb")
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


def _size(value: JsonObject, *names: str) -> int | None:
    """Return a size in bytes from the first name that is there: a number, or text like `16 GB`."""
    for name in names:
        said = value.get(name)
        if said is None:
            continue
        size = _bytes(said, _GIB if name.endswith("_gb") else 1)
        if size is None:
            raise _unfit(name, said)
        return size
    return None


def _bytes(said: Json, unit: int) -> int | None:
    if isinstance(said, bool):
        return None
    if isinstance(said, int | float):
        return int(said * unit) if 0 <= said * unit <= _MOST_BYTES else None
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)i?(b?)(?:ytes)?\s*", str(said), re.IGNORECASE)
    if found is None:
        return None
    size = int(float(found[1]) * (_UNITS[(found[2] + "b").lower()] if found[2] else unit))
    return size if size <= _MOST_BYTES else None


def _count(value: Mapping[str, Json], name: str, default: int) -> int:
    said = value.get(name)
    if said is None:
        return default
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
    return said[:200] if isinstance(said, str) and said.strip() else default


def _words(value: Mapping[str, Json], name: str) -> tuple[str, ...]:
    said = value.get(name)
    return tuple(str(item)[:200] for item in said[:20]) if isinstance(said, list) else ()


def _unfit(name: str, said: Json) -> UsageError:
    example = '{"memory": "16 GB", "cores": 8, "gpus": [{"name": "RTX 3060", "memory": "12 GB"}]}'
    return UsageError(
        _("{name!r} of the machine cannot be {value!r}.").format(name=name, value=str(said)[:80]),
        hint=_("Describe it like {example}.").format(example=example),
    )
