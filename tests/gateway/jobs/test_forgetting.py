"""The queue stays small: legs that ended long ago are forgotten, in pieces."""

from datetime import datetime, timedelta

import pytest

from homarus.gateway.jobs.forgetting import Forgetting
from homarus.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


async def test_legs_are_forgotten_piece_by_piece_once_they_are_old() -> None:
    clock, asked, left = FakeClock(), list[datetime](), [1200]

    async def forget(before: datetime, limit: int) -> int:
        asked.append(before)
        gone = min(left[0], limit)
        left[0] -= gone
        return gone

    await Forgetting(forget, clock, keep_days=lambda: 90).clear()
    assert (left, asked) == ([0], [clock.now() - timedelta(days=90)] * 3)
