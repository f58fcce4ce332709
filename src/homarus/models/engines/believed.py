"""What a server says of itself, as far as it is believed: its names go into pages, prompts, logs and file names."""

from dataclasses import replace

from homarus.domain.engines import Engine, ServedModel
from homarus.domain.printable import printable

MOST_MODELS = 2_000
MOST_NAME_CHARS = 300
_MOST_WORDS_CHARS = 500
_MOST_ABILITIES = 32
_BLANKS = "\u00a0\u202f"
"""Stand in translated sentences."""


def believed(engine: Engine) -> Engine:
    """Return an engine without models whose names nobody could type, and with texts that can be shown anywhere."""
    models = tuple(_of_model(model) for model in engine.models[:MOST_MODELS] if _is_name(model.model_id))
    return replace(
        engine,
        version=_words(engine.version),
        slow_because=_words(engine.slow_because),
        models=models,
    )


def _is_name(model_id: str) -> bool:
    return len(model_id) <= MOST_NAME_CHARS and printable(model_id) == model_id


def _of_model(model: ServedModel) -> ServedModel:
    return replace(
        model,
        name=_words(model.name),
        digest=_words(model.digest),
        quantization=_words(model.quantization),
        because=_words(model.because),
        abilities=tuple(_words(word) for word in model.abilities[:_MOST_ABILITIES]),
    )


def _words(text: str) -> str:
    return printable(text[:_MOST_WORDS_CHARS], keep=_BLANKS)
