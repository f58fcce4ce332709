"""A learned window holds for one build of a model and for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from homarus.domain.inference import ModelRef
from homarus.models.knowledge import Knowledge
from homarus.models.windows import KEPT_FOR, Windows

pytestmark = pytest.mark.anyio
REF = ModelRef(provider="lab", model_id="m")


async def test_the_smallest_window_that_was_learned_counts() -> None:
    windows = Windows(Knowledge())
    for tokens in (8_192, 4_096, 6_000, 12):
        await windows.learn(REF, tokens, because="test")
    assert windows.of(REF) == 4_096


async def test_other_weights_are_another_model() -> None:
    digest = ["a"]
    windows = Windows(Knowledge(), digest_of=lambda _ref: digest[0])
    await windows.learn(REF, 4_096, because="test")
    digest[0] = "b"
    assert windows.of(REF) is None


async def test_what_was_learned_grows_old() -> None:
    now = [datetime.now(UTC)]
    windows = Windows(Knowledge(), now=lambda: now[0])
    await windows.learn(REF, 4_096, because="test")
    now[0] += KEPT_FOR + timedelta(hours=1)
    assert windows.of(REF) is None
