"""Notice when a model asks for the same thing again and again: say so once, then stop."""

from collections import Counter
from enum import Enum, auto

from homarus.domain.content import ToolCall
from homarus.policy.fingerprint import canonical

_NUDGE_AT = 3
_STOP_AT = 4


class Pace(Enum):
    """What to do with a call."""

    GO = auto()
    NUDGE = auto()
    STOP = auto()


class Repetition:
    """Counts the calls of a turn."""

    def __init__(self) -> None:
        """Begin with none."""
        self._seen: Counter[str] = Counter()

    def pace(self, call: ToolCall) -> Pace:
        """Count a call and say what to do with it; broken arguments count as the same, whatever they are."""
        mark = f"{call.name} malformed" if call.malformed is not None else f"{call.name} {canonical(call.arguments)}"
        self._seen[mark] += 1
        count = self._seen[mark]
        if count >= _STOP_AT:
            return Pace.STOP
        return Pace.NUDGE if count >= _NUDGE_AT else Pace.GO


NUDGE = (
    "You asked for exactly this before, and the result has not changed. Do not ask for it again: "
    "use the result that you have, try something else, or tell the owner what stands in the way."
)
