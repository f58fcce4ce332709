"""GGUF headers are read, whoever wrote them, and nothing that they claim is believed."""

import os
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.domain.errors import UserError
from homarus.models.fit import gguf

KINDS: dict[type[object], int] = {int: 4, float: 6, bool: 7, str: 8}


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def value_of(value: Json) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + text(value)
        case list():
            first = value[0] if value else 0
            body = b"".join(value_of(item)[4:] for item in value)
            return struct.pack("<IIQ", 9, KINDS[type(first)], len(value)) + body
        case _:
            raise TypeError(value)


def header(metadata: dict[str, Json], tensors: dict[str, tuple[int, ...]], *, version: int = 3, kind: int = 1) -> bytes:
    made = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    made += b"".join(text(key) + value_of(value) for key, value in metadata.items())
    offset = 0
    for name, shape in tensors.items():
        made += text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", size) for size in shape)
        made += struct.pack("<IQ", kind, offset)
    return made + b"\0" * 4096


QWEN: dict[str, Json] = {
    "general.architecture": "qwen3",
    "general.file_type": 15,
    "qwen3.block_count": 36,
    "qwen3.attention.head_count_kv": [8] * 36,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.chat_template": "{{ messages }}",
}


def written(folder: Path, data: bytes, name: str = "model.gguf") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder.gguf").mkdir()
    os.mkfifo(tmp_path / "pipe.gguf")
    for name in ("folder.gguf", "pipe.gguf"):
        with pytest.raises(UserError, match="it is no file"):
            gguf.facts(tmp_path / name)


@pytest.mark.parametrize("version", [2, 3])
def test_a_header_says_what_the_model_is(tmp_path: Path, version: int) -> None:
    path = written(tmp_path, header(QWEN, {"a.weight": (64, 4), "b.weight": (10,)}, version=version))

    facts = gguf.facts(path)

    assert (facts.architecture, facts.quantization, facts.parameters) == ("qwen3", "Q4_K_M", 266)
    assert facts.weights_bytes == 2 * 266
    assert facts.metadata["qwen3.attention.head_count_kv"] == [8] * 36
    assert facts.metadata["homarus.vocabulary"] == 3
    assert "tokenizer.ggml.tokens" not in facts.metadata
    assert facts.template == "{{ messages }}"


def test_of_experts_only_those_that_work_count_as_active(tmp_path: Path) -> None:
    metadata: dict[str, Json] = {
        "general.architecture": "qwen3moe",
        "qwen3moe.expert_count": 8,
        "qwen3moe.expert_used_count": 2,
    }
    path = written(tmp_path, header(metadata, {"blk.0.ffn_up_exps.weight": (300,), "output.weight": (100,)}))

    assert gguf.facts(path).metadata["homarus.active_share"] == pytest.approx(0.25 + 0.75 * 0.25)


def test_a_split_model_is_all_of_its_parts(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        written(tmp_path, header(QWEN, {f"t{number}": (100,)}), f"big-0000{number}-of-00003.gguf")

    assert gguf.facts(tmp_path / "big-00002-of-00003.gguf").weights_bytes == 600

    (tmp_path / "big-00003-of-00003.gguf").unlink()
    with pytest.raises(UserError, match="big-00003-of-00003"):
        gguf.facts(tmp_path / "big-00001-of-00003.gguf")


def test_a_download_that_was_broken_off_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, header(QWEN, {"big": (1 << 20,)}))

    assert gguf.facts(path).metadata["homarus.missing_bytes"]


def claims(count: int) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, count) + b"\0" * 64


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "ends in the middle"),
        (b"PK\3\4 a zip file", "does not begin with GGUF"),
        (b"GGUF" + struct.pack("<I", 1) + b"\0" * 16, "version 1"),
        (b"GGUF" + struct.pack(">I", 3) + b"\0" * 16, "big-endian"),
        (header(QWEN, {})[:40], "entries|middle"),
        (claims(1 << 62), "entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "entries"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62) + b"\0" * 64, "claims"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 1 << 40), "entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 9, 1) + b"\0" * 64, "type 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 99) + b"\0" * 64, "type 99"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + (text("k") + value_of(1)) * 2 + b"\0" * 64, "twice"),
        (header({}, {"t": (1, 1, 1, 1, 1)}), "5 dimensions"),
        (header({}, {"t": (1 << 40, 1 << 40)}), "claims"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        gguf.facts(written(tmp_path, data))

    assert "model.gguf" in caught.value.message
    assert caught.value.hint


def test_a_vocabulary_of_empty_words_ends_early(tmp_path: Path) -> None:
    """A hole in the file is full of strings without a letter: no machine should walk over all of them."""
    path = written(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 1 << 33))
    with path.open("r+b") as file:
        file.truncate(1 << 37)

    with pytest.raises(UserError, match="larger than that of any model"):
        gguf.facts(path)


def test_what_is_no_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        gguf.facts(tmp_path / "none.gguf")
    with pytest.raises(UserError, match="cannot be read"):
        gguf.facts(tmp_path)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_do_harm(tmp_path: Path, data: st.DataObject) -> None:
    good = bytearray(header(QWEN, {"a.weight": (64, 4)}))
    for _change in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(4, 400))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(good)))
    path = written(tmp_path, bytes(good[:end]))

    with suppress(UserError):
        assert (gguf.facts(path).weights_bytes or 0) >= 0
