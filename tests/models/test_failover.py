import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from homarus.domain.content import user
from homarus.domain.errors import EgressRefusedError, Failure, HomarusError, ModelCallError
from homarus.domain.ids import TurnId
from homarus.domain.inference import Finish, Finished, ModelRef, ModelRequest, StreamEvent, TextDelta
from homarus.domain.labels import OWNER, Reach
from homarus.domain.turns import Route
from homarus.models.cooldowns import Cooldowns
from homarus.models.dispatch import Priority, Queued
from homarus.models.failover import Event, Switched, answer
from homarus.models.profile import Profile

pytestmark = pytest.mark.anyio
A, B, C = (ModelRef(provider=name, model_id="m") for name in "abc")
PROFILE = Profile(
    window_tokens=4096,
    max_output_tokens=None,
    inputs=("text",),
    tool_protocol="native",
    tier="full",
    place="this machine",
    is_local=True,
)


class PaperDesk:
    """Answers from a plan: for each model what it says or how it fails, call after call."""

    def __init__(self, plan: dict[ModelRef, list[str | HomarusError]]) -> None:
        self.plan = plan
        self.asked: list[ModelRef] = []
        self.hurries: list[bool] = []
        self.cooldowns = Cooldowns(lambda: 0.0)
        self.patience_s: Callable[[Priority], float] = lambda _priority: 60.0

    async def profile(self, ref: ModelRef) -> Profile:
        assert ref in self.plan
        return PROFILE

    async def stream(
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
        assert (request.model, reach, turn, priority) == (ref, Reach.ANYWHERE, None, Priority.PERSON)
        assert region is None
        self.asked.append(ref)
        self.hurries.append(in_hurry)
        step = self.plan[ref].pop(0) if len(self.plan[ref]) > 1 else self.plan[ref][0]
        if isinstance(step, str):
            yield TextDelta(text=step)
            yield Finished(reason=Finish.STOP)
            return
        if getattr(step, "failure", None) is Failure.CUT_OFF:
            yield TextDelta(text="half a sen")
        raise step


def fails(failure: Failure, *, wait_s: float | None = None) -> ModelCallError:
    return ModelCallError(failure, f"It is {failure.value}.", hint="Look there.", retry_after_s=wait_s)


def request(ref: ModelRef, profile: Profile) -> ModelRequest:
    assert profile is PROFILE
    return ModelRequest(model=ref, messages=(user("Hello", OWNER),))


async def run(desk: PaperDesk, *refs: ModelRef) -> list[Event]:
    route = Route(model=refs[0], because="First.", place="this machine", fallbacks=refs[1:])
    return [event async for event in answer(desk, route, request, reach=Reach.ANYWHERE)]


GOES_ON = [
    Failure.SERVER_DOWN,
    Failure.CONNECT_TIMEOUT,
    Failure.FIRST_TOKEN_TIMEOUT,
    Failure.STALLED,
    Failure.MODEL_MISSING,
    Failure.AUTH,
    Failure.BILLING,
    Failure.OUT_OF_MEMORY,
    Failure.BAD_REQUEST,
]


@pytest.mark.parametrize("failure", GOES_ON)
async def test_the_next_model_answers_in_the_same_turn_and_it_is_said(failure: Failure) -> None:
    desk = PaperDesk({A: [fails(failure)], B: ["Hello"]})
    found = await run(desk, A, B, C)
    (switched,) = [event for event in found if isinstance(event, Switched)]
    assert (switched.failed, switched.to.model, switched.to.fallbacks) == (A, B, (C,))
    assert failure.value in switched.because
    assert found[-2] == TextDelta(text="Hello")
    assert (desk.asked, desk.hurries) == ([A, B], [True, True])


@pytest.mark.parametrize("failure", [Failure.CUT_OFF, Failure.BAD_ANSWER, Failure.SERVER_ERROR])
async def test_a_broken_answer_is_asked_for_once_more(failure: Failure) -> None:
    desk = PaperDesk({A: [fails(failure), "Hello"]})
    found = await run(desk, A)
    assert desk.asked == [A, A]
    takes_back = [event.to.model for event in found if isinstance(event, Switched)]
    assert takes_back == ([A] if failure is Failure.CUT_OFF else [])
    assert found[-2] == TextDelta(text="Hello")


async def test_a_short_wait_is_waited_out_and_a_long_one_is_not() -> None:
    patient = PaperDesk({A: [fails(Failure.RATE_LIMITED, wait_s=0.01), "Hello"], B: ["No"]})
    await run(patient, A, B)
    assert patient.asked == [A, A]
    hurried = PaperDesk({A: [fails(Failure.RATE_LIMITED, wait_s=60)], B: ["Hello"]})
    await run(hurried, A, B)
    assert hurried.asked == [A, B]


@pytest.mark.parametrize("failure", [Failure.CONTEXT_OVERFLOW, Failure.REFUSED])
async def test_what_another_model_should_not_see_goes_back(failure: Failure) -> None:
    desk = PaperDesk({A: [fails(failure)], B: ["No"]})
    with pytest.raises(ModelCallError) as caught:
        await run(desk, A, B)
    assert (caught.value.failure, desk.asked) == (failure, [A])


async def test_a_strict_choice_fails_with_its_own_words() -> None:
    desk = PaperDesk({A: [fails(Failure.SERVER_DOWN)]})
    with pytest.raises(ModelCallError, match="It is server_down") as caught:
        await run(desk, A)
    assert (caught.value.hint, desk.asked) == ("Look there.", [A])


async def test_when_all_fail_one_error_says_what_was_tried() -> None:
    desk = PaperDesk({A: [fails(Failure.SERVER_DOWN)], B: [fails(Failure.AUTH)]})
    with pytest.raises(ModelCallError, match=r"server_down.*auth") as caught:
        await run(desk, A, B)
    assert caught.value.hint == "Look there."


async def test_a_shut_door_lets_the_next_model_try() -> None:
    desk = PaperDesk({A: [EgressRefusedError("Stays home.", hint="Use another.")], B: ["Hello"]})
    await run(desk, A, B)
    assert desk.asked == [A, B]


async def test_a_failure_rests_and_an_answer_wakes() -> None:
    desk = PaperDesk({A: [fails(Failure.SERVER_DOWN), "Hello"], B: ["Hi"]})
    await run(desk, A, B)
    assert desk.cooldowns.left_s(A) == 30
    await run(desk, A, B)
    assert desk.cooldowns.left_s(A) == 0


async def test_a_person_who_stops_is_not_answered_by_the_next_model() -> None:
    class Slow(PaperDesk):
        async def stream(self, ref: ModelRef, *_rest: object, **_more: object) -> AsyncIterator[StreamEvent | Queued]:
            self.asked.append(ref)
            await asyncio.sleep(60)
            yield TextDelta(text="late")

    desk = Slow({A: ["x"], B: ["y"]})
    task = asyncio.create_task(run(desk, A, B))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.asked == [A]
