"""Before a job that nobody watches, local servers are looked at; those started on demand and hosted ones are not."""

import pytest

from homarus.domain.engines import Engine, EngineKind
from homarus.domain.errors import ModelCallError
from homarus.domain.settings import ModelChoice, Settings
from homarus.models.desk import Desk
from homarus.models.probing import down
from homarus.models.router import RouteAsk
from homarus.testing.door import FakeDoor

pytestmark = pytest.mark.anyio


def settings() -> Settings:
    model = [{"id": "m"}]
    providers = {
        "dead": {"baseUrl": "http://127.0.0.1:9/v1", "api": "openai-completions", "models": model},
        "alive": {"baseUrl": "http://127.0.0.1:10/v1", "api": "openai-completions", "models": model},
        "away": {"baseUrl": "https://api.example.com/v1", "api": "openai-completions", "apiKey": "k", "models": model},
    }
    return Settings.model_validate({"models": {"mode": "replace", "providers": providers}})


class Eyes:
    def __init__(self) -> None:
        self.looked: list[str] = []

    async def look(self, provider: str, *, max_age_s: float = 0.0) -> Engine:
        assert max_age_s == 300
        self.looked.append(provider)
        return Engine(
            provider=provider,
            kind=EngineKind.GENERIC,
            base_url="",
            place="here",
            is_local=True,
            is_up=provider == "alive",
            because="nobody answers",
        )


def desk() -> Desk:
    kept = settings()
    return Desk(lambda: kept, {}, FakeDoor(), providers={}, wires={})


async def test_only_local_servers_that_run_by_themselves_are_looked_at() -> None:
    eyes = Eyes()
    assert await down(desk().catalog().providers, eyes, startable=()) == {"dead": "nobody answers"}
    assert sorted(eyes.looked) == ["alive", "dead"]
    assert await down(desk().catalog().providers, eyes, startable=("dead",)) == {}


async def test_a_job_whose_servers_are_all_down_is_skipped_with_the_reason() -> None:
    choice = ModelChoice(primary="dead/m", fallbacks=("alive/m",))
    with pytest.raises(ModelCallError, match="dead/m is skipped"):
        await desk().choose(RouteAsk(choice=choice, is_headless=True))
    route = await desk().choose(RouteAsk(choice=choice))
    assert str(route.model) == "dead/m"
