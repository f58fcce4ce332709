"""LM Studio 0.4: models with their instances, load, unload, download; JIT loading by a prompt.

Source: github.com/lmstudio-ai/docs at c6854fb (2026-04-29).
"""

import asyncio

from homarus.domain.content import Json, JsonObject
from homarus.testing.engines.says import Admitted, Question, Says, ok, openai_error
from homarus.testing.engines.stock import FOREVER_S, Download, Loaded, LoadFailedError, Model, NoSuchModelError
from homarus.testing.quirks.acts import Act

JIT_S = 3600.0
_STEP = 0.34


async def tell(asked: Question) -> Says | None:
    """Return what LM Studio says at one of its places; what it does not know it answers with 200 and an error."""
    asked.rack.expire()
    models = asked.rack.disk.values()
    match asked.method, asked.path:
        case "GET", "/api/v1/models":
            return ok({"models": [_model(model, asked.rack.loaded.get(model.name)) for model in models]})
        case "GET", "/api/v0/models":
            return ok({"object": "list", "data": [_old(model, asked.rack.loaded.get(model.name)) for model in models]})
        case "GET", "/v1/models":
            return ok({"object": "list", "data": [_listed(model) for model in models]})
        case "POST", "/api/v1/models/load":
            return await _load(asked)
        case "POST", "/api/v1/models/unload":
            return _unload(asked)
        case "POST", "/api/v1/models/download":
            return _download(asked)
        case "GET", path if path.startswith("/api/v1/models/download/status/"):
            return await _status(asked, path.rpartition("/")[2])
        case _:
            return ok({"error": f"Unexpected endpoint or method. ({asked.method} {asked.path})"})


async def admit(asked: Question) -> Admitted:
    """Load the model of a prompt just in time; one that was loaded so before makes room for it."""
    rack, name = asked.rack, asked.word("model")
    if name not in rack.loaded:
        for other in [there for there in rack.loaded.values() if there.expires_at is not None]:
            rack.unload(other.model.name)
    ttl = asked.body.get("ttl")
    try:
        keep_s = float(ttl) if isinstance(ttl, int | float) else JIT_S
        there = rack.loaded.get(name)
        is_kept = there is not None and there.expires_at is None
        return Admitted(loaded=await rack.use(name, keep_s=FOREVER_S if is_kept else keep_s))
    except NoSuchModelError:
        return Admitted(refused=openai_error(_no_model(name), status=404))
    except LoadFailedError as error:
        said = f'Failed to load model "{name}". Error: {error}'
        return Admitted(refused=openai_error(said, status=400))


def overflow(loaded: Loaded, prompt_tokens: int, asked: Question) -> list[Act] | None:  # noqa: ARG001 - the same for all
    """Return the refusal of a prompt that does not fit."""
    if prompt_tokens < loaded.window_tokens:
        return None
    said = (
        f"Trying to keep the first {prompt_tokens} tokens when context the overflows. However, the model is loaded "
        f"with context length of only {loaded.window_tokens} tokens, which is not enough."
    )
    return openai_error(said, status=400)


def _no_model(name: str) -> str:
    return f"Model '{name}' not found. Please specify a valid model."


async def _load(asked: Question) -> list[Act]:
    window = asked.body.get("context_length")
    name = asked.word("model")
    try:
        there = await asked.rack.use(name, window_tokens=window if isinstance(window, int) else None, keep_s=FOREVER_S)
    except NoSuchModelError:
        return openai_error(_no_model(name), status=404, kind="model_not_found")
    except LoadFailedError as error:
        return openai_error(f"Failed to load model: {error}", status=500, kind="model_load_failed")
    said: JsonObject = {
        "type": "llm",
        "instance_id": there.model.name,
        "load_time_seconds": there.model.load_s,
        "status": "loaded",
    }
    if asked.body.get("echo_load_config"):
        said = {**said, "load_config": _config(there)}
    return ok(said)


def _unload(asked: Question) -> list[Act]:
    name = asked.word("instance_id")
    if not asked.rack.unload(name):
        return openai_error(f"No loaded instance '{name}'.", status=404, kind="model_not_found")
    return ok({"instance_id": name})


def _download(asked: Question) -> list[Act]:
    name = asked.word("model")
    if name in asked.rack.disk:
        return ok({"status": "already_downloaded"})
    known = asked.rack.registry.get(name)
    if known is None:
        return openai_error(f"Model '{name}' not found in the catalog.", status=404, kind="model_not_found")
    download = asked.rack.download(known)
    download.is_under_way = True
    return ok(_job(download, "downloading"))


async def _status(asked: Question, job: str) -> list[Act]:
    download = next((one for one in asked.rack.downloads.values() if _job_id(one.model) == job), None)
    if download is None:
        done = next((model for model in asked.rack.disk.values() if _job_id(model) == job), None)
        if done is None:
            return openai_error(f"No download job '{job}'.", status=404, kind="not_found")
        return ok(_job(Download(model=done, done_bytes=done.size_bytes), "completed"))
    faults = asked.rack.faults
    if faults.pull_says:
        return ok({**_job(download, "failed"), "error": faults.pull_says})
    if faults.cut_pull_at is not None and download.done_bytes >= faults.cut_pull_at * download.model.size_bytes:
        faults.cut_pull_at = None
        return ok(_job(download, "paused"))
    await asyncio.sleep(asked.pause_s)
    asked.rack.advance(download, _STEP)
    return ok(_job(download, "completed" if download.is_done else "downloading"))


def _job_id(model: Model) -> str:
    return f"job_{model.digest[:10]}"


def _job(download: Download, status: str) -> JsonObject:
    return {
        "job_id": _job_id(download.model),
        "status": status,
        "total_size_bytes": download.model.size_bytes,
        "downloaded_bytes": download.done_bytes,
        "started_at": "2026-11-20T08:30:00.000Z",
    }


def _config(there: Loaded) -> JsonObject:
    return {
        "context_length": there.window_tokens,
        "eval_batch_size": 512,
        "parallel": there.parallel,
        "flash_attention": True,
        "offload_kv_cache_to_gpu": True,
    }


def _model(model: Model, there: Loaded | None) -> JsonObject:
    instances: list[Json] = []
    if there is not None and there.is_ready.is_set():
        instances.append({"id": model.name, "config": _config(there)})
    said: dict[str, Json] = {
        "type": "embedding" if model.is_embedding else "llm",
        "publisher": "lmstudio-community",
        "key": model.name,
        "display_name": model.name.replace("/", " "),
        "architecture": model.family,
        "quantization": {"name": model.quantization, "bits_per_weight": 4},
        "size_bytes": model.size_bytes,
        "params_string": "8B",
        "loaded_instances": instances,
        "max_context_length": model.trained_tokens,
        "format": "gguf",
    }
    if not model.is_embedding:
        caps: JsonObject = {
            "vision": "vision" in model.capabilities,
            "trained_for_tool_use": "tools" in model.capabilities,
        }
        if "thinking" in model.capabilities:
            caps = {**caps, "reasoning": {"allowed_options": ["off", "on"], "default": "on"}}
        said["capabilities"] = caps
    return said


def _old(model: Model, there: Loaded | None) -> JsonObject:
    said: JsonObject = {
        "id": model.name,
        "object": "model",
        "type": "embeddings" if model.is_embedding else "llm",
        "publisher": "lmstudio-community",
        "arch": model.family,
        "compatibility_type": "gguf",
        "quantization": model.quantization,
        "state": "loaded" if there is not None else "not-loaded",
        "max_context_length": model.trained_tokens,
    }
    return {**said, "loaded_context_length": there.window_tokens} if there is not None else said


def _listed(model: Model) -> JsonObject:
    return {"id": model.name, "object": "model", "owned_by": "organization_owner"}
