"""What stands at an address that a person typed, and what is written down for it."""

from pathlib import Path

import pytest

from gateway.http_parts import running_place
from homarus.domain.errors import HomarusError, OperatorError, UsageError
from homarus.gateway import servers
from homarus.gateway.api_setup import LookRequest, proposal
from homarus.gateway.configure import Configuration
from homarus.gateway.presets import Preset
from homarus.gateway.servers import check_words, look_at
from homarus.gateway.setup import Setup, Wanted
from homarus.models.desk import Desk
from homarus.net.door import OpenDoor
from homarus.state.secrets import Secrets
from homarus.testing.engines.server import EngineServer

pytestmark = pytest.mark.anyio

KINDS = {
    "ollama": ("ollama", "ollama", ""),
    "lmstudio": ("lmstudio", "openai-responses", "/v1"),
    "vllm": ("vllm", "openai-completions", "/v1"),
    "llama-server": ("llamacpp", "openai-completions", "/v1"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["", "/", "/v1"])
async def test_each_kind_of_server_is_known_by_what_it_answers(kind: str, path: str) -> None:
    provider, api, suffix = KINDS[kind]
    async with EngineServer(kind) as server, OpenDoor() as door:
        found = await look_at(server.url + path, door)

        assert (found.provider, found.api, found.base_url) == (provider, api, server.url + suffix)
        assert found.engine.models


async def test_an_address_needs_no_scheme() -> None:
    async with EngineServer() as server, OpenDoor() as door:
        found = await look_at(server.url.removeprefix("http://"), door)

    assert found.base_url == server.url


async def test_a_known_address_keeps_its_name_and_another_server_gets_its_own() -> None:
    async with EngineServer() as server, OpenDoor() as door:
        same = await look_at(server.url, door, taken={"box": f"{server.url}/v1", "ollama": "http://10.0.0.1:11434"})
        other = await look_at(server.url, door, taken={"ollama": "http://10.0.0.1:11434"})

    assert same.provider == "box"
    assert other.provider == "ollama-127-0-0-1"


async def test_a_server_that_wants_a_key_says_so_and_takes_it() -> None:
    async with EngineServer("lmstudio", api_key="sesame") as server, OpenDoor() as door:
        with pytest.raises(OperatorError):
            await look_at(server.url, door)

        assert (await look_at(server.url, door, api_key="sesame")).engine.is_up


@pytest.mark.parametrize(
    "text", ["", "http://", "ftp://box", "http://u:p@box", "http://box?key=1", "http://169.254.169.254"]
)
async def test_what_is_no_address_is_refused_before_anybody_is_asked(text: str) -> None:
    async with OpenDoor() as door:
        with pytest.raises(UsageError):
            await look_at(text, door)


@pytest.mark.parametrize(
    ("url", "word"), [("http://10.0.0.7:11434", "OLLAMA_HOST"), ("http://box:1234", "Serve on Local Network")]
)
def test_what_to_check_depends_on_the_server(url: str, word: str) -> None:
    assert word in check_words(url)


async def test_the_network_is_looked_into_only_when_told_to(home: Path) -> None:
    async with running_place(home) as place, EngineServer() as server:
        port = int(server.url.rpartition(":")[2])
        looked = await place.house.neighbours().look((port,))
        alone = await proposal(place.house, LookRequest())

    assert [found.port for found in looked.found] == [port]
    assert alone.servers == ()
    assert set(servers.PORTS) >= {11434, 1234, 8000, 8080}


@pytest.fixture
def setup(configuration: Configuration, home: Path) -> Setup:
    desk = Desk(lambda: configuration.current, {}, OpenDoor())
    return Setup(desk=desk, configuration=configuration, secrets=Secrets(home / "secrets"))


async def test_server_model_and_preset_are_written_as_one_change(setup: Setup, configuration: Configuration) -> None:
    async with EngineServer() as server, OpenDoor() as door:
        found = await look_at(server.url, door)
        wanted = Wanted(model="ollama/qwen3:8b", preset=Preset.TALK, server=found)
        planned = setup.plan(wanted)
        written = setup.write(wanted, by="cli")

        assert planned == written
        assert setup.plan(wanted) == ()
        assert configuration.current.models.providers["ollama"].base_url == server.url
        configuration.undo(by="cli")
    assert configuration.current.agents.defaults.model.primary is None
    assert "ollama" not in configuration.current.models.providers


async def test_a_model_that_the_server_does_not_have_is_refused(setup: Setup, home: Path) -> None:
    async with EngineServer() as server, OpenDoor() as door:
        found = await look_at(server.url, door)
        with pytest.raises(HomarusError) as caught:
            setup.write(Wanted(model="ollama/other", server=found), by="cli")

    assert "ollama/qwen3:8b" in caught.value.hint
    assert not (home / "homarus.ui.json5").exists()


def test_a_key_is_kept_as_a_secret_and_named_in_the_configuration(
    setup: Setup, configuration: Configuration, home: Path
) -> None:
    setup.write(Wanted(model="nvidia/meta/llama-3.3-70b-instruct", keys={"nvidia": " nvapi-secret \n"}), by="cli")

    key = configuration.current.models.providers["nvidia"].api_key
    assert key is not None
    assert key.get_secret_value() == "nvapi-secret"
    assert "nvapi-secret" not in (home / "homarus.ui.json5").read_text()
    assert next(one.has_key for one in setup.hosted() if one.provider == "nvidia")


@pytest.mark.parametrize("key", ["", "two words", "x" * 5000, "a\x00b"])
def test_what_cannot_be_a_key_is_refused(setup: Setup, home: Path, key: str) -> None:
    with pytest.raises(UsageError):
        setup.write(Wanted(keys={"nvidia": key}), by="cli")

    assert not (home / "homarus.ui.json5").exists()


def test_every_hosted_offer_says_what_leaves(setup: Setup) -> None:
    assert [one.provider for one in setup.hosted()] == ["nvidia", "openrouter"]
    assert all(one.host in one.leaves and not one.has_key for one in setup.hosted())
