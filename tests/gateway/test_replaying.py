"""A turn that is played again asks the model and nobody else, and shows what is different."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.agent_stage import BIG, SMALL, WEB, FakeProfile, Stage, calls, says, tool
from homarus.agent.history import SessionHistory
from homarus.agent.replaying import NEVER_MADE
from homarus.agent.rooms import AgentProfile, History, Models, Rooms
from homarus.domain import codec
from homarus.domain.acts import Outcome, Risk
from homarus.domain.errors import NeedsYouError, NotFoundError, ToolFailedError
from homarus.domain.events import Event
from homarus.domain.ids import AgentId, TurnId
from homarus.domain.ports import Parked
from homarus.domain.turns import Asked, Inbound
from homarus.gateway.replaying import Replayed, Replaying
from homarus.policy.judge import Rules
from homarus.testing.clock import FakeClock
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio
FIRST = TurnId("turn_1")


@dataclass
class StageMakings:
    stage: Stage

    @property
    def models(self) -> Models:
        return self.stage.models

    @property
    def history(self) -> History:
        return SessionHistory(self.stage.store)

    def agent(self, agent_id: AgentId) -> AgentProfile:
        return AgentProfile(agent_id=agent_id, workspace=self.stage.workspace)

    async def rooms(self, agent: AgentProfile) -> Rooms:
        del agent
        return self.stage.rooms()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    clock = FakeClock()
    return Stage(workspace=tmp_path, clock=clock, store=FakeStore(clock))


async def read(event: Event) -> Inbound:
    return codec.load(Inbound, event.body["inbound"])


async def replayed(stage: Stage, turn: str = "turn_1", **more: object) -> Replayed:
    replaying = Replaying(store=stage.store, read=read, makings=StageMakings(stage))
    return await replaying.replay(TurnId(turn), **more)  # pyright: ignore[reportArgumentType] - a model, by name


async def test_the_same_words_again_are_the_same(stage: Stage) -> None:
    stage.plays(says("Hello there."), says("Hello there."))
    await stage.hears("Hi")
    again = await replayed(stage)
    assert (again.same, again.difference, again.notices) == (True, "", ())
    assert again.before.text == again.after.text == "Hello there."


async def test_the_model_is_asked_the_very_same_again(stage: Stage) -> None:
    stage.plays(says("One."), says("Two."), says("Three."), says("Two."))
    for text in ("First", "Second", "Third"):
        await stage.hears(text)
        stage.clock.advance(60)
    await replayed(stage, "turn_2")
    assert stage.models.requests[-1] == stage.models.requests[1]


async def test_other_words_come_as_a_difference(stage: Stage) -> None:
    stage.plays(says("It is noon."), says("It is midnight."))
    await stage.hears("What time is it?")
    again = await replayed(stage)
    assert not again.same
    assert "-It is noon." in again.difference
    assert "+It is midnight." in again.difference


async def test_no_effect_is_repeated(stage: Stage) -> None:
    mail = tool("memory.save", Risk.WRITE, text="Saved as note 7.")
    stage.has(mail)
    round_trip = (calls("memory.save", {"text": "milk"}), says("Saved."))
    stage.plays(*round_trip, *round_trip)
    await stage.hears("Note milk")
    written = len(stage.store.events)
    again = await replayed(stage)
    assert again.same
    assert len(mail.effects) == 1
    assert len(stage.store.events) == written
    assert "Saved as note 7." in stage.models.requests[-1].messages[-1].text


async def test_each_call_gets_what_it_got_then(stage: Stage) -> None:
    clock = tool("time.now", Risk.READ, text="08:00")
    stage.has(clock)
    stage.plays(calls("time.now", {"text": "a"}, call_id="a"), calls("time.now", {"text": "b"}, call_id="b"), says("."))
    await stage.hears("Twice")
    stage.plays(calls("time.now", {"text": "b"}, call_id="z"), says("."))
    again = await replayed(stage)
    assert [step.same for step in again.steps] == [False, False, False]
    assert again.notices == ()


async def test_a_call_that_was_never_made_is_answered_with_a_note(stage: Stage) -> None:
    erase = tool("files.erase", Risk.ACT)
    stage.has(erase)
    stage.plays(says("Nothing to do."))
    await stage.hears("Look")
    stage.plays(calls("files.erase", {"path": "a"}), says("I erased it."))
    again = await replayed(stage)
    assert erase.effects == []
    assert NEVER_MADE in stage.models.requests[-1].messages[-1].text
    assert again.after.receipts[0].outcome is Outcome.FAILED
    assert "files.erase" in again.notices[0]


async def test_a_failure_and_what_was_read_come_back_as_they_were(stage: Stage) -> None:
    stage.has(
        tool("web.fetch", Risk.READ, text="A page.", label=WEB),
        tool("files.read", Risk.READ, error=ToolFailedError("Not there.", hint="Look.")),
    )
    asked = (calls("web.fetch", {"url": "x"}), calls("files.read", {"path": "y"}), says("So."))
    stage.plays(*asked, *asked)
    await stage.hears("Read both")
    again = await replayed(stage)
    assert again.same
    assert stage.models.requests[-1] == stage.models.requests[2]
    assert [receipt.outcome for receipt in again.after.receipts] == [Outcome.DONE, Outcome.FAILED]


async def test_what_a_person_refused_stays_refused_and_nobody_is_asked_again(stage: Stage) -> None:
    send = tool("mail.send", Risk.ACT)
    stage.has(send)
    asked = (calls("mail.send", {"text": "a"}), says("I did not send it."))
    stage.plays(*asked)
    act = await stage.accepts("Mail a")
    with pytest.raises(Parked):
        await act.play()
    approval = next(moment.approval for moment in stage.moments if isinstance(moment, Asked))
    body = {"decision": "deny", "fingerprint": approval.fingerprint, "approval_id": approval.approval_id}
    await act.run.decide(f"approval:{approval.approval_id}", body)
    await act.again().play()
    stage.plays(*asked)
    again = await replayed(stage)
    assert again.same
    assert send.effects == []
    assert again.after.receipts[0].outcome is Outcome.REFUSED


async def test_another_model_may_answer(stage: Stage) -> None:
    stage.models.profiles[SMALL] = FakeProfile(place="the shed")
    stage.plays(says("Big words."), says("Small words."))
    await stage.hears("Hi")
    again = await replayed(stage, model=SMALL)
    assert stage.models.requests[-1].model == SMALL
    assert again.after.route is not None
    assert (again.after.route.model, again.after.route.place) == (SMALL, "the shed")
    assert f"--- {BIG} (then)" in again.difference
    assert f"+++ {SMALL} (now)" in again.difference


async def test_malformed_arguments_come_back_as_such(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    asked = (calls("memory.save", {}, malformed='{"text": "a'), says("Sorry."))
    stage.plays(*asked, *asked)
    await stage.hears("Note a")
    assert (await replayed(stage)).same


async def test_a_turn_that_is_under_way_or_unknown_is_not_played(stage: Stage) -> None:
    await stage.accepts("Hi")
    with pytest.raises(NeedsYouError, match="not finished"):
        await replayed(stage)
    with pytest.raises(NotFoundError, match="no turn 'turn_9'"):
        await replayed(stage, "turn_9")


async def test_what_may_run_unasked_by_the_rules_runs_nothing_either(stage: Stage) -> None:
    run = tool("shell.run", Risk.RUN)
    stage.has(run)
    stage.rules = Rules(exec_mode="allowlist", safe_bins=frozenset({"ls"}))
    stage.plays(says("No."))
    await stage.hears("List")
    stage.plays(calls("shell.run", {"text": "ls"}), says("Listed."))
    await replayed(stage)
    assert run.effects == []
