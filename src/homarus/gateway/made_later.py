"""Parts of the house that few days need: each is loaded and made when somebody asks for it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homarus.domain.events import Event
    from homarus.domain.ports import Store
    from homarus.domain.settings import Settings
    from homarus.domain.turns import Inbound
    from homarus.gateway.configure import Configuration
    from homarus.gateway.engines import Engines
    from homarus.gateway.facts import Finding
    from homarus.gateway.fitting import Fitting
    from homarus.gateway.house import House
    from homarus.gateway.machine import Here
    from homarus.gateway.replaying import Makings, Replaying
    from homarus.gateway.setup import Setup
    from homarus.models.desk import Desk
    from homarus.net.egress import Crossing
    from homarus.net.neighbours import Neighbours
    from homarus.state.secrets import Secrets


def fitting(engines: "Engines", here: "Here") -> "Fitting":
    """Return what says which models would fit."""
    from homarus.gateway.fitting import Fitting

    return Fitting(engines=engines, here=here)


def setup(desk: "Desk", configuration: "Configuration", secrets: "Secrets") -> "Setup":
    """Return what sets a house up."""
    from homarus.gateway.setup import Setup

    return Setup(desk=desk, configuration=configuration, secrets=secrets)


def neighbours(note: "Callable[[Crossing], Awaitable[None]]") -> "Neighbours":
    """Return what looks into the owner's network; every look is noted."""
    from homarus.net.neighbours import Neighbours

    return Neighbours(note)


def replaying(store: "Store", read: "Callable[[Event], Awaitable[Inbound]]", makings: "Makings") -> "Replaying":
    """Return what plays turns again."""
    from homarus.gateway.replaying import Replaying

    return Replaying(store=store, read=read, makings=makings)


async def model_checks(engines: "Engines", settings: "Callable[[], Settings]") -> "Sequence[Finding]":
    """Look at everything that can be wrong with models and their servers."""
    await asyncio.to_thread(import_module, "homarus.gateway.model_checks")
    from homarus.gateway.model_checks import ModelChecks

    return await ModelChecks(engines=engines, settings=settings)()


async def job_checks(house: "Callable[[], House | None]", settings: "Callable[[], Settings]") -> "Sequence[Finding]":
    """Look at everything that can be wrong with jobs, hooks and the heartbeat."""
    from homarus.gateway.job_checks import JobChecks

    return await JobChecks(house=house, settings=settings)()
