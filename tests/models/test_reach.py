"""Nothing goes where its label forbids: not by choice, not by a fallback, not in any failure."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homarus.domain.content import user
from homarus.domain.errors import Failure, HomarusError, ModelCallError
from homarus.domain.inference import ModelRef, ModelRequest, StreamEvent, TextDelta
from homarus.domain.labels import OWNER, Bounds, Label, Origin, Reach
from homarus.domain.ports import Door, Endpoint, ModelInfo
from homarus.domain.settings import Settings
from homarus.models.desk import Desk
from homarus.models.profile import Profile
from homarus.models.router import RouteAsk
from homarus.testing.door import FakeDoor

PLACES = {
    "here": ("http://127.0.0.1:9/v1", None),
    "box": ("http://192.168.1.20:8000/v1", None),
    "berlin": ("https://eu.example.com/v1", "eu"),
    "oregon": ("https://us.example.com/v1", "us"),
    "unsaid": ("https://example.net/v1", None),
}
CLOUDY = "cloudy"
"""A model on a server here that hands its prompts on."""


class Spy:
    """A wire that notes where prompts go; nobody ever answers."""

    def __init__(self) -> None:
        self.went: list[tuple[str, str]] = []

    async def stream(
        self, request: ModelRequest, at: Endpoint, door: Door, *, reach: Reach, turn: object = None
    ) -> AsyncIterator[StreamEvent]:
        del turn, door, reach
        self.went.append((at.provider, request.model.model_id))
        if at.provider:
            raise ModelCallError(Failure.SERVER_DOWN, "Nobody is there.", hint="")
        yield TextDelta(text="never")

    async def list_models(self, at: Endpoint, door: Door) -> tuple[ModelInfo, ...]:
        del at, door
        return (ModelInfo(model_id="m"), ModelInfo(model_id=CLOUDY, is_remote=True))


def desk_of(names: list[str], spy: Spy) -> Desk:
    providers = {
        name: {
            "baseUrl": PLACES[name][0],
            "region": PLACES[name][1],
            "api": "openai-completions",
            "models": [{"id": "m", "input": ["text", "image"]}, {"id": CLOUDY}],
        }
        for name in names
    }
    config = Settings.model_validate({"models": {"mode": "replace", "providers": providers}})
    return Desk(lambda: config, {}, FakeDoor(), providers={}, wires={"openai-completions": spy})


def build(ref: ModelRef, _profile: Profile) -> ModelRequest:
    return ModelRequest(model=ref, messages=(user("My diagnosis is a secret.", OWNER),))


def allowed(name: str, model: str, bounds: Bounds) -> bool:
    is_local = name in ("here", "box") and model != CLOUDY
    region = PLACES[name][1]
    return bounds.reach is Reach.ANYWHERE or is_local or (bounds.reach is Reach.REGION and region == bounds.region)


ASKS = st.frozensets(st.sampled_from(["explicit", "images"]))
bounds = st.sampled_from(
    [Bounds(reach=Reach.LOCAL_ONLY), Bounds(reach=Reach.REGION, region="eu"), Bounds(reach=Reach.REGION), Bounds()]
)
models = st.lists(
    st.tuples(st.sampled_from(sorted(PLACES)), st.sampled_from(["m", CLOUDY])), min_size=1, max_size=5, unique=True
)


@settings(max_examples=120, deadline=None)
@given(bounds=bounds, chain=models, asks=ASKS, order=st.permutations(sorted(PLACES)))
def test_no_prompt_goes_where_its_label_forbids(
    bounds: Bounds, chain: list[tuple[str, str]], asks: frozenset[str], order: list[str]
) -> None:
    async def run() -> list[tuple[str, str]]:
        spy = Spy()
        desk = desk_of(order, spy)
        names = [f"{name}/{model}" for name, model in chain]
        choice = Settings.model_validate(
            {"agents": {"defaults": {"model": {"primary": names[0], "fallbacks": names[1:]}}}}
        ).agents.defaults.model
        ask = RouteAsk(
            choice=choice,
            image_choice=choice,
            explicit=names[0] if "explicit" in asks else None,
            needs_images="images" in asks,
            reach=bounds.reach,
            region=bounds.region,
        )
        desk.patience_s = lambda _priority: 0.0
        with suppress(HomarusError):
            route = await desk.choose(ask)
            async for _event in desk.answer(route, build, reach=bounds.reach, region=bounds.region):
                pass
        return spy.went

    for name, model in asyncio.run(run()):
        assert allowed(name, model, bounds), (name, model, str(bounds))


@pytest.mark.anyio
@given(st.lists(st.tuples(st.sampled_from(list(Reach)), st.sampled_from(["eu", "us", None])), max_size=4))
async def test_a_context_goes_no_further_than_any_part_of_it(parts: list[tuple[Reach, str | None]]) -> None:
    whole = Bounds.of(Label(origin=Origin.WEB, reach=reach, region=region) for reach, region in parts)
    for is_local in (True, False):
        for region in ("eu", "us", None):
            if whole.allow(is_local=is_local, region=region):
                assert all(Bounds(reach=r, region=g).allow(is_local=is_local, region=region) for r, g in parts)


@pytest.mark.parametrize("text", ["local-only", "anywhere", "region:eu"])
def test_bounds_read_what_they_write(text: str) -> None:
    assert str(Bounds.parse(text)) == text


@pytest.mark.parametrize("text", ["", "eu", "region:", "private"])
def test_anything_else_is_no_bound(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        Bounds.parse(text)
