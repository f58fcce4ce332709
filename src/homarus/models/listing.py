"""What `/models` says, in the words of OpenAI, llama-server, LM Studio, vLLM, OpenRouter and Anthropic."""

from collections.abc import Mapping
from dataclasses import replace

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import ModelCallError
from homarus.domain.ports import ModelInfo
from homarus.models.exchange import Exchange
from homarus.models.ndjson import as_count, as_list, as_object, as_text

_WINDOW_KEYS = ("loaded_context_length", "max_model_len", "context_length", "context_window", "max_context_length")


async def list_openai_models(
    exchange: Exchange, headers: Mapping[str, str], path: str = "/models"
) -> tuple[ModelInfo, ...]:
    """Ask for the list of models; LM Studio tells windows and abilities at an address of its own.

    Raises:
        ModelCallError: when the server cannot be asked.
    """
    answer = await exchange.ask("GET", path, headers)
    exchange.raise_error_in(answer)
    infos = _infos(answer)
    if exchange.at.is_local and infos and not any(info.window_tokens for info in infos):
        return await _lm_studio(exchange, headers) or infos
    return infos


async def _lm_studio(exchange: Exchange, headers: Mapping[str, str]) -> tuple[ModelInfo, ...]:
    """Ask LM Studio's `/api/v0/models`; nothing when the server is another one."""
    root = replace(exchange.at, base_url=exchange.at.base_url.rstrip("/").removesuffix("/v1"))
    try:
        return _infos(await replace(exchange, at=root).ask("GET", "/api/v0/models", headers))
    except ModelCallError:
        return ()


def _infos(answer: JsonObject) -> tuple[ModelInfo, ...]:
    rows = as_list(answer.get("data")) or as_list(answer.get("models"))
    return tuple(info for row in rows if (info := read_row(as_object(row))) is not None)


def read_row(row: JsonObject) -> ModelInfo | None:
    """Read one model; nothing when it has no id or only makes embeddings."""
    model_id = as_text(row.get("id")) or as_text(row.get("key")) or as_text(row.get("name"))
    if not model_id or as_text(row.get("type")) in {"embedding", "embeddings"}:
        return None
    meta = as_object(row.get("meta"))
    # What is not loaded gets the context that its server is set to, which may be far below what it could have.
    keys = _WINDOW_KEYS if _is_loaded(row) is not False else ()
    window = next((as_count(row.get(key)) for key in keys if as_count(row.get(key))), 0)
    window = window or as_count(meta.get("n_ctx")) or as_count(meta.get("n_ctx_train"))
    return ModelInfo(
        model_id=model_id,
        name=as_text(row.get("display_name")) or as_text(row.get("name")) or model_id,
        window_tokens=window or None,
        max_output_tokens=as_count(as_object(row.get("top_provider")).get("max_completion_tokens")) or None,
        inputs=_inputs(row),
        has_tools=_has(row, ("tool_use", "tools", "function_calling", "trained_for_tool_use")),
        has_reasoning=_has(row, ("reasoning", "thinking")),
        is_loaded=_is_loaded(row),
    )


def _inputs(row: JsonObject) -> tuple[str, ...]:
    modalities = [as_text(word) for word in as_list(as_object(row.get("architecture")).get("input_modalities"))]
    sees = "image" in modalities or as_text(row.get("type")) == "vlm" or _has(row, ("vision", "multimodal")) is True
    return ("text", "image") if sees else ("text",)


def _has(row: JsonObject, words: tuple[str, ...]) -> bool | None:
    """Say whether a server names a capability; nothing when it names none at all."""
    said: Json = row.get("capabilities") or row.get("supported_parameters")
    if isinstance(said, list):
        return any(word in said for word in words)
    if isinstance(said, dict):
        known = [bool(said[word]) for word in words if word in said]
        return any(known) if known else None
    return None


def _is_loaded(row: JsonObject) -> bool | None:
    state = as_text(row.get("state")) or as_text(as_object(row.get("status")).get("value"))
    if state:
        return state in {"loaded", "running"}
    if "loaded_instances" in row:
        return bool(as_list(row.get("loaded_instances")))
    return None
