"""The prompt: the same bytes first, small, honest about what is missing, and never more than fits."""

from pathlib import Path

import pytest
from agent_stage import BIG, SMALL, WEB, FakeProfile, Stage, calls, says, tool

from homarus.agent import context, tokens, workspace
from homarus.agent.rooms import AgentProfile
from homarus.domain import codec
from homarus.domain.acts import Risk
from homarus.domain.content import Image, Json, Message, Text
from homarus.domain.ids import AgentId, SessionKey
from homarus.domain.inference import ModelRequest
from homarus.domain.labels import OWNER, Label, Origin
from homarus.domain.settings import ToolChoice
from homarus.tools.marked import MarkedTool, tool_of
from homarus.tools.offer import own_tools

pytestmark = pytest.mark.anyio


def dumped(request: ModelRequest) -> list[Json]:
    return [codec.dump(message) for message in request.messages]


def system_of(request: ModelRequest) -> str:
    return request.messages[0].text


async def test_over_fifty_turns_every_request_begins_with_the_one_before(stage: Stage) -> None:
    stage.has(tool("memory.save"), tool("web.fetch", Risk.REACH, text="page", label=WEB))
    stage.models.profiles[BIG] = FakeProfile(window_tokens=200_000)
    before: list[Json] = []
    for number in range(50):
        stage.clock.advance(3700)
        if number % 3 == 1:
            stage.plays(calls("memory.save", {"text": f"{number}"}))
        stage.plays(says(f"Answer {number}."))
        await stage.hears(f"Question {number}")
        for request in stage.models.requests:
            now = dumped(request)
            assert now[: len(before)] == before
            before = now
        stage.models.requests.clear()


async def test_what_is_read_back_from_the_log_has_the_same_bytes(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(calls("memory.save", {"text": "b", "path": "a"}), says("Saved."), says("Hello."))
    await stage.hears("Save")
    await stage.hears("Hi")
    one, other = dumped(stage.models.requests[1]), dumped(stage.models.requests[2])
    assert other[: len(one)] == one
    assert list(stage.models.requests[2].messages[2].tool_calls[0].arguments) == ["text", "path"]


async def test_sessions_and_faces_share_the_beginning(stage: Stage, tmp_path: Path) -> None:
    workspace.seed(tmp_path)
    stage.has(tool("memory.save"))
    stage.plays(says("a"), says("b"))
    await stage.hears("Hi")
    stage.clock.advance(90_000)
    stage.session, stage.channel = SessionKey("agent:main:web:Ideas"), "web"
    await stage.hears("Hi")
    one, other = stage.models.requests
    assert dumped(one)[0] == dumped(other)[0]
    assert one.tools == other.tools
    assert other.messages[-1].parts[0] == one.messages[-1].parts[0]
    assert other.messages[-1].text.endswith("web]")


async def test_the_time_comes_last_and_nowhere_else(stage: Stage) -> None:
    stage.plays(says("ok"))
    await stage.hears("Hi")
    request = stage.models.requests[0]
    assert request.messages[-1].text.endswith("[Fri 2026-11-20 09:30 Europe/Berlin, cli]")
    assert "2026" not in system_of(request)


def real_tools() -> dict[str, MarkedTool]:
    """Every tool of the house."""
    made = [tool_of(function) for function in own_tools()]
    return {one.spec.name: one for one in made}


@pytest.mark.parametrize(("tier", "limit"), [("full", 1500), ("entry", 800)])
async def test_the_first_request_is_small(stage: Stage, tmp_path: Path, tier: str, limit: int) -> None:
    workspace.seed(tmp_path)
    stage.models.profiles[BIG] = FakeProfile(tier=tier)  # pyright: ignore[reportArgumentType] - a literal
    stage.tools = real_tools()  # pyright: ignore[reportAttributeAccessIssue] - real ones instead of fakes
    stage.plays(says("ok"))
    await stage.hears("Hi")
    request = stage.models.requests[0]
    assert tokens.of_messages(request.messages) + tokens.of_tools(request.tools) <= limit
    if tier == "full":
        assert {spec.name for spec in request.tools} == set(stage.tools)
    else:
        assert {"remind.set", "memory.save"} <= {spec.name for spec in request.tools}


async def test_missing_orders_are_named_and_empty_files_cost_nothing(stage: Stage, tmp_path: Path) -> None:
    workspace.seed(tmp_path)
    (tmp_path / "SOUL.md").unlink()
    stage.plays(says("ok"))
    await stage.hears("Hi")
    prompt = system_of(stage.models.requests[0])
    assert "## SOUL.md\n(missing file)" in prompt
    assert "USER.md" not in prompt
    assert "<!--" not in prompt


async def test_a_long_file_is_cut_with_a_note(stage: Stage, tmp_path: Path) -> None:
    workspace.seed(tmp_path)
    (tmp_path / "USER.md").write_text("x" * 100_000)
    stage.plays(says("ok"))
    await stage.hears("Hi")
    prompt = system_of(stage.models.requests[0])
    assert len(prompt) < 25_000
    assert "left out" in prompt


async def test_memory_is_known_in_the_main_session_only_and_frozen_there(stage: Stage, tmp_path: Path) -> None:
    workspace.seed(tmp_path)
    memory = tmp_path / "MEMORY.md"
    memory.write_text("The key is under the blue pot.")
    stage.plays(says("a"), says("b"), says("c"), says("d"))
    await stage.hears("Hi")
    memory.write_text("Something else.")
    await stage.hears("Hi again")
    stage.session = SessionKey("agent:main:telegram:group")
    await stage.hears("Hi")
    stage.session = SessionKey("agent:main:main")
    await stage.hears("Hi", label=Label(origin=Origin.ALLOWED, source="Eve"))
    prompts = [system_of(request) for request in stage.models.requests]
    assert "blue pot" in prompts[0]
    assert prompts[1] == prompts[0]
    assert "blue pot" not in prompts[2]


async def test_a_tool_that_was_switched_on_is_there_in_a_session_that_goes_on(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.plays(says("a"), says("b"), says("c"))
    await stage.hears("Hi")
    stage.has(tool("web.search", Risk.REACH))
    await stage.hears("Hi")
    await stage.hears("Hi")
    names = [[spec.name for spec in request.tools] for request in stage.models.requests]
    assert names == [["memory.save"], ["memory.save", "web.search"], ["memory.save", "web.search"]]


async def test_tools_that_are_denied_are_neither_offered_nor_run(stage: Stage) -> None:
    from homarus.agent.rooms import AgentProfile
    from homarus.domain.ids import AgentId

    made = tool("shell.run", Risk.RUN)
    stage.has(made, tool("memory.save"))
    stage.agent = AgentProfile(
        agent_id=AgentId("main"), workspace=stage.workspace, tools=ToolChoice(allow=("*",), deny=("shell.*",))
    )
    stage.plays(calls("shell.run", {"text": "ls"}), says("I cannot."))
    await stage.hears("List")
    assert [spec.name for spec in stage.models.requests[0].tools] == ["memory.save"]
    assert made.effects == []


async def test_a_picture_goes_to_a_model_that_sees_and_is_a_word_for_one_that_does_not(stage: Stage) -> None:
    picture = Image(media_type="image/png", data_b64="AAAA", label=OWNER, name="cat.png")
    stage.models.profiles[BIG] = FakeProfile(inputs=("text", "image"))
    stage.plays(says("A cat."))
    await stage.hears("What is it?", attachments=(picture,))
    assert any(isinstance(part, Image) for part in stage.models.requests[0].messages[-1].parts)
    stage.models.profiles[BIG] = FakeProfile()
    stage.plays(says("I cannot see."))
    reply = await stage.hears("And this?", attachments=(picture,))
    assert "cat.png" in stage.models.requests[1].messages[-1].text
    assert any("cannot see" in notice for notice in reply.notices)


async def test_an_attached_text_has_its_name_and_a_cap(stage: Stage) -> None:
    stage.models.profiles[BIG] = FakeProfile(window_tokens=4096)
    notes = Text(text="a" * 100_000, label=Label(origin=Origin.FILE, source="file notes.txt"))
    stage.plays(says("ok"))
    await stage.hears("What is due?", attachments=(notes,))
    message = stage.models.requests[0].messages[-1]
    assert '<untrusted from="file notes.txt">' in message.text
    assert len(message.text) < 8_000


async def test_a_model_without_tools_is_offered_none(stage: Stage) -> None:
    stage.has(tool("memory.save"))
    stage.models.profiles[BIG] = FakeProfile(tool_protocol="none")
    stage.plays(says("ok"))
    await stage.hears("Hi")
    assert stage.models.requests[0].tools == ()


async def test_another_model_gets_what_fits_it(stage: Stage) -> None:
    stage.has(*(tool(f"extra.tool_{number}") for number in range(60)))
    stage.models.profiles[SMALL] = FakeProfile(tier="entry")
    stage.plays(says("a"), says("b"))
    await stage.hears("Hi")
    act = await stage.accepts("Hi", model=SMALL)
    await act.play()
    assert len(stage.models.requests[1].tools) < len(stage.models.requests[0].tools)


def test_the_estimate_is_on_the_safe_side_for_other_scripts() -> None:
    assert tokens.of_text("x" * 330) >= 100
    assert tokens.of_text("你好世界" * 10) >= 60
    assert tokens.of_text("") == 0


def test_a_message_with_calls_counts_them() -> None:
    from homarus.domain.content import Role, ToolCall
    from homarus.domain.ids import CallId

    call = ToolCall(call_id=CallId("c"), name="t", arguments={"text": "x" * 330})
    assert tokens.of_message(Message(role=Role.ASSISTANT, tool_calls=(call,))) > 100


# --- what a session is told ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "tier"), [(None, "full"), (150.0, "entry"), (200.0, "full")])
def test_a_model_that_reads_too_slowly_for_the_target_is_told_less(tmp_path: Path, rate: float, tier: str) -> None:
    agent = AgentProfile(agent_id=AgentId("main"), workspace=tmp_path, first_token_target_s=8.0)
    assert context.tier_of(agent, FakeProfile(prefill_tokens_s=rate)) == tier


async def test_the_tier_is_decided_once_in_a_session(stage: Stage) -> None:
    stage.has(tool("files.write"))
    stage.plays(says("One."), says("Two."))
    await stage.hears("One")
    stage.models.profiles[BIG] = FakeProfile(prefill_tokens_s=10.0)
    await stage.hears("Two")
    first, second = (request.messages[0] for request in stage.models.requests)
    assert first == second


def test_every_tool_that_comes_with_the_house_fits_into_the_full_tier(tmp_path: Path) -> None:
    tools = {made.spec.name: made for made in map(tool_of, own_tools())}
    agent = AgentProfile(agent_id=AgentId("main"), workspace=tmp_path)
    chosen = {spec.name for spec in context.choose_tools(agent, tools, "full")}
    assert set(tools) - chosen == set()
