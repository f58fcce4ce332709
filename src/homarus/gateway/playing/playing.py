"""Playbooks of a house: what there is, what they read and wrote, and who plays them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from homarus.domain import agents
from homarus.domain.books import Books
from homarus.domain.errors import HomarusError, NotFoundError
from homarus.domain.ids import RunId
from homarus.domain.inference import ModelRef
from homarus.domain.jobs import JobRun
from homarus.domain.ports import Blobs, Clock
from homarus.domain.settings import Settings
from homarus.gateway.answering import Answering
from homarus.gateway.errands import ErrandDesk
from homarus.gateway.playing.gallery import Card, Gallery
from homarus.gateway.playing.sources import ConfiguredSources
from homarus.gateway.plugins import Problem
from homarus.models.router import RouteAsk

if TYPE_CHECKING:
    from homarus.models.desk import Desk

_LONGEST_CHAIN = 50


class KnownRuns(Protocol):
    """Where runs are looked up."""

    async def get(self, run_id: RunId) -> JobRun:
        """Return a run."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """Everything about playbooks that faces and runs ask for."""

    home: Path
    books: Books
    blobs: Blobs
    sources: ConfiguredSources
    clock: Clock
    settings: Callable[[], Settings]
    answering: Answering | None
    """Without agents nothing is played."""
    errands: ErrandDesk | None
    desk: "Desk"
    runs: Callable[[], KnownRuns]

    def gallery_now(self) -> Gallery:
        """Return the playbooks with the configuration as it is now."""
        return Gallery(
            discovery=self.sources.discovery,
            configured=lambda: self.settings().playbooks,
            sources=self.sources,
        )

    async def gallery(self) -> tuple[Card, ...]:
        """Return all playbooks; looking at one for the first time imports it."""
        return await asyncio.to_thread(self.gallery_now().cards)

    async def card(self, name: str) -> Card:
        """Return one.

        Raises:
            NotFoundError: when there is no such playbook.
        """
        return await asyncio.to_thread(self.gallery_now().card, name)

    def problems(self) -> Sequence[Problem]:
        """Return why some playbooks and sources are not there."""
        kinds = ("playbook", "source")
        discovery = self.sources.discovery
        spots = (*discovery.spots.values(), *discovery.left_out.values())
        mine = {str(spot.file) for spot in spots if spot.kind in kinds}
        return [problem for problem in discovery.problems if problem.file in mine]

    async def model(self) -> ModelRef | None:
        """Return the model that would answer a run's question now; `None` when none can be reached."""
        settings = self.settings()
        profile = agents.agent_profile(settings, agents.default_agent(settings))
        choice = profile.model if profile else settings.agents.defaults.model
        try:
            return (await self.desk.choose(RouteAsk(choice=choice))).model
        except HomarusError:
            return None

    def digests(self, models: Sequence[str]) -> dict[str, str]:
        """Return the digests of models, as far as their servers tell."""
        refs = {name: ModelRef.parse(name) for name in models if "/" in name.strip("/")}
        return {name: self.desk.builds.digest(ref) for name, ref in refs.items()}

    async def root_of(self, run: JobRun) -> str:
        """Return the first run of a chain of retries."""
        first = run
        for _place in range(_LONGEST_CHAIN):
            if first.retry_of is None:
                return first.run_id
            try:
                first = await self.runs().get(RunId(first.retry_of))
            except NotFoundError:
                return first.retry_of or first.run_id
        return first.run_id
