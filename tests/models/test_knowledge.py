"""What was found out about a model is known at once, and after a restart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from homarus.domain.acts import Risk
from homarus.domain.cards import Pin, Score, ScoreCard, Subject
from homarus.domain.inference import ModelRef
from homarus.models.knowledge import Knowledge, Speed, is_same
from homarus.testing.records import FakeRecords

pytestmark = pytest.mark.anyio
REF = ModelRef(provider="ollama", model_id="qwen3:8b")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BUILD = Subject(
    provider="ollama", model_id="qwen3:8b", digest="aa", quantization="Q4_K_M", template_sha256="tt", engine="ollama 1"
)
CARD = ScoreCard(
    subject=BUILD,
    at=NOW,
    took_s=90.0,
    tool_protocol="native",
    safe_window_tokens=8000,
    most_risk=Risk.WRITE,
    scores=(Score(name="tool-call", passed=3, tried=3),),
    weaknesses=("It is slow.",),
)


async def test_everything_is_known_again_after_a_restart() -> None:
    records = FakeRecords()
    before = Knowledge(records)
    await before.keep(CARD)
    await before.keep(Pin(subject=BUILD, at=NOW, window_tokens=8192, sampler={"temperature": 0}))
    await before.keep_pace(REF, Speed(prefill_tokens_s=300.0))
    await before.keep_window(REF, 4096, because="it said so")
    after = Knowledge(records)
    await after.load()
    assert after.card(REF, "aa") == before.card(REF, "aa") == CARD
    assert after.pins() == before.pins()
    assert after.pace(REF) == Speed(prefill_tokens_s=300.0)
    assert (window := after.window(REF)) is not None
    assert window.tokens == 4096


async def test_nothing_is_known_of_another_digest() -> None:
    knowledge = Knowledge()
    await knowledge.keep(CARD)
    assert knowledge.card(REF, "bb") is None
    assert knowledge.card(replace(BUILD, digest="bb")) is None
    assert knowledge.card(REF) == CARD


@pytest.mark.parametrize("change", ["digest", "quantization", "template_sha256", "engine", "model_id"])
async def test_any_change_of_the_build_makes_another_model(change: str) -> None:
    other = replace(BUILD, **{change: "other"})
    assert not is_same(BUILD, other)


@pytest.mark.parametrize("unknown", ["digest", "quantization", "template_sha256", "engine"])
async def test_what_a_server_does_not_say_sets_nothing_apart(unknown: str) -> None:
    assert is_same(BUILD, replace(BUILD, **{unknown: ""}))


async def test_builds_keep_cards_of_their_own_and_the_newest_is_shown() -> None:
    knowledge = Knowledge()
    newer = replace(CARD, subject=replace(BUILD, digest="bb"), at=NOW + timedelta(days=1))
    await knowledge.keep(newer)
    await knowledge.keep(CARD)
    assert knowledge.card(BUILD) == CARD
    assert knowledge.cards() == (newer,)


async def test_a_speed_is_written_only_when_it_is_news() -> None:
    records = FakeRecords()
    knowledge = Knowledge(records)
    await knowledge.keep_pace(REF, Speed(prefill_tokens_s=100.0))
    await knowledge.keep_pace(REF, Speed(prefill_tokens_s=104.0))
    assert knowledge.pace(REF) == Speed(prefill_tokens_s=104.0)
    assert records.kept["pace", str(REF)]["prefill_tokens_s"] == 100.0
    await knowledge.keep_pace(REF, Speed(prefill_tokens_s=120.0))
    assert records.kept["pace", str(REF)]["prefill_tokens_s"] == 120.0


async def test_a_window_learned_on_other_weights_does_not_count() -> None:
    knowledge = Knowledge()
    await knowledge.keep_window(REF, 4096, digest="aa")
    assert knowledge.window(REF, "bb") is None
    assert knowledge.window(REF, "aa") is not None
    await knowledge.keep_window(REF, None)
    assert knowledge.window(REF) is None


async def test_a_pin_is_dropped_once() -> None:
    knowledge = Knowledge(FakeRecords())
    await knowledge.keep(Pin(subject=BUILD, at=NOW))
    assert list(knowledge.pins()) == [REF]
    assert await knowledge.drop_pin(REF)
    assert not await knowledge.drop_pin(REF)


async def test_a_record_of_another_version_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    records = FakeRecords()
    await records.put("card", "ollama/odd@1", {"what": "is this"})
    knowledge = Knowledge(records)
    await knowledge.load()
    assert knowledge.cards() == ()
    assert "left out" in caplog.text
