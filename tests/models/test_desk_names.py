"""What a desk remembers of names ends with the configuration that it was true of."""

import pytest

from homarus.domain.errors import NotFoundError
from homarus.domain.inference import ModelRef
from homarus.domain.marks import ProviderMark
from homarus.domain.settings import Settings
from homarus.models.desk import Desk
from homarus.models.dispatch import Priority
from homarus.net.door import OpenDoor

pytestmark = pytest.mark.anyio


def configured(place: str, *, slots: int = 1, aliases: dict[str, object] | None = None) -> Settings:
    provider = {"api": "openai-completions", "baseUrl": place, "compat": {"slots": slots}, "models": [{"id": "m"}]}
    models = {"mode": "replace", "providers": {"up": provider}}
    return Settings.model_validate({"models": models, "agents": {"defaults": {"models": aliases or {}}}})


class House:
    """A desk whose configuration changes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.desk = Desk(lambda: self.settings, {}, OpenDoor(), None, providers={}, wires={})


async def test_a_model_that_moved_is_asked_at_its_new_place() -> None:
    house = House(configured("http://127.0.0.1:1/v1"))
    before = house.desk.find("up/m")
    house.settings = configured("http://127.0.0.1:2/v1")

    assert before.endpoint != house.desk.find("up/m").endpoint
    assert (await house.desk.endpoint(before.ref)).base_url == "http://127.0.0.1:2/v1"


async def test_an_alias_that_was_taken_away_is_nobody() -> None:
    house = House(configured("http://127.0.0.1:1/v1", aliases={"up/m": {"alias": "mine"}}))
    assert house.desk.find("mine").ref == ModelRef(provider="up", model_id="m")
    house.settings = configured("http://127.0.0.1:1/v1")

    with pytest.raises(NotFoundError):
        house.desk.find("mine")


async def test_a_server_with_more_slots_takes_more_at_once() -> None:
    house = House(configured("http://127.0.0.1:1/v1"))
    ref = ModelRef(provider="up", model_id="m")
    async with house.desk.lease(ref, Priority.PERSON) as first, house.desk.lease(ref, Priority.PERSON) as second:
        assert (first.is_held, second.is_held) == (True, False)
    house.settings = configured("http://127.0.0.1:1/v1", slots=2)

    async with house.desk.lease(ref, Priority.PERSON) as first, house.desk.lease(ref, Priority.PERSON) as second:
        assert first.is_held
        assert second.is_held


async def test_the_server_of_a_chosen_model_is_named_when_it_is_gone_though_nobody_configured_it() -> None:
    settings = Settings.model_validate({"agents": {"defaults": {"model": "near/a"}}})
    near = ProviderMark(name="near", api="openai-completions", base_url="http://127.0.0.1:1/v1", is_hosted=False)
    other = ProviderMark(name="other", api="openai-completions", base_url="http://127.0.0.1:1/v1", is_hosted=False)
    async with OpenDoor() as door:
        desk = Desk(lambda: settings, {}, door, None, providers={"near": near, "other": other}, wires={})
        engines = await desk.watch.look_all()
    assert [(engine.provider, engine.is_up) for engine in engines] == [("near", False)]
