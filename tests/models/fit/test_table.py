"""The catalog holds every model that we speak of, with where each row is known from."""

import json
from datetime import date
from pathlib import Path

import pytest

from homarus.domain.errors import StateError
from homarus.models.fit import table
from homarus.models.fit.bandwidths import bandwidth_of
from homarus.models.fit.geometry import geometry
from homarus.models.fit.table import Row, find, load, rows, seed

NAMED = (
    "gemma3:12b phi4 qwen3:8b qwen3:14b qwen3:32b qwen3:30b-a3b qwen3:235b qwen3-coder:30b exaone4:32b deepseek-r1:70b "
    "deepseek-v3.2 lfm2:24b glm4:9b glm-4.5-air glm-4.6 glm-4.7 minimax-m2 gpt-oss:20b gpt-oss:120b qwen3.5:9b "
    "qwen3:4b qwen3:1.7b qwen3:0.6b llama3.2:1b llama3.2:3b smollm2:135m smollm3:3b phi4-mini mistral-small3.2:24b "
    "gemma4:e4b glm4:32b minimax-m2.1 minimax-m2.5"
)


@pytest.mark.parametrize("name", NAMED.split())
def test_every_model_that_we_speak_of_is_in_it(name: str) -> None:
    assert find(name) is not None


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_every_row_can_be_counted_and_says_where_it_is_from(row: Row) -> None:
    shape = geometry(row.facts())

    assert shape is not None
    assert shape.is_exact, shape.because
    assert row.source
    assert row.licence.name
    assert row.trained_tokens
    assert 0 < row.active_parameters <= row.parameters
    assert 0.2 < row.weights_bytes / row.parameters < 2.1
    assert set(row.unsure) <= {
        "sizes_bytes", "shape", "licence", "abilities", "active_parameters", "ollama",
        *(f"shape.{key}" for key in row.shape), *(f"sizes_bytes.{key}" for key in row.sizes_bytes),
    }  # fmt: skip


def test_it_is_dated_and_no_name_stands_for_two() -> None:
    assert date.fromisoformat(seed().dated)
    assert len({row.id for row in rows()}) == len(rows())


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("qwen3:8b", "qwen3:8b"),
        ("qwen3:8b-q4_K_M", "qwen3:8b"),
        ("ollama/qwen3:8b", "qwen3:8b"),
        ("phi4:latest", "phi4:14b"),
        ("Qwen/Qwen3-8B", "qwen3:8b"),
        ("lmstudio/openai/gpt-oss-20b", "gpt-oss:20b"),
        ("qwen3:30b-a3b-instruct-2507-q4_K_M", "qwen3:30b-a3b"),
        ("nothing", None),
    ],
)
def test_a_name_means_one_model(name: str, row: str | None) -> None:
    found = find(name)

    assert (found.id if found else None) == row


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "JSON"), ('{"dated": "x", "about": "y", "rows": [{}]}', "rows.0"), ("[]", "catalog")],
)
def test_a_broken_catalog_is_named_with_the_field(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(text)

    with pytest.raises(StateError, match=said):
        load(path)


def test_a_row_without_its_size_is_refused(tmp_path: Path) -> None:
    body = json.loads(table.SEED.read_text())
    body["rows"][0]["usual_quantization"] = "Q9"
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(body))

    with pytest.raises(StateError, match="no size"):
        load(path)


@pytest.mark.parametrize(
    ("name", "gb_s"),
    [
        ("NVIDIA GeForce RTX 4070 Ti SUPER", 672),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", 576),
        ("NVIDIA GeForce RTX 4090", 1008),
        ("AMD Radeon RX 7900 XTX", 960),
        ("Apple M4 Pro", 273),
        ("NVIDIA L40", 864),
        ("Raspberry Pi 5 Model B Rev 1.0", 9),
        ("A card of tomorrow", None),
    ],
)
def test_hardware_is_found_by_its_longest_name(name: str, gb_s: float | None) -> None:
    assert bandwidth_of(name) == gb_s
