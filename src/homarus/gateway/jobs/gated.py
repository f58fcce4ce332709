"""A run's journal with a gate: between two steps a run can be held, because its owner or its hours say so."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from homarus.domain.content import JsonObject
from homarus.domain.events import Kind
from homarus.domain.ports import Run


class GatedRun:
    """Implements `domain.ports.Run` over another one; `gate` is awaited before each step, and may park the run there.

    It stands before the step's intent is written, so that nothing looks begun that was not.
    """

    def __init__(self, inner: Run, gate: Callable[[], Awaitable[None]]) -> None:
        """Stand before a journal."""
        self._inner = inner
        self._gate = gate
        self.under_way: dict[str, datetime] = {}
        """Keys of the steps that go on right now, and since when."""

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self._inner.run_id

    async def step(
        self,
        key: str,
        fn: Callable[[], Awaitable[JsonObject]],
        *,
        kind: Kind = Kind.STEP_FINISHED,
        intent: JsonObject | None = None,
        is_repeatable: bool = True,
    ) -> JsonObject:
        """Return the outcome that the log has, else do it and write its outcome down."""
        await self._gate()

        async def watched() -> JsonObject:
            self.under_way[key] = datetime.now(UTC)
            return await fn()

        try:
            return await self._inner.step(key, watched, kind=kind, intent=intent, is_repeatable=is_repeatable)
        finally:
            self.under_way.pop(key, None)

    async def wait(self, topic: str, *, deadline: datetime | None = None) -> JsonObject | None:
        """Return what was decided, or `None` after the deadline; parks until then."""
        return await self._inner.wait(topic, deadline=deadline)

    async def sleep_until(self, when: datetime) -> None:
        """Go on at a time, parked until then."""
        await self._inner.sleep_until(when)

    async def emit(self, kind: Kind, body: JsonObject) -> None:
        """Append a fact once."""
        await self._inner.emit(kind, body)
