from dataclasses import replace

import pytest

from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ServedModel
from homarus.domain.inference import ModelRef
from homarus.domain.settings import DispatchSettings, Settings
from homarus.models.catalog import Catalog, EmbeddedState, catalog
from homarus.models.dispatch import Dispatch, Priority
from homarus.models.engine_lanes import Lane, Telling, queue_key, queue_of, seen, wishes_of
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.changes import Change
from homarus.testing.door import FakeDoor

GB = 1 << 30
AT = "http://127.0.0.1:11434"
OLLAMA = Engine(
    provider="ollama",
    kind=EngineKind.OLLAMA,
    base_url=AT,
    place="this machine",
    is_local=True,
    is_up=True,
    slots=1,
    models=(
        ServedModel(model_id="qwen3:8b", state=LoadState.LOADED, size_bytes=6 * GB),
        ServedModel(model_id="tiny:latest", state=LoadState.UNLOADED, size_bytes=1 * GB),
    ),
    memory_free_bytes=10 * GB,
    abilities=frozenset({Ability.LOAD}),
)


async def no_context(_ref: ModelRef) -> int | None:
    return None


def models(**dispatch: object) -> Catalog:
    providers = {
        "ollama": {"baseUrl": AT, "api": "ollama", "models": [{"id": "qwen3:8b"}, {"id": "tiny:latest"}]},
        "same": {"baseUrl": f"{AT}/v1", "models": [{"id": "qwen3:8b"}]},
        "cloud": {"baseUrl": "https://api.example.com/v1", "apiKey": "k", "models": [{"id": "big"}]},
    }
    settings = Settings.model_validate({"models": {"providers": providers, "dispatch": dispatch}})
    embedded = EmbeddedState(is_usable=False, because="", window_tokens=4096)
    return catalog(settings, {}, embedded=embedded, found=(), known={})


def test_one_server_has_one_queue_under_whatever_protocol_it_is_asked() -> None:
    known = models()
    assert Lane.of(known.find("ollama/qwen3:8b")).engine == Lane.of(known.find("same/qwen3:8b")).engine
    assert queue_key("embedded", "http://127.0.0.1:1") == "embedded"


def test_only_a_server_in_reach_is_taken_to_swap() -> None:
    known = models()
    assert Lane.of(known.find("ollama/qwen3:8b")).is_swapping
    assert not Lane.of(known.find("cloud/big")).is_swapping


def test_the_room_for_models_is_what_is_loaded_and_what_is_free() -> None:
    told = seen(OLLAMA)
    assert (told.memory_bytes, told.loaded) == (16 * GB, frozenset({"qwen3:8b"}))
    assert told.sizes == {"qwen3:8b": 6 * GB, "tiny": 1 * GB}


def test_what_the_owner_says_of_slots_wins_and_ollama_says_nothing() -> None:
    assert seen(OLLAMA).slots is None
    assert seen(replace(OLLAMA, kind=EngineKind.LM_STUDIO, slots=4)).slots == 4
    assert seen(replace(OLLAMA, kind=EngineKind.LM_STUDIO, slots=4), slots=2).slots == 2


def test_a_server_with_one_model_never_swaps() -> None:
    told = seen(replace(OLLAMA, models=OLLAMA.models[:1], max_loaded=1))
    assert (told.max_loaded, told.memory_bytes, told.loaded) == (None, None, None)


def test_of_a_server_that_is_down_nothing_is_loaded() -> None:
    down = replace(OLLAMA, is_up=False, models=(replace(OLLAMA.models[0], state=LoadState.UNKNOWN), OLLAMA.models[1]))
    assert seen(down).loaded == frozenset()


@pytest.mark.parametrize("is_local", [True, False])
def test_a_look_at_a_server_in_reach_is_told_to_its_queue(*, is_local: bool) -> None:
    known, dispatch = models(), Dispatch(lambda: 0.0)
    provider = known.providers["ollama" if is_local else "cloud"]
    telling = Telling(
        dispatch=dispatch,
        endpoint=lambda _name: provider.endpoint,
        adapter_for=adapter_for,
        door=FakeDoor(),
        context=no_context,
    )
    telling(Change(engine=OLLAMA, before=None))
    assert queue_of(dispatch, OLLAMA).loaded == (("qwen3:8b",) if is_local else ())


def test_what_the_owner_keeps_loaded_is_found_by_its_name() -> None:
    chosen = DispatchSettings(keep_loaded=("ollama/tiny:latest", "nobody/knows", "smallest"), ageing_s=60)
    wishes = wishes_of(chosen, models())
    assert wishes.pinned_on("127.0.0.1:11434", {}) == {"tiny"}
    assert wishes.pinned_on("elsewhere", {"a": 3, "b": 2}) == {"b"}
    assert wishes.ageing_s == 60


def test_priorities_are_words_for_people() -> None:
    assert Priority.of("follow-up").is_person
    assert not Priority.of("heartbeat").is_person
