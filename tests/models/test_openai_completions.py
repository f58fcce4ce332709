import json
from typing import Any

import pytest

from homarus.domain.content import Image, Json, Message, Role, Text, ToolSpec, system, user
from homarus.domain.ids import CallId
from homarus.domain.inference import ModelRef, ModelRequest, Sampling
from homarus.domain.labels import OWNER
from homarus.domain.ports import Endpoint
from homarus.models.openai_completions import OpenAiCompletions
from homarus.models.tool_names import ToolNames

TOOL = ToolSpec(
    name="time.now",
    description="Now.",
    parameters={"type": "object", "properties": {"pattern": {"type": "string", "pattern": "^a", "enum": ["a"]}}},
)


def body(compat: dict[str, Json] | None = None, *, hosted: bool = False, **request: Any) -> dict[str, Any]:
    base_url = "https://api.openai.com/v1" if hosted else "http://127.0.0.1:1/v1"
    at = Endpoint(provider="x", base_url=base_url, compat=compat or {}, is_local=not hosted)
    messages = request.pop("messages", (system("Be kind."), user("Hello", OWNER)))
    made = ModelRequest(model=ModelRef(provider="x", model_id="m"), messages=messages, tools=(TOOL,), **request)
    return json.loads(OpenAiCompletions().body(made, at, ToolNames(["time.now"])))


def test_keys_stand_in_the_order_that_keeps_the_prefix() -> None:
    assert list(body(sampling=Sampling(temperature=0)))[:4] == ["model", "tools", "messages", "stream"]


def test_a_local_server_tells_its_progress_and_a_hosted_one_is_not_asked() -> None:
    assert body()["return_progress"] is True
    assert "return_progress" not in body(hosted=True)


def test_keywords_that_llama_cpp_cannot_read_stay_out_and_properties_of_that_name_stay_in() -> None:
    schema = body()["tools"][0]["function"]["parameters"]
    assert schema["properties"] == {"pattern": {"type": "string", "enum": ["a"]}}
    assert "^a" in json.dumps(body(hosted=True)["tools"])


@pytest.mark.parametrize(
    ("compat", "reasoning", "expected"),
    [
        ({}, None, {}),
        ({}, "high", {"reasoning_effort": "high"}),
        ({}, "off", {"chat_template_kwargs": {"enable_thinking": False}}),
        ({"thinkingFormat": "qwen"}, "off", {"enable_thinking": False}),
        ({"thinkingFormat": "qwen-chat-template"}, "low", {"chat_template_kwargs": {"enable_thinking": True}}),
        ({"thinkingFormat": "together"}, "off", {"reasoning": {"enabled": False}}),
        ({"supportedReasoningEfforts": ["low"]}, "high", {}),
        ({"reasoningEffortMap": {"high": "xhigh"}}, "high", {"reasoning_effort": "xhigh"}),
    ],
)
def test_thinking_is_asked_for_in_the_servers_words(
    compat: dict[str, Json], reasoning: str | None, expected: dict[str, Json]
) -> None:
    keys = {"reasoning_effort", "chat_template_kwargs", "enable_thinking", "reasoning"}
    found = body(compat, reasoning=reasoning)
    assert {key: value for key, value in found.items() if key in keys} == expected


def test_the_limit_has_the_name_that_the_server_knows() -> None:
    limit = Sampling(max_tokens=7)
    assert body(sampling=limit)["max_tokens"] == 7
    assert body(hosted=True, sampling=limit)["max_completion_tokens"] == 7
    assert body({"maxTokensField": "n"}, sampling=limit)["n"] == 7


def test_switches_are_followed() -> None:
    assert body({"supportsDeveloperRole": True})["messages"][0]["role"] == "developer"
    assert "tools" not in body({"supportsTools": False}, tool_choice="required")
    assert "stream_options" not in body({"supportsUsageInStreaming": False})


def test_a_server_that_wants_strings_gets_strings() -> None:
    seen = Message(role=Role.USER, parts=(Text(text="Look"), Image(media_type="image/png", data_b64="QQ", label=OWNER)))
    assert body({"requiresStringContent": True}, messages=(seen,))["messages"] == [{"role": "user", "content": "Look"}]


def test_a_bridge_stands_between_a_result_and_the_user_where_a_template_insists() -> None:
    result = Message(role=Role.TOOL, parts=(Text(text="12:00"),), call_id=CallId("c"), tool_name="time.now")
    compat: dict[str, Json] = {"requiresAssistantAfterToolResult": True, "requiresToolResultName": True}
    made = body(compat, messages=(result, user("Thanks", OWNER)))["messages"]
    assert [message["role"] for message in made] == ["tool", "assistant", "user"]
    assert made[0]["name"] == "time_now"


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", None),
        ("none", "none"),
        ("required", "required"),
        ("time.now", {"type": "function", "function": {"name": "time_now"}}),
    ],
)
def test_a_tool_can_be_asked_for_by_name(choice: str, sent: Json) -> None:
    assert body(tool_choice=choice).get("tool_choice") == sent


def test_half_a_letter_does_not_break_the_request() -> None:
    assert body(messages=(user("a\ud800b", OWNER),))["messages"][0]["content"] == "a?b"
