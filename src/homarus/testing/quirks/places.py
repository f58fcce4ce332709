"""What the server says of itself: models, health, what is loaded, in the words of each kind of server.

Source: answers of llama.cpp (xllamacpp 2026.10.11549); github.com/ollama/ollama at fb30760 for `/api`.
"""

from dataclasses import dataclass

from homarus.domain.content import Json, JsonObject
from homarus.testing.quirks.ollama import CREATED
from homarus.testing.quirks.turns import ANTHROPIC_MESSAGES, APIS, OLLAMA

OLLAMA_VERSION = "0.24.0"
DIGEST = "9f438cb9cd581fc025612d27f7c1a6669ff83a8bb0ed86c94fcf4c5440555697"


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """An answer to a question that is not a prompt."""

    body: JsonObject
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Which server this looks like."""

    models: tuple[str, ...]
    speaks: tuple[str, ...]
    window_tokens: int
    slots: int
    is_cold: bool
    is_unloading: bool
    is_secretive: bool = False
    digest: str = DIGEST
    remote_host: str = ""
    capabilities: tuple[str, ...] = ("completion", "tools", "thinking", "vision")


def tell(face: Face, method: str, path: str, body: JsonObject) -> Says | None:
    """Return what a place of the server says, or `None` where there is nothing."""
    if OLLAMA in face.speaks and (path.startswith("/api/") or path == "/"):
        return _ollama(face, path, body)
    if set(face.speaks) <= {OLLAMA} or method != "GET":
        return None
    return _openai(face, path)


def _openai(face: Face, path: str) -> Says | None:
    match path:
        case "/v1/models" if face.speaks == (ANTHROPIC_MESSAGES,):
            return Says(body=_anthropic_models(face))
        case "/v1/models" | "/models":
            return Says(body={"object": "list", "data": [_model(face, name) for name in face.models]})
        case "/health" if face.is_cold:
            loading: JsonObject = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
            return Says(body={"error": loading}, status=503)
        case "/health":
            return Says(body={"status": "ok"})
        case "/props" if not face.is_secretive:
            return Says(body=_props(face))
        case _:
            return None


def _model(face: Face, name: str) -> JsonObject:
    model: dict[str, Json] = {"id": name, "object": "model", "created": 1795167389, "owned_by": "llamacpp"}
    if face.is_secretive:
        return model
    meta: JsonObject = {"n_ctx": face.window_tokens, "n_ctx_train": 131_072, "n_params": 8_190_735_360}
    return {**model, "meta": meta, "max_model_len": face.window_tokens}


def _anthropic_models(face: Face) -> JsonObject:
    models: list[Json] = [
        {"type": "model", "id": name, "display_name": name, "created_at": CREATED} for name in face.models
    ]
    return {"data": models, "has_more": False, "first_id": face.models[0], "last_id": face.models[-1]}


def _props(face: Face) -> JsonObject:
    caps: JsonObject = {"supports_tools": True, "supports_tool_calls": True, "supports_parallel_tool_calls": True}
    return {
        "default_generation_settings": {"params": {}, "n_ctx": face.window_tokens},
        "total_slots": face.slots,
        "model_path": f"/models/{face.models[0]}.gguf",
        "modalities": {"vision": True, "audio": False},
        "chat_template_caps": caps,
        "build_info": "b11549-quirk",
        "is_sleeping": face.is_unloading,
    }


def _ollama(face: Face, path: str, body: JsonObject) -> Says | None:
    match path:
        case "/api/version":
            return Says(body={"version": OLLAMA_VERSION})
        case "/api/tags":
            return Says(body={"models": [_tag(face, name) for name in face.models]})
        case "/api/ps":
            return Says(body={"models": [] if face.is_unloading else [_loaded(face, name) for name in face.models[:1]]})
        case "/api/show":
            name = body.get("model", body.get("name"))
            return Says(body=_shown(face)) if name in face.models else _unknown(name)
        case "/api/generate" if not body.get("prompt"):
            reason = "unload" if body.get("keep_alive") == 0 else "load"
            told: JsonObject = {"model": body.get("model"), "created_at": CREATED, "response": ""}
            return Says(body={**told, "done": True, "done_reason": reason})
        case _:
            return None


def _unknown(name: Json) -> Says:
    return Says(body={"error": f"model '{name}' not found"}, status=404)


def _details() -> JsonObject:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "qwen3",
        "families": ["qwen3"],
        "parameter_size": "8.2B",
        "quantization_level": "Q4_K_M",
    }


def _tag(face: Face, name: str) -> JsonObject:
    return {
        "name": name,
        "model": name,
        "modified_at": CREATED,
        "size": 5_225_388_164,
        "digest": face.digest,
        "details": {**_details(), "context_length": 40_960, "embedding_length": 4096},
        "capabilities": face.capabilities,
        **({"remote_host": face.remote_host, "remote_model": name} if face.remote_host else {}),
    }


def _loaded(face: Face, name: str) -> JsonObject:
    return {
        "name": name,
        "model": name,
        "size": 6_654_289_920,
        "digest": face.digest,
        "details": _details(),
        "expires_at": "2026-11-20T08:35:00.123456789Z",
        "size_vram": 6_654_289_920,
        **({} if face.is_secretive else {"context_length": face.window_tokens}),
    }


def _shown(face: Face) -> JsonObject:
    model_info: JsonObject = {
        "general.architecture": "qwen3",
        "general.parameter_count": 8_190_735_360,
        "qwen3.context_length": 40_960,
        "qwen3.block_count": 36,
        "qwen3.embedding_length": 4096,
        "qwen3.attention.head_count": 32,
        "qwen3.attention.head_count_kv": 8,
        "qwen3.attention.key_length": 128,
        "qwen3.attention.value_length": 128,
    }
    return {
        "license": "Apache License Version 2.0",
        "parameters": "" if face.is_secretive else f"num_ctx {face.window_tokens}",
        "template": "{{ .Prompt }}",
        "details": _details(),
        "model_info": model_info,
        "capabilities": face.capabilities,
        "modified_at": CREATED,
        **({"remote_host": face.remote_host, "remote_model": "quirk"} if face.remote_host else {}),
    }


def knows(speaks: tuple[str, ...]) -> tuple[str, ...]:
    """Return protocols in the order of the house, without repetition."""
    return tuple(api for api in APIS if api in speaks)
