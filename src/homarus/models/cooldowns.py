"""Remember which models failed a moment ago, so that a turn does not begin with a server that is known to be down."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from homarus.domain.errors import Failure
from homarus.domain.inference import ModelRef
from homarus.models.engines.changes import Change

_STEPS_S = (30.0, 60.0, 300.0)
_BILLING_S = 600.0
_NOT_ITS_FAULT = frozenset({Failure.CONTEXT_OVERFLOW, Failure.REFUSED, Failure.BAD_REQUEST, Failure.LOADING})

_WAS_AWAY = frozenset({Failure.SERVER_DOWN, Failure.CONNECT_TIMEOUT, Failure.CUT_OFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    until: float
    step: int
    failure: Failure | None


class Cooldowns:
    """Pauses of 30 s, 1 min and 5 min per model; one good answer ends them, and a server that is back."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, on_away: Callable[[str], None] = lambda _provider: None
    ) -> None:
        """Take the clock, and whom to tell that a provider's server seems to be away."""
        self._clock = clock
        self._on_away = on_away
        self._pauses: dict[ModelRef, _Pause] = {}

    def failed(self, ref: ModelRef, failure: Failure | None, *, retry_after_s: float | None = None) -> None:
        """Note a failure that another try would likely meet again."""
        if failure in _NOT_ITS_FAULT:
            return
        last = self._pauses.get(ref)
        step = 0 if last is None else min(last.step + 1, len(_STEPS_S) - 1)
        pause_s = _BILLING_S if failure is Failure.BILLING else max(_STEPS_S[step], min(retry_after_s or 0.0, 3600.0))
        if failure in _WAS_AWAY:
            self._on_away(ref.provider)
        self._pauses[ref] = _Pause(until=self._clock() + pause_s, step=step, failure=failure)

    def answered(self, ref: ModelRef) -> None:
        """Forget the failures of a model that works."""
        self._pauses.pop(ref, None)

    def noticed(self, change: Change) -> None:
        """Forget that a server was down once it answers again: its owner has started it, and waits."""
        is_back = change.engine.is_up and change.before is not None and not change.before.is_up
        for ref, pause in tuple(self._pauses.items()) if is_back else ():
            if ref.provider == change.engine.provider and pause.failure in _WAS_AWAY:
                del self._pauses[ref]

    def left_s(self, ref: ModelRef) -> float:
        """Return how long a model still rests, zero when it does not."""
        pause = self._pauses.get(ref)
        return max(0.0, pause.until - self._clock()) if pause else 0.0
