"""The one object that agents talk to when they want an answer: it knows the models, their servers and their queues."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from homarus.domain.content import JsonObject
from homarus.domain.errors import EngineError, NotFoundError
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef, ModelRequest, StreamEvent
from homarus.domain.labels import Bounds, Reach
from homarus.domain.marks import ProviderMark
from homarus.domain.ports import Door, Endpoint, Wire
from homarus.domain.settings import LocalServer, Settings
from homarus.domain.turns import Route
from homarus.models import failover, probing, router
from homarus.models.builds import Builds
from homarus.models.catalog import (
    EMBEDDED_OUTPUT_TOKENS,
    Candidate,
    Catalog,
    EmbeddedState,
    Found,
    catalog,
)
from homarus.models.closing import closing
from homarus.models.contexts import Contexts, Looked, spoken
from homarus.models.cooldowns import Cooldowns
from homarus.models.dispatch import Dispatch, Priority, Queued, Ticket
from homarus.models.engine_lanes import Lane, Telling, queue_key, wishes_of
from homarus.models.engines.watch import Watch
from homarus.models.found import look_around
from homarus.models.hosted import known_providers
from homarus.models.identity import Identity, shown
from homarus.models.knowledge import Knowledge
from homarus.models.listening import Listening
from homarus.models.listings import Listings
from homarus.models.local_service import LocalServers
from homarus.models.pace import Pace
from homarus.models.patience import limits
from homarus.models.pins import Pins, seeded, served
from homarus.models.profile import Profile, profile_of, with_card
from homarus.models.providers import Provider
from homarus.models.retrying import JOB_PATIENCE_S, PERSON_PATIENCE_S
from homarus.models.router import RouteAsk
from homarus.models.stuck import unrepeated
from homarus.models.windows import Windows

_LOOK_AGAIN_S = 2.0
_PIN_AGE_S = 1.0
"""Looking for the embedded model touches the disk: half of a proxied request's time when every catalog did it."""
_MANY_NAMES = 1024
"""Names that are remembered: a client can ask for any number of models that nobody listed."""


class EmbeddedEngine(Protocol):
    """The engine that comes with homarus, as the desk needs it."""

    @property
    def is_usable(self) -> bool:
        """Whether it can run here."""
        ...

    @property
    def because(self) -> str:
        """Why not."""
        ...

    async def endpoint(self) -> Endpoint:
        """Start it if need be, and return where it is reached."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usable:
    is_so: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """A catalog and what it was made from."""

    settings: Settings
    found: tuple[Found, ...]
    is_usable: bool
    catalog: Catalog
    named: dict[str, Candidate] = field(default_factory=dict[str, Candidate])
    """What names stood for: looking through hundreds of models costs more than everything else of a proxied call."""
    lanes: dict[ModelRef, Lane] = field(default_factory=dict[ModelRef, Lane])


def built_in_wires() -> dict[str, Wire]:
    """Return the wires that come with homarus, by the `api` of the configuration."""
    from homarus.models.anthropic_messages import AnthropicMessages
    from homarus.models.ollama import Ollama
    from homarus.models.openai_completions import OpenAiCompletions
    from homarus.models.openai_responses import OpenAiResponses

    return {
        "ollama": Ollama(),
        "openai-completions": OpenAiCompletions(),
        "openai-responses": OpenAiResponses(),
        "anthropic-messages": AnthropicMessages(),
    }


class Desk:
    """Chooses models, knows what they are, and asks them, one queue per engine."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        environment: Mapping[str, str],
        door: Door,
        embedded: EmbeddedEngine | None = None,
        *,
        wires: Mapping[str, Wire] | None = None,
        providers: Mapping[str, ProviderMark] | None = None,
        knowledge: Knowledge | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the configuration as it is now, the environment, the way out, and the embedded engine if there is one.

        `wires` and `providers` win over the ones that come with homarus. Without `knowledge`, nothing is kept.
        """
        self._settings, self._environment = settings, environment
        self._door = door
        self._embedded = embedded
        self._wires: dict[str, Wire] = {**built_in_wires(), **(wires or {})}
        self._known = {**known_providers(), **(providers or {})}
        self._clock = clock
        self._found: tuple[Found, ...] = ()
        self._gathered: _Gathered | None = None
        self._usable: _Usable | None = None
        self.knowledge = Knowledge() if knowledge is None else knowledge
        self.watch = Watch(
            self._providers, door, wires=self._wires, foreign=_foreign(self._wires), watched=self._watched, clock=clock
        )
        show = shown(self.watch.adapter_for, self._endpoint_of, door)
        self.identity = Identity(self.knowledge, live=self._live, engine_of=self.watch.engine_of, show=show)
        self.pins = Pins(self.knowledge, self.identity, look=self._look_again)
        self.cooldowns = Cooldowns(clock, on_away=self.watch.stir)
        self.listings = Listings(self.watch, self.catalog)
        self.contexts = Contexts(self._looked)
        self.servers = LocalServers(self._startable, environment, door, is_busy=self._is_busy)
        self.pace = Pace(self.knowledge)
        self.builds = Builds(self.watch.engine_of)
        self.windows = Windows(self.knowledge, digest_of=self.builds.digest)
        self.listening = Listening(self.pace, self.windows)
        self.patience_s: Callable[[Priority], float] = self._patience_s
        self.dispatch = Dispatch(clock)
        self.watch.on_change(self._telling())
        self.watch.on_change(self.cooldowns.noticed)

    # --- what there is ---

    def catalog(self) -> Catalog:
        """Return every candidate as of now, without asking anybody."""
        return self._now().catalog

    def find(self, name: str) -> Candidate:
        """Return the model that a person means: an alias, `provider/id`, or an id that only one provider has.

        Raises:
            NotFoundError: with the nearest names, when there is none.
        """
        now = self._now()
        found = now.named.get(name)
        if found is None:
            found = now.catalog.find(name)
            if len(now.named) < _MANY_NAMES:
                now.named[name] = found
        return found

    async def look_around(self, *, max_age_s: float = 0.0) -> tuple[Found, ...]:
        """Look for servers on this machine and take their models into the catalog."""
        settings = self._settings().models
        if settings.mode == "replace":
            return ()
        taken = {(entry.base_url or "").rstrip("/") for entry in settings.providers.values()}
        known = [mark for name, mark in self._known.items() if name not in settings.providers]
        found = await look_around(known, self.watch, taken_addresses=frozenset(taken), max_age_s=max_age_s)
        if found != self._found:
            self._found = found
        return found

    async def listing(self) -> tuple[Candidate, ...]:
        """Return every candidate for a face, with what the servers of this machine and network say about theirs."""
        await self.look_around()
        models = self.catalog()
        near = [p for p in models.providers.values() if p.is_configured and p.endpoint and p.endpoint.is_local]
        async with asyncio.TaskGroup() as group:
            for provider in near:
                group.create_task(self.listings.ask(provider.name))
        stocked = await self.listings.stocked(models)
        return tuple([await self.listings.live(candidate) for candidate in stocked.candidates])

    async def profile(self, ref: ModelRef, *, as_served: bool = False) -> Profile:
        """Return what is known of a model; a server in reach is asked, at most once a minute.

        `as_served` leaves out what the driving test said of it.
        """
        at_most = self._settings().agents.defaults.context_tokens
        live = await self._live(ref)
        known = profile_of(
            live,
            at_most=_least(at_most, self.windows.of(ref)),
            given=self._given(live, at_most),
            prefill_tokens_s=self.pace.of(ref),
        )
        carded = None if as_served else await self.identity.card(ref)
        return known if carded is None else with_card(known, carded.card, is_stale=carded.is_stale)

    # --- asking ---

    async def choose(self, wanted: RouteAsk) -> Route:
        """Return the model for a turn, its place and why.

        Raises:
            HomarusError: with a hint, when the chosen model cannot be asked, or none can.
        """
        models = self.catalog()
        if not wanted.choice.primary and not any(c.unusable is None and c.is_listed for c in models.candidates):
            await self.look_around()
            models = self.catalog()
        if not wanted.choice.primary:
            models = await self.listings.stocked(models)
        if wanted.needs_images or wanted.reach is not Reach.ANYWHERE:
            # Only the server knows whether a model sees, and whether it hands the prompt on to somebody else.
            models = replace(models, candidates=tuple([await self.listings.live(one) for one in models.candidates]))
        if wanted.is_headless:
            down = await probing.down(models.providers, self.watch, startable=self._startable())
            wanted = replace(wanted, down=down)
        return router.choose(wanted, models, rests=self.cooldowns.left_s)

    def answer(
        self,
        route: Route,
        build: failover.Build,
        *,
        reach: Reach,
        region: str | None = None,
        turn: TurnId | None = None,
        priority: Priority = Priority.PERSON,
    ) -> AsyncIterator[failover.Event]:
        """Ask the route's model, then its fallbacks; closing the iterator cancels on the server.

        Raises:
            ModelCallError: when nobody answered; context overflow at once, because a smaller prompt may do.
        """
        return failover.answer(self, route, build, reach=reach, region=region, turn=turn, priority=priority)

    async def stream(
        self,
        ref: ModelRef,
        request: ModelRequest,
        *,
        reach: Reach,
        region: str | None = None,
        turn: TurnId | None = None,
        priority: Priority = Priority.PERSON,
        in_hurry: bool = False,
    ) -> AsyncIterator[StreamEvent | Queued]:
        """Ask one model: wait for a slot, then yield its answer. `in_hurry` says that another model stands ready.

        Raises:
            ModelCallError: in the failure grammar.
            RefusedError, EgressRefusedError: when the conversation may not go where the model is, or it is pinned to
                another build than is served.
            EngineError: when the embedded model cannot run here.
        """
        candidate = self._candidate(ref)
        if reach is not Reach.ANYWHERE:
            await self.listings.check_reach(candidate, Bounds(reach=reach, region=region))
        async with self.lease(ref, priority) as ticket:
            async for queued in ticket.wait():
                yield queued
            if self.servers.must_start(ref.provider):
                yield Queued(position=0, expected_wait_s=self.servers.expected_s(ref.provider), phase="loading")
            at = replace(await self.endpoint(ref), within=region)
            if not candidate.has_own_patience and not candidate.is_embedded:
                usual, rate = at.timeouts, self.pace.of(ref)
                at = replace(at, timeouts=limits(usual, request, prefill_tokens_s=rate, in_hurry=in_hurry))
            made = replace(request, model=ref, extra={**candidate.params, **request.extra})
            api = spoken(candidate, self.watch.engine_of(ref))
            made = await self._sized(made) if api == "ollama" else made
            made = seeded(_bounded(_tidy(made), candidate), turn if at.is_local else None)
            if turn is not None:
                here = await self.profile(ref, as_served=True)
                yield served(await self.identity.subject(ref), made, window_tokens=here.window_tokens)
            answer = self._wires[api].stream(made, at, self._door, reach=reach, turn=turn)
            heard = self.listening.follow(answer, made, is_turn=turn is not None, is_local=at.is_local)
            async with closing(unrepeated(heard) if turn is None and at.is_local else heard) as events:
                async for event in events:
                    ticket.began()
                    self.listings.has_answered(ref.provider)
                    yield event
            if self.contexts.has_asked(ref, made.window_tokens):
                self.watch.stir(ref.provider)

    def lease(self, ref: ModelRef, priority: Priority = Priority.PERSON) -> AbstractAsyncContextManager[Ticket]:
        """Return a ticket for a slot on the engine that runs a model."""
        lane = self._lane(ref)
        return self.dispatch.ticket(
            lane.engine, slots=lane.slots, priority=priority, model=ref.model_id, is_swapping=lane.is_swapping
        )

    async def endpoint(self, ref: ModelRef) -> Endpoint:
        """Return where a model is reached; the embedded engine, or a server that the owner named, is started for it.

        Raises:
            NotFoundError: when the model cannot be used, with what is missing.
            RefusedError: when it is pinned to another build than is served.
            EngineError: when the embedded model cannot run here.
        """
        await self.pins.check(ref)
        candidate = self._candidate(ref)
        if candidate.is_embedded:
            if self._embedded is None or candidate.unusable is not None:
                raise EngineError(
                    _("The embedded model cannot be used: {because}.").format(
                        because=candidate.unusable.because if candidate.unusable else _("it is not installed")
                    ),
                    hint=_("`homarus doctor` says what is missing."),
                )
            return await self._embedded.endpoint()
        if candidate.endpoint is None:
            because = candidate.unusable
            raise NotFoundError(
                _("{model} cannot be asked: {because}.").format(model=ref, because=because.because if because else "?"),
                hint=because.hint if because else "",
            )
        if self.servers.must_start(ref.provider):
            await self.servers.ensure(candidate.endpoint)
            await self.pins.check(ref)  # only now it says what it serves
        else:
            await self.servers.ensure(candidate.endpoint)
        return candidate.endpoint

    # --- inside ---

    def _telling(self) -> Telling:
        return Telling(
            dispatch=self.dispatch,
            endpoint=self._endpoint_of,
            adapter_for=self.watch.adapter_for,
            door=self._door,
            context=self.contexts.to_load,
        )

    async def _sized(self, request: ModelRequest) -> ModelRequest:
        """Return a request with the context to ask for, on a server that takes it per request."""
        if request.window_tokens is not None:
            return request
        usual = (await self.profile(request.model, as_served=True)).window_tokens
        return replace(request, window_tokens=await self.contexts.to_load(request.model) or usual)

    def _startable(self) -> Mapping[str, LocalServer]:
        configured = self._settings().models.providers
        return {name: entry.local_service for name, entry in configured.items() if entry.local_service is not None}

    def _is_busy(self, provider: str) -> bool:
        found = self._providers().get(provider)
        at = found.endpoint if found is not None else None
        return at is not None and bool(self.dispatch.view(queue_key(provider, at.base_url)).held)

    def _providers(self) -> Mapping[str, Provider]:
        return self._now().catalog.providers

    def _endpoint_of(self, provider: str) -> Endpoint | None:
        found = self._providers().get(provider)
        return found.endpoint if found is not None else None

    def _watched(self) -> frozenset[str]:
        near = (p.name for p in self._providers().values() if p.is_configured and p.endpoint and p.endpoint.is_local)
        named = (one.ref.provider for one in self._now().catalog.candidates if one.endpoint and one.is_local)
        return frozenset(near) | frozenset(named) | {found.provider for found in self._found}

    def _given(self, live: Candidate, at_most: int | None) -> int | None:
        """Return the context that a model really gets where we choose it, `None` where its server did."""
        if spoken(live, self.watch.engine_of(live.ref)) != "ollama" or not live.is_local:
            return None
        return self.contexts.given(live, self.builds.served(live.ref), at_most)

    async def _looked(self, ref: ModelRef) -> Looked:
        at_most = self._settings().agents.defaults.context_tokens
        return Looked(live=await self._live(ref), engine=self.watch.engine_of(ref), at_most=at_most)

    async def _look_again(self, ref: ModelRef) -> None:
        """Look at the server of a pinned model before it is asked."""
        found = self._now().catalog.get(ref)
        if found is not None and found.is_local and found.endpoint is not None and not found.is_embedded:
            await self.watch.look(ref.provider, max_age_s=_PIN_AGE_S)

    async def _live(self, ref: ModelRef) -> Candidate:
        return await self.listings.live(self._candidate(ref))

    def _patience_s(self, priority: Priority) -> float:
        patience_s = self._settings().agents.defaults.patience_seconds
        is_watched = priority in (Priority.PERSON, Priority.FOLLOW_UP)
        return patience_s if is_watched else patience_s * JOB_PATIENCE_S / PERSON_PATIENCE_S

    def _now(self) -> _Gathered:
        settings = self._settings()
        is_usable = settings.embedded.enabled and self._is_embedded_usable()
        kept = self._gathered
        if kept and kept.settings is settings and kept.found is self._found and kept.is_usable == is_usable:
            return kept
        made = catalog(
            settings,
            self._environment,
            embedded=self._embedded_state(settings, is_usable=is_usable),
            found=self._found,
            known=self._known,
        )
        self._gathered = _Gathered(settings=settings, found=self._found, is_usable=is_usable, catalog=made)
        self.dispatch.wants(wishes_of(settings.models.dispatch, made))
        return self._gathered

    def _candidate(self, ref: ModelRef) -> Candidate:
        return self._lane(ref).candidate

    def _lane(self, ref: ModelRef) -> Lane:
        now = self._now()
        lane = now.lanes.get(ref)
        if lane is None:
            candidate = now.catalog.get(ref)
            if candidate is None:
                raise now.catalog.unknown(str(ref))
            lane = Lane.of(candidate)
            if len(now.lanes) < _MANY_NAMES:
                now.lanes[ref] = lane
        return lane

    def _is_embedded_usable(self) -> bool:
        """Say whether the embedded model can run; looked at again after two seconds."""
        now = self._clock()
        if self._usable is None or now - self._usable.at >= _LOOK_AGAIN_S:
            self._usable = _Usable(is_so=self._embedded is not None and self._embedded.is_usable, at=now)
        return self._usable.is_so

    def _embedded_state(self, settings: Settings, *, is_usable: bool) -> EmbeddedState:
        if not settings.embedded.enabled:
            because = _("it is switched off (`embedded.enabled`)")
        else:
            because = self._embedded.because if self._embedded is not None else _("it is not installed")
        return EmbeddedState(is_usable=is_usable, because=because, window_tokens=settings.embedded.context_tokens)


def _foreign(wires: Mapping[str, Wire]) -> frozenset[str]:
    known = built_in_wires()
    return frozenset(api for api, wire in wires.items() if type(wire) is not type(known.get(api)))


def _least(*tokens: int | None) -> int | None:
    return min((one for one in tokens if one is not None), default=None)


def _bounded(request: ModelRequest, candidate: Candidate) -> ModelRequest:
    """Return a request to the embedded model with an end: it stops by itself too rarely, and has one slot for all."""
    if not candidate.is_embedded or request.sampling.max_tokens is not None:
        return request
    return replace(request, sampling=replace(request.sampling, max_tokens=EMBEDDED_OUTPUT_TOKENS))


_SAMPLED = {"maxTokens": "max_tokens", "topP": "top_p"}


def _tidy(request: ModelRequest) -> ModelRequest:
    """Move parameters that have a place of their own there: each protocol has another name for them.

    An owner's `max_tokens` is a limit: it wins over a larger one, and never makes room that the window has not.
    """
    extra = dict(request.extra)
    sampling = request.sampling
    for name in ("temperature", "max_tokens", "top_p", "seed", *_SAMPLED):
        value = extra.get(name)
        field_name = _SAMPLED.get(name, name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            del extra[name]
            asked = getattr(sampling, field_name)
            if asked is None or (field_name == "max_tokens" and value < asked):
                sampling = replace(sampling, **{field_name: value})
    extra_now: JsonObject = extra
    return replace(request, sampling=sampling, extra=extra_now)
