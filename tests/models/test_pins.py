"""A pinned model is that build or is not asked, and every answer of a turn says how it was made."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from homarus.domain.cards import Served, Subject
from homarus.domain.content import ToolSpec, system, user
from homarus.domain.engines import Engine, EngineKind, LoadState, ModelFacts, ServedModel
from homarus.domain.errors import Failure, ModelCallError, NotFoundError, RefusedError
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef, ModelRequest, Sampling
from homarus.domain.labels import OWNER, Reach
from homarus.domain.ports import Endpoint, ModelInfo
from homarus.domain.settings import Settings
from homarus.models.catalog import Candidate
from homarus.models.desk import Desk
from homarus.models.identity import Identity
from homarus.models.knowledge import Knowledge
from homarus.models.pins import Pins, is_refused, prompt_sha256, seeded, served
from homarus.net.door import OpenDoor
from homarus.testing.quirks import QuirkServer, say

pytestmark = pytest.mark.anyio
REF = ModelRef(provider="shed", model_id="quirk")
REQUEST = ModelRequest(model=REF, messages=(system("Be kind."), user("Hello", OWNER)))
TURN = TurnId("turn_1")
SUBJECT = Subject(provider="shed", model_id="quirk")


@dataclass
class Shed:
    """One server, as it is looked at."""

    digest: str = "sha256:aa"
    version: str = "0.24.0"
    template: str = "{{ messages }}"
    is_there: bool = True
    is_listed: bool = True
    is_loading: bool = False
    shown: int = 0
    knowledge: Knowledge = field(default_factory=Knowledge)

    async def live(self, ref: ModelRef) -> Candidate:
        at = Endpoint(provider=ref.provider, base_url="http://127.0.0.1:1/v1")
        return Candidate(ref=ref, api="ollama", endpoint=at, info=ModelInfo(model_id=ref.model_id, window_tokens=8192))

    def engine_of(self, _ref: ModelRef) -> Engine | None:
        if not self.is_there:
            return None
        model = ServedModel(model_id="quirk", digest=self.digest, quantization="Q4_K_M")
        return Engine(
            provider="shed",
            kind=EngineKind.OLLAMA,
            base_url="http://127.0.0.1:1",
            place="this machine",
            is_local=True,
            is_up=True,
            version=self.version,
            models=(model,)
            if self.is_listed
            else (ServedModel(model_id="", state=LoadState.LOADING),) * self.is_loading,
        )

    async def show(self, ref: ModelRef, _engine: Engine) -> ModelFacts:
        self.shown += 1
        if not self.template:
            raise ModelCallError(Failure.SERVER_DOWN, "gone", hint="")
        return ModelFacts(model_id=ref.model_id, template=self.template)

    @property
    def identity(self) -> Identity:
        return Identity(self.knowledge, live=self.live, engine_of=self.engine_of, show=self.show)

    @property
    def pins(self) -> Pins:
        return Pins(self.knowledge, self.identity)


async def pinned(shed: Shed) -> Pins:
    await shed.pins.pin(REF, window_tokens=8192, sampler={})
    return shed.pins


async def test_a_build_is_what_its_server_says_of_it() -> None:
    subject = await Shed().identity.subject(REF)
    assert (subject.digest, subject.quantization, subject.engine) == ("sha256:aa", "Q4_K_M", "ollama 0.24.0")
    assert len(subject.template_sha256) == 64


async def test_a_template_is_asked_for_once_per_build() -> None:
    shed = Shed()
    identity = shed.identity
    for _ in range(3):
        await identity.subject(REF)
    assert shed.shown == 1


async def test_a_server_that_cannot_show_costs_no_answer() -> None:
    assert (await Shed(template="").identity.subject(REF)).template_sha256 == ""


async def test_without_a_digest_name_window_and_template_stand_for_it() -> None:
    one, two = await Shed(digest="").identity.subject(REF), await Shed(digest="", template="x").identity.subject(REF)
    assert one.digest.startswith("id:")
    assert one.digest != two.digest


async def test_a_server_that_nobody_looked_at_says_nothing() -> None:
    assert (await Shed(is_there=False).identity.subject(REF)).digest == ""


async def test_a_pinned_build_is_served() -> None:
    await (await pinned(Shed())).check(REF)


async def test_another_digest_is_refused_with_the_next_step() -> None:
    shed = Shed()
    pins = await pinned(shed)
    shed.digest = "sha256:bb"
    with pytest.raises(RefusedError, match="digest was sha256:aa and is sha256:bb") as refused:
        await pins.check(REF)
    assert "homarus models pin shed/quirk --drop" in refused.value.hint
    assert [is_refused(one) for one in await pins.broken()] == [True]


async def test_a_server_that_lists_a_pinned_model_no_more_is_not_asked_for_it() -> None:
    shed = Shed()
    pins = await pinned(shed)
    shed.is_listed = False
    with pytest.raises(RefusedError, match="does not say any more what it serves"):
        await pins.check(REF)


@pytest.mark.parametrize("what", ["is_loading", "is_there"])
async def test_a_server_that_is_down_or_loading_fails_by_itself(what: str) -> None:
    shed = Shed()
    pins = await pinned(shed)
    shed.is_listed, shed.is_loading, shed.is_there = False, what == "is_loading", what == "is_loading"
    await pins.check(REF)


async def test_a_dropped_pin_holds_nothing() -> None:
    shed = Shed()
    pins = await pinned(shed)
    shed.digest = "sha256:bb"
    assert await pins.drop(REF)
    await pins.check(REF)
    assert await pins.broken() == ()


async def test_another_template_is_refused() -> None:
    shed = Shed()
    await pinned(shed)
    shed.template = "{{ others }}"
    with pytest.raises(RefusedError, match="chat template"):
        await shed.pins.check(REF)


async def test_a_newer_engine_is_told_and_not_refused() -> None:
    shed = Shed()
    pins = await pinned(shed)
    shed.version = "0.25.0"
    await pins.check(REF)
    (broken,) = await pins.broken()
    assert "ollama 0.24.0 and is ollama 0.25.0" in broken.because
    assert not is_refused(broken)


async def test_what_nobody_can_name_cannot_be_pinned() -> None:
    with pytest.raises(NotFoundError, match="cannot be pinned"):
        await Shed(is_there=False).pins.pin(REF, window_tokens=None, sampler={})


def test_a_turn_throws_the_same_dice_again_and_another_turn_others() -> None:
    one = seeded(REQUEST, TURN).sampling.seed
    assert one == seeded(REQUEST, TURN).sampling.seed != seeded(REQUEST, TurnId("turn_2")).sampling.seed
    assert one is not None
    assert 0 <= one < 2**31


@pytest.mark.parametrize("chosen", [{"sampling": Sampling(seed=7)}, {"extra": {"seed": 7}}])
def test_the_owners_own_seed_stays(chosen: dict[str, object]) -> None:
    request = replace(REQUEST, **chosen)
    assert seeded(request, TURN) == request


def test_what_was_sent_is_written_down() -> None:
    request = replace(REQUEST, sampling=Sampling(temperature=0.2, seed=3, stop=("end",)), extra={"min_p": 0.1})
    told = served(subject=SUBJECT, request=request, window_tokens=8192)
    assert told.sampler == {"temperature": 0.2, "seed": 3, "stop": ["end"], "min_p": 0.1}
    assert told.window_tokens == 8192


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, messages=REQUEST.messages[:1]),
        replace(REQUEST, tools=(ToolSpec(name="a", description="b"),)),
        replace(REQUEST, response_schema={"type": "object"}),
        replace(REQUEST, grammar="root ::= x"),
    ],
)
def test_another_prompt_has_another_hash(other: ModelRequest) -> None:
    assert prompt_sha256(other) != prompt_sha256(REQUEST) == prompt_sha256(replace(REQUEST))


def test_dice_are_no_part_of_the_prompt() -> None:
    assert prompt_sha256(seeded(REQUEST, TURN)) == prompt_sha256(REQUEST)


@pytest.fixture
async def server() -> AsyncIterator[QuirkServer]:
    async with QuirkServer([say("Hello.")]) as made:
        yield made


@pytest.fixture
async def desk(server: QuirkServer) -> AsyncIterator[Desk]:
    entry = {"baseUrl": f"{server.url}/v1", "api": "openai-completions", "models": [{"id": "quirk"}]}
    settings = Settings.model_validate({"models": {"mode": "replace", "providers": {"shed": entry}}})
    door = OpenDoor()
    yield Desk(lambda: settings, {}, door, providers={}, wires={})
    await door.close()


async def test_a_turn_hears_first_how_its_answer_is_made(desk: Desk, server: QuirkServer) -> None:
    events = [event async for event in desk.stream(REF, REQUEST, reach=Reach.ANYWHERE, turn=TURN)]
    assert isinstance(told := events[0], Served)
    assert told.sampler["seed"] == server.prompts[0].json["seed"] == seeded(REQUEST, TURN).sampling.seed
    assert told.prompt_sha256 == prompt_sha256(REQUEST)


async def test_a_client_without_a_turn_gets_no_dice_of_ours(desk: Desk, server: QuirkServer) -> None:
    events = [event async for event in desk.stream(REF, REQUEST, reach=Reach.ANYWHERE)]
    assert not any(isinstance(event, Served) for event in events)
    assert "seed" not in server.prompts[0].json


async def test_the_server_of_a_pinned_model_is_looked_at_before_it_is_asked() -> None:
    shed, looked = Shed(), list[ModelRef]()
    await pinned(shed)

    async def look(ref: ModelRef) -> None:
        looked.append(ref)
        shed.digest = "sha256:bb"  # swapped a moment ago

    with pytest.raises(RefusedError, match="sha256:bb"):
        await Pins(shed.knowledge, shed.identity, look=look).check(REF)
    assert looked == [REF]


async def test_a_model_without_a_pin_costs_no_look() -> None:
    async def look(ref: ModelRef) -> None:
        pytest.fail(f"{ref} was looked at")

    await Pins(Knowledge(), Shed().identity, look=look).check(REF)
