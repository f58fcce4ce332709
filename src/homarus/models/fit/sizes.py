"""Sizes of memory as people write them: `16 GB`, `15,5 GiB`, a number whose unit stands in its name or in nothing."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homarus.domain.content import Json

_MOST_BYTES = 1 << 50
_POWERS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_WRITTEN = re.compile(r"\s*(\d{1,15}(?:[.,]\d{1,6})?)\s*([kmgt]?)i?(b?)(?:ytes)?\s*", re.IGNORECASE)
_UNIT = re.compile(r"(?:(?<=_)|(?<=[a-z]))(bytes|[kmgt]i?b)\Z", re.IGNORECASE)
_LEAST_MIB = 2048
"""A bare number from here on is one of MiB: nobody has as many GiB, and a card of 8192 is one of 8 GiB."""
_LEAST_BYTES = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What stands under the first name that there is."""

    name: str
    value: Json
    size: int | None
    """In bytes; nothing when it is no size."""


def size_in(value: Mapping[str, Json], names: Iterable[str]) -> Said | None:
    """Return the size under one of some names, in whatever spelling and unit: `ram_gib`, `RAM (GB)`, `memory`."""
    wanted = tuple(names)
    for key, said in value.items():
        base, unit = bare_name(key)
        if said is not None and base in wanted:
            return Said(name=key, value=said, size=_bytes(said, unit))
    return None


def bare_name(key: str) -> tuple[str, str | None]:
    """Return a name without the unit at its end, in small letters only, and the unit."""
    letters = re.sub(r"[^a-z]", "_", key.casefold()).strip("_")
    unit = _UNIT.search(letters)
    return (letters[: unit.start()] if unit else letters).replace("_", ""), unit.group(1) if unit else None


def size_within(text: str) -> int | None:
    """Return the size that a card's own name tells: `NVIDIA H100 80GB HBM3`."""
    found = re.search(r"(?<![\w.])(\d{1,4})\s?G(?:i?B)?\b", text, re.IGNORECASE)
    return int(found[1]) << 30 if found else None


def _bytes(said: Json, unit: str | None) -> int | None:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    power = None if unit is None else 0 if unit == "bytes" else _POWERS[unit[0]]
    if isinstance(said, str):
        found = _WRITTEN.fullmatch(said)
        if found is None:
            return None
        number = float(found[1].replace(",", "."))
        power = _POWERS[found[2].casefold()] if found[2] or found[3] else power
    else:
        number = said
    if not 0 <= number <= _MOST_BYTES:
        return None
    size = int(number * (1 << (_usual(number) if power is None else power)))
    return size if size <= _MOST_BYTES else None


def _usual(number: float) -> int:
    """Return the unit that a bare number can only be meant in."""
    if number < _LEAST_MIB:
        return 30
    return 20 if number < _LEAST_BYTES else 0
