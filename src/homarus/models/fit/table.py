"""The catalog of models: a dated seed in `catalog.json`, over which lies what servers and files say of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from homarus.domain.content import Json
from homarus.domain.engines import ModelFacts
from homarus.domain.errors import StateError
from homarus.domain.i18n import _

Confidence: TypeAlias = Literal["read", "reported", "recalled", "conflicting", "live"]
"""Read here; said by the source; general knowledge that nobody checked; sources differ; asked of the server."""
SEED = Path(__file__).with_name("catalog.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What may be done with a model."""

    name: str
    is_commercial: bool
    """Whether it may be used for business."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A model that a person could choose."""

    id: str
    """As Ollama would name it."""
    name: str
    architecture: str
    parameters: int
    active_parameters: int
    """That work on each token; fewer than all in a mixture of experts."""
    merit: int
    """Our own order for work as an agent, out of size, age and training for tools; not a benchmark."""
    shape: Mapping[str, Json]
    """GGUF keys without the architecture in front: `block_count`, `attention.head_count_kv`."""
    sizes_bytes: Mapping[str, int]
    """By quantisation, as library pages show it."""
    usual_quantization: str
    licence: Licence
    source: str
    confidence: Confidence
    ollama: str | None = None
    huggingface: str | None = None
    lmstudio: str | None = None
    abilities: tuple[str, ...] = ()
    """`tools`, `thinking`, `vision`, `audio`."""
    unsure: tuple[str, ...] = ()
    """Fields that were not verified."""
    note: str = ""

    @property
    def weights_bytes(self) -> int:
        """In the usual quantisation."""
        return self.sizes_bytes[self.usual_quantization]

    @property
    def is_cloud(self) -> bool:
        """Whether the only known tag hands prompts to somebody else."""
        return (self.ollama or "").endswith(("-cloud", ":cloud"))

    @property
    def trained_tokens(self) -> int | None:
        """The context that it was trained for."""
        tokens = self.shape.get("context_length")
        return tokens if isinstance(tokens, int) else None

    def facts(self, quantization: str = "") -> ModelFacts:
        """Return what memory arithmetic needs, in one of its quantisations."""
        chosen = quantization or self.usual_quantization
        values: dict[str, Json] = {f"{self.architecture}.{key}": value for key, value in self.shape.items()}
        share = self.active_parameters / self.parameters
        return ModelFacts(
            model_id=self.id,
            architecture=self.architecture,
            metadata={"general.architecture": self.architecture, "homarus.active_share": share, **values},
            weights_bytes=self.sizes_bytes.get(chosen),
            quantization=chosen,
            abilities=self.abilities,
            parameters=self.parameters,
            licence=self.licence.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """The file."""

    dated: str
    about: str
    rows: tuple[Row, ...] = field(default_factory=tuple[Row, ...])


def load(path: Path) -> Seed:
    """Read and check a catalog.

    Raises:
        StateError: when it is not one; the message names the first wrong field.
    """
    from pydantic import TypeAdapter, ValidationError

    hint = _("The catalog is a part of homarus: install it again, or leave out what was changed in {path}.")
    try:
        seed = TypeAdapter(Seed).validate_json(path.read_bytes())
    except OSError as error:
        raise StateError(
            _("The catalog {path} cannot be read: {reason}.").format(path=path, reason=error.strerror),
            hint=hint.format(path=path),
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StateError(
            _("The catalog {path} is wrong at {where!r}: {reason}.").format(
                path=path, where=where, reason=first["msg"]
            ),
            hint=hint.format(path=path),
        ) from error
    wrong = [row.id for row in seed.rows if row.usual_quantization not in row.sizes_bytes]
    if wrong:
        raise StateError(
            _("The catalog {path} has no size for {names}.").format(path=path, names=", ".join(wrong)),
            hint=hint.format(path=path),
        )
    return seed


@cache
def seed() -> Seed:
    """Return the catalog that homarus comes with."""
    return load(SEED)


def rows() -> tuple[Row, ...]:
    """Return every model of the catalog that homarus comes with."""
    return seed().rows


def find(name: str) -> Row | None:
    """Return the model that a name means: an id, a tag with or without quantisation, a name at LM Studio or a hub."""
    wanted = name.strip().lower().removesuffix(":latest")
    if "/" in wanted and not wanted.startswith("hf.co/"):
        rest = wanted.partition("/")[2]
        return _named(wanted) or _named(rest)
    return _named(wanted)


def _named(wanted: str) -> Row | None:
    begun: list[Row] = []
    for row in rows():
        names = {known.lower() for known in (row.id, row.ollama, row.huggingface, row.lmstudio) if known}
        if wanted in names:
            return row
        if any(":" in known and wanted.startswith(f"{known}-") for known in names):
            begun.append(row)
    return max(begun, key=lambda row: len(row.id), default=None)


def completed(facts: ModelFacts) -> ModelFacts:
    """Return what a server said, with the lists that it left out from a row of the same build.

    Ollama leaves long lists out (heads per layer, which layers slide); a row fits when it is of the same architecture,
    with as many layers and as wide.
    """
    left_out = [key for key, value in facts.metadata.items() if value is None]
    if not left_out:
        return facts
    own = find(facts.model_id)
    for row in ((own,) if own is not None else ()) + rows():
        theirs = row.facts().metadata
        names = (f"{row.architecture}.block_count", f"{row.architecture}.embedding_length")
        if row.architecture == facts.architecture and all(theirs.get(n) == facts.metadata.get(n) for n in names):
            filled = {key: theirs[key] for key in left_out if key in theirs}
            return replace(facts, metadata={**facts.metadata, **filled})
    return facts
