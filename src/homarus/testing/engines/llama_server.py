"""llama.cpp's server b11549, with one model or as a router over several.

Source: answers of xllamacpp 2026.10.11549; tools/server/README.md and server-models.cpp of llama.cpp b11549.
"""

import asyncio
from pathlib import PurePath

from homarus.domain.content import Json, JsonObject
from homarus.testing.engines.says import Admitted, Question, Says, ok, openai_error, text
from homarus.testing.engines.stock import Loaded, LoadFailedError, Model, NoSuchModelError, Rack
from homarus.testing.quirks.acts import Act

BUILD = "b11549-6f0a1c2d"
_STEP = 0.2
_LOADING = "Loading model"


async def tell(asked: Question) -> Says | None:
    """Return what llama-server says at one of its places."""
    if asked.rack.faults.is_loading:
        return openai_error(_LOADING, status=503, kind="unavailable_error")
    said = await _router(asked) if asked.is_router else await _single(asked)
    if said is None and asked.path == "/health":
        return ok({"status": "ok"})
    return said or openai_error("File Not Found", status=404, kind="not_found_error")


async def admit(asked: Question) -> Admitted:
    """Take a prompt: for the one model whatever it is called, or for the one that a router loads for it."""
    rack = asked.rack
    if rack.faults.is_loading:
        return Admitted(refused=openai_error(_LOADING, status=503, kind="unavailable_error"))
    name = asked.word("model") if asked.is_router else _only(rack).name
    try:
        return Admitted(loaded=await rack.use(name, keep_s=-1))
    except NoSuchModelError:
        return Admitted(refused=openai_error(f"model '{name}' not found", status=400))
    except LoadFailedError as error:
        return Admitted(refused=openai_error(str(error), status=500, kind="server_error"))


def overflow(loaded: Loaded, prompt_tokens: int, asked: Question) -> list[Act] | None:  # noqa: ARG001 - the same for all
    """Return the refusal of a prompt that does not fit: it names both counts."""
    window = loaded.window_tokens
    if prompt_tokens < window:
        return None
    said = f"request ({prompt_tokens} tokens) exceeds the available context size ({window} tokens), try increasing it"
    extra: dict[str, Json] = {"n_prompt_tokens": prompt_tokens, "n_ctx": window}
    return openai_error(said, status=400, kind="exceed_context_size_error", **extra)


async def _single(asked: Question) -> list[Act] | None:
    rack = asked.rack
    model = _only(rack)
    there = rack.loaded.get(model.name)
    match asked.method, asked.path:
        case "GET", "/props":
            return ok(_props(model, rack, is_sleeping=there is None and bool(rack.loads)))
        case "GET", "/v1/models" | "/models":
            return ok({"object": "list", "data": [_row(model, rack.window_tokens)]})
        case "GET", "/slots":
            slots: list[Json] = [
                {"id": number, "n_ctx": rack.window_tokens, "is_processing": False} for number in range(rack.parallel)
            ]
            return ok(slots)
        case "POST", path if path.startswith("/slots/"):
            return _slot(asked)
        case "GET", "/metrics":
            return text("llamacpp:requests_processing 0\nllamacpp:requests_deferred 0\n")
        case "POST", "/completion":
            await rack.use(model.name, keep_s=-1)
            return ok({"content": "", "tokens_predicted": 0})
        case _:
            return None


def _slot(asked: Question) -> list[Act]:
    action = asked.query.get("action", "")
    if action not in {"save", "restore", "erase"}:
        return openai_error("Invalid action", status=400)
    slot = int(asked.path.rpartition("/")[2])
    name = asked.word("filename")
    if action == "erase":
        return ok({"id_slot": slot, "n_erased": 100})
    count = "n_saved" if action == "save" else "n_restored"
    return ok({"id_slot": slot, "filename": name, count: 100, "timings": {f"{action}_ms": 5.0}})


async def _router(asked: Question) -> list[Act] | None:
    rack = asked.rack
    match asked.method, asked.path:
        case "GET", "/props" if not asked.query.get("model"):
            return ok(_router_props(rack))
        case "GET", "/props":
            return _child_props(asked)
        case "GET", "/v1/models" | "/models":
            await _advance(asked)
            return ok({"object": "list", "data": [_status_row(model, rack) for model in _known(rack)]})
        case _:
            return _router_told(asked)


def _router_told(asked: Question) -> list[Act] | None:
    match asked.method, asked.path:
        case "POST", "/models/load":
            return _load(asked)
        case "POST", "/models/unload":
            return _unload(asked)
        case "POST", "/models":
            return _download(asked)
        case "DELETE", "/models":
            return _delete(asked)
        case _:
            return None


def _delete(asked: Question) -> list[Act]:
    name = asked.query.get("model", "")
    if asked.rack.disk.pop(name, None) is None:
        return openai_error(f"model '{name}' not found", status=400)
    asked.rack.unload(name)
    return ok({"success": True})


def _router_props(rack: Rack) -> JsonObject:
    return {
        "role": "router",
        "max_instances": rack.max_loaded,
        "models_autoload": True,
        "model_alias": "llama-server",
        "model_path": "none",
        "default_generation_settings": {"params": {}, "n_ctx": 0},
        "build_info": BUILD,
    }


def _child_props(asked: Question) -> list[Act]:
    name = asked.query["model"]
    if name not in asked.rack.disk:
        return openai_error(f"model '{name}' not found", status=400)
    there = asked.rack.loaded.get(name)
    if there is None or not there.is_ready.is_set():
        return openai_error("model is not loaded", status=400)
    return ok(_props(there.model, asked.rack, is_sleeping=False))


def _load(asked: Question) -> list[Act]:
    name = asked.word("model")
    if name not in asked.rack.disk:
        return openai_error("model is not found", status=404, kind="not_found_error")
    if name in asked.rack.loaded:
        return openai_error("model is already running", status=400)
    asked.rack.failed.pop(name, None)
    asked.rack.begin(name)
    return ok({"success": True})


def _unload(asked: Question) -> list[Act]:
    name = asked.word("model")
    download = asked.rack.downloads.get(name)
    if download is not None:
        download.is_under_way = False
        return ok({"success": True})
    if name not in asked.rack.disk:
        return openai_error("model is not found", status=400)
    if not asked.rack.unload(name):
        return openai_error("model is not running", status=400)
    return ok({"success": True})


def _download(asked: Question) -> list[Act]:
    name = asked.word("model")
    if name in asked.rack.disk:
        return openai_error(f"model '{name}' already exists", status=400)
    known = asked.rack.registry.get(name)
    if known is None:
        return openai_error("model validation failed, unable to download", status=400)
    asked.rack.download(known).is_under_way = True
    return ok({"success": True})


async def _advance(asked: Question) -> None:
    faults = asked.rack.faults
    for download in [one for one in asked.rack.downloads.values() if one.is_under_way]:
        await asyncio.sleep(asked.pause_s)
        if faults.cut_pull_at is not None and download.done_bytes >= faults.cut_pull_at * download.model.size_bytes:
            faults.cut_pull_at = None
            download.is_under_way = False
            continue
        asked.rack.advance(download, _STEP)


def _known(rack: Rack) -> list[Model]:
    under_way = [one.model for one in rack.downloads.values() if one.is_under_way]
    return [*rack.disk.values(), *under_way]


def _only(rack: Rack) -> Model:
    return next(iter(rack.disk.values()))


def _props(model: Model, rack: Rack, *, is_sleeping: bool) -> JsonObject:
    has_tools = "tools" in model.capabilities and model.template_has_tools
    caps: JsonObject = {
        "supports_tools": has_tools,
        "supports_tool_calls": has_tools,
        "supports_parallel_tool_calls": has_tools,
        "supports_system_role": True,
        "supports_preserve_reasoning": "thinking" in model.capabilities,
    }
    return {
        "default_generation_settings": {"params": {"temperature": 0.8}, "n_ctx": rack.window_tokens},
        "total_slots": rack.parallel,
        "model_alias": PurePath(model.name).stem,
        "model_ftype": model.quantization,
        "model_path": f"/models/{model.name}",
        "modalities": {"vision": "vision" in model.capabilities, "audio": False},
        "endpoint_slots": True,
        "chat_template": "{{ messages }}" + ("{{ tools }}" if has_tools else "") + str(model.seed),
        "chat_template_caps": caps,
        "build_info": BUILD,
        "is_sleeping": is_sleeping,
    }


def _row(model: Model, window_tokens: int) -> dict[str, Json]:
    inputs: list[Json] = ["text", "image"] if "vision" in model.capabilities else ["text"]
    return {
        "id": model.name,
        "aliases": [model.name],
        "tags": [],
        "object": "model",
        "architecture": {"input_modalities": inputs, "output_modalities": ["text"]},
        "created": 1795167389,
        "owned_by": "llamacpp",
        "meta": {
            "n_vocab": 151936,
            "n_ctx": window_tokens,
            "n_ctx_train": model.trained_tokens,
            "n_embd": 4096,
            "n_params": model.size_bytes * 8 // 5,
            "size": model.size_bytes,
            "ftype": model.quantization,
        },
    }


def _status_row(model: Model, rack: Rack) -> JsonObject:
    there = rack.loaded.get(model.name)
    download = rack.downloads.get(model.name)
    row = _row(model, rack.window_tokens)
    if there is None or not there.is_ready.is_set():
        del row["meta"]
    status: dict[str, Json] = {"value": "unloaded", "args": ["llama-server", "-c", str(rack.window_tokens)]}
    if there is not None:
        status["value"] = "loaded" if there.is_ready.is_set() else "loading"
    if model.name in rack.failed:
        status |= {"value": "unloaded", "failed": True, "exit_code": 1}
    if download is not None and download.is_under_way:
        progress: JsonObject = {"done": download.done_bytes, "total": download.model.size_bytes}
        status |= {"value": "downloading", "progress": {f"https://huggingface.co/{model.name}": progress}}
    return {**row, "status": status, "source": "cache", "can_remove": True, "context_length": model.trained_tokens}
