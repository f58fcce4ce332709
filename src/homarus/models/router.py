"""Choose the model of a turn: hard limits first, then the owner's order; and say why in plain words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from homarus.domain.errors import Failure, HomarusError, ModelCallError, NotFoundError, RefusedError, UsageError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.labels import Bounds, Reach
from homarus.domain.settings import ModelChoice
from homarus.domain.turns import Route, Skipped
from homarus.models.catalog import Candidate, Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteAsk:
    """What a turn needs of a model."""

    choice: ModelChoice = field(default_factory=ModelChoice)
    """The agent's models."""
    image_choice: ModelChoice | None = None
    """Asked first when there are pictures that the agent's model cannot see."""
    selected: ModelRef | None = None
    """What the owner chose for the session; strict."""
    explicit: ModelRef | str | None = None
    """What the sender chose for this turn; strict."""
    needs_images: bool = False
    reach: Reach = Reach.ANYWHERE
    region: str | None = None
    """With `REGION`: which one."""
    prompt_tokens: int = 0
    is_headless: bool = False
    """Whether nobody waits: local servers are looked at first then."""
    down: Mapping[str, str] = field(default_factory=dict[str, str])
    """Why providers cannot be asked now, for turns that nobody waits for; by provider."""

    @property
    def bounds(self) -> Bounds:
        """How far the conversation may go."""
        return Bounds(reach=self.reach, region=self.region)


def choose(ask: RouteAsk, models: Catalog, *, rests: Callable[[ModelRef], float]) -> Route:
    """Return the route of a turn; `rests` says how long a model that failed is still left alone.

    Raises:
        HomarusError: with a hint, when the chosen model cannot be asked, or none can.
    """
    strict = ask.explicit or ask.selected
    if strict is not None:
        because = _("You chose it for this message.") if ask.explicit else _("You chose it for this session.")
        return _strict(models.find(str(strict)), ask, because)
    named = _named(ask, models)
    skipped = list(named.skipped)
    usable = _sieved(named.candidates, ask, skipped) or _largest(named.candidates, ask)
    stands_in = not usable
    if stands_in:
        usable = _sieved(named.stand_ins, replace(ask, prompt_tokens=0), skipped)
    if not usable:
        raise _nothing(skipped)
    if not named.is_by_name and not stands_in:
        # Nobody said that another one may answer, so at least nobody else gets to see the conversation.
        usable = [candidate for candidate in usable if candidate.is_local == usable[0].is_local]
    order = _awake(usable, skipped, rests)
    return Route(
        model=order[0].ref,
        because=_because(order[0], named, skipped),
        place=order[0].place,
        instead_of=named.first if named.is_by_name and str(order[0].ref) != named.first else "",
        fallbacks=() if stands_in else tuple(candidate.ref for candidate in order[1:]),
        skipped=tuple(skipped),
    )


def _awake(usable: list[Candidate], skipped: list[Skipped], rests: Callable[[ModelRef], float]) -> list[Candidate]:
    """Return those that did not fail a moment ago; all of them when each one did."""
    awake = [candidate for candidate in usable if not rests(candidate.ref)]
    for candidate in usable if awake else ():
        if candidate not in awake:
            because = _("{model} failed a moment ago and rests for {seconds:.0f} s.").format(
                model=candidate.ref, seconds=rests(candidate.ref)
            )
            skipped.append(Skipped(model=str(candidate.ref), because=because))
    return awake or usable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    candidates: list[Candidate]
    skipped: list[Skipped]
    is_by_name: bool
    """Whether the owner named them as an agent's models; else they are taken in the order of the configuration."""
    is_for_pictures: bool = False
    """Whether the first one is the owner's model for pictures, because there is one."""
    first: str = ""
    """Which one would answer if everything was well: `provider/id`, or a name that nobody knows."""
    stand_ins: list[Candidate] = field(default_factory=list[Candidate])
    """Asked when none of the candidates can be."""


def _named(ask: RouteAsk, models: Catalog) -> _Named:
    choice = ask.choice
    names = [choice.primary, *choice.fallbacks]
    is_for_pictures = ask.needs_images and ask.image_choice is not None and bool(ask.image_choice.primary)
    if ask.needs_images and ask.image_choice is not None:
        names = [ask.image_choice.primary, *ask.image_choice.fallbacks, *names]
    candidates: list[Candidate] = []
    skipped: list[Skipped] = []
    firsts: list[str] = []
    for name in filter(None, names):
        try:
            found = models.find(name)
        except NotFoundError as error:
            skipped.append(Skipped(model=name, because=f"{error.message} {error.hint}"))
            firsts.append(name)
            continue
        firsts.append(str(found.ref))
        if found.ref not in {candidate.ref for candidate in candidates}:
            candidates.append(found)
    if choice.primary or candidates:
        embedded = [candidate for candidate in models.candidates if candidate.is_embedded]
        return _Named(
            candidates=candidates,
            skipped=skipped,
            is_by_name=True,
            is_for_pictures=is_for_pictures,
            first=firsts[0],
            stand_ins=embedded,
        )
    return _unnamed(models)


def _unnamed(models: Catalog) -> _Named:
    """Return what to try when nobody said: the first configured one, then what comes with homarus, then what runs here.

    Where a server of the owner's own comes first, nothing that others run takes its place.
    """
    places = {name: place for place, name in enumerate(models.providers)}
    skipped = [Skipped(model=silent.provider, because=f"{silent.sentence}.") for silent in models.silent]
    own = [candidate for candidate in models.candidates if not (candidate.is_embedded or candidate.is_found)]
    own.sort(key=lambda candidate: places.get(candidate.ref.provider, len(places)))
    firsts = [(places[silent.provider], silent.provider) for silent in models.silent]
    firsts += [(places.get(candidate.ref.provider, len(places)), str(candidate.ref)) for candidate in own[:1]]
    near = [silent.provider for silent in models.silent]
    near += [candidate.ref.provider for candidate in own if candidate.is_local]
    local_from = min((places.get(name, len(places)) for name in near), default=len(places))
    kept: list[Candidate] = []
    for candidate in own:
        if candidate.is_local or candidate.unusable or places.get(candidate.ref.provider, 0) < local_from:
            kept.append(candidate)
        else:
            skipped.append(Skipped(model=str(candidate.ref), because=_unasked(candidate)))
    others = [candidate for candidate in models.candidates if candidate.is_embedded or candidate.is_found]
    return _Named(
        candidates=kept,
        skipped=skipped,
        is_by_name=False,
        first=min(firsts)[1] if firsts else "",
        stand_ins=sorted(others, key=_rank),
    )


def _unasked(candidate: Candidate) -> str:
    return _(
        "{model} is not asked in place of a model of your own: {place} would see the conversation. "
        "Name it in `agents.defaults.model` to allow that."
    ).format(model=candidate.ref, place=candidate.place)


def _rank(candidate: Candidate) -> int:
    if candidate.is_found:
        return 2 if candidate.info.is_loaded is False else 1
    return 0


def _sieved(candidates: Iterable[Candidate], ask: RouteAsk, skipped: list[Skipped]) -> list[Candidate]:
    usable: list[Candidate] = []
    for candidate in candidates:
        problem = _problem(candidate, ask)
        if problem is None:
            usable.append(candidate)
        else:
            skipped.append(Skipped(model=str(candidate.ref), because=f"{problem.message} {problem.hint}".strip()))
    return usable


def _largest(candidates: Iterable[Candidate], ask: RouteAsk) -> list[Candidate]:
    """Return who could answer a shorter prompt, the largest window first: the conversation is shortened for it."""
    usable = _sieved(candidates, replace(ask, prompt_tokens=0), [])
    return sorted(usable, key=lambda candidate: -(candidate.window_tokens or 0))


def _problem(candidate: Candidate, ask: RouteAsk) -> HomarusError | None:
    """Return why a candidate cannot take this turn, if it cannot."""
    ref = candidate.ref
    if candidate.unusable is not None:
        return UsageError(
            _("{model} is skipped: {because}.").format(model=ref, because=candidate.unusable.because),
            hint=candidate.unusable.hint,
        )
    if not ask.bounds.allow(is_local=candidate.is_local, region=candidate.region):
        return goes_too_far(ref, candidate.region, ask.bounds)
    if ref.provider in ask.down:
        return ModelCallError(
            Failure.SERVER_DOWN,
            _("{model} is skipped: {because}.").format(model=ref, because=ask.down[ref.provider].rstrip(".")),
            hint=_("Start its server; `homarus doctor models` says more."),
        )
    if ask.needs_images and "image" not in candidate.info.inputs:
        return UsageError(
            _("{model} is skipped: it cannot see pictures.").format(model=ref),
            hint=_('Say `input: ["text", "image"]` for it if it can, or set `agents.defaults.imageModel`.'),
        )
    window = candidate.window_tokens
    if window is not None and ask.prompt_tokens > window:
        return ModelCallError(
            Failure.CONTEXT_OVERFLOW,
            _("{model} is skipped: it reads {window} tokens at most.").format(model=ref, window=window),
            hint=_("Shorten the conversation with /compact, or start a new one."),
            window_tokens=window,
        )
    return None


def goes_too_far(ref: ModelRef, region: str | None, bounds: Bounds) -> RefusedError:
    """Return why a conversation is not told to a model that is elsewhere."""
    if bounds.reach is not Reach.REGION:
        return RefusedError(
            _("{model} is skipped: this conversation is private and does not leave your network.").format(model=ref),
            hint=_("Choose a model that runs here: `homarus models list`."),
        )
    if region is None:
        return RefusedError(
            _("{model} is skipped: this conversation stays in {region!r}, and nobody said where it works.").format(
                model=ref, region=bounds.region
            ),
            hint=_("If it works there: `homarus config set models.providers.{provider}.region {region}`.").format(
                provider=ref.provider, region=bounds.region
            ),
        )
    return RefusedError(
        _("{model} is skipped: this conversation stays in {region!r}, and it works in {other!r}.").format(
            model=ref, region=bounds.region, other=region
        ),
        hint=_("Choose a model there, or one that runs here: `homarus models list`."),
    )


def _strict(candidate: Candidate, ask: RouteAsk, because: str) -> Route:
    problem = _problem(candidate, replace(ask, prompt_tokens=0))
    if problem is not None:
        raise problem
    return Route(model=candidate.ref, because=because, place=candidate.place)


def _because(chosen: Candidate, named: _Named, skipped: list[Skipped]) -> str:
    why = next((entry.because for entry in skipped if entry.model == named.first), "")
    why = why or (skipped[0].because if skipped else _("The first one cannot be used."))
    is_own = chosen in named.candidates
    if named.is_by_name:
        if str(chosen.ref) == named.first:
            by_picture = _("The message has a picture, and this is the model for pictures.")
            return by_picture if named.is_for_pictures else _("It is this agent's first model.")
        if not is_own:
            return _("None of this agent's models can be used, so the embedded one answers. {why}").format(why=why)
        return _("It stands in for this agent's first model. {why}").format(why=why)
    if is_own and str(chosen.ref) == named.first:
        return _("No default model is set, so the first configured one answers.")
    if is_own:
        return _("No default model is set, and this one stands in for the first configured one. {why}").format(why=why)
    return _stands_in(chosen, named, why)


def _stands_in(chosen: Candidate, named: _Named, why: str) -> str:
    """Say why a model answers that nobody configured."""
    if named.first and chosen.is_found:
        return _("{why}, so one that was found running on this machine answers.").format(why=why.rstrip("."))
    if named.first:
        return _("{why}, so the one that comes with homarus answers.").format(why=why.rstrip("."))
    if chosen.is_embedded:
        return _("No model is configured, so the one that comes with homarus answers.")
    return _("No model is configured; this one was found running on this machine.")


def _nothing(skipped: list[Skipped]) -> ModelCallError:
    """Return the error when no model is left, with the reason of each."""
    reasons = " ".join(entry.because for entry in skipped[:4])
    return ModelCallError(
        Failure.MODEL_MISSING,
        _("There is no model that can answer this. {reasons}").format(reasons=reasons).strip(),
        hint=_("`homarus models list` shows what there is and what is missing."),
    )
