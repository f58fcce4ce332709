"""Tell which server stands behind an address, by what it answers: names and ports in a configuration say little.

The list of models names its maker in most; each guess is then confirmed at a place that only that kind has. LM Studio
answers what it does not know with status 200 and an error, so shapes count and not statuses.
"""

from homarus.domain.engines import EngineKind
from homarus.domain.errors import EgressRefusedError, ModelCallError
from homarus.domain.ports import Door, Endpoint
from homarus.models.engines.talk import Talk
from homarus.models.ndjson import as_list, as_object, as_text

_BY_OWNER = {
    "vllm": EngineKind.VLLM,
    "llamacpp": EngineKind.LLAMA_SERVER,
    "library": EngineKind.OLLAMA,
    "organization_owner": EngineKind.LM_STUDIO,
}
_ORDER = (EngineKind.OLLAMA, EngineKind.LLAMA_SERVER, EngineKind.LM_STUDIO, EngineKind.VLLM)


async def recognise(at: Endpoint, door: Door, *, guess: EngineKind | None = None) -> EngineKind | None:
    """Return the kind of a server, `GENERIC` when it is none that we know, nothing when it does not answer."""
    try:
        return await kind_of(at, door, guess=guess)
    except (ModelCallError, EgressRefusedError):
        return None


async def kind_of(at: Endpoint, door: Door, *, guess: EngineKind | None = None) -> EngineKind:
    """Return the kind of a server, `GENERIC` when it is none that we know.

    Cheap: one to five questions that load nothing; the guess is asked about first.

    Raises:
        ModelCallError: when it does not answer.
        EgressRefusedError: when it may not be asked.
    """
    talk = Talk.to(at, door)
    if guess is not None and await _is(talk, guess):
        return guess
    owned = await _by_owner(talk)
    for kind in dict.fromkeys(kind for kind in (owned, *_ORDER) if kind not in {None, guess}):
        if kind is not None and await _is(talk, kind):
            return kind
    return EngineKind.GENERIC


async def _by_owner(talk: Talk) -> EngineKind | None:
    rows = as_list((await talk.find("/v1/models") or {}).get("data"))
    owners = {as_text(as_object(row).get("owned_by")).replace("-", "_") for row in rows}
    return next((_BY_OWNER[owner] for owner in owners if owner in _BY_OWNER), None)


async def _is(talk: Talk, kind: EngineKind) -> bool:
    """Ask at the place that only one kind has."""
    match kind:
        case EngineKind.OLLAMA:
            tags = await talk.find("/api/tags")
            return tags is not None and isinstance(tags.get("models"), list)
        case EngineKind.LLAMA_SERVER:
            props = await talk.find("/props") or {}
            return "default_generation_settings" in props or as_text(props.get("role")) == "router"
        case EngineKind.LM_STUDIO:
            return await _is_lm_studio(talk)
        case EngineKind.VLLM:
            return bool(as_text((await talk.find("/version") or {}).get("version"))) and await _has_length(talk)
        case _:
            return False


async def _has_length(talk: Talk) -> bool:
    rows = as_list((await talk.find("/v1/models") or {}).get("data"))
    return any("max_model_len" in as_object(row) for row in rows)


async def _is_lm_studio(talk: Talk) -> bool:
    now = (await talk.find("/api/v1/models") or {}).get("models")
    if isinstance(now, list):
        return True
    old = await talk.find("/api/v0/models") or {}
    return isinstance(old.get("data"), list) and as_text(old.get("object")) == "list"
