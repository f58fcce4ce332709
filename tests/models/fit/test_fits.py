"""Whether a model fits is said for any machine, with the reason and what would help."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.domain.engines import ModelFacts
from homarus.domain.errors import UsageError
from homarus.models import weights
from homarus.models.fit import gguf
from homarus.models.fit.fits import Asked, Fit, fit
from homarus.models.fit.machine import Machine
from homarus.models.fit.places import Verdict, Where
from homarus.models.fit.speed import Timings
from homarus.models.fit.table import find, rows

CARD: Json = {"name": "NVIDIA GeForce RTX 3090", "memory": "24 GB", "kind": "cuda"}
PI = Machine.parse({"name": "Raspberry Pi 4", "memory": "3.7 GB", "cores": 4})
LAPTOP = Machine.parse({"memory": "8 GB", "cores": 8, "physical_cores": 4})
TWO_CARDS = Machine.parse({"memory": "64 GB", "cores": 16, "gpus": [CARD, CARD]})
ONE_CARD = Machine.parse({"memory": "64 GB", "cores": 16, "gpus": [CARD]})
MAC = Machine.parse(
    {"memory": "128 GB", "cores": 16, "gpus": [{"name": "Apple M4 Max", "memory": "96 GB", "is_unified": True}]}
)
CONTAINER = Machine.parse({"memory": "2 GiB"})
FULL = Machine.parse({"memory": "16 GB", "memory_free": 0})


def fitted(name: str, machine: Machine, tokens: int = 16384, parallel: int = 1) -> Fit:
    row = find(name)
    assert row is not None
    return fit(row, machine, asked=Asked(context=tokens, parallel=parallel))


@pytest.mark.parametrize(
    ("name", "machine", "verdict", "where"),
    [
        ("qwen3:0.6b", PI, Verdict.FITS, Where.CPU),
        ("qwen3:8b", PI, Verdict.NO, Where.NOWHERE),
        ("qwen3.5:4b", LAPTOP, Verdict.FITS, Where.CPU),
        ("qwen3:32b", LAPTOP, Verdict.NO, Where.NOWHERE),
        ("qwen3:8b", ONE_CARD, Verdict.FITS, Where.GPU),
        ("llama3.3:70b", ONE_CARD, Verdict.FITS, Where.SPLIT),
        ("qwen3:32b", TWO_CARDS, Verdict.FITS, Where.GPU),
        ("gpt-oss:120b", TWO_CARDS, Verdict.FITS, Where.SPLIT),
        ("gpt-oss:120b", MAC, Verdict.FITS, Where.GPU),
        ("glm-4.7-flash", CONTAINER, Verdict.NO, Where.NOWHERE),
        ("qwen3:8b", FULL, Verdict.TIGHT, Where.CPU),
    ],
)
def test_a_model_on_a_machine(name: str, machine: Machine, verdict: Verdict, where: Where) -> None:
    level = fitted(name, machine).asked

    assert level is not None
    assert (level.verdict, level.where) == (verdict, where)
    assert level.because.endswith(".")
    assert (level.speed is None) == (verdict is Verdict.NO)


def test_the_largest_context_really_is() -> None:
    found = fitted("qwen3:8b", LAPTOP, 4096)

    assert 4096 <= found.largest_tokens < 40960
    for tokens, verdict in ((found.largest_tokens, True), (found.largest_tokens + 1024, False)):
        level = fitted("qwen3:8b", LAPTOP, tokens).asked
        assert level is not None
        assert (level.verdict is Verdict.FITS) is verdict


def test_the_largest_context_is_none_that_the_model_was_not_trained_for() -> None:
    assert fitted("qwen3:8b", ONE_CARD, 999999).largest_tokens == 40960


def test_a_smaller_cache_is_named_where_it_would_help() -> None:
    level = fitted("qwen3:8b", LAPTOP, 16384).asked

    assert level is not None
    assert level.verdict is not Verdict.FITS
    assert level.fits_with == "q8_0"


def test_several_requests_at_once_take_their_share() -> None:
    one, four = fitted("qwen3:8b", ONE_CARD).asked, fitted("qwen3:8b", ONE_CARD, parallel=4).asked

    assert one is not None
    assert four is not None
    assert four.memory.kv == 4 * one.memory.kv


def test_measured_timings_replace_the_estimate() -> None:
    row = find("qwen3:8b")
    assert row is not None

    level = fit(row, ONE_CARD, timed=Timings(generation_tokens_s=61.5)).levels[0]

    assert level.speed is not None
    assert (level.speed.generation.low, level.speed.generation.high, level.speed.is_measured) == (61.5, 61.5, True)


def test_a_card_is_faster_than_a_part_of_one_and_that_than_none() -> None:
    speeds = [fitted("qwen3:32b", machine).asked for machine in (TWO_CARDS, ONE_CARD)]

    highs = [level.speed.generation.high for level in speeds if level is not None and level.speed is not None]
    assert highs[0] >= highs[1]


def test_facts_of_a_server_do_as_well_as_a_row() -> None:
    facts = ModelFacts(
        model_id="mine",
        architecture="llama",
        metadata={
            "general.architecture": "llama",
            "llama.block_count": 32,
            "llama.embedding_length": 4096,
            "llama.context_length": 8192,
            "llama.attention.head_count": 32,
            "llama.attention.head_count_kv": 8,
        },
        weights_bytes=5_000_000_000,
    )

    found = fit(facts, ONE_CARD)

    assert [level.context_tokens for level in found.levels] == [4096, 8192]
    assert found.is_exact


@pytest.mark.weights
def test_a_file_does_as_well(tmp_path: Path) -> None:
    found = weights.find(tmp_path, weights.PACKAGES)
    assert found is not None

    assert fit(gguf.facts(found.path), LAPTOP).verdict is Verdict.FITS


@pytest.mark.parametrize("facts", [ModelFacts(model_id="a"), ModelFacts(model_id="b", is_remote=True)])
def test_what_is_not_known_is_not_guessed(facts: ModelFacts) -> None:
    with pytest.raises(UsageError, match=facts.model_id):
        fit(facts, LAPTOP)


sizes = st.integers(0, 1 << 42)


def described(total: int, free: int, cards: list[int], cores: int, *, is_unified: bool) -> Machine:
    gpus: list[Json] = [{"name": "card", "memory": size, "is_unified": is_unified} for size in cards]
    return Machine.parse({"memory": total, "memory_free": free, "cores": cores, "gpus": gpus})


machines = st.builds(
    described,
    total=sizes,
    free=sizes,
    cards=st.lists(sizes, max_size=3),
    cores=st.integers(1, 256),
    is_unified=st.booleans(),
)


@given(row=st.sampled_from(rows()), machine=machines, tokens=st.integers(1, 1 << 20))
def test_any_machine_gets_an_answer(row: object, machine: Machine, tokens: int) -> None:
    assert row in rows()
    found = fit(next(one for one in rows() if one is row), machine, asked=Asked(context=tokens))

    assert found.asked is not None
    for level in found.levels:
        assert level.because
        if level.verdict is Verdict.FITS:
            assert level.total_bytes <= machine.memory_total_bytes + sum(g.memory_total_bytes for g in machine.gpus)
        if level.speed is not None:
            assert 0 < level.speed.generation.low <= level.speed.generation.high
            assert 0 < level.speed.prefill.low <= level.speed.prefill.high
