"""Which models to run here: a quick one, an everyday one and the best one, out of the catalog and what is installed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from homarus.domain.engines import Engine, EngineKind
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.models.fit.fits import Asked, Fit, Level, fit
from homarus.models.fit.limits import usual_free
from homarus.models.fit.machine import Machine
from homarus.models.fit.places import Verdict, gib
from homarus.models.fit.table import Row, find, rows

Tier: TypeAlias = Literal["entry", "mid", "heavy"]
LEAST_TOKENS: dict[Tier, int] = {"entry": 8192, "mid": 16384, "heavy": 16384}
"""An agent's prompt, its tools, a page or two and an answer."""
FIRST_PROMPT_TOKENS: dict[Tier, int] = {"entry": 800, "mid": 1500, "heavy": 1500}
"""What is read before the first word of the first answer; later ones read only what is new."""
_LEAST_TOKENS_S: dict[Tier, float] = {"entry": 40, "mid": 15, "heavy": 3}
"""At best; slower is no fun to talk to."""
_MOST_SHARE: dict[Tier, float] = {"entry": 0.25, "mid": 0.6, "heavy": 1.0}
"""Of the memory for models; so the quick one can stay beside another."""
_ENTRY_BYTES = 3 << 30
"""So much is always little enough for the quick one."""
_NEARLY = 6
"""Points of merit that an installed model may be behind one that would have to be downloaded."""
_FASTER, _SMALLER = 1.5, 0.75
_TARGET_S = 8.0
_HERE = {"127.0.0.1", "localhost", "::1", "0.0.0.0"}  # noqa: S104 - compared, not listened on


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A model to run here."""

    tier: Tier
    row: Row
    fit: Fit
    level: Level
    """At the context that it was judged at."""
    refs: tuple[str, ...]
    """Where it is installed, as `provider/id`; empty when it has to be downloaded."""
    command: str
    """The command that gets it, or that makes it the default when it is installed."""
    because: str

    @property
    def is_installed(self) -> bool:
        """Whether nothing has to be downloaded."""
        return bool(self.refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What to run here."""

    entry: Choice | None
    mid: Choice | None
    heavy: Choice | None
    because: str
    """In a sentence or two: what this machine is good for, or what to do when nothing fits."""

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Those that there are, the quick one first."""
        return tuple(choice for choice in (self.entry, self.mid, self.heavy) if choice is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    row: Row
    fit: Fit
    refs: tuple[str, ...]


def recommend(
    machine: Machine,
    engines: Sequence[Engine] = (),
    catalog: Iterable[Row] | None = None,
    *,
    first_token_target_s: float = _TARGET_S,
) -> Recommendation:
    """Return a quick, an everyday and a best model for a machine.

    Only what fits with room for an agent's prompt, calls tools, and is estimated to begin its first answer within the
    target. Memory that models of a server on this machine hold counts as free: the server gives it back.
    """
    room = freed(machine, engines)
    judged = [_candidate(row, room, engines) for row in catalog or rows()]
    known = [one for one in judged if one is not None]
    found: dict[Tier, Choice] = {}
    tiers: tuple[Tier, ...] = ("heavy", "mid", "entry")
    left = known
    for tier in tiers:
        best = _best([one for one in left if _suits(one, tier, room, first_token_target_s)])
        if best is not None:
            found[tier] = choice = _choice(best, tier)
            left = [one for one in left if one.row.merit <= best.row.merit and _is_lighter(one, choice)]
    return Recommendation(
        entry=found.get("entry"),
        mid=found.get("mid"),
        heavy=found.get("heavy"),
        because=_because(machine, found, known, first_token_target_s),
    )


def freed(machine: Machine, engines: Iterable[Engine]) -> Machine:
    """Return the machine as it is when servers on it have unloaded their models."""
    ram = gpu = 0
    for engine in engines:
        if urlsplit(engine.base_url).hostname in _HERE or engine.kind is EngineKind.EMBEDDED:
            for model in engine.loaded:
                on_gpu = model.vram_bytes or 0
                gpu += on_gpu
                ram += max(0, (model.size_bytes or 0) - on_gpu)
    return machine.with_back(ram, gpu)


def _candidate(row: Row, machine: Machine, engines: Sequence[Engine]) -> _Candidate | None:
    if row.is_cloud or "tools" not in row.abilities:
        return None
    try:
        judged = fit(row, machine, asked=Asked(context=LEAST_TOKENS["mid"]))
    except UsageError:
        return None
    refs = tuple(
        f"{engine.provider}/{model.model_id}"
        for engine in engines
        for model in engine.models
        if engine.is_up and not model.is_remote and find(model.model_id) is row
    )
    return _Candidate(row=row, fit=judged, refs=refs) if row.ollama or refs else None


def _suits(one: _Candidate, tier: Tier, machine: Machine, target_s: float) -> bool:
    level = one.fit.at(LEAST_TOKENS[tier])
    if level is None or level.verdict is not Verdict.FITS or level.speed is None:
        return False
    share = level.total_bytes / max(1, _memory_for_models(machine))
    is_small = share <= _MOST_SHARE[tier] or (tier == "entry" and level.total_bytes <= _ENTRY_BYTES)
    is_quick = level.speed.generation.high >= _LEAST_TOKENS_S[tier]
    return is_small and is_quick and level.speed.first_token_s(FIRST_PROMPT_TOKENS[tier]) <= target_s


def _is_lighter(one: _Candidate, than: Choice) -> bool:
    """Whether a model takes clearly less memory than another, or is clearly faster."""
    level = one.fit.at(than.level.context_tokens)
    if level is None or level.speed is None or than.level.speed is None:
        return False
    is_faster = level.speed.generation.high >= _FASTER * than.level.speed.generation.high
    return is_faster or level.total_bytes <= _SMALLER * than.level.total_bytes


def _memory_for_models(machine: Machine) -> int:
    pools = sum(gpu.memory_total_bytes for gpu in machine.gpus)
    return pools or usual_free(machine.memory_total_bytes)


def _best(candidates: Sequence[_Candidate]) -> _Candidate | None:
    """Return the best; one that is installed wins when it is nearly as good."""
    by_merit: Callable[[_Candidate], tuple[int, int]] = lambda one: (one.row.merit, -one.row.weights_bytes)  # noqa: E731
    best = max(candidates, key=by_merit, default=None)
    if best is None:
        return None
    installed = [one for one in candidates if one.refs and one.row.merit >= best.row.merit - _NEARLY]
    return max(installed, key=by_merit, default=best)


# --- words ---


def _choice(one: _Candidate, tier: Tier) -> Choice:
    level = one.fit.at(LEAST_TOKENS[tier])
    assert level is not None
    assert level.speed is not None
    roles: dict[Tier, str] = {
        "entry": _("The quick one, small enough to stay loaded beside another."),
        "mid": _("For every day."),
        "heavy": _("The best that this machine runs."),
    }
    words = [roles[tier], level.because]
    told = _(
        "About {low} to {high} tokens a second; room for {tokens} tokens; the first word after {seconds} s or less."
    )
    waits = level.speed.first_token_s(FIRST_PROMPT_TOKENS[tier])
    words.append(
        told.format(
            low=_figure(level.speed.generation.low),
            high=_figure(level.speed.generation.high),
            tokens=one.fit.largest_tokens,
            seconds=_figure(max(0.1, waits)),
        )
    )
    if not one.row.licence.is_commercial:
        words.append(_("Its licence ({name}) does not allow business use.").format(name=one.row.licence.name))
    return Choice(
        tier=tier, row=one.row, fit=one.fit, level=level, refs=one.refs, command=_command(one), because=" ".join(words)
    )


def _command(one: _Candidate) -> str:
    if one.refs:
        return f"homarus models use {one.refs[0]}"
    return f"homarus models pull {one.row.ollama or one.row.id}"


def _because(machine: Machine, found: dict[Tier, Choice], known: Sequence[_Candidate], target_s: float) -> str:
    if found:
        most = max(found.values(), key=lambda choice: choice.row.merit)
        told = _("This machine has {size} GiB for models; {name} is the best that fits.")
        return told.format(size=gib(_memory_for_models(machine)), name=most.row.name)
    words: list[str] = []
    fitting = [one for one in known if any(level.verdict is Verdict.FITS for level in one.fit.levels)]
    waiting = [one for one in known if any(level.verdict is Verdict.TIGHT for level in one.fit.levels)]
    if fitting:
        told = _("Models fit here, but none is estimated to begin an answer within {seconds} s.")
        words.append(told.format(seconds=_figure(target_s)))
    elif waiting:
        told = _("Only {free} of {total} GiB are free, so nothing fits now; close other programs and look again.")
        words.append(told.format(free=gib(machine.memory_free_bytes), total=gib(machine.memory_total_bytes)))
    else:
        told = _("No model that can work as an agent fits into {total} GiB.")
        words.append(told.format(total=gib(machine.memory_total_bytes)))
    words.append(_("The built-in model works here: reminders, notes and quotes from your text, no conversation."))
    words.append(_("For conversation, name a server on another machine, or a hosted one, which then sees your text."))
    return " ".join(words)


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - digits that matter
