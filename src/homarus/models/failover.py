"""When a model cannot answer, ask the next one in the same turn, and say so.

The rules are those of OpenClaw's later generation: a short wait is waited out, everything that says "not now" or "not
here" goes on to the next candidate, a context overflow goes back to the caller (a shorter prompt may do), a refusal by
a provider's policy and a stop by a person end the turn. The next turn begins with the first model again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol, TypeAlias

from homarus.domain.errors import (
    EgressRefusedError,
    EngineError,
    Failure,
    HomarusError,
    ModelCallError,
    NotFoundError,
    RefusedError,
)
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef, ModelRequest, Prefill, StreamEvent
from homarus.domain.labels import Reach
from homarus.domain.turns import Route, Skipped
from homarus.models.closing import closing
from homarus.models.cooldowns import Cooldowns
from homarus.models.dispatch import Priority, Queued
from homarus.models.profile import Profile
from homarus.models.retrying import Retries

_GOES_BACK = frozenset({Failure.CONTEXT_OVERFLOW, Failure.REFUSED, Failure.NO_TOOLS})


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

    @property
    def patience_s(self) -> Callable[[Priority], float]:
        """How long a turn of some priority keeps asking the last model that is left."""
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
        region: str | None = None,
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
    retries: Retries
    has_said: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _For:
    """For whom an answer is."""

    reach: Reach
    region: str | None
    turn: TurnId | None
    priority: Priority


async def answer(
    desk: Asking,
    route: Route,
    build: Build,
    *,
    reach: Reach,
    region: str | None = None,
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
        retries = Retries(
            has_next=bool(here.fallbacks),
            patience_s=desk.patience_s(priority),
            is_watched=priority in (Priority.PERSON, Priority.FOLLOW_UP),
        )
        attempt = _Try(ref=here.model, retries=retries)
        error: HomarusError | None = None
        asked = _ask(desk, attempt, here, build, _For(reach=reach, region=region, turn=turn, priority=priority))
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
    desk: Asking, attempt: _Try, here: Route, build: Build, whom: _For
) -> AsyncIterator[Event | HomarusError]:
    """Yield the events of one model; an error that lets the next one try comes as the last thing."""
    while True:
        began = monotonic()
        try:
            request = build(attempt.ref, await desk.profile(attempt.ref))
            async with closing(_streamed(desk, attempt, request, whom)) as events:
                async for event in events:
                    began = monotonic() if isinstance(event, Queued) else began
                    attempt.has_said = attempt.has_said or not isinstance(event, Prefill | Queued)
                    yield event
        except (ModelCallError, EgressRefusedError, EngineError, NotFoundError, RefusedError) as error:
            failure = _failure(error)
            if failure in _GOES_BACK:
                raise
            attempt.retries.took(monotonic() - began)
            pause_s = attempt.retries.pause_s(error)
            if pause_s is None:
                if not isinstance(error, EgressRefusedError | RefusedError):  # those say nothing about the model
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


def _streamed(desk: Asking, attempt: _Try, request: ModelRequest, whom: _For) -> AsyncIterator[StreamEvent | Queued]:
    return desk.stream(
        attempt.ref,
        request,
        reach=whom.reach,
        region=whom.region,
        turn=whom.turn,
        priority=whom.priority,
        in_hurry=attempt.retries.has_next,
    )


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
        instead_of=here.instead_of or str(here.model),
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
