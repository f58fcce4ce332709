import json
import runpy
from pathlib import Path

import pytest
from pydantic import JsonValue

from homarus.domain.errors import ToolArgumentError
from homarus.domain.settings import Settings
from homarus.tools.marked import tool_of
from homarus.tools.offer import ToolFunction, offered, own_tools

ALL = {
    "time.now",
    "remind.set",
    "remind.list",
    "remind.cancel",
    "memory.save",
    "memory.search",
    "files.read",
    "files.write",
    "files.edit",
    "files.list",
    "files.search",
    "web.search",
    "web.fetch",
    "shell.run",
    "agent.spawn",
    "job.add",
    "job.list",
    "job.cancel",
}
WITH_SEARCH: dict[str, JsonValue] = {"web": {"search": {"baseUrl": "http://127.0.0.1:8888"}}}


def settings_of(**tools: JsonValue) -> Settings:
    return Settings.model_validate({"tools": tools})


def names(settings: Settings, *, sandbox_level: str = "landlock") -> set[str]:
    return set(offered(own_tools(), settings, sandbox_level=sandbox_level).tools)


def test_all_are_offered_where_everything_is_there() -> None:
    assert names(settings_of(**WITH_SEARCH)) == ALL


def test_without_a_source_there_is_no_search_and_the_doctor_knows_why() -> None:
    offer = offered(own_tools(), Settings(), sandbox_level="landlock")
    assert set(offer.tools) == ALL - {"web.search"}
    assert [(out.name, "baseUrl" in out.because, "config set" in out.hint) for out in offer.left_out] == [
        ("web.search", True, True)
    ]


def test_brave_needs_its_key() -> None:
    assert "web.search" not in names(settings_of(web={"search": {"provider": "brave"}}))
    assert "web.search" in names(settings_of(web={"search": {"provider": "brave", "apiKey": "k"}}))


def test_without_a_sandbox_or_when_denied_there_is_no_shell() -> None:
    assert "shell.run" not in names(Settings(), sandbox_level="off")
    assert "shell.run" not in names(settings_of(exec={"mode": "deny"}))


@pytest.mark.parametrize(
    ("deny", "gone"), [("files.write", {"files.write"}), ("*", ALL), ("web.*", {"web.search", "web.fetch"})]
)
def test_what_is_denied_is_not_offered(deny: str, gone: set[str]) -> None:
    assert names(settings_of(deny=[deny], **WITH_SEARCH)) == ALL - gone


def test_a_command_may_take_as_long_as_configured() -> None:
    offer = offered(own_tools(), settings_of(exec={"timeoutSeconds": 300}), sandbox_level="landlock")
    assert offer.tools["shell.run"].timeout_s > 300
    assert offer.settings["shell.run"]["timeout_seconds"] == 300


def test_all_tools_together_are_short_for_a_model() -> None:
    offer = offered(own_tools(), settings_of(**WITH_SEARCH), sandbox_level="landlock")
    told = [
        {
            "type": "function",
            "function": {"name": name, "description": made.spec.description, "parameters": made.spec.parameters},
        }
        for name, made in offer.tools.items()
    ]
    assert len(json.dumps(told, separators=(",", ":"))) < 4_400  # those that do not fit a prompt are found


def test_no_schema_has_what_grammars_of_local_servers_stumble_over() -> None:
    for made in offered(own_tools(), Settings(), sandbox_level="landlock").tools.values():
        text = json.dumps(made.spec.parameters)
        assert not {"pattern", "anyOf", "$ref", "format"} & set(text.replace('"', " ").split())


def test_the_reference_is_current() -> None:
    root = Path(__file__).parents[2]
    page = runpy.run_path(str(root / "scripts" / "tools_reference.py"))["page"]
    assert callable(page)
    assert (root / "docs" / "reference" / "tools.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("made", own_tools(), ids=lambda made: made.__name__)
def test_every_text_of_a_tool_has_a_limit_that_is_checked_before_the_call_is_judged(made: ToolFunction) -> None:
    tool = tool_of(made)
    schema = tool.arguments.model_json_schema()
    texts = [name for name, about in schema.get("properties", {}).items() if about["type"] == "string"]
    plain = dict.fromkeys(schema.get("required", []), "a")
    for name in texts:
        assert tool.check({**plain, name: "a"})[name] == "a"
        with pytest.raises(ToolArgumentError):
            tool.check({**plain, name: "a" * (5 << 20)})
