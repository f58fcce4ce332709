"""A model's build is read from its metadata; what is not known is said, never guessed silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.domain.engines import ModelFacts
from homarus.models.fit.architectures import KNOWN
from homarus.models.fit.arithmetic import Use, memory
from homarus.models.fit.geometry import geometry


def facts(architecture: str, **values: Json) -> ModelFacts:
    usual: dict[str, Json] = {
        "block_count": 12,
        "embedding_length": 1024,
        "attention.head_count": 8,
        "attention.head_count_kv": 2,
    }
    keys: dict[str, Json] = {**usual, **{key.replace("__", "."): value for key, value in values.items()}}
    metadata: dict[str, Json] = {"general.architecture": architecture}
    metadata |= {f"{architecture}.{key}": value for key, value in keys.items()}
    return ModelFacts(model_id="m", architecture=architecture, metadata=metadata)


def test_an_unknown_architecture_is_counted_as_full_and_says_so() -> None:
    found = geometry(facts("brandnew"))

    assert found is not None
    assert not found.is_exact
    assert "brandnew" in found.because
    assert found.full.layers == 12


def test_a_known_one_is_exact() -> None:
    found = geometry(facts("llama"))

    assert found is not None
    assert (found.is_exact, found.because) == (True, "")
    assert (found.full.keys, found.full.values) == (12 * 2 * 128, 12 * 2 * 128)


def test_a_window_that_the_engine_does_not_use_is_not_counted() -> None:
    found = geometry(facts("phi3", attention__sliding_window=2048))

    assert found is not None
    assert found.sliding.layers == 0


@pytest.mark.parametrize(
    ("architecture", "values", "sliding"),
    [
        ("gemma3", {"attention__sliding_window": 512}, 10),
        ("gemma3", {}, 0),
        ("gpt-oss", {"attention__sliding_window": 128}, 6),
        ("cohere2", {"attention__sliding_window": 4096}, 9),
        ("cohere2moe", {"attention__sliding_window": 4096}, 9),
        ("exaone4", {}, 0),
        ("gemma2", {}, 6),
        ("llama4", {}, 9),
        ("llama4", {"attention__sliding_window": 0}, 0),
        (
            "olmo2",
            {"attention__sliding_window": 4096, "attention__sliding_window_pattern": [True] * 4 + [False] * 8},
            4,
        ),
        ("mimo2", {"attention__sliding_window": 128, "attention__sliding_window_pattern": [True, False] * 6}, 6),
    ],
)
def test_layers_slide_as_their_architecture_has_it(architecture: str, values: dict[str, Json], sliding: int) -> None:
    found = geometry(facts(architecture, **values))

    assert found is not None
    assert found.sliding.layers == sliding
    assert found.full.layers == 12 - sliding


def test_a_list_that_ollama_leaves_out_is_a_doubt() -> None:
    found = geometry(facts("gemma4", attention__sliding_window=512, attention__sliding_window_pattern=None))

    assert found is not None
    assert not found.is_exact
    assert found.sliding.layers == 10


def test_recurrent_layers_keep_a_state_and_no_keys() -> None:
    found = geometry(
        facts(
            "qwen35",
            full_attention_interval=4,
            ssm__conv_kernel=4,
            ssm__state_size=128,
            ssm__group_count=16,
            ssm__inner_size=2048,
        )
    )

    assert found is not None
    assert found.full.layers == 3
    assert found.state_numbers == 9 * (3 * (2048 + 2 * 16 * 128) + 128 * 2048)


def test_draft_layers_at_the_end_are_not_a_part_of_the_trunk() -> None:
    found = geometry(facts("glm4moe", nextn_predict_layers=1))

    assert found is not None
    assert found.full.layers == 11


@pytest.mark.parametrize("architecture", ["bert", "mamba2"])
def test_some_models_keep_nothing_of_the_context(architecture: str) -> None:
    found = geometry(facts(architecture, ssm__inner_size=2048, ssm__state_size=16, ssm__conv_kernel=4))

    assert found is not None
    assert found.full.layers == 0


def test_too_little_metadata_is_no_geometry() -> None:
    assert geometry(ModelFacts(model_id="m", architecture="llama")) is None


numbers = st.one_of(st.none(), st.integers(-5, 1 << 70), st.floats(), st.booleans(), st.text(max_size=3))


KEYS = (
    "block_count embedding_length attention.head_count attention.head_count_kv attention.key_length "
    "attention.sliding_window attention.sliding_window_pattern feed_forward_length nextn_predict_layers "
    "full_attention_interval ssm.inner_size ssm.conv_kernel shortconv.l_cache expert_count num_loops "
    "attention.shared_kv_layers attention.recurrent_layers kda.head_dim wkv.head_size"
)


@given(architecture=st.sampled_from([*sorted(KNOWN), "other"]), data=st.data())
def test_no_metadata_breaks_the_count(architecture: str, data: st.DataObject) -> None:
    drawn = data.draw(st.dictionaries(st.sampled_from(KEYS.split()), st.one_of(numbers, st.lists(numbers, max_size=8))))
    values: dict[str, Json] = {f"{architecture}.block_count": 8, f"{architecture}.embedding_length": 64}
    values |= {f"{architecture}.{key}": value for key, value in drawn.items()}

    found = geometry(ModelFacts(model_id="m", architecture=architecture, metadata=values))

    if found is not None:
        assert memory(found, 1000, Use(context_tokens=4096)).total >= 1000
