"""Machines as people write them down: names, units and shapes that no list has."""

import pytest

from homarus.domain.content import Json
from homarus.domain.errors import UsageError
from homarus.models.fit.machine import Machine

GIB = 1 << 30


@pytest.mark.parametrize(
    ("value", "gib"),
    [
        ({"ram_gib": 16}, 16),
        ({"RAM (GB)": 16}, 16),
        ({"ram_mib": 16384}, 16),
        ({"ram_bytes": 16 * GIB}, 16),
        ({"memory": 16}, 16),
        ({"memory": "16384"}, 16),
        ({"memory": 16 * GIB}, 16),
        ({"memory": "15,5 GB"}, 15.5),
        ({"total_ram": "1 TB"}, 1024),
        ({"unified_memory_gib": 512, "chip": "M3 Ultra"}, 512),
        ({"ram_gib": 64, "memory_limit": "2 GB"}, 2),
    ],
)
def test_memory_is_read_in_whatever_unit(value: Json, gib: float) -> None:
    assert Machine.parse(value).memory_total_bytes == gib * GIB


@pytest.mark.parametrize(
    ("value", "gib", "count"),
    [
        ({"ram": 32, "gpu": "RTX 4060", "vram": "8192"}, 8, 1),
        ({"ram": 32, "gpu": {"name": "RTX 4060", "vram_gib": 8}}, 8, 1),
        ({"ram": 32, "gpus": {"name": "RTX 4060", "memory_mib": 8192}}, 8, 1),
        ({"ram": 32, "gpu": {"name": "RTX 4060"}, "vram": "8 GB"}, 8, 1),
        ({"ram": "2 TB", "gpu": {"name": "H100 80GB", "count": 8}}, 80, 8),
        ({"ram": 32, "gpus": [{"name": "Intel UHD 770"}, {"name": "RTX 4070", "vram_gib": 12}]}, 12, 1),
        ({"ram": 24, "chip": "Apple M4"}, 16, 1),
        ({"ram": 24, "name": "MacBook Air M2"}, 16, 1),
    ],
)
def test_cards_are_read_in_whatever_shape(value: Json, gib: int, count: int) -> None:
    assert [gpu.memory_total_bytes for gpu in Machine.parse(value).gpus] == [gib * GIB] * count


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"ram": 16}, "cores"),
        ({"ram": 16, "cores": 4, "gpu": "Radeon 780M"}, "left out"),
        ({"ram": 16, "cores": "4", "memory_limit": "2 GB"}, "2.0 GiB"),
        ({"ram": 16, "cores": 4, "Grafikkarte": "RTX 4090"}, "Grafikkarte"),
    ],
)
def test_what_is_assumed_or_left_out_is_said(value: Json, words: str) -> None:
    assert [words in sentence for sentence in Machine.parse(value).limits] == [True]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"cores": 4}, "how much memory the machine has"),
        ({"ram": 32, "gpu": "GTX 970"}, "'GTX 970'"),
        ({"ram_gib": -8}, "-8"),
        ({"ram_gib": 1e30}, "1e+30"),
        ({"ram": 8, "gpu": {"name": "H100 80GB", "count": 10**9}}, "count"),
    ],
)
def test_what_is_missing_is_named(value: Json, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        Machine.parse(value)

    assert words in caught.value.message


def test_a_name_is_one_line_of_whole_letters() -> None:
    assert Machine.parse({"ram": 8, "name": "a\nb \ud83d"}).name == "a b \ufffd"
