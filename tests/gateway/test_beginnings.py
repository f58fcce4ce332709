"""What is read before somebody waits is what the first message's prompt begins with, however a model is asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from agent.agent_stage import BIG, FakeProfile, Stage, says, tool
from homarus.agent.history import SessionHistory
from homarus.agent.rooms import AgentProfile
from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.ids import AgentId
from homarus.domain.inference import ModelRef
from homarus.domain.settings import ModelChoice, Settings
from homarus.gateway.beginnings import Beginnings
from homarus.gateway.toolbox import Toolbox
from homarus.models.desk import Desk
from homarus.testing.clock import FakeClock
from homarus.testing.store import FakeStore
from homarus.tools.marked import MarkedTool
from homarus.tools.offer import Offer

pytestmark = pytest.mark.anyio


@dataclass
class StageDesk:
    stage: Stage

    def find(self, name: str) -> "StageDesk":
        assert name == str(BIG)
        return self

    @property
    def ref(self) -> ModelRef:
        return BIG

    def catalog(self) -> None:
        """Nobody is looked for: the model is named."""

    async def profile(self, ref: ModelRef) -> FakeProfile:
        return await self.stage.models.profile(ref)


@dataclass
class StageTools:
    stage: Stage

    async def offer(self) -> Offer:
        tools = cast("dict[str, MarkedTool]", self.stage.tools)
        return Offer(tools=tools, settings={}, left_out=())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    clock = FakeClock()
    made = Stage(workspace=tmp_path, clock=clock, store=FakeStore(clock))
    made.has(tool("notes.write"), tool("files.read"))
    return made


def beginnings(stage: Stage) -> Beginnings:
    agent = AgentProfile(agent_id=AgentId("main"), workspace=stage.workspace, model=ModelChoice(primary=str(BIG)))
    return Beginnings(
        desk=cast("Desk", StageDesk(stage)),
        history=SessionHistory(stage.store),
        toolbox=cast("Toolbox", StageTools(stage)),
        settings=Settings,
        agent=lambda _agent: agent,
    )


@pytest.mark.parametrize("protocol", ["native", "constrained", "text", "none"])
async def test_it_is_what_the_first_message_begins_with(stage: Stage, protocol: str) -> None:
    stage.models.profiles[BIG] = FakeProfile(tool_protocol=protocol)
    beginning = await beginnings(stage)()
    stage.plays(says("Hello."))
    await stage.hears("Good morning!")
    asked = stage.models.requests[0]

    assert beginning is not None
    assert beginning.messages[:-1] == asked.messages[:-1]
    assert beginning.tools == asked.tools


async def test_a_conversation_whose_model_takes_no_tools_of_the_server_is_begun_in_its_own_way(stage: Stage) -> None:
    refused = ModelCallError(Failure.NO_TOOLS, "big cannot call tools.", hint="x")
    stage.plays([refused], says("Noted."), says("Hello."))
    await stage.hears("What is a note?")
    await stage.hears("Good morning!")
    asked, beginning = stage.models.requests[-1], await beginnings(stage)()

    assert not asked.tools
    assert beginning is not None
    assert beginning.messages[0] == asked.messages[0]
    assert beginning.tools == asked.tools
