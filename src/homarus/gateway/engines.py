"""Tell model servers what to do: load, unload, download, delete, describe; where they cannot, say why."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from homarus.domain.engines import Ability, Adapter, Engine, EngineKind, ModelFacts, PullProgress
from homarus.domain.errors import Failure, ModelCallError, NotFoundError, OperatorError, RefusedError, UsageError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.nearness import nearest
from homarus.domain.ports import Door, Endpoint
from homarus.models.closing import closing

if TYPE_CHECKING:
    from homarus.models.desk import Desk

T = TypeVar("T")
BUILT_IN = ModelRef(provider="embedded", model_id="smollm2")
LOAD_LIMIT_S = 900.0
_LOOK_LIMIT_S = 20.0


class Watching(Protocol):
    """What the watcher of engines knows."""

    def engines(self) -> tuple[Engine, ...]:
        """Return every engine as it was found last."""
        ...

    async def look(self, provider: str) -> Engine:
        """Return an engine as it is now."""
        ...

    async def look_all(self, *, max_age_s: float = 0.0) -> tuple[Engine, ...]:
        """Look at everything in reach now, or so long ago."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Who is told, and how."""

    engine: Engine
    adapter: Adapter
    at: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Every model server, to be looked at and told what to do."""

    desk: "Desk"
    door: Door
    watch: Watching
    adapter_for: Callable[[EngineKind], Adapter]

    async def listing(self, *, is_fresh: bool, max_age_s: float = 0.0) -> tuple[Engine, ...]:
        """Return every engine: as it was found last, or looked at now, or at most so long ago."""
        if is_fresh:
            await self.desk.look_around(max_age_s=max_age_s)
            return await self.watch.look_all(max_age_s=max_age_s)
        seen = {engine.provider for engine in self.watch.engines()}
        async with asyncio.TaskGroup() as tasks:
            for name in {*self._reachable()} - seen:
                tasks.create_task(self._look(name))
        return self.watch.engines()

    def _reachable(self) -> Iterator[str]:
        models = self.desk.catalog()
        for name, provider in models.providers.items():
            if provider.is_configured and provider.endpoint is not None and provider.endpoint.is_local:
                yield name
        yield from (candidate.ref.provider for candidate in models.candidates if candidate.is_found)
        yield BUILT_IN.provider

    async def refreshed(self, provider: str) -> Engine | None:
        """Look at an engine again after something changed there, its list of models included."""
        return await self._look(provider)

    async def _look(self, name: str) -> Engine | None:
        try:
            async with asyncio.timeout(_LOOK_LIMIT_S):
                return await self.watch.look(name)
        except (NotFoundError, TimeoutError):
            return None

    async def load(self, ref: ModelRef, *, window_tokens: int | None = None) -> Engine:
        """Load a model and return its engine as it is then.

        Raises:
            HomarusError: with the next step, when it cannot be loaded.
        """
        told = await self._told(ref, Ability.LOAD)
        if window_tokens is None:
            window_tokens = await self.desk.contexts.to_load(ref)
        await _in_time(told.adapter.load(told.at, self.door, ref.model_id, window_tokens=window_tokens), ref)
        return await self.watch.look(ref.provider)

    async def unload(self, ref: ModelRef) -> Engine:
        """Take a model out of memory and return its engine as it is then.

        Raises:
            HomarusError: with the next step, when the server does not do it.
        """
        told = await self._told(ref, Ability.UNLOAD)
        await _in_time(told.adapter.unload(told.at, self.door, ref.model_id), ref)
        return await self.watch.look(ref.provider)

    async def remove(self, ref: ModelRef) -> Engine:
        """Delete a model from its server's disk and return its engine as it is then.

        Raises:
            HomarusError: with the next step, when the server does not do it.
        """
        told = await self._told(ref, Ability.REMOVE)
        await _in_time(told.adapter.remove(told.at, self.door, ref.model_id), ref)
        return await self.watch.look(ref.provider)

    async def show(self, ref: ModelRef) -> ModelFacts | None:
        """Return what a server says of a model; `None` where it says nothing.

        Raises:
            HomarusError: when it is not there, or its server does not answer.
        """
        engine = await self._up(ref.provider)
        if Ability.SHOW not in engine.abilities:
            return None
        at = self.endpoint_of(ref.provider)
        return await _in_time(self.adapter_for(engine.kind).show(at, self.door, ref.model_id), ref, _LOOK_LIMIT_S)

    async def pull(self, ref: ModelRef) -> AsyncIterator[PullProgress]:
        """Download a model, or go on with it.

        Raises:
            HomarusError: when it cannot be had.
        """
        told = await self._told(ref, Ability.PULL, is_there=False)
        try:
            async with closing(told.adapter.pull(told.at, self.door, ref.model_id)) as steps:
                async for step in steps:
                    yield step
        except ModelCallError as error:
            raise _with_near_names(error, ref) from error

    async def named(self, name: str, *, max_age_s: float = 0.0) -> ModelRef:
        """Return the model that a person means, also one that a server has got only just now.

        Raises:
            NotFoundError: with the nearest names, when there is none.
        """
        try:
            return self.desk.find(name).ref
        except NotFoundError:
            for engine in await self.listing(is_fresh=True, max_age_s=max_age_s):
                if (served := engine.served(name.removeprefix(f"{engine.provider}/"))) is not None:
                    return ModelRef(provider=engine.provider, model_id=served.model_id)
            raise

    def endpoint_of(self, provider: str) -> Endpoint:
        """Return where a server is told what to do.

        Raises:
            NotFoundError: when there is no such provider, or it has no address.
        """
        if provider == BUILT_IN.provider:
            return Endpoint(provider=provider, base_url="")  # it is in this process
        known = self.desk.catalog().providers.get(provider)
        if known is None or known.endpoint is None:
            raise self.desk.catalog().unknown(provider)
        return known.endpoint

    async def puller(self, name: str, provider: str | None = None) -> ModelRef:
        """Return the model that a person wants to download, with the server that can do it.

        Raises:
            HomarusError: when no server here downloads models, or not the one that was named; says how to get one.
        """
        head, slash, rest = name.partition("/")
        known = self.desk.catalog().providers
        if provider is None and slash and head in known and rest:
            provider, name = head, rest
        if provider is not None:
            if provider not in known and provider != BUILT_IN.provider:
                raise self.desk.catalog().unknown(f"{provider}/{name}")
            engine = await self._up(provider)
            if Ability.PULL not in engine.abilities:
                raise _cannot(engine, Ability.PULL)
            return ModelRef(provider=provider, model_id=name)
        if name == BUILT_IN.model_id:
            raise UsageError(
                _("The built-in model is no download of a server."), hint=f"homarus models add {BUILT_IN.model_id}"
            )
        engines = [engine for engine in await self.listing(is_fresh=True) if Ability.PULL in engine.abilities]
        engines.sort(key=lambda engine: not engine.is_up)
        if not engines or not engines[0].is_up:
            raise _nobody_pulls(name, engines)
        return ModelRef(provider=engines[0].provider, model_id=name)

    # --- inside ---

    async def _told(self, ref: ModelRef, ability: Ability, *, is_there: bool = True) -> _Told:
        engine = await self._up(ref.provider)
        if ability not in engine.abilities:
            raise _cannot(engine, ability)
        if is_there and engine.models and engine.served(ref.model_id) is None:
            raise _missing(ref, engine)
        at = self.endpoint_of(ref.provider)
        return _Told(engine=engine, adapter=self.adapter_for(engine.kind), at=at)

    async def _up(self, provider: str) -> Engine:
        engine = await self.watch.look(provider)
        if not engine.is_up:
            raise OperatorError(
                engine.because or _("{provider} does not answer.").format(provider=provider),
                hint=engine.hint or "homarus doctor models",
            )
        return engine


async def _in_time(order: Awaitable[T], ref: ModelRef, limit_s: float = LOAD_LIMIT_S) -> T:
    try:
        async with asyncio.timeout(limit_s):
            return await order
    except TimeoutError:
        raise OperatorError(
            _("{provider} did not get done with {model!r} within {seconds:.0f} s.").format(
                provider=ref.provider, model=ref.model_id, seconds=limit_s
            ),
            hint=_("Look at it with `homarus doctor models`, and into the log of that server."),
        ) from None


def _cannot(engine: Engine, ability: Ability) -> RefusedError:
    what = {
        Ability.LOAD: _("load a model"),
        Ability.UNLOAD: _("unload a model"),
        Ability.PULL: _("download a model"),
        Ability.REMOVE: _("delete a model"),
    }.get(ability, ability.value)
    return RefusedError(
        _("{provider} ({kind}) cannot be told to {what}.").format(
            provider=engine.provider, kind=engine.kind.value, what=what
        ),
        hint=_("Do it where that server runs; `homarus models list` shows what it has."),
    )


def _with_near_names(error: ModelCallError, ref: ModelRef) -> ModelCallError:
    """Return a refused download with the names of the catalog that are like it."""
    from homarus.models.fit.table import rows

    known = [row.ollama for row in rows() if row.ollama and not row.is_cloud]
    near = nearest(ref.model_id, known)
    if error.failure is not Failure.MODEL_MISSING or not near:
        return error
    names = _(" or ").join(near)
    return ModelCallError(error.failure, error.message, hint=_("Did you mean {names}?").format(names=names))


def _missing(ref: ModelRef, engine: Engine) -> NotFoundError:
    near = nearest(ref.model_id, (model.model_id for model in engine.models), cutoff=0.5)
    hint = _("`homarus models pull {model}` brings it.").format(model=ref)
    if near:
        names = _(" or ").join(f"{ref.provider}/{name}" for name in near)
        hint = _("Did you mean {names}? ").format(names=names) + hint
    return NotFoundError(
        _("{provider} does not have {model!r}.").format(provider=ref.provider, model=ref.model_id), hint=hint
    )


def _nobody_pulls(name: str, engines: list[Engine]) -> OperatorError:
    if engines:
        return OperatorError(
            _("No server that downloads models answers: {because}").format(because=engines[0].because),
            hint=engines[0].hint or _("Start {provider}, then pull again.").format(provider=engines[0].provider),
        )
    return OperatorError(
        _("No server here can download {model!r}: neither Ollama nor LM Studio was found.").format(model=name),
        hint=_("Install Ollama (https://ollama.com/download), start it, then: homarus models pull {model}").format(
            model=name
        ),
    )
