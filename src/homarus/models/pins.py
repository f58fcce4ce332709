"""Hold a model to one build, and write down with which build and which dice every answer was made.

A pinned model whose server serves other weights today is refused, with the next step, and never silently used. What an
engine's new version changes is told and not refused: the weights, the quantisation and the template are the model.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from homarus.domain.cards import Pin, Served, Subject
from homarus.domain.content import Image, Json, JsonObject
from homarus.domain.errors import NotFoundError, RefusedError
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.inference import ModelRef, ModelRequest
from homarus.models.identity import Identity, difference
from homarus.models.knowledge import Knowledge, is_same

Look = Callable[[ModelRef], Awaitable[None]]
_SAMPLED = ("temperature", "top_p", "seed", "max_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A pin whose build is not the one that is served."""

    pin: Pin
    now: Subject
    because: str


class Pins:
    """The pins of the house."""

    def __init__(self, knowledge: Knowledge, identity: Identity, *, look: Look | None = None) -> None:
        """Take where they are kept, who tells builds apart, and how the server of a pinned model is looked at."""
        self._knowledge = knowledge
        self._identity = identity
        self._look = look

    async def pin(self, ref: ModelRef, *, window_tokens: int | None, sampler: JsonObject) -> Pin:
        """Hold a model to the build that is served now, in place of what it was held to.

        Raises:
            NotFoundError: when there is no such model, or its server does not say what it serves.
        """
        subject = await self._identity.subject(ref)
        if not subject.digest:
            raise NotFoundError(
                _("{model} cannot be pinned: its server does not say which build it serves.").format(model=ref),
                hint=_("Start its server, then try again: homarus models list"),
            )
        made = Pin(subject=subject, at=datetime.now(UTC), window_tokens=window_tokens, sampler=sampler)
        await self._knowledge.keep(made)
        return made

    async def drop(self, ref: ModelRef) -> bool:
        """Hold a model to nothing any more; tell whether it was pinned."""
        return await self._knowledge.drop_pin(ref)

    async def check(self, ref: ModelRef) -> None:
        """Raise when a model is pinned to another build than the one that is served now.

        Raises:
            RefusedError: with what is another, and the next step.
        """
        pin = self._knowledge.pins().get(ref)
        if pin is None:
            return
        if self._look is not None:
            await self._look(ref)  # the last look is seconds old, and another build may be there since
        now = await self._identity.subject(ref)
        if self._identity.is_unlisted(ref):
            raise RefusedError(
                _("{model} is pinned, and its server does not say any more what it serves.").format(model=ref),
                hint=_(
                    "See what it has with `homarus models list`, or let it go: homarus models pin {model} --drop"
                ).format(model=ref),
            )
        if not _holds(pin, now):
            raise RefusedError(
                _("{model} is pinned, and is not what it was. {difference}").format(
                    model=ref, difference=difference(_weights(pin.subject), _weights(now))
                ),
                hint=_("Pull the old build again, or let it go: homarus models pin {model} --drop").format(model=ref),
            )

    async def broken(self) -> tuple[Broken, ...]:
        """Return the pins that something has changed under, for the doctor; also where only the engine is newer."""
        found: list[Broken] = []
        for ref, pin in self._knowledge.pins().items():
            try:
                now = await self._identity.subject(ref)
            except NotFoundError as error:
                found.append(Broken(pin=pin, now=pin.subject, because=error.message))
                continue
            if not is_same(pin.subject, now):
                found.append(Broken(pin=pin, now=now, because=difference(pin.subject, now)))
        return tuple(found)


def _holds(pin: Pin, now: Subject) -> bool:
    return is_same(_weights(pin.subject), _weights(now))


def _weights(subject: Subject) -> Subject:
    """Return a build without the engine that runs it."""
    return replace(subject, engine="")


def is_refused(broken: Broken) -> bool:
    """Whether a model is not asked because of this."""
    return not _holds(broken.pin, broken.now)


# --- what a turn writes down --------------------------------------------------------------------------------------


def seeded(request: ModelRequest, turn: TurnId | None) -> ModelRequest:
    """Return a request with dice of its own where the owner chose none: the same turn throws the same ones."""
    if turn is None or request.sampling.seed is not None or "seed" in request.extra:
        return request
    seed = int.from_bytes(hashlib.sha256(turn.encode("utf-8", "replace")).digest()[:4], "big") >> 1
    return replace(request, sampling=replace(request.sampling, seed=seed))


def served(subject: Subject, request: ModelRequest, *, window_tokens: int | None) -> Served:
    """Return what is written down of a request that is on its way."""
    how = request.sampling
    chosen: dict[str, Json] = {name: value for name in _SAMPLED if (value := getattr(how, name)) is not None}
    if how.stop:
        chosen["stop"] = list(how.stop)
    if request.reasoning is not None:
        chosen["reasoning"] = request.reasoning
    return Served(
        subject=subject,
        window_tokens=request.window_tokens or window_tokens,
        sampler={**chosen, **request.extra},
        prompt_sha256=prompt_sha256(request),
    )


def prompt_sha256(request: ModelRequest) -> str:
    """Return a hash of everything that a model is given to read and held to."""
    hashed = hashlib.sha256()
    for message in request.messages:
        hashed.update(f"\x00{message.role.value}\x00{message.call_id or ''}\x00{message.tool_name}".encode())
        for part in message.parts:
            words = part.data_b64 if isinstance(part, Image) else part.text
            hashed.update(b"\x01" + words.encode("utf-8", "replace"))
        for call in message.tool_calls:
            hashed.update(b"\x02" + call.name.encode("utf-8", "replace") + _packed(call.arguments))
    for tool in request.tools:
        hashed.update(b"\x03" + f"{tool.name}\x00{tool.description}".encode("utf-8", "replace"))
        hashed.update(_packed(tool.parameters))
    hashed.update(b"\x04" + _packed(request.response_schema or {}) + (request.grammar or "").encode("utf-8", "replace"))
    return hashed.hexdigest()


def _packed(value: Mapping[str, Json]) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode("utf-8", "replace")
