"""Whether a model fits on a machine: bytes per context, where they go, how fast it would be, and what would help."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from homarus.domain.engines import ModelFacts
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.models.fit.arithmetic import CacheType, Memory, Sharing, Use, kv_bytes, memory
from homarus.models.fit.geometry import Geometry, geometry
from homarus.models.fit.machine import Machine
from homarus.models.fit.places import Place, Verdict, Where, place
from homarus.models.fit.speed import Speed, Timings, Work, speed
from homarus.models.fit.table import Row, completed

STEPS = (4096, 8192, 16384, 32768, 65536, 131072, 262144)
SMALLER_CACHES: tuple[CacheType, ...] = ("q8_0", "q4_0")
_BYTES_PER_PARAMETER = 0.6
"""At about four bits, when nobody says how many parameters there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A model at one context."""

    context_tokens: int
    memory: Memory
    total_bytes: int
    verdict: Verdict
    where: Where
    gpu_bytes: int
    ram_bytes: int
    because: str
    """Why this verdict, in one sentence."""
    speed: Speed | None
    """`None` where it does not fit."""
    fits_with: CacheType | None = None
    """The type of key-value cache with which it would fit, when it does not as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a model would do on a machine."""

    model: str
    quantization: str
    parallel: int
    levels: tuple[Level, ...]
    """By context, smallest first; the asked one is among them."""
    asked: Level | None
    largest_tokens: int
    """The largest context that fits, in steps of 1,024; 0 when none does."""
    trained_tokens: int | None
    is_exact: bool
    """Whether the engine is known to lay this architecture out as counted."""
    because: str = ""
    """What is not exact about it."""

    @property
    def verdict(self) -> Verdict:
        """At the asked context, else at the smallest."""
        level = self.asked or (self.levels[0] if self.levels else None)
        return level.verdict if level is not None else Verdict.NO

    def at(self, context_tokens: int) -> Level | None:
        """Return the smallest level that holds so many tokens."""
        return next((level for level in self.levels if level.context_tokens >= context_tokens), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a model is to be run; everything has a plain default."""

    context: int | None = None
    parallel: int = 1
    sharing: Sharing = Sharing.EACH
    keys: CacheType = "f16"
    values: CacheType = "f16"
    has_flash_attention: bool = True
    batch_tokens: int = 512
    vision_bytes: int = 0

    def use(self, context_tokens: int, *, gpus: int = 0) -> Use:
        """Return it at one context."""
        return Use(
            context_tokens=context_tokens,
            parallel=self.parallel,
            sharing=self.sharing,
            keys=self.keys,
            values=self.values,
            has_flash_attention=self.has_flash_attention,
            batch_tokens=self.batch_tokens,
            vision_bytes=self.vision_bytes,
            gpus=gpus,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """What is counted with."""

    facts: ModelFacts
    shape: Geometry
    weights_bytes: int
    parameters: float
    active_share: float
    timed: Timings | None
    doubts: tuple[str, ...] = field(default_factory=tuple[str, ...])


def fit(
    model: ModelFacts | Row,
    machine: Machine,
    *,
    asked: Asked | None = None,
    timed: Timings | None = None,
) -> Fit:
    """Return how a model would do on a machine, at contexts from 4,096 tokens to what it was trained for.

    `model` is a row of the catalog, what Ollama's `/api/show` says, or what a GGUF file says. `timed` replaces the
    estimate of speed by what was measured.

    Raises:
        UsageError: when too little is known of the model, it is a cloud model, or the asked context cannot be.
    """
    how = asked or Asked()
    known = _known(model, timed)
    levels = tuple(_level(known, machine, how, tokens) for tokens in _contexts(known.shape.trained_tokens, how))
    return Fit(
        model=known.facts.model_id,
        quantization=known.facts.quantization,
        parallel=how.parallel,
        levels=levels,
        asked=next((level for level in levels if level.context_tokens == how.context), None),
        largest_tokens=_largest(known, machine, how, levels),
        trained_tokens=known.shape.trained_tokens,
        is_exact=known.shape.is_exact and not known.doubts,
        because=" ".join(filter(None, (known.shape.because, *known.doubts))),
    )


def _known(model: ModelFacts | Row, timed: Timings | None) -> _Model:
    facts = model.facts() if isinstance(model, Row) else completed(model)
    hint = _("Give its GGUF file, or pull it first; `homarus models fit` alone shows what is known.")
    if facts.is_remote:
        raise UsageError(
            _("{name!r} runs elsewhere: no memory of this machine.").format(name=facts.model_id), hint=hint
        )
    shape = geometry(facts)
    if shape is None or not facts.weights_bytes:
        raise UsageError(
            _("Too little is known of {name!r} to say what it needs.").format(name=facts.model_id), hint=hint
        )
    doubts: list[str] = []
    parameters = facts.parameters or facts.weights_bytes / _BYTES_PER_PARAMETER
    if isinstance(model, Row) and model.unsure:
        told = _("Out of the catalog, not verified: {fields}. A server that has it, or its file, says it exactly.")
        doubts.append(told.format(fields=", ".join(dict.fromkeys(map(_in_words, model.unsure)))))
    return _Model(
        facts=facts,
        shape=shape,
        weights_bytes=facts.weights_bytes,
        parameters=parameters,
        active_share=_active_share(facts, shape, parameters),
        timed=timed,
        doubts=tuple(doubts),
    )


def _in_words(name: str) -> str:
    """Return the name of a field of the catalog for a person."""
    match name.partition(".")[0]:
        case "sizes_bytes":
            return _("the size of the file")
        case "shape" if name.endswith("context_length"):
            return _("the largest context")
        case "shape":
            return _("how it is built")
        case "licence":
            return _("the licence")
        case _:
            return _("what it can do")


def _active_share(facts: ModelFacts, shape: Geometry, parameters: float) -> float:
    """Return how much of a model works on each token: all, unless only some experts do."""
    said = facts.metadata.get("homarus.active_share")
    if isinstance(said, int | float) and 0 < said <= 1:
        return float(said)
    if not shape.experts or not shape.experts_used or shape.experts_used >= shape.experts:
        return 1.0
    in_experts = 3.0 * shape.layers * shape.experts * shape.embedding * shape.expert_feed_forward
    idle = min(0.98, in_experts / parameters) * (1 - shape.experts_used / shape.experts)
    return 1 - idle


def _contexts(trained: int | None, asked: Asked) -> list[int]:
    most = trained or STEPS[-1]
    wanted = {step for step in STEPS if step <= most}
    wanted |= {most} if trained else set()
    wanted |= {asked.context} if asked.context is not None else set()
    return sorted(wanted)


def _level(model: _Model, machine: Machine, asked: Asked, tokens: int) -> Level:
    found = _placed(model, machine, asked, tokens)
    needed = _needs(model, asked, tokens, gpus=len(machine.cards) if found.where is Where.GPU else 0)
    helps = None if found.verdict is Verdict.FITS else next(_helpful(model, machine, asked, tokens), None)
    beyond = model.shape.trained_tokens is not None and tokens > model.shape.trained_tokens
    because = found.because
    if beyond:
        because = _("It was trained for {tokens} tokens. {rest}").format(
            tokens=model.shape.trained_tokens, rest=because
        )
    return Level(
        context_tokens=tokens,
        memory=needed,
        total_bytes=found.gpu_bytes + found.ram_bytes or needed.total,
        verdict=found.verdict,
        where=found.where,
        gpu_bytes=found.gpu_bytes,
        ram_bytes=found.ram_bytes,
        because=because,
        speed=None if found.verdict is Verdict.NO else _speed(model, machine, asked, tokens, found),
        fits_with=helps,
    )


def _needs(model: _Model, asked: Asked, tokens: int, *, gpus: int) -> Memory:
    return memory(model.shape, model.weights_bytes, asked.use(tokens, gpus=gpus))


def _placed(model: _Model, machine: Machine, asked: Asked, tokens: int) -> Place:
    return place(lambda gpus: _needs(model, asked, tokens, gpus=gpus), machine)


def _helpful(model: _Model, machine: Machine, asked: Asked, tokens: int) -> Iterator[CacheType]:
    """Yield the smaller types of cache with which it would fit."""
    for kind in SMALLER_CACHES if asked.keys == "f16" else ():
        smaller = replace(asked, keys=kind, values=kind, has_flash_attention=True)
        if _placed(model, machine, smaller, tokens).verdict is Verdict.FITS:
            yield kind


def _speed(model: _Model, machine: Machine, asked: Asked, tokens: int, found: Place) -> Speed:
    one = replace(asked, parallel=1, sharing=Sharing.EACH).use(tokens)
    work = Work(
        active_bytes=model.weights_bytes * model.active_share,
        active_parameters=model.parameters * model.active_share,
        kept_bytes=kv_bytes(model.shape, one),
        is_mixture=model.active_share < 1,
        gpu_share=found.gpu_share,
    )
    return speed(work, machine, timed=model.timed)


def _largest(model: _Model, machine: Machine, asked: Asked, levels: tuple[Level, ...]) -> int:
    """Return the largest context that fits and was trained for, between two levels to the next 1,024."""
    most = model.shape.trained_tokens
    levels = tuple(level for level in levels if most is None or level.context_tokens <= most)
    fitting = [level.context_tokens for level in levels if level.verdict is Verdict.FITS]
    if not fitting:
        return 0
    low = max(fitting) // 1024
    above = [level.context_tokens for level in levels if level.context_tokens > max(fitting)]
    high = (min(above) if above else max(fitting)) // 1024
    while high - low > 1:
        middle = (low + high) // 2
        fits_there = _placed(model, machine, asked, middle * 1024).verdict is Verdict.FITS
        low, high = (middle, high) if fits_there else (low, middle)
    return max(low * 1024, *fitting)
