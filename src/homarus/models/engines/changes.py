"""What is different between two looks at an engine, as news that a person would care about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from homarus.domain.engines import Engine, LoadState, ServedModel
from homarus.domain.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that happened at an engine."""

    state: str
    """`up`, `down`, `loaded`, `unloaded`, `failed`, `window`, `digest`."""
    model: str = ""
    detail: str = ""
    """In a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An engine is another than it was at the last look."""

    engine: Engine
    before: Engine | None
    """Nothing, when it was looked at for the first time."""
    news: tuple[News, ...] = ()


Callback: TypeAlias = Callable[[Change], None]


def change(engine: Engine, before: Engine | None) -> Change | None:
    """Return what is different, or nothing; a first look is a change without news."""
    if before is None:
        return Change(engine=engine, before=None)
    if engine == before:
        return None
    return Change(engine=engine, before=before, news=tuple(_news(engine, before)))


def _news(engine: Engine, before: Engine) -> list[News]:
    if engine.is_up != before.is_up:
        if not engine.is_up:
            return [News(state="down", detail=engine.because)]
        return [News(state="up", detail=_("{provider} answers again.").format(provider=engine.provider))]
    if not engine.is_up:
        return []
    known = {model.model_id: model for model in before.models}
    found: list[News] = []
    for model in engine.models:
        found += _of_model(model, known.pop(model.model_id, None))
    gone = [model for model in known.values() if model.state is LoadState.LOADED]
    return found + [News(state="unloaded", model=model.model_id) for model in gone]


def _of_model(now: ServedModel, before: ServedModel | None) -> list[News]:
    was = before.state if before is not None else LoadState.UNLOADED
    found: list[News] = []
    if now.state is not was:
        if now.state is LoadState.LOADED:
            found.append(News(state="loaded", model=now.model_id, detail=_window(now)))
        elif now.state is LoadState.FAILED:
            found.append(News(state="failed", model=now.model_id, detail=now.because))
        elif was is LoadState.LOADED:
            found.append(News(state="unloaded", model=now.model_id))
    elif before is not None and now.state is LoadState.LOADED and now.window_tokens != before.window_tokens:
        found.append(News(state="window", model=now.model_id, detail=_window(now)))
    if before is not None and before.digest and now.digest and before.digest != now.digest:
        found.append(
            News(state="digest", model=now.model_id, detail=_("Its weights or its template are others than before."))
        )
    return found


def _window(model: ServedModel) -> str:
    if model.window_tokens is None:
        return ""
    return _("It has a context of {count} tokens.").format(count=model.window_tokens)
