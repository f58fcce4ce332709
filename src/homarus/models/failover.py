"""When a model cannot answer, ask the next one in the same turn, and say so.

The rules are those of OpenClaw's later generation: a short wait is waited out, everything that says "not now" or "not
here" goes on to the next candidate, a context overflow goes back to the caller (a shorter prompt may do), a refusal by
a provider's policy and a stop by a person end the turn.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from homarus.domain.errors import EgressRefusedError, EngineError, Failure, HomarusError, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef, ModelRequest, Prefill, StreamEvent
from homarus.domain.labels import Reach
from homarus.domain.turns import Route, Skipped
from homarus.models.closing import closing
from homarus.models.cooldowns import Cooldowns
from homarus.models.dispatch import Priority, Queued
from homarus.models.profile import Profile

_GOES_BACK = frozenset({Failure.CONTEXT_OVERFLOW, Failure.REFUSED})
_WAITED_OUT = frozenset({Failure.RATE_LIMITED, Failure.LOADING, Failure.OVERLOADED})
_ASKED_AGAIN = frozenset({Failure.CUT_OFF, Failure.BAD_ANSWER, Failure.SERVER_ERROR})
_LONGEST_WAIT_S = 8.0
_WAITS_S = (1.0, 2.0, 4.0)
_LOADING_WAITS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """A model failed and another one is asked, or the same once more; nothing that came before counts."""

    failed: ModelRef
    to: Route
    """The route as it is now: the model that answers, and what is left after it."""
    because: str
    """A sentence for the person."""
    failure: Failure | None = None


Build: TypeAlias = Callable[[ModelRef, Profile], ModelRequest]
"""Makes the request for one candidate; called again for each, because their windows differ."""
Event: TypeAlias = StreamEvent | Queued | Switched


class Asking(Protocol):
    """What failover needs of the desk."""

    @property
    def cooldowns(self) -> Cooldowns:
        """Which models rest."""
        ...

    async def profile(self, ref: ModelRef) -> Profile:
        """Return what is known of a model."""
        ...

    def stream(
        self,
        ref: ModelRef,
        request: ModelRequest,
        *,
        reach: Reach,
        turn: TurnId | None = None,
        priority: Priority = Priority.PERSON,
        in_hurry: bool = False,
    ) -> AsyncIterator[StreamEvent | Queued]:
        """Ask one model."""
        ...


@dataclass(slots=True)
class _Try:
    """What is known of the model that is being asked."""

    ref: ModelRef
    has_said: bool = False
    waits: int = 0
    repeats: int = 0


async def answer(
    desk: Asking,
    route: Route,
    build: Build,
    *,
    reach: Reach,
    turn: TurnId | None = None,
    priority: Priority = Priority.PERSON,
) -> AsyncIterator[Event]:
    """Yield the answer of the route's model, or of the first fallback that can answer.

    Raises:
        ModelCallError: when nobody answered; a context overflow at once.
    """
    errors: list[HomarusError] = []
    here = route
    while True:
        attempt = _Try(ref=here.model)
        error: HomarusError | None = None
        asked = _ask(desk, attempt, here, build, reach=reach, turn=turn, priority=priority)
        async with closing(asked) as events:
            async for event in events:
                if isinstance(event, HomarusError):
                    error = event
                else:
                    yield event
        if error is None:
            return
        errors.append(error)
        if not here.fallbacks:
            raise _all_failed(route, errors) from error
        here = _next(here, error, place=(await desk.profile(here.fallbacks[0])).place)
        yield Switched(failed=attempt.ref, to=here, because=here.because, failure=_failure(error))


async def _ask(
    desk: Asking,
    attempt: _Try,
    here: Route,
    build: Build,
    *,
    reach: Reach,
    turn: TurnId | None,
    priority: Priority,
) -> AsyncIterator[Event | HomarusError]:
    """Yield the events of one model; an error that lets the next one try comes as the last thing."""
    while True:
        try:
            request = build(attempt.ref, await desk.profile(attempt.ref))
            hurry = bool(here.fallbacks)
            async with closing(
                desk.stream(attempt.ref, request, reach=reach, turn=turn, priority=priority, in_hurry=hurry)
            ) as events:
                async for event in events:
                    attempt.has_said = attempt.has_said or not isinstance(event, Prefill | Queued)
                    yield event
        except (ModelCallError, EgressRefusedError, EngineError) as error:
            failure = _failure(error)
            if failure in _GOES_BACK:
                raise
            pause_s = _pause_s(error, attempt, has_next=bool(here.fallbacks))
            if pause_s is None:
                retry_after_s = error.retry_after_s if isinstance(error, ModelCallError) else None
                desk.cooldowns.failed(attempt.ref, failure, retry_after_s=retry_after_s)
                yield error
                return
            if attempt.has_said:
                attempt.has_said = False
                yield Switched(failed=attempt.ref, to=here, because=_again(error), failure=failure)
            if pause_s:
                phase = "loading" if failure is Failure.LOADING else "queued"
                yield Queued(position=1, expected_wait_s=pause_s, phase=phase)
            await asyncio.sleep(pause_s)
        else:
            desk.cooldowns.answered(attempt.ref)
            return


def _pause_s(error: HomarusError, attempt: _Try, *, has_next: bool) -> float | None:
    """Return how long to wait before the same model is asked again; nothing when it is not."""
    failure = _failure(error)
    asked_for = error.retry_after_s if isinstance(error, ModelCallError) else None
    if failure is Failure.LOADING:
        attempt.waits += 1
        return 2.0 if attempt.waits <= (_LOADING_WAITS // 2 if has_next else _LOADING_WAITS) else None
    if failure in _WAITED_OUT:
        if attempt.waits >= (1 if has_next else len(_WAITS_S)):
            return None
        pause_s = asked_for if asked_for is not None else _WAITS_S[attempt.waits]
        attempt.waits += 1
        return pause_s if pause_s <= (_LONGEST_WAIT_S if not has_next else _LONGEST_WAIT_S / 2) else None
    if failure in _ASKED_AGAIN and attempt.repeats == 0:
        attempt.repeats += 1
        return 0.0
    return None


def _failure(error: HomarusError) -> Failure | None:
    return error.failure if isinstance(error, ModelCallError) else None


def _again(error: HomarusError) -> str:
    return _("{why} It is asked once more.").format(why=error.message)


def _next(here: Route, error: HomarusError, *, place: str) -> Route:
    """Return the route to the first fallback."""
    first, *rest = here.fallbacks
    return Route(
        model=first,
        because=_("{model} answers in place of {failed}: {why}").format(
            model=first, failed=here.model, why=error.message
        ),
        place=place,
        fallbacks=tuple(rest),
        skipped=(*here.skipped, Skipped(model=str(here.model), because=error.message)),
    )


def _all_failed(route: Route, errors: list[HomarusError]) -> HomarusError:
    """Return one error that says what was tried; a single model's own error stays as it is."""
    if len(errors) == 1 and not route.fallbacks:
        return errors[0]
    first = errors[0]
    return ModelCallError(
        _failure(first) or Failure.SERVER_DOWN,
        _("No model answered. {reasons}").format(reasons=" ".join(error.message for error in errors)),
        hint=first.hint,
    )
