"""What an engine says of its models, as the catalog needs it."""

from homarus.domain.engines import Engine, EngineKind, LoadState, ServedModel
from homarus.domain.ports import ModelInfo

LM_STUDIO_TOKENS = 4096
"""What it gives a model that a prompt loads, unless its owner set another context there."""
_TELLING = frozenset({EngineKind.OLLAMA, EngineKind.LM_STUDIO})
"""Whose word on thinking counts also when it is no."""
_LOADED = {
    LoadState.LOADED: True,
    LoadState.SLEEPING: True,
    LoadState.LOADING: False,
    LoadState.UNLOADED: False,
    LoadState.FAILED: False,
    LoadState.UNKNOWN: None,
}


def infos(engine: Engine) -> dict[str, ModelInfo]:
    """Return every model that can answer prompts, by its id."""
    return {
        model.model_id: info(model, engine.kind)
        for model in engine.models
        if model.model_id and not (model.abilities and set(model.abilities) <= {"embedding"})
    }


def info(model: ServedModel, kind: EngineKind) -> ModelInfo:
    """Return what one model is."""
    able = model.abilities
    thinks = "thinking" in able
    return ModelInfo(
        model_id=model.model_id,
        name=model.name or model.model_id,
        window_tokens=_window(model, kind),
        inputs=("text", "image") if "vision" in able else ("text",),
        has_tools=("tools" in able) if "completion" in able else None,
        has_reasoning=(True if thinks else False if kind in _TELLING and able else None),
        is_loaded=_LOADED[model.state],
        is_remote=model.is_remote,
    )


def _window(model: ServedModel, kind: EngineKind) -> int | None:
    """Return the context that it has or, where one is chosen with the request, that it could have."""
    if model.window_tokens is not None:
        return model.window_tokens
    if kind is EngineKind.OLLAMA:
        return model.trained_tokens
    if kind is EngineKind.LM_STUDIO and model.state is LoadState.UNLOADED:
        return min(LM_STUDIO_TOKENS, model.trained_tokens or LM_STUDIO_TOKENS)
    return None
