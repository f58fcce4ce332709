"""Every contract file: the adapter reads it as it says, and the server that we test with answers in its shape."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from homarus.domain.codec import dump
from homarus.domain.ports import Endpoint, Outbound, Purpose
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.recognise import recognise
from homarus.net.door import OpenDoor
from homarus.testing.door import FakeAnswer, FakeDoor
from homarus.testing.engines import KINDS, EngineServer

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[1] / "contracts"
NAMES = sorted(file.stem for file in FOLDER.glob("*.json"))


def contract(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def scripted(pairs: Sequence[Mapping[str, Any]]) -> FakeDoor:
    def answer(outbound: Outbound) -> FakeAnswer:
        path = outbound.url.removeprefix("http://box:1")
        for pair in pairs:
            if (pair["request"]["method"], pair["request"]["path"]) == (outbound.method, path):
                return said(pair["response"])
        return FakeAnswer(body=b'{"error":"not here"}', status=404)

    return FakeDoor(otherwise=answer)


def said(response: Mapping[str, Any]) -> FakeAnswer:
    if "lines" in response:
        body = b"".join(json.dumps(line).encode() + b"\n" for line in response["lines"])
        return FakeAnswer(body=body, headers={"Content-Type": "application/x-ndjson"})
    text = response["text"] if "text" in response else json.dumps(response["body"])
    return FakeAnswer(body=text.encode(), status=response["status"])


BOX = Endpoint(provider="box", base_url="http://box:1/v1")


@pytest.mark.parametrize("name", NAMES)
async def test_a_server_is_recognised_and_read_as_its_contract_says(name: str) -> None:
    file = contract(name)
    door = scripted(file["pairs"])
    kind = await recognise(BOX, door)
    assert kind is not None
    engine = json.loads(json.dumps(dump(await adapter_for(kind).look(BOX, door))))
    expected = file["expects"]
    for key in expected.keys() - {"models"}:
        assert engine[key] == expected[key]
    for model, wanted in zip(engine["models"], expected["models"], strict=True):
        assert {key: model[key] for key in wanted} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_names_its_version_and_its_source(name: str) -> None:
    file = contract(name)
    assert file["version"]
    assert len(file["source"]) > 10
    assert file["kind"] in KINDS


@pytest.mark.parametrize("name", [name for name in NAMES if name != "lm_studio_0_3"])
async def test_the_server_that_we_test_with_answers_in_the_shape_of_the_contract(name: str) -> None:
    file = contract(name)
    async with EngineServer(file["kind"]) as server, OpenDoor() as door:
        await _warm(server)
        for pair in file["pairs"]:
            asked, response = pair["request"], pair["response"]
            if asked["method"] != "GET" or not isinstance(response.get("body"), dict) or "{" in asked["path"]:
                continue
            path = asked["path"].replace("qwen3-8b", next(iter(server.rack.disk)))
            if "/download/status/" in path:
                continue
            outbound = Outbound(method="GET", url=f"{server.url}{path}", purpose=Purpose.MODEL)
            async with door.open(outbound) as inlet:
                answer = json.loads(await inlet.read(1 << 20))
            assert _missing(response["body"], answer) == []


async def _warm(server: EngineServer) -> None:
    await server.rack.use(next(iter(server.rack.disk)))


OPTIONAL = {"remote_model", "remote_host", "description", "vocab_type", "video", "failed", "exit_code", "progress"}


def _missing(wanted: Any, got: Any, where: str = "") -> list[str]:
    """Name the keys of a contract that an answer does not have; lists are compared by their first row."""
    if isinstance(wanted, Mapping):
        rows = cast("Mapping[str, Any]", wanted)
        has = cast("Mapping[str, Any]", got if isinstance(got, Mapping) else {})
        if where.endswith(("params", "chat_template_caps")):
            return []
        return [one for key in rows.keys() - OPTIONAL for one in _below(rows[key], has, f"{where}.{key}", key)]
    if isinstance(wanted, list) and wanted:
        first, others = cast("list[Any]", wanted)[0], cast("list[Any]", got)
        return _missing(first, others[0], f"{where}[]") if others else [f"{where}: empty"]
    return []


def _below(wanted: Any, got: Mapping[str, Any], where: str, key: str) -> list[str]:
    return _missing(wanted, got[key], where) if key in got else [where]
