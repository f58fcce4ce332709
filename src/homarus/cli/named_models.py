"""Say when a setting names a model that nobody knows: it is written all the same, for its server may not run yet."""

from collections.abc import Callable
from dataclasses import dataclass

from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.nearness import nearest

_LEAVES = ("primary", "fallbacks", "model", "imageModel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of models."""

    names: tuple[str, ...]
    """`provider/id`, and aliases."""
    open_providers: tuple[str, ...] = ()
    """Providers that may have any model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What a person should look at."""

    sentence: str
    hint: str


def unknown_model(key: str, value: Json, known: Callable[[], Known]) -> Warned | None:
    """Return a warning when a setting for models was given one that nobody knows; `known` is asked only then."""
    if not key.startswith("agents.") or key.rpartition(".")[2] not in _LEAVES:
        return None
    named = [name for name in _names(value) if name]
    if not named:
        return None
    models = known()
    for name in named:
        provider, slash, _id = name.partition("/")
        if name not in models.names and not (slash and provider in models.open_providers):
            return _warned(name, models)
    return None


def _names(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    if isinstance(value, dict):
        return [name for item in value.values() for name in _names(item)]
    return []


def _warned(name: str, models: Known) -> Warned:
    sentence = _("Look: no model {name!r} is known here; the setting is written all the same.").format(name=name)
    near = nearest(name, models.names, cutoff=0.5)
    if near:
        hint = _("Did you mean {names}? `homarus models list` shows all.").format(names=_(" or ").join(near))
        return Warned(sentence=sentence, hint=hint)
    providers = sorted({known.partition("/")[0] for known in models.names if "/" in known} | {*models.open_providers})
    hint = _("Known providers: {names}. `homarus models list` shows the models.").format(names=", ".join(providers))
    return Warned(sentence=sentence, hint=hint)
