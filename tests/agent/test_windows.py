"""Whatever is said, attached or read by tools: no request is larger than its window, and nothing pinned is lost."""

from dataclasses import replace

import pytest
from agent_stage import BIG, SMALL, FakeProfile, Stage, Step, calls, says, tool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homarus.agent import context, tokens
from homarus.agent.quality import facts_in, rambles, with_what_is_missing
from homarus.agent.rooms import AgentProfile
from homarus.domain.acts import Risk
from homarus.domain.content import Part, Text
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import AgentId
from homarus.domain.inference import Finish, Finished, ModelRequest, ReasoningDelta, Usage
from homarus.domain.labels import Label, Origin
from homarus.domain.turns import Route
from homarus.models.failover import Switched

pytestmark = pytest.mark.anyio
FILE = Label(origin=Origin.FILE, source="file notes.txt")
COUNTING = " ".join(map(str, range(300)))
WINDOWS = [2_048, 3_000, 4_096, 8_192, 32_768, 131_072, 262_144]


def is_summary(request: ModelRequest) -> bool:
    return request.messages[0].text.startswith("Summarise")


def size_of(request: ModelRequest) -> int:
    return tokens.of_messages(request.messages) + tokens.of_tools(request.tools)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    window=st.sampled_from(WINDOWS),
    typed=st.lists(st.integers(min_value=1, max_value=20_000), min_size=1, max_size=5),
    attached=st.integers(min_value=0, max_value=400_000),
    output=st.integers(min_value=0, max_value=200_000),
    letter=st.sampled_from(["x ", "漢", "word "]),
    has=st.frozensets(st.sampled_from(["thoughts", "pin"])),
)
async def test_no_request_is_larger_than_its_window(
    stage: Stage,
    window: int,
    typed: list[int],
    attached: int,
    output: int,
    letter: str,
    has: frozenset[str],
) -> None:
    stage = Stage(workspace=stage.workspace)
    stage.has(tool("memory.search", Risk.READ, text=letter * (output // len(letter))))
    stage.models.profiles[BIG] = FakeProfile(
        window_tokens=window, thinks="thoughts" in has, tier="entry" if window < 12_000 else "full"
    )
    asked = [0]

    def react(request: ModelRequest) -> list[Step]:
        asked[0] += 1
        return (
            calls("memory.search", {"text": "x"})
            if asked[0] % 3 == 1 and not is_summary(request)
            else says("word " * 40)
        )

    stage.models.react = react
    if "pin" in has:
        body = {"pin_id": "1", "text": "The door code is 4711."}
        await stage.store.append(NewEvent(kind=Kind.SESSION_PINNED, body=body, session=stage.session))
    for count in typed:
        parts: list[Part] = [Text(text=letter * (attached // len(letter)), label=FILE)] if attached else []
        reply = await stage.hears(letter * (count // len(letter) + 1), attachments=parts)
        assert reply.text
    for request in stage.models.requests:
        assert size_of(request) <= window
        assert request.sampling.max_tokens is not None
        assert size_of(request) + min(request.sampling.max_tokens, window // 8) <= window + 64
        if "pin" in has and not is_summary(request):
            assert "The door code is 4711." in "".join(message.text for message in request.messages)


async def test_a_typed_text_that_never_fits_is_said_in_words_and_not_sent(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=2_048, tier="entry")
    reply = await stage.hears("word " * 4_000)
    assert reply.is_error
    assert "window" in reply.text
    assert stage.models.requests == []


async def test_a_typed_text_that_fits_only_a_larger_fallback_is_answered_there(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=2_048, tier="entry")
    stage.models.profiles[SMALL] = FakeProfile(window_tokens=32_768)
    stage.models.fallbacks = (SMALL,)
    stage.plays(says("Read it all."))
    reply = await stage.hears("word " * 4_000)
    assert reply.text == "Read it all."
    assert any("too small" in notice for notice in reply.notices)


async def test_an_attachment_is_cut_and_the_person_is_told(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4_096, tier="entry")
    stage.plays(says("A long list."))
    reply = await stage.hears("What is it?", attachments=[Text(text="line of words\n" * 4_000, label=FILE)])
    assert "What is it?" in stage.models.requests[0].messages[-1].text
    assert any("only a part" in notice for notice in reply.notices)


async def test_what_is_pinned_survives_any_number_of_summaries(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4_096, tier="entry")
    stage.models.react = lambda request: says("Nothing of note.") if is_summary(request) else says("word " * 150)
    await stage.hears("Hello")
    body = {"pin_id": "1", "text": "Never call before 10 o'clock, says Dr. Wöhrle."}
    await stage.store.append(NewEvent(kind=Kind.SESSION_PINNED, body=body, session=stage.session))
    for number in range(40):
        await stage.hears(f"Question {number}: " + "why " * 80)
    summaries = await stage.store.of_session(stage.session, kinds=(Kind.SESSION_COMPACTED,))
    assert len(summaries) > 2
    shown = [request for request in stage.models.requests if not is_summary(request)][1:]
    for request in shown:
        assert "".join(m.text for m in request.messages).count("Never call before 10 o'clock, says Dr. Wöhrle.") == 1


async def test_room_is_made_before_a_smaller_model_gets_the_conversation(stage: Stage) -> None:
    stage.models.profiles[SMALL] = FakeProfile(window_tokens=2_048, tier="entry")
    stage.models.react = lambda request: says("They talked.") if is_summary(request) else says(COUNTING)
    for number in range(12):
        await stage.hears(f"Question {number}")
    stage.models.requests.clear()
    act = await stage.accepts("And you?", model=SMALL)
    await act.play()
    first, second = stage.models.requests
    assert is_summary(first)
    assert (second.model, size_of(second) <= 2_048) == (SMALL, True)


async def test_a_summary_that_removes_nothing_costs_no_try(stage: Stage) -> None:
    stage.models.profiles[SMALL] = FakeProfile(window_tokens=65_536)
    stage.models.fallbacks = (SMALL,)
    overflow = ModelCallError(Failure.CONTEXT_OVERFLOW, "too long", hint="", window_tokens=1_500)
    stage.plays([overflow], says("Here."))
    reply = await stage.hears("Hello")
    assert reply.text == "Here."
    assert stage.models.requests[-1].model == SMALL
    assert not await stage.store.of_session(stage.session, kinds=(Kind.SESSION_COMPACTED,))


async def test_thoughts_that_eat_the_answer_are_followed_by_a_question_without_them(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=8_192, tier="entry", thinks=True)
    lost: list[Step] = [ReasoningDelta(text="hm " * 50), Finished(reason=Finish.LENGTH, usage=Usage())]
    stage.plays(lost, says("Four."))
    reply = await stage.hears("Two and two?")
    assert reply.text == "Four."
    assert stage.models.requests[1].reasoning == "off"
    assert all(request.sampling.max_tokens for request in stage.models.requests)


def test_a_model_that_thinks_gets_room_for_it(stage: Stage) -> None:
    agent = AgentProfile(agent_id=AgentId("main"), workspace=stage.workspace)
    plain, thinking = FakeProfile(window_tokens=32_768), FakeProfile(window_tokens=32_768, thinks=True)
    assert context.reserve_tokens(thinking, agent) > context.reserve_tokens(plain, agent)
    assert context.reserve_tokens(thinking, replace(agent, reasoning="off")) == context.reserve_tokens(plain, agent)
    assert context.reserve_tokens(plain, replace(agent, reserve_tokens=16_384)) == 8_192


async def test_the_owners_model_for_summaries_writes_them_also_after_an_overflow(stage: Stage) -> None:
    stage.agent = AgentProfile(agent_id=AgentId("main"), workspace=stage.workspace, compaction_model="fake/small")
    stage.models.named = {"fake/small": SMALL}
    stage.models.react = lambda request: says("They counted.") if is_summary(request) else says("word " * 100)
    for number in range(10):
        await stage.hears(f"Question {number}: " + "why " * 60)
    overflow: list[Step] = [ModelCallError(Failure.CONTEXT_OVERFLOW, "too long", hint="", window_tokens=2_048)]
    steps = iter([overflow])
    stage.models.react = lambda _request: next(steps, says("They counted."))
    await stage.hears("Next")
    (summary,) = [request for request in stage.models.requests if is_summary(request)]
    assert (summary.model, summary.reasoning) == (SMALL, "off")


@pytest.mark.parametrize("name", ["fake/small", None])
async def test_the_owners_model_for_summaries_is_announced_before_it_is_wanted(stage: Stage, name: str | None) -> None:
    stage.agent = AgentProfile(agent_id=AgentId("main"), workspace=stage.workspace, compaction_model=name)
    stage.models.named = {"fake/small": SMALL}
    stage.models.profiles[BIG] = FakeProfile(window_tokens=8_192)
    stage.models.react = lambda request: says("They counted.") if is_summary(request) else says("word " * 200)
    await stage.hears("Question")
    assert stage.models.announced == []
    announced = stage.models.announced
    while not any(map(is_summary, stage.models.requests)):
        announced = list(stage.models.announced)
        await stage.hears("why " * 100)
    assert set(announced) == ({SMALL} if name else set())


async def test_who_is_back_is_said_once(stage: Stage) -> None:
    stand_in = Route(model=SMALL, because="down", place="this machine", instead_of=str(BIG))
    stage.plays([Switched(failed=BIG, to=stand_in, because="down"), *says("Hi")], says("Hello"), says("Again"))
    await stage.hears("One")
    assert any("answers again" in notice for notice in (await stage.hears("Two")).notices)
    assert not (await stage.hears("Three")).notices


TALK = (
    "Owner: Please book the flight to Lisbon on 2027-03-14 for 240 euro, write to anna@example.org about it.\n"
    "You: I asked Marta Silva at the desk.\nOwner: And what about the hotel in Porto?"
)


def test_what_a_summary_left_out_is_added() -> None:
    told = with_what_is_missing("The owner wants a flight to Lisbon.", TALK, room_chars=400)
    assert all(word in told for word in ("2027-03-14", "240", "anna@example.org", "Marta Silva", "hotel in Porto?"))
    assert told.count("Lisbon") == 1


@pytest.mark.parametrize(
    "summary",
    ["It was nice to talk. " * 5, "They met King Harald in Bergen on 1999-01-01 with Olaf Tryggvason for 77 crowns."],
)
def test_a_summary_that_repeats_itself_or_invents_is_not_used(summary: str) -> None:
    assert rambles(summary, TALK)


def test_an_honest_summary_is_used() -> None:
    assert not rambles("The owner flies to Lisbon on 2027-03-14 for 240 euro; Marta Silva was asked.", TALK)
    assert {"Lisbon", "2027-03-14", "240", "anna@example.org"} <= set(facts_in(TALK))
