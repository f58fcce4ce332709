import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import pytest

from homarus.domain.content import user
from homarus.domain.errors import EgressRefusedError, EngineError, ModelCallError
from homarus.domain.inference import Finish, Finished, ModelRef, ModelRequest, Sampling, TextDelta
from homarus.domain.labels import OWNER, Reach
from homarus.domain.ports import Endpoint
from homarus.domain.settings import Settings
from homarus.models.desk import Desk
from homarus.models.dispatch import Queued
from homarus.models.failover import Switched
from homarus.models.profile import Profile
from homarus.models.router import RouteAsk
from homarus.net.door import OpenDoor
from homarus.testing.engines import EngineServer, Model

pytestmark = pytest.mark.anyio


class Server(Protocol):
    url: str
    paths: list[str]

    def body(self, number: int = -1) -> dict[str, Any]: ...


Serve = Callable[..., Awaitable[Server]]


def http(body: str, kind: str = "text/event-stream") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n{body}".encode()


SAYS_HELLO = http(
    'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n'
    'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


class PaperEngine:
    """An embedded engine that is a server somewhere."""

    def __init__(self, url: str, *, is_usable: bool = True) -> None:
        self.url = url
        self.is_usable = is_usable
        self.because = "" if is_usable else "this processor has no AVX2"

    async def endpoint(self) -> Endpoint:
        return Endpoint(provider="embedded", base_url=f"{self.url}/v1", headers={"Connection": "close"})


def desk_of(door: OpenDoor, config: object, engine: PaperEngine | None = None) -> Desk:
    settings = Settings.model_validate(config)
    return Desk(lambda: settings, {}, door, engine, providers={}, wires={})


def two(good: str) -> dict[str, object]:
    provider = {"api": "openai-completions", "models": [{"id": "m"}]}
    return {
        "models": {
            "mode": "replace",
            "providers": {
                "dead": {"baseUrl": "http://127.0.0.1:9/v1", **provider},
                "good": {"baseUrl": f"{good}/v1", **provider},
            },
        },
        "agents": {"defaults": {"model": {"primary": "dead/m", "fallbacks": ["good/m"]}}},
    }


def build(ref: ModelRef, profile: Profile) -> ModelRequest:
    assert profile.window_tokens > 0
    return ModelRequest(model=ref, messages=(user("Hello", OWNER),))


async def test_a_dead_server_costs_a_notice_and_not_the_answer(model_server: Serve, door: OpenDoor) -> None:
    desk = desk_of(door, config := two((await model_server(SAYS_HELLO)).url))
    choice = Settings.model_validate(config).agents.defaults.model
    route = await desk.choose(RouteAsk(choice=choice))
    found = [event async for event in desk.answer(route, build, reach=Reach.LOCAL_ONLY)]
    assert [event.failed.provider for event in found if isinstance(event, Switched)] == ["dead"]
    assert [event.text for event in found if isinstance(event, TextDelta)] == ["Hello"]
    again = await desk.choose(RouteAsk(choice=choice))
    assert str(again.model) == "good/m"


async def test_the_embedded_model_is_started_when_it_is_asked(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(SAYS_HELLO)
    desk = desk_of(door, {"models": {"mode": "replace"}}, PaperEngine(server.url))
    route = await desk.choose(RouteAsk())
    assert (str(route.model), route.place) == ("embedded/smollm2", "this machine")
    found = [
        event
        async for event in desk.stream(
            route.model, build(route.model, await desk.profile(route.model)), reach=Reach.LOCAL_ONLY
        )
    ]
    assert isinstance(found[-1], Finished)
    assert server.paths == ["/v1/chat/completions"]


async def test_the_embedded_model_is_looked_for_now_and_then_and_not_for_every_catalog(door: OpenDoor) -> None:
    now, looks = [0.0], list[float]()

    class LookedFor(PaperEngine):
        @property
        def is_usable(self) -> bool:
            looks.append(now[0])
            return True

        @is_usable.setter
        def is_usable(self, value: bool) -> None: ...

    settings = Settings.model_validate({"models": {"mode": "replace"}})
    desk = Desk(lambda: settings, {}, door, LookedFor(""), providers={}, wires={}, clock=lambda: now[0])
    for now[0] in (0.0, 0.5, 1.0, 5.0, 5.5):
        desk.catalog()
    assert looks == [0.0, 5.0]


async def test_an_embedded_model_that_cannot_run_says_why(door: OpenDoor) -> None:
    desk = desk_of(door, {"models": {"mode": "replace"}}, PaperEngine("http://127.0.0.1:9", is_usable=False))
    with pytest.raises(ModelCallError, match="AVX2"):
        await desk.choose(RouteAsk())
    with pytest.raises(EngineError, match="AVX2"):
        await desk.endpoint(ModelRef(provider="embedded", model_id="smollm2"))


async def test_a_single_slot_lets_one_after_the_other(model_server: Serve, door: OpenDoor) -> None:
    gate = asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(SAYS_HELLO)

    server = await model_server(slow)
    provider = {"baseUrl": f"{server.url}/v1", "compat": {"slots": 1}, "models": [{"id": "m"}]}
    desk = desk_of(door, {"models": {"mode": "replace", "providers": {"one": provider}}})
    ref = ModelRef(provider="one", model_id="m")
    waits: list[Queued] = []

    async def ask() -> None:
        async for event in desk.stream(
            ref, ModelRequest(model=ref, messages=(user("x", OWNER),)), reach=Reach.ANYWHERE
        ):
            if isinstance(event, Queued):
                waits.append(event)
                gate.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(ask())
        group.create_task(ask())
    assert [queued.position for queued in waits] == [1]
    assert not desk.dispatch.view(f"{server.url}/v1").held


async def test_ollama_is_spoken_to_natively_with_parameters_of_its_own(door: OpenDoor) -> None:
    async with EngineServer("ollama", [Model(name="q:8b", trained_tokens=262_144)]) as server:
        provider = {"baseUrl": f"{server.url}/v1", "api": "ollama", "params": {"keep_alive": "10m", "num_gpu": 9}}
        desk = desk_of(door, {"models": {"mode": "replace", "providers": {"ollama": provider}}})
        ref = ModelRef(provider="ollama", model_id="q:8b")
        request = ModelRequest(model=ref, messages=(user("x", OWNER),))
        assert [event async for event in desk.stream(ref, request, reach=Reach.LOCAL_ONLY)]
        (prompt,) = server.prompts
        body = prompt.json
        assert (prompt.path, body["options"]) == ("/api/chat", {"num_ctx": 16384, "num_gpu": 9})
        assert (body["truncate"], body["shift"], body["keep_alive"]) == (False, False, "10m")


async def test_parameters_of_the_configuration_go_along(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(SAYS_HELLO)
    provider = {"baseUrl": f"{server.url}/v1", "models": [{"id": "m", "params": {"maxTokens": 77, "top_k": 5}}]}
    desk = desk_of(door, {"models": {"mode": "replace", "providers": {"one": provider}}})
    ref = ModelRef(provider="one", model_id="m")
    async for _event in desk.stream(ref, ModelRequest(model=ref, messages=(user("x", OWNER),)), reach=Reach.LOCAL_ONLY):
        pass
    assert (server.body()["max_tokens"], server.body()["top_k"]) == (77, 5)


async def test_a_listing_shows_what_servers_have_and_why_others_are_skipped(
    model_server: Serve, door: OpenDoor
) -> None:
    rows = {"data": [{"id": "a", "max_model_len": 8192}, {"id": "e", "type": "embeddings"}]}
    server = await model_server(http(json.dumps(rows), "application/json"))
    providers = {"near": {"baseUrl": f"{server.url}/v1"}, "openai": {"models": [{"id": "gpt-5"}]}}
    desk = desk_of(door, {"models": {"mode": "replace", "providers": providers}})
    listed = {str(candidate.ref): candidate for candidate in await desk.listing()}
    assert listed["near/a"].window_tokens == 8192
    assert "near/e" not in listed
    assert listed["embedded/smollm2"].unusable is not None


async def test_the_catalog_is_made_once_per_configuration(door: OpenDoor) -> None:
    desk = desk_of(door, {})
    assert desk.catalog() is desk.catalog()


CLOUD = {"models": [{"model": "big", "remote_host": "https://ollama.com", "capabilities": ["completion", "vision"]}]}


async def test_a_private_conversation_is_not_handed_on_by_ollama(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(http(json.dumps(CLOUD), "application/json"))
    provider = {"baseUrl": server.url, "api": "ollama", "models": [{"id": "big"}]}
    desk = desk_of(door, {"models": {"mode": "replace", "providers": {"ollama": provider}}})
    ref = ModelRef(provider="ollama", model_id="big")
    with pytest.raises(EgressRefusedError):
        await anext(aiter(desk.stream(ref, ModelRequest(model=ref, messages=()), reach=Reach.LOCAL_ONLY)))
    with pytest.raises(ModelCallError, match="private"):
        await desk.choose(RouteAsk(reach=Reach.LOCAL_ONLY))
    assert "/api/chat" not in server.paths


async def test_a_server_may_say_that_its_model_sees(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(http(json.dumps(CLOUD), "application/json"))
    provider = {"baseUrl": server.url, "api": "ollama", "models": [{"id": "big"}]}
    desk = desk_of(door, {"models": {"mode": "replace", "providers": {"ollama": provider}}})
    assert str((await desk.choose(RouteAsk(needs_images=True))).model) == "ollama/big"


async def test_a_configured_server_brings_its_own_models(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(http(json.dumps({"data": [{"id": "a", "max_model_len": 4096}]}), "application/json"))
    config = {"models": {"mode": "replace", "providers": {"near": {"baseUrl": f"{server.url}/v1"}}}}
    desk = desk_of(door, config, PaperEngine(server.url))
    route = await desk.choose(RouteAsk())
    assert (str(route.model), route.skipped) == ("near/a", ())


async def test_a_server_that_is_started_later_is_seen_by_the_next_turn(model_server: Serve, door: OpenDoor) -> None:
    now = [0.0]
    down = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    server = await model_server(down, http('{"data": [{"id": "a"}]}', "application/json"))
    config = {"models": {"mode": "replace", "providers": {"lab": {"baseUrl": f"{server.url}/v1"}}}}
    settings = Settings.model_validate(config)
    engine = PaperEngine(server.url)
    desk = Desk(lambda: settings, {}, door, engine, providers={}, wires={}, clock=lambda: now[0])
    before = await desk.choose(RouteAsk())
    assert (str(before.model), [entry.model for entry in before.skipped]) == ("embedded/smollm2", ["lab"])
    assert "lab does not answer at 127.0.0.1" in before.because
    now[0] = 3.0
    after = await desk.choose(RouteAsk())
    assert (str(after.model), after.skipped) == ("lab/a", ())


async def test_a_server_that_has_answered_a_question_is_asked_for_its_models_at_once(
    model_server: Serve, door: OpenDoor
) -> None:
    down = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    listing = http('{"data": [{"id": "a", "max_model_len": 4096}]}', "application/json")
    server = await model_server(down, SAYS_HELLO, listing)
    config = {"models": {"mode": "replace", "providers": {"lab": {"baseUrl": f"{server.url}/v1"}}}}
    desk, ref = desk_of(door, config), ModelRef(provider="lab", model_id="a")
    request = build(ref, await desk.profile(ref))
    assert [e async for e in desk.stream(ref, request, reach=Reach.LOCAL_ONLY)]
    assert (await desk.profile(ref)).window_tokens == 4096


REPEATS = http(
    'data: {"choices":[{"delta":{"content":"So it is. So it is. So it is. So it is. So it is. "}}]}\n\n' * 400
)
EMBEDDED = ModelRef(provider="embedded", model_id="smollm2")


@pytest.mark.parametrize(("named", "sent"), [(None, 256), (900, 900)])
async def test_the_embedded_model_gets_an_end_where_nobody_names_one(
    model_server: Serve, door: OpenDoor, named: int | None, sent: int
) -> None:
    server = await model_server(SAYS_HELLO)
    desk = desk_of(door, {"models": {"mode": "replace"}}, PaperEngine(server.url))
    request = ModelRequest(model=EMBEDDED, messages=(user("Hello", OWNER),), sampling=Sampling(max_tokens=named))
    assert [event async for event in desk.stream(EMBEDDED, request, reach=Reach.ANYWHERE)]
    assert server.body()["max_tokens"] == sent


async def test_a_proxied_answer_that_only_repeats_itself_is_ended(model_server: Serve, door: OpenDoor) -> None:
    server = await model_server(REPEATS)
    desk = desk_of(door, {"models": {"mode": "replace"}}, PaperEngine(server.url))
    request = ModelRequest(model=EMBEDDED, messages=(user("Hello", OWNER),))
    heard = [event async for event in desk.stream(EMBEDDED, request, reach=Reach.ANYWHERE)]
    assert isinstance(heard[-1], Finished)
    assert heard[-1].reason is Finish.LENGTH
    assert len(heard) < 100
    assert not desk.dispatch.view("embedded").held
