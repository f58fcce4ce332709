"""Keep DBOS to itself: no handler of its own on the console, no cloud, no telemetry, no pickle."""

import json
import logging
import os
import time
from typing import cast

_NOISE = ("Asyncio task cancelled", "Current version", "DBOS failed to launch")
"""How messages begin of what is on purpose, or is told in words of ours."""
_ALIKE = 24
"""Letters by which two messages are the same trouble."""
_AGAIN_S = 60.0
_LONGEST = 300


class _Quiet(logging.Filter):
    """Lets through what an owner can do something about: one line each, and the same trouble once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message.startswith(_NOISE):
            return False
        kind = message[:_ALIKE]
        now = time.monotonic()
        if now - self._said_at.get(kind, -_AGAIN_S) < _AGAIN_S:
            return False
        self._said_at[kind] = now
        record.msg, record.args, record.exc_info = _one_line(message), None, None
        return True


def _one_line(message: str) -> str:
    """Return what went wrong without its traceback: of one, the last line says it."""
    lines = [line.strip() for line in message.splitlines() if line.strip() and not line.startswith("(Background")]
    if "Traceback" in message and len(lines) > 1:
        lines = [lines[0].partition(":")[0], next((line for line in reversed(lines) if "Error" in line), lines[-1])]
    return ": ".join(lines[:2])[:_LONGEST]


def quieten() -> None:
    """Do what must be done before DBOS is loaded.

    It gives its logger a handler of its own when that has none, and takes variables named `DBOS__` for orders: with
    one of them it would call its makers' cloud.
    """
    for name in [name for name in os.environ if name.startswith("DBOS__")]:
        del os.environ[name]
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.addFilter(_Quiet())
    logger.propagate = True


def to_json(value: object) -> str:
    """Return what DBOS keeps of a workflow: arguments that are JSON, and errors by their words.

    Raises:
        TypeError: for anything else; nothing is pickled.
    """
    if isinstance(value, BaseException):
        return json.dumps({"error": type(value).__name__, "message": str(value)[:2000]})
    return json.dumps(value)


def from_json(text: str) -> object:
    """Return what was kept; an error comes back as one, without its type."""
    value: object = json.loads(text)
    if not isinstance(value, dict):
        return value
    named = cast("dict[str, object]", value)
    return RuntimeError(f"{named['error']}: {named['message']}") if set(named) == {"error", "message"} else named
