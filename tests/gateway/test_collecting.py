import gc

import pytest

from homarus.gateway.collecting import settle

pytestmark = pytest.mark.anyio


async def test_what_is_there_is_left_alone_from_then_on() -> None:
    before = gc.get_threshold()
    try:
        await settle(0)
        assert gc.get_freeze_count() > 0
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
