"""This machine is measured in about a second, and a model that does not answer does not stop that."""

from pathlib import Path

import pytest

from homarus.domain.ports import Endpoint
from homarus.domain.settings import EmbeddedSettings
from homarus.models.embedded import Embedded
from homarus.models.fit.calibration import calibrate
from homarus.models.fit.machine import look
from homarus.models.openai_completions import OpenAiCompletions
from homarus.net.door import OpenDoor
from homarus.testing.door import FakeDoor

pytestmark = pytest.mark.anyio


async def test_the_memory_is_measured_without_a_model() -> None:
    measured = await calibrate(look())

    assert measured.bandwidth_gb_s is not None
    assert 0.1 < measured.bandwidth_gb_s < 20_000
    assert measured.calibrated_at is not None
    assert measured.prefill_weights_s is None


async def test_a_model_that_does_not_answer_leaves_the_rest() -> None:
    at = Endpoint(provider="embedded", base_url="http://127.0.0.1:1/v1")

    measured = await calibrate(look(), at=at, door=FakeDoor(), wire=OpenAiCompletions())

    assert measured.bandwidth_gb_s is not None
    assert measured.generation_weights_s is None


@pytest.mark.weights
async def test_the_built_in_model_says_how_fast_the_cores_are(tmp_path: Path) -> None:
    engine = Embedded(EmbeddedSettings(), tmp_path)
    async with OpenDoor() as door:
        try:
            measured = await calibrate(look(), at=await engine.endpoint(), door=door, wire=OpenAiCompletions())
        finally:
            await engine.stop()

    assert measured.prefill_weights_s is not None
    assert measured.generation_weights_s is not None
    assert measured.prefill_weights_s > 1e8
    assert measured.generation_weights_s > 1e7
