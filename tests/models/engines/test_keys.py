"""Servers that were started with a key: with it they are read like the others, without it they say what is missing."""

from dataclasses import replace

import pytest

from homarus.domain.engines import EngineKind
from homarus.domain.ports import Endpoint, Outbound
from homarus.models.engines.adapters import adapter_for
from homarus.models.engines.recognise import recognise
from homarus.net.door import OpenDoor
from homarus.testing.door import FakeAnswer, FakeDoor
from homarus.testing.engines import KINDS, EngineServer
from models.engines.conftest import at

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_with_a_key_is_up_for_whoever_has_it(kind: str, door: OpenDoor) -> None:
    async with EngineServer(kind, api_key="sesame") as server:
        known = await recognise(at(server), door)
        assert known is not None
        engine = await adapter_for(known).look(at(server), door)
        assert (engine.is_up, len(engine.models)) == (True, len(server.rack.disk))
        refused = await adapter_for(known).look(replace(at(server), api_key="wrong"), door)
        assert (refused.is_up, "401" in refused.because) == (False, True)


@pytest.mark.parametrize("status", [200, 401, 500, 503])
async def test_vllm_is_alive_unless_its_health_says_otherwise(status: int) -> None:
    sent: list[str] = []

    def answer(outbound: Outbound) -> FakeAnswer:
        if outbound.url.endswith("/health"):
            sent.append(outbound.headers.get("Authorization", ""))
            return FakeAnswer(body=b"", status=status)
        listed = b'{"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 8}]}'
        return FakeAnswer(body=listed if outbound.url.endswith("/v1/models") else b"{}")

    box = Endpoint(provider="box", base_url="http://box:1/v1", api_key="sesame")
    engine = await adapter_for(EngineKind.VLLM).look(box, FakeDoor(otherwise=answer))
    assert engine.is_up is (status in {200, 401})
    assert sent == ["Bearer sesame"]
