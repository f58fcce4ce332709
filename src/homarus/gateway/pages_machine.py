"""The memory of this machine as bars: what models hold, what other programs hold, what is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homarus.domain.engines import Engine, EngineKind
from homarus.domain.i18n import _
from homarus.net.addresses import Zone, place_of

if TYPE_CHECKING:
    from homarus.models.fit.machine import Machine

WIDTH = 1000
"""Of a bar, in its own units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a bar."""

    tone: str
    """`models`, `others` or `free`."""
    name: str
    bytes: int
    at: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One memory."""

    name: str
    total_bytes: int
    pieces: tuple[Piece, ...]


def bars(machine: "Machine", engines: Sequence[Engine], own_bytes: int = 0) -> tuple[Bar, ...]:
    """Return the memories of a machine; `own_bytes` is what the embedded model's process holds."""
    here = [model for engine in engines if _is_here(engine) for model in engine.loaded]
    in_gpu = sum(model.vram_bytes or 0 for model in here)
    in_all = sum(model.size_bytes or 0 for model in here)
    cards = machine.cards
    in_ram = max(0, in_all - (in_gpu if cards else 0)) + own_bytes
    name = _("Memory, shared with graphics") if machine.is_unified else _("Memory")
    made = [_bar(name, machine.memory_total_bytes, machine.memory_free_bytes, in_ram)]
    left = in_gpu
    for card in cards:
        held = min(left, card.memory_total_bytes - card.memory_free_bytes)
        left -= held
        made.append(_bar(card.name, card.memory_total_bytes, card.memory_free_bytes, held))
    return tuple(made)


def _is_here(engine: Engine) -> bool:
    """Whether an engine runs on this machine, and its models are not counted already."""
    is_apart = engine.kind is EngineKind.EMBEDDED
    return engine.is_up and not is_apart and place_of(engine.base_url) is Zone.LOOPBACK


def _bar(name: str, total: int, free: int, models: int) -> Bar:
    free = max(0, min(free, total))
    models = max(0, min(models, total - free))
    sizes = (
        ("models", _("models"), models),
        ("others", _("other programs"), total - free - models),
        ("free", _("free"), free),
    )
    pieces: list[Piece] = []
    at = 0
    for tone, word, size in sizes:
        width = round(size / total * WIDTH) if total else 0
        pieces.append(Piece(tone=tone, name=word, bytes=size, at=at, width=min(width, WIDTH - at)))
        at += width
    return Bar(name=name, total_bytes=total, pieces=tuple(pieces))
