"""Read the header of a GGUF file: what the model is, and how large its tensors are; the weights are not touched.

The file may come from anywhere, so nothing in it is believed: counts and lengths are held against the size of the
file, lists of vocabularies are walked over without being built, and memory and time are bounded.

Source: the GGUF specification, versions 2 and 3 (ggml docs/gguf.md); split files as llama-gguf-split writes them.
"""

import math
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from homarus.domain.content import Json
from homarus.domain.engines import ModelFacts
from homarus.domain.errors import UserError
from homarus.domain.i18n import _
from homarus.models.fit.ggml import FILE_TYPES, TYPES

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_WINDOW = 1 << 20
MOST_HEADER_BYTES = 512 << 20
MOST_ITEMS = 2_000_000
"""Keys, tensors and strings together; the largest vocabularies with their merges have about one million."""
_MOST_KEPT_LIST = 4096
_MOST_NAME_BYTES = 65_535
_MOST_TEXT_BYTES = 1 << 20
_MOST_DIMENSIONS = 4
_MOST_PARTS = 1000
_STRING, _ARRAY, _BOOL = 8, 9, 7
_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_PART = re.compile(r"^(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$", re.IGNORECASE)


class _BadFile(Exception):  # noqa: N818 - turned into a sentence for a person at once
    """What is wrong with a file, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One line of the table of tensors."""

    name: str
    numbers: int
    kind: int
    size_bytes: int
    """0 when the type is not known."""
    end: int
    """Where it ends, counted from where the data begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says of its model."""

    version: int
    metadata: dict[str, Json]
    """Long lists are left out; `homarus.vocabulary` is how many tokens there are."""
    tensors: tuple[Tensor, ...]
    data_begins: int
    size_bytes: int
    """Of the file."""

    @property
    def missing_bytes(self) -> int:
        """How much of the weights is not there yet: a download that was broken off."""
        ends = self.data_begins + max((tensor.end for tensor in self.tensors), default=0)
        return max(0, ends - self.size_bytes)

    @property
    def weights_bytes(self) -> int:
        """Of all tensors; where a type is unknown, what the file holds after its header."""
        if any(tensor.size_bytes == 0 and tensor.numbers for tensor in self.tensors):
            return max(0, self.size_bytes - self.data_begins)
        return sum(tensor.size_bytes for tensor in self.tensors)

    @property
    def expert_bytes(self) -> int:
        """Of the experts of which only some work on each token."""
        return sum(tensor.size_bytes for tensor in self.tensors if "_exps." in tensor.name)


def read_header(path: Path) -> Header:
    """Read one file's header.

    Raises:
        UserError: when it is no GGUF file, or a broken one.
    """
    if path.exists() and not path.is_file():  # opening a pipe waits for whoever writes into it
        raise UserError(
            _("{path} cannot be read: it is no file.").format(path=path),
            hint=_("Name a GGUF file that this account may read."),
        )
    try:
        with path.open("rb") as file:
            return _Reader(file, path.stat().st_size).header()
    except OSError as error:
        raise UserError(
            _("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror),
            hint=_("Name a GGUF file that this account may read."),
        ) from error
    except _BadFile as error:
        raise UserError(
            _("{path} is not a usable GGUF file: {reason}.").format(path=path, reason=error),
            hint=_("Download it again, or give another file that ends in .gguf."),
        ) from error


def facts(path: Path) -> ModelFacts:
    """Return what a GGUF file says of its model; any part of a split one stands for all of them.

    Raises:
        UserError: when it is no GGUF file, a broken one, or a part is missing.
    """
    headers = [read_header(part) for part in parts(path)]
    first = headers[0]
    weights = sum(header.weights_bytes for header in headers)
    experts = sum(header.expert_bytes for header in headers)
    metadata = dict(first.metadata)
    missing = sum(header.missing_bytes for header in headers)
    if missing:
        metadata["homarus.missing_bytes"] = missing
    metadata |= _active_share(metadata, weights, experts)
    return ModelFacts(
        model_id=path.name,
        architecture=_text(metadata, "general.architecture"),
        metadata=metadata,
        weights_bytes=weights,
        quantization=_quantization(metadata, headers),
        template=_text(metadata, "tokenizer.chat_template"),
        parameters=sum(tensor.numbers for header in headers for tensor in header.tensors),
        licence=_text(metadata, "general.license"),
    )


def parts(path: Path) -> tuple[Path, ...]:
    """Return all files of a model, by any of them.

    Raises:
        UserError: when one is missing.
    """
    named = _PART.match(path.name)
    if named is None:
        return (path,)
    count = int(named["count"])
    files = [
        path.with_name(f"{named['stem']}-{n:05}-of-{count:05}.gguf") for n in range(1, min(count, _MOST_PARTS) + 1)
    ]
    missing = [file.name for file in files if not file.exists()]
    if missing or not 0 < count <= _MOST_PARTS:
        raise UserError(
            _("Of the {count} parts of {name!r}, {missing} is missing.").format(
                count=count, name=path.name, missing=missing[0] if missing else "?"
            ),
            hint=_("Put all parts into one folder."),
        )
    return tuple(files)


def _active_share(metadata: dict[str, Json], weights: int, experts: int) -> dict[str, Json]:
    architecture = _text(metadata, "general.architecture")
    count, used = metadata.get(f"{architecture}.expert_count"), metadata.get(f"{architecture}.expert_used_count")
    if not (isinstance(count, int) and isinstance(used, int) and 0 < used < count and weights > 0 and experts):
        return {}
    return {"homarus.active_share": 1 - experts / weights * (1 - used / count)}


def _quantization(metadata: dict[str, Json], headers: list[Header]) -> str:
    """Return what the file calls itself, else the type that takes the most bytes."""
    said = metadata.get("general.file_type")
    if isinstance(said, int) and said in FILE_TYPES:
        return FILE_TYPES[said]
    sizes: dict[int, int] = {}
    for header in headers:
        for tensor in header.tensors:
            sizes[tensor.kind] = sizes.get(tensor.kind, 0) + tensor.size_bytes
    most = max(sizes, key=lambda kind: sizes[kind], default=-1)
    return TYPES[most].name if most in TYPES else ""


def _text(metadata: dict[str, Json], key: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) else ""


@dataclass(slots=True)
class _Reader:
    """Walks through a header; never reads past what the file has, nor more than the limits allow."""

    file: BinaryIO
    size: int
    at: int = 0
    items: int = 0
    _window: bytes = b""
    _window_at: int = 0
    _kept: dict[str, Json] = field(default_factory=dict[str, Json])

    def header(self) -> Header:
        if self._take(4) != _MAGIC:
            raise _BadFile(_("it does not begin with GGUF"))
        version = self._number("<I")
        if version not in _VERSIONS:
            big = int.from_bytes(struct.pack("<I", version), "big") in _VERSIONS
            told = _("it was written for big-endian machines") if big else _("its version {version} is not known")
            raise _BadFile(told.format(version=version))
        tensors, keys = self._number("<Q"), self._number("<Q")
        self._fits(keys, 13)
        self._fits(tensors, 24)
        for _key in range(keys):
            self._pair()
        table = tuple(self._tensor() for _tensor in range(tensors))
        alignment = self._kept.get("general.alignment", 32)
        step = alignment if isinstance(alignment, int) and 0 < alignment <= _WINDOW else 32
        begins = -(-self.at // step) * step
        return Header(version=version, metadata=self._kept, tensors=table, data_begins=begins, size_bytes=self.size)

    def _pair(self) -> None:
        self._count(1)
        key = self._string(_MOST_NAME_BYTES, _("the name of a key"))
        if key in self._kept:
            raise _BadFile(_("the key {key!r} is there twice").format(key=key[:80]))
        kind = self._number("<I")
        if kind == _ARRAY:
            self._list(key)
        elif kind == _STRING:
            self._kept[key] = self._long_text()
        else:
            self._kept[key] = self._scalar(kind)

    def _list(self, key: str) -> None:
        """Keep short lists of numbers; walk over the others."""
        kind, count = self._number("<I"), self._number("<Q")
        if key == "tokenizer.ggml.tokens":
            self._kept["homarus.vocabulary"] = min(count, 1 << 40)
        if kind == _STRING:
            self._fits(count, 8)
            self._count(count)
            self._walk(count)
            return
        width = self._width(kind)
        self._fits(count, width)
        if count > _MOST_KEPT_LIST:
            self._skip(count * width)
            return
        self._kept[key] = [self._scalar(kind) for _item in range(count)]

    def _tensor(self) -> Tensor:
        self._count(1)
        name = self._string(_MOST_NAME_BYTES, _("the name of a tensor"))
        dimensions = self._number("<I")
        if dimensions > _MOST_DIMENSIONS:
            raise _BadFile(_("the tensor {name!r} has {count} dimensions").format(name=name[:80], count=dimensions))
        shape = [self._number("<Q") for _dimension in range(dimensions)]
        numbers = math.prod(shape)
        if numbers > 1 << 50:
            raise _BadFile(_("the tensor {name!r} claims {count} numbers").format(name=name[:80], count=numbers))
        kind, offset = self._number("<I"), self._number("<Q")
        known = TYPES.get(kind)
        size = -(-numbers // known.numbers) * known.size_bytes if known else 0
        return Tensor(name=name, numbers=numbers, kind=kind, size_bytes=size, end=min(offset, 1 << 60) + size)

    # --- values ---

    def _scalar(self, kind: int) -> Json:
        value = self._number_of(kind)
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return bool(value) if kind == _BOOL else value

    def _number_of(self, kind: int) -> int | float:
        self._width(kind)
        size = struct.calcsize(_FORMATS[kind])
        if kind == _BOOL:
            return int(self._take(size) != b"\0")
        found: int | float = struct.unpack(_FORMATS[kind], self._take(size))[0]
        return found

    def _width(self, kind: int) -> int:
        if kind not in _FORMATS:
            raise _BadFile(_("a value has the unknown type {kind}").format(kind=kind))
        return struct.calcsize(_FORMATS[kind])

    def _number(self, form: str) -> int:
        found: int = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return found

    def _string(self, most: int, what: str) -> str:
        length = self._number("<Q")
        if length > most:
            raise _BadFile(_("{what} claims {length} bytes").format(what=what, length=length))
        return self._take(length).decode("utf-8", "replace")

    def _long_text(self) -> Json:
        """Return a text; one that is absurdly long is walked over."""
        length = self._number("<Q")
        if length <= _MOST_TEXT_BYTES:
            return self._take(length).decode("utf-8", "replace")
        self._skip(length)
        return None

    def _walk(self, count: int) -> None:
        """Go past texts without building them; most of a header is a vocabulary."""
        length_of = struct.Struct("<Q").unpack_from
        while count:
            self._take(8)
            self.at -= 8
            window, begin, end = self._window, self._window_at, len(self._window) - 8
            inside = self.at - begin
            while count and inside <= end:
                inside += 8 + length_of(window, inside)[0]
                count -= 1
            self.at = begin
            self._skip(inside)

    # --- bytes ---

    def _fits(self, count: int, least_bytes: int) -> None:
        if count * least_bytes > self.size - self.at:
            raise _BadFile(_("it claims {count} entries, more than it has room for").format(count=count))

    def _count(self, items: int) -> None:
        self.items += items
        if self.items > MOST_ITEMS or self.at > MOST_HEADER_BYTES:
            raise _BadFile(_("its header is larger than that of any model"))

    def _skip(self, length: int) -> None:
        if length > self.size - self.at:
            raise _BadFile(_("it ends in the middle of its header"))
        self.at += length

    def _take(self, length: int) -> bytes:
        begin = self.at
        self._skip(length)
        inside = begin - self._window_at
        if not 0 <= inside <= len(self._window) - length:
            self.file.seek(begin)
            self._window, self._window_at, inside = self.file.read(max(_WINDOW, length)), begin, 0
        found = self._window[inside : inside + length]
        if len(found) < length:
            raise _BadFile(_("it ends in the middle of its header"))
        return found
