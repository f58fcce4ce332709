"""JSON texts, one per line, out of bytes; and the JSON reader that all wires share."""

import json
import math

from homarus.domain.content import Json, JsonObject
from homarus.models.lines import Lines

_MOST = 1 << 53
"""No count that means something is larger, and every reader of JSON understands it."""


def _nothing(_word: str) -> None:
    return None


_DECODER = json.JSONDecoder(parse_constant=_nothing)


def read_json(text: str) -> Json:
    """Read JSON as servers write it: NaN and Infinity are read as null.

    Raises:
        ValueError: when it is not JSON, also when it is nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def as_object(value: Json) -> JsonObject:
    """Return a JSON object, or an empty one when the value is something else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """Return a JSON array, or an empty one when the value is something else."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str:
    """Return a string, or an empty one when the value is something else."""
    return value if isinstance(value, str) else ""


def as_count(value: Json) -> int:
    """Return a number that is not negative, or zero when the value is something else; `1e999` is read as infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    if isinstance(value, float) and not math.isfinite(value):
        return 0
    return min(_MOST, max(0, int(value)))


def as_number(value: Json) -> float:
    """Return a number that is not negative and no larger than a count can be, or zero when it is something else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST:
        return 0.0
    return float(value)


class NdjsonReader:
    """Takes pieces of a body, gives the lines that hold something."""

    def __init__(self) -> None:
        self._lines = Lines()

    def feed(self, piece: bytes) -> list[str]:
        """Return the lines that are whole now.

        Raises:
            ModelCallError: when a line is longer than anybody would send.
        """
        return [line for line in self._lines.feed(piece) if line.strip()]

    def close(self) -> list[str]:
        """Return the last line when nothing ended it."""
        return [line for line in self._lines.close() if line.strip()]
