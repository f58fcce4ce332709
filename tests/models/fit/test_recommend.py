"""What is recommended fits, and where nothing does that is said plainly."""

import pytest

from homarus.domain.content import Json
from homarus.domain.engines import Engine, EngineKind, LoadState, ServedModel
from homarus.models.fit.machine import Machine
from homarus.models.fit.places import Verdict
from homarus.models.fit.recommend import FIRST_PROMPT_TOKENS, LEAST_TOKENS, recommend
from homarus.models.fit.table import rows

GIB = 1 << 30
CARD: dict[str, Json] = {"name": "NVIDIA GeForce RTX 3090", "memory": "24 GB", "kind": "cuda"}
MACHINES = {
    "one card": Machine.parse({"memory": "64 GB", "cores": 16, "gpus": [CARD]}),
    "two cards": Machine.parse({"memory": "64 GB", "cores": 16, "gpus": [CARD, CARD]}),
    "laptop": Machine.parse({"memory": "8 GB", "cores": 8, "physical_cores": 4}),
    "apple": Machine.parse(
        {"memory": "128 GB", "cores": 16, "gpus": [{"name": "Apple M4 Max", "memory": "96 GB", "is_unified": True}]}
    ),
    "container": Machine.parse({"memory": "1 GB"}),
    "board": Machine.parse({"name": "Raspberry Pi 4", "memory": "3.7 GB", "cores": 4}),
    "full": Machine.parse({"memory": "16 GB", "memory_free": 0}),
}


def ollama(*models: ServedModel) -> Engine:
    return Engine(
        provider="ollama",
        kind=EngineKind.OLLAMA,
        base_url="http://127.0.0.1:11434",
        place="this machine",
        is_local=True,
        is_up=True,
        models=models,
    )


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_recommended_fits_and_begins_in_time(name: str) -> None:
    found = recommend(MACHINES[name], first_token_target_s=8)

    assert found.because
    for choice in found.choices:
        level = choice.fit.at(LEAST_TOKENS[choice.tier])
        assert level is not None
        assert level.verdict is Verdict.FITS
        assert level.speed is not None
        assert level.speed.first_token_s(FIRST_PROMPT_TOKENS[choice.tier]) <= 8
        assert "tools" in choice.row.abilities
        assert choice.command.startswith("homarus models ")
        assert "tokens a second" in choice.because


@pytest.mark.parametrize("name", ["container", "board", "full"])
def test_where_nothing_will_do_the_built_in_model_and_a_hosted_one_are_named(name: str) -> None:
    found = recommend(MACHINES[name])

    assert found.choices == ()
    assert "built-in" in found.because
    assert "hosted" in found.because


def test_a_full_machine_is_told_to_make_room() -> None:
    assert "close other programs" in recommend(MACHINES["full"]).because


def test_three_sizes_get_lighter() -> None:
    found = recommend(MACHINES["two cards"])

    assert [choice.tier for choice in found.choices] == ["entry", "mid", "heavy"]
    assert len({choice.row.id for choice in found.choices}) == 3


def test_an_installed_model_that_is_nearly_as_good_wins() -> None:
    best = recommend(MACHINES["one card"]).heavy
    assert best is not None
    near = next(row for row in rows() if row.id == "gemma4:31b")
    assert best.row.merit - 6 <= near.merit < best.row.merit

    found = recommend(MACHINES["one card"], [ollama(ServedModel(model_id="gemma4:31b"))]).heavy

    assert found is not None
    assert found.row is near
    assert found.is_installed
    assert found.command == "homarus models use ollama/gemma4:31b"


def test_memory_of_loaded_models_counts_as_free() -> None:
    card = {**CARD, "free": "1 GB"}
    machine = Machine.parse({"memory": "64 GB", "cores": 16, "gpus": [card]})
    loaded = ServedModel(model_id="qwen3:14b", state=LoadState.LOADED, size_bytes=22 * GIB, vram_bytes=22 * GIB)

    found = recommend(machine, [ollama(loaded)]).heavy

    assert found is not None
    assert found.level.where == "gpu"


def test_a_licence_that_forbids_business_is_named() -> None:
    only = [row for row in rows() if not row.licence.is_commercial]

    found = recommend(MACHINES["two cards"], [ollama(ServedModel(model_id="LGAI-EXAONE/EXAONE-4.0-32B-GGUF"))], only)

    assert found.heavy is not None
    assert "does not allow business use" in found.heavy.because


def test_a_cloud_model_is_never_recommended() -> None:
    cloud = [row for row in rows() if row.is_cloud]

    assert cloud
    assert recommend(MACHINES["apple"], catalog=cloud).choices == ()
