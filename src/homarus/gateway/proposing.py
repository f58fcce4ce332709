"""What a set-up proposes: models that are here and fit, some to download, and the one that always works."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from homarus.domain.engines import Ability, Engine, EngineKind, LoadState, ServedModel
from homarus.domain.i18n import _
from homarus.gateway.engines import BUILT_IN
from homarus.gateway.fitting import CatalogRow, Wish
from homarus.gateway.servers import Server
from homarus.models.fit.fits import Level
from homarus.models.fit.places import Verdict
from homarus.models.fit.recommend import FIRST_PROMPT_TOKENS, Choice

if TYPE_CHECKING:
    from homarus.gateway.fitting import Fitting

State: TypeAlias = Literal["here", "download", "needs"]
_MOST_HERE = 8
_MOST_SLOW = 2
_NO_CHAT = "embedding"
_ORDER = {"fits": 0, "tight": 1, "no": 3}
_UNKNOWN = 2
_ANY_NAME = (EngineKind.LLAMA_SERVER, EngineKind.GENERIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A model that could answer."""

    model: str
    """`provider/id`; of a download its name alone."""
    state: State
    level: str = ""
    """`entry`, `mid` or `heavy`, of those that are recommended for this machine."""
    is_loaded: bool = False
    size_bytes: int | None = None
    tokens_s: tuple[float, ...] = ()
    """From at least to at most, writing."""
    first_word_s: float | None = None
    """How long one waits for the first word of a conversation, at best."""
    place: str = ""
    because: str = ""
    hint: str = ""
    """What is to be done first, where it cannot be had yet."""
    is_recommended: bool = False
    server: str = ""
    """The address of a server that is not configured yet and would be written down."""


async def options(
    fitting: "Fitting", engines: Sequence[Engine], servers: Sequence[Server], picks: Sequence[Choice], *, current: str
) -> tuple[Option, ...]:
    """Return the models to choose from, one of them recommended, the better ones first.

    `current` is the model that is configured, nothing when none is.
    """
    rows = await fitting.table(Wish())
    written = _written(fitting)
    by_ref = _by_ref(rows, engines, written)
    there = [
        replace(_here(server.engine, model, {}, ()), server=server.base_url)
        for server in servers
        for model in _offered(server.engine, written)
        if _can_talk(model)
    ]
    named = {one.model for one in there}
    here = [
        _here(engine, model, by_ref, picks)
        for engine in engines
        for model in _offered(engine, written)
        if engine.is_up and engine.kind is not EngineKind.EMBEDDED and _can_talk(model)
        if f"{engine.provider}/{model.model_id}" not in named
    ]
    here.sort(key=lambda one: _rank(one, by_ref))
    here = here[:_MOST_HERE] + [one for one in here[_MOST_HERE:] if one.model == current]
    offered = [*_downloads(engines, picks)] or ([] if here or there else [*_slow(engines, rows)])
    found = [*there[:_MOST_HERE], *here, *offered, _built_in()]
    return _with_recommended(found, by_ref, current=current, has_named_server=bool(there))


def _written(fitting: "Fitting") -> Mapping[str, tuple[str, ...]]:
    """Return the models that the owner wrote down, by provider."""
    providers = fitting.engines.desk.catalog().providers
    return {name: tuple(model.id for model in provider.models) for name, provider in providers.items()}


def _offered(engine: Engine, written: Mapping[str, tuple[str, ...]]) -> tuple[ServedModel, ...]:
    """Return a server's models by the names that its owner wrote down; by its own where none of those is there."""
    names = written.get(engine.provider, ())
    served = ((name, _behind(name, engine)) for name in names)
    return tuple(replace(model, model_id=name) for name, model in served if model is not None) or engine.models


def _behind(name: str, engine: Engine) -> ServedModel | None:
    """Return what answers to a name; a server with one model, which answers to any, has no say in it."""
    only = engine.models[0] if engine.kind in _ANY_NAME and len(engine.models) == 1 else None
    return engine.served(name) or only


def _by_ref(
    rows: "Sequence[CatalogRow]", engines: Sequence[Engine], written: Mapping[str, tuple[str, ...]]
) -> "dict[str, CatalogRow]":
    """Return the rows of the catalog by the models that are one of them, whatever these are called here."""
    known = {ref: row for row in rows for ref in row.have}
    for engine in engines:
        for name in written.get(engine.provider, ()):
            model = _behind(name, engine)
            row = known.get(f"{engine.provider}/{model.model_id}") if model is not None else None
            if row is not None:
                known[f"{engine.provider}/{name}"] = row
    return known


def _can_talk(model: ServedModel) -> bool:
    is_mute = model.abilities and _NO_CHAT in model.abilities and "completion" not in model.abilities
    return not is_mute and not model.is_remote and model.state is not LoadState.FAILED


def _here(engine: Engine, model: ServedModel, by_ref: "dict[str, CatalogRow]", picks: Sequence[Choice]) -> Option:
    ref = f"{engine.provider}/{model.model_id}"
    row = by_ref.get(ref)
    level = _level(row) if row is not None else None
    pick = next((one for one in picks if row is not None and one.row is row.row), None)
    return Option(
        model=ref,
        state="here",
        level=pick.tier if pick is not None else "",
        is_loaded=model.state is LoadState.LOADED,
        size_bytes=model.size_bytes,
        tokens_s=_pace(level),
        first_word_s=_first_word_s(level),
        place=engine.place,
        because=pick.because if pick is not None else _because(model, level),
    )


def _because(model: ServedModel, level: Level | None) -> str:
    if level is not None:
        return level.because
    if "tools" in model.abilities:
        return _("It calls tools, says its server.")
    return ""


def _downloads(engines: Sequence[Engine], picks: Sequence[Choice]) -> Iterator[Option]:
    puller = next((one for one in engines if one.is_up and Ability.PULL in one.abilities and one.is_local), None)
    for pick in picks:
        name = pick.row.ollama
        if pick.is_installed or name is None:
            continue
        is_ollama = puller is not None and puller.kind is EngineKind.OLLAMA
        hub = pick.row.lmstudio or pick.row.huggingface
        wanted = name if is_ollama or not hub else hub
        yield Option(
            model=f"{puller.provider}/{wanted}" if puller is not None else name,
            state="download" if puller is not None else "needs",
            level=pick.tier,
            size_bytes=pick.row.weights_bytes,
            tokens_s=_pace(pick.level),
            first_word_s=_first_word_s(pick.level),
            place=puller.place if puller is not None else "",
            because=pick.because,
            hint="" if puller is not None else _("Install Ollama (https://ollama.com/download), then run this again."),
        )


def _slow(engines: Sequence[Engine], rows: Sequence[CatalogRow]) -> Iterator[Option]:
    """Yield the quickest models that fit, where none is quick enough to be recommended and none is here."""
    puller = next((one for one in engines if one.is_up and one.kind is EngineKind.OLLAMA and one.is_local), None)
    fitting = [
        (row.row.ollama, level, row.row.weights_bytes)
        for row in rows
        if row.row.ollama and "tools" in row.row.abilities
        if (level := _level(row)) is not None and level.verdict is Verdict.FITS and level.speed is not None
    ]
    fitting.sort(key=lambda one: -(_pace(one[1]) or (0.0,))[-1])
    for name, level, size in fitting[:_MOST_SLOW] if puller is not None else ():
        assert puller is not None
        yield Option(
            model=f"{puller.provider}/{name}",
            state="download",
            size_bytes=size,
            tokens_s=_pace(level),
            first_word_s=_first_word_s(level),
            place=puller.place,
            because=_("It fits, and takes its time on this machine."),
        )


def _built_in() -> Option:
    return Option(
        model=str(BUILT_IN),
        state="here",
        place=_("this machine"),
        because=_("The built-in model sets reminders, keeps notes and quotes your text; it does not chat."),
    )


def _with_recommended(
    found: list[Option], by_ref: "dict[str, CatalogRow]", *, current: str, has_named_server: bool
) -> tuple[Option, ...]:
    """Mark one: what is chosen already, the server that was named, what suits best and is here, else a download."""
    ways: tuple[Callable[[Option], bool], ...] = (
        lambda one: bool(current) and one.model == current,
        lambda one: has_named_server and bool(one.server),
        lambda one: one.state == "here" and one.level == "mid",
        lambda one: one.state == "here" and one.level != "",
        lambda one: one.state == "here" and one.model != str(BUILT_IN) and _rank(one, by_ref)[0] <= _UNKNOWN,
        lambda one: one.state == "download" and one.level == "mid",
        lambda one: one.state == "download" and one.level != "",
        lambda one: one.model == str(BUILT_IN),
    )
    chosen = next(one for way in ways for one in found if way(one))  # the built-in model is always there
    return tuple(replace(one, is_recommended=one is chosen) for one in found)


def _rank(one: Option, by_ref: "dict[str, CatalogRow]") -> tuple[int, int, int, str]:
    row = by_ref.get(one.model)
    level = _level(row) if row is not None else None
    verdict = _ORDER[level.verdict.value] if level is not None else _UNKNOWN
    merit = row.row.merit if row is not None else 0
    return (verdict, -merit, not one.is_loaded, one.model)


def _level(row: CatalogRow) -> Level | None:
    if row.fit is None:
        return None
    return row.fit.asked or (row.fit.levels[0] if row.fit.levels else None)


def _pace(level: Level | None) -> tuple[float, ...]:
    if level is None or level.speed is None:
        return ()
    return (round(level.speed.generation.low, 1), round(level.speed.generation.high, 1))


def _first_word_s(level: Level | None) -> float | None:
    if level is None or level.speed is None:
        return None
    return round(level.speed.first_token_s(FIRST_PROMPT_TOKENS["mid"]), 1)
