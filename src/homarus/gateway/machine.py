"""This machine as models see it: looked at when somebody asks, with what a calibration found out about it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.ports import Records

if TYPE_CHECKING:
    from homarus.models.fit.machine import Machine

KIND, KEY = "machine", "here"
_FRESH_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a calibration found out; of another machine it says nothing."""

    name: str
    cores: int
    bandwidth_gb_s: float | None
    prefill_weights_s: float | None
    generation_weights_s: float | None
    calibrated_at: datetime


class Here:
    """Looks at this machine, at most every two seconds."""

    def __init__(
        self,
        records: Records,
        *,
        look: "Callable[[], Machine] | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take where measurements, of this machine and of its models, are kept."""
        self.records = records
        self._look = look or _look
        self._clock = clock
        self._seen: Machine | None = None
        self._seen_at = 0.0
        self._known: JsonObject | None = None
        self.measuring = asyncio.Lock()  # held during a calibration: two at once would measure each other

    async def load(self) -> None:
        """Read what was measured."""
        self._known = await self.records.get(KIND, KEY)

    def now(self) -> "Machine":
        """Return this machine as it is."""
        if self._seen is None or self._clock() - self._seen_at >= _FRESH_S:
            self._seen, self._seen_at = self._look(), self._clock()
        return _with(self._seen, _measured(self._known))

    async def keep(self, machine: "Machine") -> "Machine":
        """Keep what was measured of this machine."""
        if machine.calibrated_at is not None:
            measured = Measured(
                name=machine.name,
                cores=machine.cores,
                bandwidth_gb_s=machine.bandwidth_gb_s,
                prefill_weights_s=machine.prefill_weights_s,
                generation_weights_s=machine.generation_weights_s,
                calibrated_at=machine.calibrated_at,
            )
            self._known = codec.dump(measured)
            await self.records.put(KIND, KEY, self._known)
        return self.now()


def _look() -> "Machine":
    from homarus.models.fit.machine import look

    return look()


def _measured(body: JsonObject | None) -> Measured | None:
    """Return what was measured; a record of another version of homarus is as if there was none."""
    try:
        return codec.load(Measured, body) if body is not None else None
    except ValueError:
        return None


def _with(machine: "Machine", measured: Measured | None) -> "Machine":
    if measured is None or (measured.name, measured.cores) != (machine.name, machine.cores):
        return machine
    return replace(
        machine,
        bandwidth_gb_s=measured.bandwidth_gb_s,
        prefill_weights_s=measured.prefill_weights_s,
        generation_weights_s=measured.generation_weights_s,
        calibrated_at=measured.calibrated_at,
    )
