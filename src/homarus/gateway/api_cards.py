"""The driving test over HTTP: run on a model, with news of each discipline, and the cards that it left."""

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from aiohttp import web

from homarus.domain import codec
from homarus.domain.cards import ScoreCard
from homarus.domain.errors import Failure, ModelCallError, UsageError
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.gateway.answers import ok
from homarus.gateway.api_engines import NamedModel
from homarus.gateway.bodies import read_as
from homarus.gateway.callers import Need
from homarus.gateway.operations import Operation, Parameter, house_of
from homarus.gateway.relaying import News, Tell, relay

if TYPE_CHECKING:
    from homarus.models.desk import Desk

_BENCH_S = 120.0


class TrialRequest(NamedModel):
    """A model to try."""

    quick: bool = False
    """Half a minute instead of two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardList:
    """The newest score card of every model that was tried."""

    cards: tuple[ScoreCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """How fast a model is here."""

    model: str
    prefill_tokens_s: float | None
    generation_tokens_s: float | None


async def test(request: web.Request) -> web.StreamResponse:
    """Try a model; disciplines come as they begin and end, the card last."""
    from homarus.models.driving.run import Begins, drive

    house, wanted = house_of(request), await read_as(request, TrialRequest)
    ref = await house.engines.named(wanted.model)

    async def work(tell: Tell) -> News:
        card = await drive(
            house.desk,
            ref,
            quick=wanted.quick,
            told=lambda one: tell(News(event="begins" if isinstance(one, Begins) else "score", body=codec.dump(one))),
        )
        return News(event="card", body=codec.dump(card))

    return await relay(request, work)


async def cards(request: web.Request) -> web.StreamResponse:
    """Answer with the cards, of one model where it is named, to read or to keep."""
    from homarus.models.driving import showing
    from homarus.models.knowledge import ref_of

    found = house_of(request).desk.knowledge.cards()
    if name := request.query.get("model"):
        ref = await house_of(request).engines.named(name)
        found = tuple(card for card in found if ref_of(card.subject) == ref)
    match request.query.get("format", "json"):
        case "json":
            return ok(showing.as_json(found))
        case "markdown":
            text = "\n".join(showing.as_markdown(card) for card in found)
            if "application/json" in request.headers.get("Accept", ""):
                return ok({"markdown": text})
            headers = {"Content-Disposition": 'attachment; filename="models.md"'}
            return web.Response(text=text, content_type="text/markdown", charset="utf-8", headers=headers)
        case other:
            raise UsageError(
                _("{name!r} is no format of an export.").format(name=other[:50]), hint=_("Formats: json, markdown.")
            )


async def bench(request: web.Request) -> web.StreamResponse:
    """Measure how fast a model reads and writes, and keep it."""
    house, wanted = house_of(request), await read_as(request, NamedModel)
    return ok(codec.dump(await measure(house.desk, await house.engines.named(wanted.model))))


async def measure(desk: "Desk", ref: ModelRef) -> Speeds:
    """Ask a model to read a page and count; what was measured is kept.

    Raises:
        ModelCallError: when it did not answer.
    """
    from homarus.models.driving.bench import Bench
    from homarus.models.driving.speed import speed
    from homarus.models.knowledge import Speed

    profile, candidate = await desk.profile(ref), desk.catalog().get(ref)
    found = await speed(
        Bench(
            desk=desk,
            ref=ref,
            quick=False,
            window_tokens=profile.window_tokens,
            is_local=profile.is_local,
            is_embedded=candidate is not None and candidate.is_embedded,
            ends_at=monotonic() + _BENCH_S,
        )
    )
    if not found.score.passed:
        raise ModelCallError(
            Failure.SERVER_DOWN,
            _("{model} could not be measured: {because}").format(model=ref, because=found.score.detail),
            hint=_("`homarus doctor models` says what is wrong."),
        )
    read, written = found.prefill_tokens_s, found.generation_tokens_s
    await desk.knowledge.keep_pace(ref, Speed(prefill_tokens_s=read, generation_tokens_s=written))
    return Speeds(model=str(ref), prefill_tokens_s=read, generation_tokens_s=written)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/models/test",
        answer=test,
        need=Need.ADMIN,
        about="Run the driving test on a model: about two minutes, at a job's priority; the card is kept and honoured.",
        takes=TrialRequest,
        gives=ScoreCard,
        streams=True,
    ),
    Operation(
        method="GET",
        path="/api/v1/models/cards",
        answer=cards,
        need=Need.READ,
        about="The newest score card of every model that was tried.",
        gives=CardList,
        parameters=(
            Parameter(name="model", about="Only this one's."),
            Parameter(name="format", about="`json`, or `markdown` to read and to pass on."),
        ),
    ),
    Operation(
        method="POST",
        path="/api/v1/models/bench",
        answer=bench,
        need=Need.ADMIN,
        about="Measure how fast a model reads a prompt and writes, here and now.",
        takes=NamedModel,
        gives=Speeds,
    ),
)
