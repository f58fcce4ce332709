"""Who gets a slot when, as far as can be known: the line is played forward with what answers and loads took so far."""

import heapq
from dataclasses import dataclass

from homarus.models.lease_times import LeaseTimes
from homarus.models.queueing import Grant, Line, Load, Wait

_MOST = 32
"""So many are played forward; for those behind them only the place is told."""
_OVERRUN = 0.25
"""An answer that takes longer than usual is expected to take this share of the usual time more."""
_UNKNOWN_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What somebody who waits can expect."""

    position: int
    """One is next."""
    wait_s: float | None = None
    """Until the model works on it, a load included; `None` while nothing was measured."""


def forecast(line: Line, times: LeaseTimes, now: float) -> dict[int, Expected]:
    """Return what each of those who wait can expect, by their numbers."""
    play = _Play(line.copy(), times, now)
    play.run()
    if len(play.found) < len(line.waiting):
        left = sorted(
            (request for request in line.waiting.values() if request.number not in play.found),
            key=lambda request: (request.priority, request.number),
        )
        for request in left:
            play.found[request.number] = Expected(position=len(play.found) + 1)
    return play.found


class _Play:
    """A line on its way into the future."""

    def __init__(self, line: Line, times: LeaseTimes, now: float) -> None:
        self._line, self._times, self._began, self._now = line, times, now, now
        self.found: dict[int, Expected] = {}
        self._is_measured = True
        self._ends: list[tuple[float, int, str]] = []
        """When an answer ends (with its number) or a load (with its model)."""
        loading = {
            model: self._load_ends(kept.model, kept.since) for model, kept in line.residents.items() if kept.is_loading
        }
        for model, at in loading.items():
            heapq.heappush(self._ends, (at, -1, model))
        for request in line.held.values():
            took_s = self._answer_s(request.model)
            since = loading.get(request.model, request.since)
            at = max(since + took_s, now + took_s * _OVERRUN)
            heapq.heappush(self._ends, (at, request.number, request.model))

    def run(self) -> None:
        """Go on until everybody has a slot, or nothing is left that could end."""
        while len(self.found) < _MOST:
            step = self._line.next(self._now)
            match step:
                case Grant():
                    self._granted(step.number, self._line.held[step.number].model, load_s=0.0)
                case Load():
                    load_s = self._load_s(step.model)
                    heapq.heappush(self._ends, (self._now + load_s, -1, step.model))
                    if step.number is not None:
                        self._granted(step.number, step.model, load_s=load_s)
                case Wait():
                    if not self._line.waiting or not self._go_on(step):
                        return

    def _granted(self, number: int, model: str, *, load_s: float) -> None:
        answer_s = self._answer_s(model)
        wait_s = self._now + load_s - self._began
        known_s = wait_s if self._is_measured or wait_s <= 0 else None
        self.found[number] = Expected(position=len(self.found) + 1, wait_s=known_s)
        heapq.heappush(self._ends, (self._now + load_s + answer_s, number, model))

    def _go_on(self, wait: Wait) -> bool:
        """Go to when something ends; tell whether there was something."""
        if wait.until is not None and (not self._ends or wait.until < self._ends[0][0]):
            self._now = max(self._now, wait.until)
            return True
        if not self._ends:
            return False
        at, number, model = heapq.heappop(self._ends)
        self._now = max(self._now, at)
        if number < 0:
            self._line.ready(model, self._now)
        else:
            self._line.leave(number, self._now)
        return True

    def _answer_s(self, model: str) -> float:
        known = self._times.answer_s(model)
        self._is_measured = self._is_measured and known is not None
        return known if known is not None else _UNKNOWN_S

    def _load_s(self, model: str) -> float:
        known = self._times.load_s(model)
        self._is_measured = self._is_measured and known is not None
        return known if known is not None else _UNKNOWN_S

    def _load_ends(self, model: str, since: float) -> float:
        took_s = self._load_s(model)
        return max(since + took_s, self._now + took_s * _OVERRUN)
