"""Deadlines are times of day or lengths of time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from homarus.domain.errors import UsageError
from homarus.gateway.jobs.limits import deadline_after

START = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("06:30", datetime(2026, 11, 21, 5, 30, tzinfo=UTC)),
        ("23:30", datetime(2026, 11, 20, 22, 30, tzinfo=UTC)),
        ("PT2H", START + timedelta(hours=2)),
        ("PT1H30M", START + timedelta(minutes=90)),
        ("P1DT1S", START + timedelta(days=1, seconds=1)),
    ],
)
def test_a_deadline_is_read_on_the_schedule_s_clock(text: str, deadline: datetime) -> None:
    assert deadline_after(text, START, BERLIN) == deadline


@pytest.mark.parametrize("text", ["", "P", "PT", "25:00", "6:5", "soon", "2h"])
def test_what_is_no_deadline_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as told:
        deadline_after(text, START, BERLIN)
    assert "PT2H" in told.value.hint
