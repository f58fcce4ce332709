"""A turn on the event log: what the log has is not done again.

Keys in the log: an outcome is `<run>:<key>`, its intent `<run>:<key>:intent`, a fact `<run>:emit:<kind>:<n>` or
`<run>:emit:<key>`; a decision has its topic as key, whoever writes it. `dedupe` makes each of them unique, so a second
process, a replay or two answers at once cannot write one twice.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import InterruptedEffectError
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import THE_OWNER, OwnerId, SessionKey, TurnId
from homarus.domain.ports import Clock, Parked, Store
from homarus.state.ledger import key_of

_INTENTS: Mapping[Kind, Kind] = {Kind.REPLY_DELIVERED: Kind.REPLY_SENDING}
"""Which fact says that something is about to happen, where it is not `tool.intended`."""
_BATCHED = frozenset(
    {
        Kind.TURN_STARTED,
        Kind.ROUTE_CHOSEN,
        Kind.MODEL_ANSWERED,
        Kind.MODEL_FAILED,
        Kind.STEP_FINISHED,
        Kind.SESSION_FROZEN,
        Kind.MEMORY_SAVED,
        Kind.EGRESS,
        Kind.ENGINE_CHANGED,
    }
)
"""Facts that may join a later commit: losing one to a power cut only means that a step is done again."""


class Journal:
    """Implements `domain.ports.Run` for one turn; make a new one for each replay."""

    def __init__(
        self,
        store: Store,
        turn: TurnId,
        session: SessionKey,
        *,
        clock: Clock,
        owner_id: OwnerId = THE_OWNER,
        known: Sequence[Event] | None = None,
        is_timed: bool = False,
    ) -> None:
        """Belong to a turn; `known` are its events so far where somebody has just read them.

        With `is_timed`, the body of a `step.finished` has `began_at`, too.
        """
        self._store = store
        self._turn = turn
        self._session = session
        self._clock = clock
        self._owner_id = owner_id
        self._written = None if known is None else _by_key(known)
        self._counts: dict[str, int] = {}
        self._is_timed = is_timed

    @property
    def run_id(self) -> str:
        """The turn's id."""
        return self._turn

    async def step(
        self,
        key: str,
        fn: Callable[[], Awaitable[JsonObject]],
        *,
        kind: Kind = Kind.STEP_FINISHED,
        intent: JsonObject | None = None,
        is_repeatable: bool = True,
    ) -> JsonObject:
        """Return the outcome that the log has for this key, else run `fn` and write its outcome down.

        The body of a `step.finished` is `{"outcome": ...}`, of any other kind the outcome itself. An `fn` that raises
        leaves no outcome: what may fail and must not run twice catches its errors and returns them.

        Raises:
            InterruptedEffectError: when it was begun before, never finished, and cannot be repeated.
        """
        dedupe = key_of(f"{self._turn}:{key}")
        written = await self._read()
        if dedupe in written:
            return _outcome(kind, written[dedupe])
        begun = key_of(f"{self._turn}:{key}:intent")
        if begun in written and not is_repeatable:
            raise _interrupted(key)
        if intent is not None and begun not in written:
            await self._write(_INTENTS.get(kind, Kind.TOOL_INTENDED), intent, begun, is_synced=True)
        began_at = datetime.now(UTC)
        result = await fn()
        body: JsonObject = {"outcome": result} if kind is Kind.STEP_FINISHED else result
        if self._is_timed and kind is Kind.STEP_FINISHED:
            body = {**body, "began_at": began_at.isoformat()}
        is_synced = kind not in _BATCHED or not is_repeatable
        return _outcome(kind, await self._write(kind, body, dedupe, is_synced=is_synced))

    async def wait(self, topic: str, *, deadline: datetime | None = None) -> JsonObject | None:
        """Return what was decided for a topic, `None` when the deadline has passed.

        The decision is the event whose key equals the topic. When time is up, that is written under the same key: of a
        late answer and the deadline only one can be in the log, and every replay sees the same one.

        Raises:
            Parked: when there is no decision yet.
        """
        decided = await self._store.find(topic)
        if decided is None and deadline is not None and self._clock.now() >= deadline:
            expired: JsonObject = {"outcome": None, "is_expired": True}
            decided = (await self._store.append(self._new(Kind.STEP_FINISHED, expired, topic)))[0]
        if decided is None:
            await self._park(topic)
            raise Parked(topic, deadline)
        return None if _is_expired(decided) else decided.body

    async def sleep_until(self, when: datetime) -> None:
        """Go on at a time; a clock that jumps back does not make it sleep again.

        Raises:
            Parked: when it is not that time yet.
        """
        key = self._next("sleep")
        written = await self._read()
        if key in written:
            return
        if self._clock.now() < when:
            await self._park(key)
            raise Parked(key, when)
        await self._write(Kind.STEP_FINISHED, {"outcome": None}, key, is_synced=False)

    async def emit(self, kind: Kind, body: JsonObject, *, key: str | None = None) -> None:
        """Append a fact once: on a replay the same call writes nothing.

        Without a key, the n-th fact of a kind is the n-th of that kind on a replay; give one where that may differ.
        """
        dedupe = self._next(f"emit:{kind}") if key is None else key_of(f"{self._turn}:emit:{key}")
        if dedupe not in await self._read():
            await self._write(kind, body, dedupe, is_synced=kind not in _BATCHED)

    async def _park(self, topic: str) -> None:
        dedupe = key_of(f"{self._turn}:parked:{topic}")
        if dedupe not in await self._read():
            await self._write(Kind.TURN_PARKED, {"topic": topic}, dedupe, is_synced=True)

    async def _read(self) -> dict[str, JsonObject]:
        if self._written is None:
            self._written = _by_key(await self._store.of_turn(self._turn))
        return self._written

    async def _write(self, kind: Kind, body: JsonObject, dedupe: str, *, is_synced: bool) -> JsonObject:
        event = (await self._store.append(self._new(kind, body, dedupe), synced=is_synced))[0]
        (await self._read())[dedupe] = event.body
        return event.body

    def _new(self, kind: Kind, body: JsonObject, dedupe: str) -> NewEvent:
        return NewEvent(
            kind=kind, body=body, session=self._session, turn=self._turn, dedupe=dedupe, owner_id=self._owner_id
        )

    def _next(self, name: str) -> str:
        count = self._counts.get(name, 0) + 1
        self._counts[name] = count
        return key_of(f"{self._turn}:{name}:{count}")


def _by_key(events: Iterable[Event]) -> dict[str, JsonObject]:
    return {event.dedupe: event.body for event in events if event.dedupe is not None}


def _outcome(kind: Kind, body: JsonObject) -> JsonObject:
    if kind is not Kind.STEP_FINISHED:
        return body
    outcome: Json = body.get("outcome")
    return cast("JsonObject", outcome) if isinstance(outcome, Mapping) else {}


def _is_expired(event: Event) -> bool:
    return event.kind is Kind.STEP_FINISHED and event.body.get("is_expired") is True


def _interrupted(key: str) -> InterruptedEffectError:
    return InterruptedEffectError(
        _("{key!r} was under way when homarus went down; nobody knows whether it happened.").format(key=key),
        hint=_("Look where it would show, then ask again if it did not happen."),
    )
