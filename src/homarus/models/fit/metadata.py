"""Read what GGUF files and Ollama tell of a model, whose values nobody vouches for: numbers, lists, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass

from homarus.domain.content import Json

MOST = 1 << 40
"""No count in a model is larger; what claims to be is not believed."""
MOST_LAYERS = 512
"""As in llama.cpp (`LLAMA_MAX_LAYERS`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Keys under the name of an architecture: `number("block_count")` reads `qwen3.block_count`."""

    architecture: str
    values: Mapping[str, Json]

    def has(self, key: str) -> bool:
        """Whether the key is there with any value; Ollama leaves long lists out as `null`."""
        return self.values.get(f"{self.architecture}.{key}") is not None

    def is_left_out(self, key: str) -> bool:
        """Whether the key is there without its value."""
        name = f"{self.architecture}.{key}"
        return name in self.values and self.values[name] is None

    def number(self, key: str, default: int = 0) -> int:
        """Return a count; of a list its first element, as llama.cpp takes it where one number is asked for."""
        value = self.values.get(f"{self.architecture}.{key}")
        found = _count(value[0] if isinstance(value, list) and value else value)
        return default if found is None else found

    def per_layer(self, key: str, layers: int, default: int = 0) -> tuple[int, ...] | None:
        """Return one count per layer, from a number or a list; `None` when a list is left out or too short."""
        value = self.values.get(f"{self.architecture}.{key}")
        if isinstance(value, list):
            counts = [_count(item) for item in value[:layers]]
            whole = [count for count in counts if count is not None]
            return tuple(whole) if len(whole) == layers else None
        if value is None and self.is_left_out(key):
            return None
        return (self.number(key, default),) * layers

    def flags(self, key: str, layers: int) -> tuple[bool, ...] | None:
        """Return one yes or no per layer, when there is a list of them."""
        value = self.values.get(f"{self.architecture}.{key}")
        if not isinstance(value, list) or len(value) < layers:
            return None
        return tuple(bool(item) for item in value[:layers])


def _count(value: Json) -> int | None:
    """Return a value as a count; `None` when it is none, or a lie."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and 0 <= value <= MOST else None


def metadata_of(values: Mapping[str, Json], architecture: str = "") -> Metadata:
    """Return the metadata of the architecture that the values name."""
    named = values.get("general.architecture")
    return Metadata(architecture=architecture or (named if isinstance(named, str) else ""), values=values)
