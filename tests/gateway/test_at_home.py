"""What Home shows."""

from datetime import UTC, datetime

import pytest

from homarus.domain.findings import ActionItem, Report
from homarus.gateway.at_home import still_open
from homarus.testing.books import FakeBooks

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 20, 7, tzinfo=UTC)


def item(key: str, *, urgency: int = 1) -> ActionItem:
    return ActionItem(key=key, title=key, because="", urgency=urgency)


async def test_only_what_the_last_reports_want_and_nobody_ticked_is_to_be_done() -> None:
    items = FakeBooks().items
    for one in (item("sample", urgency=5), item("ticked"), item("reply"), item("pay", urgency=4), item("price")):
        await items.see("run_1", one, at=AT)
    await items.tick("ticked", is_done=True, at=AT)
    briefing = Report(title="", summary="", text="", actions=(item("ticked"), item("reply"), item("pay")))
    research = Report(title="", summary="", text="", actions=(item("price"),))

    found = await still_open(items, [briefing, research])

    assert [one.key for one in found] == ["pay", "price", "reply"]
