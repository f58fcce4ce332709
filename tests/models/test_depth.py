"""Arguments that are nested without an end are refused before anything walks through them."""

import json
from typing import cast

import pytest

from homarus.domain.content import Json, JsonObject, ToolCall
from homarus.domain.ids import CallId
from homarus.models.depth import MOST_LEVELS, TOO_DEEP, is_deep, shallow
from homarus.models.repair import mended
from homarus.models.tool_calls import CallCollector
from homarus.models.tool_names import ToolNames


def nested(levels: int) -> JsonObject:
    return cast("JsonObject", json.loads('{"text":' * levels + "1" + "}" * levels))


def test_so_many_levels_and_no_more() -> None:
    assert not is_deep(nested(MOST_LEVELS))
    assert is_deep(nested(MOST_LEVELS + 1))
    assert is_deep({"text": cast("Json", json.loads("[" * MOST_LEVELS + "1" + "]" * MOST_LEVELS))})


def test_a_call_that_is_too_deep_says_so_in_place_of_its_arguments() -> None:
    call = ToolCall(call_id=CallId("c1"), name="memory.save", arguments=nested(900))
    assert (shallow(call).arguments, shallow(call).malformed) == ({}, TOO_DEEP)


@pytest.mark.parametrize("is_text", [True, False])
def test_a_server_that_nests_without_an_end_breaks_nothing(*, is_text: bool) -> None:
    calls = CallCollector(ToolNames(()))
    calls.add(index=0, call_id="c1", name="memory.save", arguments=json.dumps(nested(900)) if is_text else nested(900))
    (call,) = calls.finish()
    assert (call.arguments, call.malformed) == ({}, TOO_DEEP)


@pytest.mark.parametrize("levels", [MOST_LEVELS + 1, 900, 20_000])
def test_what_is_too_deep_is_not_mended(levels: int) -> None:
    assert mended('{"text":' * levels + "1" + "}" * levels, {}) is None
    assert mended('{"text":' * levels + "1", {}) is None
    assert mended(TOO_DEEP, {"properties": {"text": {"type": "string"}}, "required": ["text"]}) is None
