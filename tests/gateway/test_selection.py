"""The owner's choice of a model, and who hears of it."""

import pytest

from homarus.domain.ids import SessionKey
from homarus.domain.inference import ModelRef
from homarus.gateway.selection import HOUSE_KEY, Selection
from homarus.testing.store import FakeStore

pytestmark = pytest.mark.anyio

SMALL = ModelRef(provider="box", model_id="small")
MAIN = SessionKey("agent:main:main")


class Settings:
    """A configuration that remembers what was written."""

    def __init__(self) -> None:
        self.written: dict[str, str | None] = {}

    def set(self, key: str, value: str | None, *, by: str) -> object:
        del by
        self.written[key] = value
        return None


@pytest.mark.parametrize("session", [MAIN, None])
async def test_a_model_that_is_chosen_is_announced_and_going_back_is_not(session: SessionKey | None) -> None:
    settings, announced = Settings(), list[ModelRef]()
    selection = Selection(FakeStore(), settings, announce=announced.append)
    await selection.choose(SMALL, session=session, by="owner")
    await selection.choose(None, session=session, by="owner")
    assert announced == [SMALL]
    assert settings.written == ({} if session else {HOUSE_KEY: None})
