"""What a person is told while an answer waits for its model."""

from homarus.agent.rooms import Held
from homarus.domain.i18n import _
from homarus.domain.turns import Waiting

_MINUTE_S = 60
_LONG_S = 90
_ROUGHLY_S = 5


def waiting(held: Held) -> Waiting:
    """Return how many come first and about how long that takes, where that is known."""
    return Waiting(phase=held.phase, detail=about(held.expected_wait_s), total=held.position)


def about(seconds: float | None) -> str:
    """Return a time that is expected, no more exact than it is known; nothing when it is not."""
    if seconds is None:
        return ""
    if seconds >= _LONG_S:
        return _("about {minutes} min").format(minutes=round(seconds / _MINUTE_S))
    exact = max(1, round(seconds))
    rough = exact if exact < 2 * _ROUGHLY_S else _ROUGHLY_S * round(exact / _ROUGHLY_S)
    return _("about {seconds} s").format(seconds=rough)
