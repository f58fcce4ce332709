"""A durable run over any store, small enough to read: what turns and jobs promise, and deaths to order."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from homarus.domain.content import JsonObject
from homarus.domain.errors import InterruptedEffectError
from homarus.domain.events import Kind, NewEvent
from homarus.domain.ids import SessionKey, TurnId
from homarus.domain.ports import Clock, Parked, Store
from homarus.testing.clock import FakeClock
from homarus.testing.store import FakeStore

_INTENTS = {Kind.TOOL_FINISHED: Kind.TOOL_INTENDED, Kind.REPLY_DELIVERED: Kind.REPLY_SENDING}


class Killed(BaseException):
    """The process died here, as far as the run can tell; nothing catches it but the test."""


class FakeRun:
    """A `domain.ports.Run` that a test can kill, replay and decide for.

    `again()` is the same run after a restart: it knows what the log knows. `die_before` and `die_after` name steps
    around whose function the process dies once: before it ran, or after it ran and before its outcome was written.
    """

    def __init__(
        self,
        run_id: str = "turn_1",
        *,
        store: Store | None = None,
        clock: Clock | None = None,
        session: SessionKey | None = None,
    ) -> None:
        """Stand at the beginning of a run, with a log of its own unless one is given."""
        self._run_id = run_id
        self._session = session
        self._clock = clock or FakeClock()
        self._emitted = 0
        self.store: Store = store or FakeStore(self._clock)
        self.die_before: set[str] = set()
        self.die_after: set[str] = set()
        self.ran: list[str] = []
        """The keys of the steps whose function was run by this very object, in order."""

    @property
    def run_id(self) -> str:
        """The turn's or the job's id."""
        return self._run_id

    def again(self) -> "FakeRun":
        """Return the run as it begins after a restart."""
        return FakeRun(self._run_id, store=self.store, clock=self._clock, session=self._session)

    async def decide(self, topic: str, body: JsonObject, *, kind: Kind = Kind.APPROVAL_DECIDED) -> None:
        """Write the decision that `wait(topic)` looks for."""
        await self._append(kind, body, dedupe=topic)

    async def step(
        self,
        key: str,
        fn: Callable[[], Awaitable[JsonObject]],
        *,
        kind: Kind = Kind.STEP_FINISHED,
        intent: JsonObject | None = None,
        is_repeatable: bool = True,
    ) -> JsonObject:
        """Return the outcome that the log has; else run `fn` and write its outcome down.

        Raises:
            InterruptedEffectError: when it was cut off and is not repeatable.
            Killed: as ordered.
        """
        place = f"{self._run_id}:{key}"
        if (known := await self.store.find(place)) is not None:
            return known.body
        if intent is not None:
            await self._intend(key, intent, kind, is_repeatable=is_repeatable)
        self._maybe_die(self.die_before, key)
        self.ran.append(key)
        outcome = await fn()
        self._maybe_die(self.die_after, key)
        return await self._append(kind, outcome, dedupe=place)

    async def wait(self, topic: str, *, deadline: datetime | None = None) -> JsonObject | None:
        """Return what was decided, or `None` after the deadline.

        Raises:
            Parked: while there is no decision.
        """
        passed = f"{self._run_id}:passed:{topic}"
        if await self.store.find(passed) is not None:
            return None
        if (decided := await self.store.find(topic)) is not None:
            return decided.body
        if deadline is not None and self._clock.now() >= deadline:
            await self._append(Kind.STEP_FINISHED, {"outcome": None}, dedupe=passed)
            return None
        raise Parked(topic, deadline)

    async def sleep_until(self, when: datetime) -> None:
        """Go on at a time.

        Raises:
            Parked: until then.
        """
        slept = f"{self._run_id}:slept:{when.isoformat()}"
        if await self.store.find(slept) is not None:
            return
        if self._clock.now() >= when:
            await self._append(Kind.STEP_FINISHED, {"outcome": None}, dedupe=slept)
        else:
            raise Parked(slept, when)

    async def emit(self, kind: Kind, body: JsonObject) -> None:
        """Append a fact once."""
        self._emitted += 1
        await self._append(kind, body, dedupe=f"{self._run_id}:emit:{self._emitted}")

    async def _intend(self, key: str, intent: JsonObject, kind: Kind, *, is_repeatable: bool) -> None:
        place = f"{self._run_id}:{key}:intent"
        if await self.store.find(place) is None:
            await self._append(_INTENTS.get(kind, Kind.TOOL_INTENDED), intent, dedupe=place)
        elif not is_repeatable:
            raise InterruptedEffectError(
                f"Step {key!r} of {self._run_id!r} was cut off.", hint="Look whether it happened before you retry it."
            )

    async def _append(self, kind: Kind, body: JsonObject, *, dedupe: str) -> JsonObject:
        event = NewEvent(kind=kind, body=body, turn=TurnId(self._run_id), session=self._session, dedupe=dedupe)
        (written,) = await self.store.append(event)
        return written.body

    def _maybe_die(self, keys: set[str], key: str) -> None:
        if key in keys:
            keys.discard(key)
            raise Killed(key)
