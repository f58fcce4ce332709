"""Which models would fit, here or on a machine that is described: by name, by tag, by file, or the whole catalog."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from homarus.domain.engines import Engine, EngineKind, ModelFacts
from homarus.domain.errors import HomarusError, NotFoundError, UsageError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.nearness import nearest
from homarus.models.fit.arithmetic import Sharing, cache_type
from homarus.models.fit.fits import Asked, Fit, fit
from homarus.models.fit.machine import Machine
from homarus.models.fit.recommend import Recommendation, freed, recommend
from homarus.models.fit.speed import Timings
from homarus.models.fit.table import Row, find, rows
from homarus.net.addresses import Zone, place_of

if TYPE_CHECKING:
    from homarus.gateway.engines import Engines
    from homarus.gateway.machine import Here
    from homarus.models.fit.refresh import Refreshed

_USUAL_TOKENS = 16384
"""What a table of many models is made for: an agent's prompt, a page or two, and an answer."""
_ORDER = {"fits": 0, "tight": 1, "no": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to know."""

    model: str | None = None
    context: int | None = None
    parallel: int = 1
    kv: str = "f16"
    machine: Machine | None = None
    """Another machine than this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """How a model would do, and where that is known from."""

    source: str
    """`server`, `file` or `catalog`."""
    fit: Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRow:
    """A model of the catalog, and whether it fits."""

    row: Row
    fit: Fit | None
    """`None` when it runs elsewhere, or too little is known of it."""
    have: tuple[str, ...] = ()
    """Where it is already, as `provider/id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """Answers with the catalog, the servers and this machine."""

    engines: "Engines"
    here: "Here"

    async def one(self, wish: Wish, *, may_read_files: bool) -> Fitted:
        """Return how one model would do.

        Raises:
            HomarusError: when it is not known, or cannot be counted.
        """
        name = (wish.model or "").strip()
        engines = await self.engines.listing(is_fresh=False)
        machine = wish.machine or freed(self.here.now(), engines)
        if may_read_files and name.startswith("/") and name.lower().endswith(".gguf"):
            facts = await asyncio.to_thread(_read, name)
            return Fitted(source="file", fit=fit(facts, machine, asked=_asked(wish)))
        ref = self._served(name, engines)
        if ref is not None:
            found = await self._by_server(ref, wish, machine, engines)
            if found is not None:
                return found
        row = find(name)
        if row is None:
            raise _unknown(name, engines)
        return Fitted(source="catalog", fit=fit(row, machine, asked=_asked(wish)))

    async def table(self, wish: Wish) -> tuple[CatalogRow, ...]:
        """Return the catalog, what fits first and the better ones first among those."""
        engines = await self.engines.listing(is_fresh=False)
        machine = wish.machine or freed(self.here.now(), engines)
        asked = _asked(wish)
        known = await self.catalog()
        found = await asyncio.to_thread(lambda: [_row(row, machine, asked, engines) for row in known])
        return tuple(sorted(found, key=_rank))

    async def recommended(self, machine: Machine | None = None) -> Recommendation:
        """Return a quick, an everyday and a best model for this machine, or for another."""
        engines = await self.engines.listing(is_fresh=False)
        here = self.here.now()
        known = await self.catalog()
        return await asyncio.to_thread(recommend, machine or here, () if machine is not None else engines, known)

    async def catalog(self) -> tuple[Row, ...]:
        """Return the catalog, with what servers said of their models over it."""
        from homarus.models.fit.refresh import kept, over

        return over(rows(), await kept(self.here.records))

    async def refresh(self, *, asks_ollama_com: bool) -> "Refreshed":
        """Ask every server how its models are built, and keep it."""
        from homarus.models.fit.refresh import refresh

        engines = await self.engines.listing(is_fresh=True)
        return await refresh(
            engines,
            self.engines.endpoint_of,
            self.engines.adapter_for,
            self.engines.door,
            self.here.records,
            asks_ollama_com=asks_ollama_com,
        )

    def _served(self, name: str, engines: Sequence[Engine]) -> ModelRef | None:
        for engine in engines:
            model_id = name.removeprefix(f"{engine.provider}/")
            served = engine.served(model_id)
            if served is not None:
                return ModelRef(provider=engine.provider, model_id=served.model_id)
        return None

    async def _by_server(self, ref: ModelRef, wish: Wish, machine: Machine, engines: Sequence[Engine]) -> Fitted | None:
        """Return what the server's own description leads to; nothing where it says too little."""
        try:
            facts = await self.engines.show(ref)
        except HomarusError:
            return None
        engine = next(one for one in engines if one.provider == ref.provider)
        sharing = Sharing.SPLIT if engine.kind is EngineKind.LLAMA_SERVER else Sharing.EACH
        is_here = wish.machine is None and place_of(engine.base_url) is not Zone.HOME
        timed = self._timed(ref) if is_here else None
        try:
            counted = fit(facts, machine, asked=_asked(wish, sharing), timed=timed) if facts is not None else None
        except UsageError:
            return None
        return Fitted(source="server", fit=counted) if counted is not None else None

    def _timed(self, ref: ModelRef) -> Timings | None:
        pace = self.engines.desk.knowledge.pace(ref)
        if pace is None:
            return None
        return Timings(generation_tokens_s=pace.generation_tokens_s, prefill_tokens_s=pace.prefill_tokens_s)


def _asked(wish: Wish, sharing: Sharing = Sharing.EACH) -> Asked:
    kind = cache_type(wish.kv)
    return Asked(context=wish.context, parallel=wish.parallel, sharing=sharing, keys=kind, values=kind)


def _read(path: str) -> ModelFacts:
    from homarus.models.fit.gguf import facts

    return facts(Path(path))


def _row(row: Row, machine: Machine, asked: Asked, engines: Sequence[Engine]) -> CatalogRow:
    tokens = asked.context or min(_USUAL_TOKENS, row.trained_tokens or _USUAL_TOKENS)
    try:
        found = None if row.is_cloud else fit(row, machine, asked=replace(asked, context=tokens))
    except UsageError:
        found = None
    return CatalogRow(row=row, fit=found, have=tuple(_having(row, engines)))


def _having(row: Row, engines: Sequence[Engine]) -> Iterator[str]:
    """Yield the models of servers that are a model of the catalog."""
    for engine in engines:
        for model in engine.models:
            if not model.is_remote and find(model.model_id) is row:
                yield f"{engine.provider}/{model.model_id}"


def _rank(found: CatalogRow) -> tuple[int, int, str]:
    verdict = _ORDER[found.fit.verdict.value] if found.fit is not None else len(_ORDER)
    return (verdict, -found.row.merit, found.row.id)


def _unknown(name: str, engines: Sequence[Engine]) -> NotFoundError:
    if name.lower().endswith(".gguf"):
        return NotFoundError(
            _("There is no file {name!r} here.").format(name=name),
            hint=_("Give the path of a GGUF file of this machine, on its command line."),
        )
    known = [row.id for row in rows()]
    known += [f"{engine.provider}/{model.model_id}" for engine in engines for model in engine.models]
    near = nearest(name, known, cutoff=0.5)
    hint = _("`homarus models fit` shows the catalog; any GGUF file and any model of a server can be named, too.")
    if near:
        hint = _("Did you mean {names}? ").format(names=_(" or ").join(near)) + hint
    return NotFoundError(_("No model {name!r} is known.").format(name=name), hint=hint)
