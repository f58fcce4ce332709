"""Every tool stays within reach, whatever room a prompt has for them."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from agent_stage import BIG, WEB, FakeProfile, Stage, calls, says, tool

from homarus.agent import workspace
from homarus.agent.finding import CALL, FIND, ranked
from homarus.agent.rooms import AgentProfile
from homarus.domain.acts import Outcome, Risk
from homarus.domain.content import Json
from homarus.domain.ids import AgentId
from homarus.domain.settings import ToolChoice
from homarus.domain.turns import Asked
from homarus.models.bodies import to_bytes
from homarus.tools.marked import tool_of
from homarus.tools.offer import own_tools

SPECS = [tool_of(function).spec for function in own_tools()]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("edit a file", "files.edit"),
        ("change text in a document", "files.edit"),
        ("run a command in the terminal", "shell.run"),
        ("execute bash", "shell.run"),
        ("look something up on the internet", "web.search"),
        ("open a URL", "web.fetch"),
        ("grep", "files.search"),
        ("which files are in the folder", "files.list"),
        ("set an alarm", "remind.set"),
        ("delete a reminder", "remind.cancel"),
        ("what did we note about the key", "memory.search"),
        ("keep a fact", "memory.save"),
        ("what time is it", "time.now"),
        ("Datei ändern", "files.edit"),
        ("borrar recordatorio", "remind.cancel"),
        ("files_edit", "files.edit"),
        ("shellRun", "shell.run"),
    ],
)
def test_tools_are_found_by_what_they_do(query: str, wanted: str) -> None:
    assert wanted in [spec.name for spec in ranked(query, SPECS)][:3]


def test_what_fits_nothing_finds_nothing() -> None:
    assert ranked("quantum", SPECS) == []


def narrow(stage: Stage) -> None:
    """Tools of which some find no room."""
    big = tool("files.edit", Risk.WRITE, key=("path",))
    big.spec = replace(big.spec, description=f"Edit a file. {'words ' * 300}")
    far = tool("blob.send", Risk.ACT, key=("url",))
    far.spec = replace(far.spec, description="Send a mail to somebody. " + "words " * 700)
    stage.has(tool("memory.save"), big, far)


@pytest.mark.anyio
async def test_a_tool_without_room_is_found_and_called_and_its_receipt_names_it(stage: Stage) -> None:
    narrow(stage)
    stage.plays(
        calls(FIND, {"query": "send an email"}),
        calls(CALL, {"name": "files.edit", "arguments": {"path": "a.md"}}),
        says("The file is edited."),
    )
    reply = await stage.hears("Edit a.md")
    assert [spec.name for spec in stage.models.requests[0].tools][-2:] == [FIND, CALL]
    assert "blob.send(text?: text): Send a mail" in stage.models.requests[1].messages[-1].text
    assert [(one.tool, one.outcome) for one in reply.receipts] == [(FIND, Outcome.DONE), ("files.edit", Outcome.DONE)]
    assert reply.receipts[1].arguments == {"path": "a.md"}
    assert not any("does without" in notice for notice in reply.notices)


@pytest.mark.anyio
async def test_the_policy_judges_the_tool_behind_the_call(stage: Stage) -> None:
    narrow(stage)
    stage.plays(calls(CALL, {"name": "blob.send", "arguments": {"url": "http://a"}}))
    act = await stage.accepts("Send it")
    from homarus.domain.ports import Parked

    with pytest.raises(Parked):
        await act.play()
    (asked,) = [moment.approval for moment in stage.moments if isinstance(moment, Asked)]
    assert (asked.tool, asked.arguments) == ("blob.send", {"url": "http://a"})
    assert stage.tools["blob.send"].effects == []


@pytest.mark.anyio
@pytest.mark.parametrize("name", [CALL, FIND, "files.erase", ""])
async def test_only_what_the_agent_may_use_can_be_called(stage: Stage, name: str) -> None:
    narrow(stage)
    stage.agent = AgentProfile(
        agent_id=AgentId("main"), workspace=stage.workspace, tools=ToolChoice(deny=("files.erase",))
    )
    stage.has(tool("files.erase"))
    stage.plays(calls(CALL, {"name": name, "arguments": {}}), says("No."))
    reply = await stage.hears("Erase it")
    assert reply.receipts[0].outcome is Outcome.FAILED
    assert stage.tools["files.erase"].effects == []


@pytest.mark.anyio
async def test_where_all_tools_fit_nothing_needs_to_be_found(stage: Stage) -> None:
    stage.has(tool("memory.save"), tool("web.fetch", Risk.REACH, label=WEB))
    stage.plays(says("ok"))
    await stage.hears("Hi")
    assert [spec.name for spec in stage.models.requests[0].tools] == ["memory.save", "web.fetch"]


@pytest.mark.anyio
@pytest.mark.parametrize(("tier", "limit"), [("full", 1500), ("entry", 800)])
async def test_the_first_request_is_small_as_o200k_counts_it(
    stage: Stage, tmp_path: Path, tier: str, limit: int
) -> None:
    counter: Any = import_module("rs_bpe").openai.o200k_base()
    workspace.seed(tmp_path)
    stage.models.profiles[BIG] = FakeProfile(tier=tier)  # pyright: ignore[reportArgumentType] - a literal
    stage.tools = {spec.name: tool_of(made) for spec, made in zip(SPECS, own_tools(), strict=True)}  # pyright: ignore[reportAttributeAccessIssue] - real ones instead of fakes
    stage.plays(says("ok"))
    await stage.hears("Hi")
    request = stage.models.requests[0]
    tools: Json = [
        {"name": spec.name, "description": spec.description, "parameters": spec.parameters} for spec in request.tools
    ]
    told: Json = [{"role": message.role.value, "content": message.text} for message in request.messages]
    assert counter.count(to_bytes([told, tools]).decode()) <= limit
    assert tier == "full" or FIND in [spec.name for spec in request.tools]
