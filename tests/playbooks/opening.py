"""Open a playbook's house in a test."""

from typing import TypeVar

from pydantic import BaseModel

from homarus.playbooks.core.house import PlaybookHouse, opened
from homarus.testing.playbooks import PlaybookWorld

S = TypeVar("S", bound=BaseModel)


class NoSettings(BaseModel):
    """Of a playbook that has none."""


async def open_house(
    world: PlaybookWorld,
    settings: S,
    *,
    playbook: str = "test",
    is_dry: bool = False,
    is_degraded: bool = False,
    retry_of: str = "",
) -> PlaybookHouse[S]:
    """Return the house of the world's run; opened again, it is the same run after a restart."""
    play = world.play(playbook, is_dry=is_dry, is_degraded=is_degraded, retry_of=retry_of)
    return await opened(play, world.ports(), settings)
