"""Ollama 0.24: tags, ps, show, generate (load and unload), pull, delete.

Source: github.com/ollama/ollama at fb30760 (api/types.go, server/routes.go, server/sched.go).
"""

import asyncio
from collections.abc import AsyncIterator

from homarus.domain.content import Json, JsonObject
from homarus.testing.engines.says import Admitted, Question, Says, ok, openai_error
from homarus.testing.engines.stock import Download, Loaded, LoadFailedError, Model, NoSuchModelError
from homarus.testing.quirks.acts import NDJSON, Act, End, Head, Piece, Reset, compact

VERSION = "0.24.0"
MODIFIED = "2026-11-20T08:30:00.123456789Z"
_STEP = 0.25
_FULL = "server busy, please try again.  maximum pending requests exceeded"
_GEOMETRY: dict[str, Json] = {
    "block_count": 36,
    "embedding_length": 4096,
    "attention.head_count": 32,
    "attention.head_count_kv": 8,
    "attention.key_length": 128,
    "attention.value_length": 128,
}


async def tell(asked: Question) -> Says | None:
    """Return what Ollama says at one of its places, nothing where it has none."""
    asked.rack.expire()
    match asked.method, asked.path:
        case "GET", "/api/version":
            return ok({"version": VERSION})
        case "GET", "/api/tags":
            return ok({"models": [_tag(model) for model in asked.rack.disk.values()]})
        case "GET", "/api/ps":
            ready = [there for there in asked.rack.loaded.values() if there.is_ready.is_set()]
            return ok({"models": [_running(there) for there in ready]})
        case "GET", "/v1/models":
            return ok({"object": "list", "data": [_listed(model) for model in asked.rack.disk.values()]})
        case _:
            return await _told(asked)


async def _told(asked: Question) -> Says | None:
    match asked.method, asked.path:
        case "POST", "/api/show":
            return _show(asked)
        case "POST", "/api/generate":
            return await _generate(asked)
        case "POST", "/api/pull":
            return _pull(asked)
        case "DELETE", "/api/delete":
            return _delete(asked)
        case _:
            return None


async def admit(asked: Question) -> Admitted:
    """Load the model of a prompt, with the context that it asks for; `/v1` cannot ask for one."""
    if asked.rack.faults.busy:
        return Admitted(refused=ok({"error": _FULL}, status=503))
    options = asked.body.get("options")
    window = options.get("num_ctx") if isinstance(options, dict) and asked.path == "/api/chat" else None
    try:
        loaded = await asked.rack.use(
            asked.word("model"), window_tokens=window if isinstance(window, int) else None, keep_s=_keep_s(asked)
        )
    except NoSuchModelError as error:
        return Admitted(refused=_missing(str(error), asked.path))
    except LoadFailedError as error:
        return Admitted(refused=_error(str(error), 500, asked.path))
    return Admitted(loaded=loaded)


def overflow(loaded: Loaded, prompt_tokens: int, asked: Question) -> list[Act] | None:
    """Return the refusal of a prompt that does not fit, where the request forbids to cut it."""
    if prompt_tokens < loaded.window_tokens or asked.body.get("truncate") is not False:
        return None
    return ok({"error": "the input length exceeds the context length"}, status=400)


def _missing(name: str, path: str) -> list[Act]:
    said = f"model '{name}' not found"
    return _error(said, 404, path)


def _error(said: str, status: int, path: str) -> list[Act]:
    if path.startswith("/v1/"):
        return openai_error(said, status=status, kind="api_error" if status >= 500 else "not_found_error")
    return ok({"error": said}, status=status)


def _keep_s(asked: Question) -> float | None:
    said = asked.body.get("keep_alive")
    if isinstance(said, int | float) and not isinstance(said, bool):
        return float(said)
    if isinstance(said, str) and said[:-1].lstrip("-").isdigit():
        return float(said[:-1]) * {"s": 1, "m": 60, "h": 3600}.get(said[-1], 1)
    return None


async def _generate(asked: Question) -> list[Act]:
    name = asked.word("model")
    told: JsonObject = {"model": name, "created_at": MODIFIED, "response": "", "done": True}
    if asked.body.get("keep_alive") == 0:
        try:
            asked.rack.find(name)
        except NoSuchModelError:
            return _missing(name, asked.path)
        asked.rack.unload(name)
        return ok({**told, "done_reason": "unload"})
    options = asked.body.get("options")
    window = options.get("num_ctx") if isinstance(options, dict) else None
    try:
        await asked.rack.use(name, window_tokens=window if isinstance(window, int) else None, keep_s=_keep_s(asked))
    except NoSuchModelError:
        return _missing(name, asked.path)
    except LoadFailedError as error:
        return ok({"error": str(error)}, status=500)
    return ok({**told, "done_reason": "load"})


def _show(asked: Question) -> list[Act]:
    try:
        model = asked.rack.find(asked.word("model") or asked.word("name"))
    except NoSuchModelError as error:
        return _missing(str(error), asked.path)
    family = model.family
    metadata: dict[str, Json] = {
        "general.architecture": family,
        "general.parameter_count": model.size_bytes * 8 // 5,
        f"{family}.context_length": model.trained_tokens,
        **{f"{family}.{key}": value for key, value in _GEOMETRY.items()},
    }
    body: dict[str, Json] = {
        "license": "Apache License\nVersion 2.0",
        "parameters": 'stop                           "<|im_end|>"\ntemperature                    0.6',
        "template": "{{- range .Messages }}{{ .Content }}{{ end }}"
        + ("{{ .Tools }}" if "tools" in model.capabilities else ""),
        "details": _details(model),
        "model_info": metadata,
        "capabilities": model.capabilities,
        "modified_at": MODIFIED,
    }
    return ok({**body, **_remote(model)})


def _pull(asked: Question) -> Says:
    name = asked.word("model") or asked.word("name")
    known = asked.rack.registry.get(name) or asked.rack.registry.get(f"{name}:latest") or asked.rack.disk.get(name)
    if asked.body.get("stream") is False and known is None:
        return ok({"error": "pull model manifest: file does not exist"}, status=500)
    return _pulling(asked, known)


async def _pulling(asked: Question, known: Model | None) -> AsyncIterator[Act]:
    rack, faults = asked.rack, asked.rack.faults
    yield Head(headers=NDJSON)
    yield _line({"status": "pulling manifest"})
    if known is None or faults.pull_says:
        yield _line({"error": faults.pull_says or "pull model manifest: file does not exist"})
        yield End()
        return
    download = rack.download(known)
    yield _step(download)
    while not download.is_done:
        await asyncio.sleep(asked.pause_s)
        rack.advance(download, _STEP)
        yield _step(download)
        cut_at = faults.cut_pull_at
        if cut_at is not None and download.done_bytes >= cut_at * known.size_bytes:
            faults.cut_pull_at = None
            yield Reset()
            return
    rack.disk[known.name] = known
    for status in ("verifying sha256 digest", "writing manifest", "removing unused layers", "success"):
        yield _line({"status": status})
    yield End()


def _step(download: Download) -> Piece:
    model = download.model
    said: JsonObject = {
        "status": f"pulling {model.digest[:12]}",
        "digest": f"sha256:{model.digest}",
        "total": model.size_bytes,
        "completed": download.done_bytes,
    }
    return _line(said)


def _line(body: JsonObject) -> Piece:
    return Piece(data=compact(body) + b"\n")


def _delete(asked: Question) -> list[Act]:
    name = asked.word("model") or asked.word("name")
    try:
        model = asked.rack.find(name)
    except NoSuchModelError:
        return _missing(name, asked.path)
    asked.rack.unload(model.name)
    del asked.rack.disk[model.name]
    return [Head(status=200, length=0), End()]


def _details(model: Model) -> dict[str, Json]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": model.family,
        "families": [model.family],
        "parameter_size": f"{model.size_bytes * 8 / 5 / 1e9:.1f}B",
        "quantization_level": model.quantization,
    }


def _remote(model: Model) -> dict[str, Json]:
    if not model.remote_host:
        return {}
    return {"remote_model": model.name.removesuffix("-cloud"), "remote_host": model.remote_host}


def _tag(model: Model) -> JsonObject:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": MODIFIED,
        "size": model.size_bytes,
        "digest": model.digest,
        "details": {**_details(model), "context_length": model.trained_tokens, "embedding_length": 4096},
        "capabilities": model.capabilities,
        **_remote(model),
    }


def _running(there: Loaded) -> JsonObject:
    expires = there.expires_at.isoformat() if there.expires_at is not None else "2318-11-20T08:30:00Z"
    return {
        "name": there.model.name,
        "model": there.model.name,
        "size": there.memory_bytes,
        "digest": there.model.digest,
        "details": _details(there.model),
        "expires_at": expires,
        "size_vram": there.memory_bytes,
        "context_length": there.window_tokens,
    }


def _listed(model: Model) -> JsonObject:
    return {"id": model.name, "object": "model", "created": 1795167389, "owned_by": "library"}
