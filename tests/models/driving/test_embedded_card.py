"""The model that comes with homarus gets the card that it deserves, from its real weights."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homarus.domain.acts import Risk
from homarus.domain.cards import ScoreCard
from homarus.domain.settings import Settings
from homarus.models import weights
from homarus.models.desk import Desk
from homarus.models.driving.run import drive
from homarus.models.embedded import MODEL, Embedded
from homarus.models.fit.gguf import facts
from homarus.net.door import OpenDoor

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.weights,
    pytest.mark.skipif(weights.find(Path("/nowhere")) is None, reason="the weights are not installed"),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def card(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ScoreCard]:
    settings, door = Settings(), OpenDoor()
    engine = Embedded(settings.embedded, tmp_path_factory.mktemp("home"))
    desk = Desk(lambda: settings, {}, door, engine, providers={}, wires={})
    yield await drive(desk, MODEL, quick=True, limit_s=300.0)
    await engine.stop()
    await door.close()


async def test_it_is_guided_and_as_trusted_as_the_policy_makes_it(card: ScoreCard) -> None:
    assert (card.tool_protocol, card.most_risk, card.safe_window_tokens) == ("guided", Risk.RUN, None)


async def test_its_true_weaknesses_are_said_in_plain_words(card: ScoreCard) -> None:
    said = " ".join(card.weaknesses)
    assert "no tool calls of its own and cannot hold a conversation" in said
    assert "does not keep to a nested form: 0 of" in said


async def test_no_way_of_calling_tools_comes_through(card: ScoreCard) -> None:
    calls = next(one for one in card.scores if one.name == "tool-call")
    assert calls.passed == 0
    assert all(f"As {protocol}" in calls.detail for protocol in ("native", "constrained", "text"))


async def test_its_card_is_about_its_weights(card: ScoreCard) -> None:
    assert card.subject.digest == f"sha256:{weights.SHA256}"
    assert card.subject.quantization == "Q4_1"


async def test_its_card_is_about_the_template_in_its_weights(card: ScoreCard) -> None:
    found = weights.find(Path("/nowhere"))
    assert found is not None
    template = facts(found.path).template
    assert "im_start" in template
    assert card.subject.template_sha256 == hashlib.sha256(template.encode()).hexdigest()
