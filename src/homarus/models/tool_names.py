"""Tool names as protocols allow them: letters, digits, `_` and `-`, at most 64, and back to the real ones."""

import hashlib
import re
from collections.abc import Iterable

_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 64


def wire_name(name: str) -> str:
    """Return the name as it goes to a server; always the same for the same name."""
    allowed = _NOT_ALLOWED.sub("_", name)
    if len(allowed) <= _LONGEST:
        return allowed or "_"
    return f"{allowed[: _LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class ToolNames:
    """The names of one request, both ways; two tools that would look the same get a number."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the real names in the order in which the model is told of them."""
        self._to_wire: dict[str, str] = {}
        self._to_real: dict[str, str] = {}
        for name in names:
            looks = wire_name(name)
            number = 2
            while looks in self._to_real:
                looks = f"{wire_name(name)[: _LONGEST - 3]}_{number}"
                number += 1
            self._to_wire[name] = looks
            self._to_real[looks] = name

    def wire(self, name: str) -> str:
        """Return what the server is told."""
        return self._to_wire.get(name) or wire_name(name)

    def real(self, looks: str) -> str:
        """Return the tool that a model means; a name that is nobody's stays as it is."""
        looks = looks.strip()
        if looks in self._to_real or looks in self._to_wire:
            return self._to_real.get(looks, looks)
        # gpt-oss and Kimi put a namespace before the name and sometimes a number behind it.
        bare = looks.removeprefix("functions.").partition(":")[0]
        return self._to_real.get(bare) or self._to_real.get(wire_name(looks)) or looks
