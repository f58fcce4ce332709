"""llama-server in router mode: one address over several models, each with a process of its own.

Source: tools/server/README.md "router mode" and server-models.cpp of llama.cpp b11549 (October 2026).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from homarus.domain.content import JsonObject
from homarus.domain.engines import LoadState, PullProgress, ServedModel
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ports import Endpoint
from homarus.models.engines.pulling import refusal, unfinished
from homarus.models.engines.talk import Talk, named
from homarus.models.ndjson import as_count, as_list, as_object, as_text

LOAD_AT_MOST_S = 900.0
_STATES = {
    "loaded": LoadState.LOADED,
    "loading": LoadState.LOADING,
    "sleeping": LoadState.SLEEPING,
    "unloaded": LoadState.UNLOADED,
    "downloading": LoadState.UNLOADED,
}
_HF = ("https://", "hf.co/", "huggingface.co/")
Describe = Callable[[JsonObject, JsonObject, LoadState], ServedModel]


async def models(talk: Talk, describe: Describe) -> tuple[ServedModel, ...]:
    """Return every model of a router; those that run are asked for their slots, without loading any.

    Raises:
        ModelCallError: when it cannot be asked.
    """
    made: list[ServedModel] = []
    for row in await rows(talk):
        state = state_of(row)
        props: JsonObject = {}
        if state in {LoadState.LOADED, LoadState.SLEEPING}:
            model_id = named(as_text(row.get("id")))
            props = await talk.find(f"/props?model={model_id}&autoload=false") or {}
        made.append(describe(row, props, state))
    return tuple(made)


async def rows(talk: Talk, *, is_fresh: bool = False) -> list[JsonObject]:
    """Return the models as the router lists them.

    Raises:
        ModelCallError: when it cannot be asked.
    """
    listed = await talk.get("/models?reload=1" if is_fresh else "/models")
    return [row for row in map(as_object, as_list(listed.get("data"))) if as_text(row.get("id"))]


def state_of(row: JsonObject) -> LoadState:
    """Return whether a model of a router can answer."""
    status = as_object(row.get("status"))
    if status.get("failed"):
        return LoadState.FAILED
    return _STATES.get(as_text(status.get("value")), LoadState.UNKNOWN)


def because(row: JsonObject) -> str:
    """Return why a model of a router cannot answer, as far as the router says."""
    status = as_object(row.get("status"))
    if status.get("failed"):
        code = as_count(status.get("exit_code"))
        return _("it ended with exit code {code} while it was loaded; the server's log says why").format(code=code)
    return _("it is being downloaded") if as_text(status.get("value")) == "downloading" else ""


async def load(talk: Talk, model_id: str, *, look_again_s: float) -> None:
    """Load a model and wait for it.

    Raises:
        ModelCallError: when it cannot be loaded, or takes longer than anybody would wait.
    """
    row = await _row(talk, model_id)
    if state_of(row) in {LoadState.LOADED, LoadState.SLEEPING}:
        return
    if state_of(row) is not LoadState.LOADING:
        await talk.tell("/models/load", {"model": model_id})
    try:
        async with asyncio.timeout(LOAD_AT_MOST_S):
            await _until(lambda: _is_loaded(talk, model_id), look_again_s)
    except TimeoutError as error:
        raise ModelCallError(
            Failure.LOADING,
            _("{model!r} is still being loaded after {minutes} minutes.").format(
                model=model_id, minutes=round(LOAD_AT_MOST_S / 60)
            ),
            hint=_("Look into the server's log."),
        ) from error


async def unload(talk: Talk, model_id: str) -> None:
    """Take a model out of memory; nothing to do when it is not there.

    Raises:
        ModelCallError: when the router does not do it.
    """
    if state_of(await _row(talk, model_id)) in {LoadState.UNLOADED, LoadState.FAILED}:
        return
    await talk.tell("/models/unload", {"model": model_id})


async def pull(talk: Talk, at: Endpoint, model_id: str, *, look_again_s: float) -> AsyncIterator[PullProgress]:
    """Download a model of the hub; leaving stops it, and what is there is kept.

    Raises:
        ModelCallError: when it cannot be had.
    """
    name = model_id
    for prefix in _HF:
        name = name.removeprefix(prefix)
    is_done = False
    try:
        await talk.tell("/models", {"model": name})
        while not is_done:
            progress = await _progress(talk, at, name)
            is_done = progress.is_done
            yield progress
            if not is_done:
                await asyncio.sleep(look_again_s)
    except ModelCallError as error:
        is_done = True
        if "already exists" in error.message:
            yield PullProgress(status="already there", is_done=True)
            return
        raise refusal(error, model_id) from error
    finally:
        if not is_done:
            with suppress(ModelCallError):
                await talk.tell("/models/unload", {"model": name})


async def _progress(talk: Talk, at: Endpoint, name: str) -> PullProgress:
    row = next((row for row in await rows(talk) if as_text(row.get("id")) == name), None)
    if row is None:
        row = next((row for row in await rows(talk, is_fresh=True) if as_text(row.get("id")) == name), None)
        if row is None:
            raise unfinished(at, name)
    status = as_object(row.get("status"))
    files = [as_object(one) for one in as_object(status.get("progress")).values()]
    is_done = as_text(status.get("value")) != "downloading"
    return PullProgress(
        status=as_text(status.get("value")) if not is_done else "success",
        done_bytes=sum(as_count(one.get("done")) for one in files),
        total_bytes=sum(as_count(one.get("total")) for one in files),
        is_done=is_done,
    )


async def _is_loaded(talk: Talk, model_id: str) -> bool:
    row = await _row(talk, model_id)
    if state_of(row) is LoadState.FAILED:
        raise ModelCallError(
            Failure.SERVER_ERROR,
            _("{model!r} could not be loaded: {because}.").format(model=model_id, because=because(row)),
            hint=_("It may need more memory than there is: unload another model, or give it a smaller context."),
        )
    return state_of(row) is LoadState.LOADED


async def _row(talk: Talk, model_id: str) -> JsonObject:
    for row in await rows(talk):
        if model_id == as_text(row.get("id")) or model_id in as_list(row.get("aliases")):
            return row
    raise ModelCallError(
        Failure.MODEL_MISSING,
        _("The router has no model {model!r}.").format(model=model_id),
        hint=_("See what it has with `homarus models list`."),
    )


async def _until(is_so: Callable[[], Awaitable[bool]], pause_s: float) -> None:
    while not await is_so():
        await asyncio.sleep(pause_s)
        pause_s = min(2.0, pause_s * 1.5)
