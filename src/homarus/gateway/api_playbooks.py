"""Playbooks over HTTP: what there is, with what each needs, and a run of one; the sources that they read."""

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.ids import AgentId
from homarus.domain.jobs import Budget, JobRun, Trigger, Work, WorkKind
from homarus.domain.sources import SourceState
from homarus.gateway.answers import ok
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, house_of
from homarus.gateway.playing.gallery import Card


class PlaybookList(BaseModel):
    """What playbooks there are."""

    playbooks: list[Card]


class Limits(BaseModel):
    """What a run may use; what is left out has no limit."""

    model_config = ConfigDict(extra="forbid")

    tokens: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    cost_usd: float | None = Field(default=None, ge=0)
    joules: float | None = Field(default=None, gt=0)


class PlayRequest(BaseModel):
    """A run of a playbook."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """By the names of its schema; what is left out is as configured."""
    is_dry: bool = False
    """Whether effects are only shown."""
    budget: Limits = Limits()
    deadline: datetime | None = None
    """With a zone: then it hands over what it has."""
    agent: str | None = None


class OneRun(BaseModel):
    """A run that was started."""

    run: JobRun


class HealthView(BaseModel):
    """How a source is."""

    is_well: bool
    sentence: str
    hint: str = ""


class SourceView(BaseModel):
    """A source that is configured, and when reading it worked last."""

    name: str
    kind: str
    state: SourceState


class SourceList(BaseModel):
    """What sources there are."""

    sources: list[SourceView]


class Probed(BaseModel):
    """What a probe found."""

    name: str
    health: HealthView


async def listing(request: web.Request) -> web.StreamResponse:
    """Answer with all playbooks."""
    cards = await house_of(request).playing().gallery()
    return ok({"playbooks": [_told(card) for card in cards]})


async def show(request: web.Request) -> web.StreamResponse:
    """Answer with one."""
    return ok(_told(await house_of(request).playing().card(request.match_info["name"])))


async def run(request: web.Request) -> web.StreamResponse:
    """Start a run of a playbook."""
    house, wanted = house_of(request), await read_as(request, PlayRequest)
    name = request.match_info["name"]
    card = await house.playing().card(name)
    house.playing().gallery_now().settings(name, wanted.settings)
    work = Work(
        kind=WorkKind.PLAYBOOK,
        playbook=name,
        settings=wanted.settings,
        agent=AgentId(wanted.agent) if wanted.agent else None,
    )
    deadline = wanted.deadline
    if deadline is not None and deadline.tzinfo is None:
        deadline = deadline.replace(tzinfo=house.clock.zone)
    started = await house.jobs().runs.start(
        work,
        name=card.title,
        trigger=Trigger.HAND,
        is_dry=wanted.is_dry,
        budget=Budget(**wanted.budget.model_dump()),
        deadline_at=deadline,
    )
    return ok({"run": codec.dump(started)}, status=202)


async def sources(request: web.Request) -> web.StreamResponse:
    """Answer with the sources that are configured."""
    playing = house_of(request).playing()
    names = playing.sources.names()
    states = [await playing.books.readings.state(name) for name in names]
    rows = [
        {"name": name, "kind": playing.sources.kind_of(name), "state": codec.dump(state)}
        for name, state in zip(names, states, strict=True)
    ]
    return ok({"sources": rows})


async def probe(request: web.Request) -> web.StreamResponse:
    """Look whether a source can be read."""
    name = request.match_info["name"]
    health = await house_of(request).playing().sources.probe(name)
    return ok({"name": name, "health": codec.dump(health)})


def _told(card: Card) -> JsonObject:
    return {**codec.dump(card), "schema": card.form, "is_ready": card.is_ready}


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/playbooks",
        answer=listing,
        need=Need.READ,
        about="What playbooks there are, what each needs and whether that is there.",
        gives=PlaybookList,
    ),
    Operation(
        method="GET",
        path="/api/v1/playbooks/{name}",
        answer=show,
        need=Need.READ,
        about="A playbook with the schema of its settings.",
        gives=Card,
    ),
    Operation(
        method="POST",
        path="/api/v1/playbooks/{name}/run",
        answer=run,
        need=Need.ADMIN,
        about="Start a run of a playbook.",
        takes=PlayRequest,
        gives=OneRun,
        status=202,
    ),
    Operation(
        method="GET",
        path="/api/v1/sources",
        answer=sources,
        need=Need.READ,
        about="The sources that are configured, and when reading each worked last.",
        gives=SourceList,
    ),
    Operation(
        method="POST",
        path="/api/v1/sources/{name}/probe",
        answer=probe,
        need=Need.ADMIN,
        about="Look whether a source can be read, without changing anything there.",
        gives=Probed,
    ),
)
