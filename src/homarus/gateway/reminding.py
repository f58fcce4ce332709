"""Say reminders when they are due, and keep what was said until every face has shown it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from homarus.domain.errors import ToolFailedError
from homarus.domain.i18n import _
from homarus.domain.ids import SessionKey
from homarus.domain.labels import HOUSE
from homarus.domain.ports import Clock
from homarus.domain.times import in_words
from homarus.domain.turns import Reminder

LONGEST_NAP_S = 30.0
"""A clock can jump and a machine can sleep, so no nap is taken on trust for longer."""


class FiredReminder(Protocol):
    """A reminder that came due."""

    @property
    def reminder(self) -> Reminder:
        """The reminder."""
        ...

    @property
    def late_s(self) -> float:
        """How long after its time it could be said."""
        ...


class Diary(Protocol):
    """The reminders on disk."""

    async def add(self, text: str, *, due_at: datetime, session: SessionKey, idempotency_key: str) -> Reminder:
        """Write one down."""
        ...

    async def upcoming(self, limit: int = 50) -> tuple[Reminder, ...]:
        """Return what was not said yet, the next one first."""
        ...

    async def cancel(self, reminder_id: str) -> Reminder:
        """Take one back."""
        ...

    async def due(self, now: datetime) -> tuple[Reminder, ...]:
        """Return what should have been said by now."""
        ...

    async def mark_fired(self, reminder: Reminder, *, now: datetime) -> bool:
        """Write down that it is said."""
        ...

    async def unseen(self, face: str) -> "tuple[FiredReminder, ...]":
        """Return what was said and not shown by a face."""
        ...

    async def mark_seen(self, reminder_id: str, *, by: str) -> None:
        """Write down that a face showed it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A reminder as a face shows it."""

    reminder_id: str
    session: SessionKey
    text: str
    when: str
    """The time it was for, in words, in the owner's zone."""
    late_s: float


class Reminding:
    """Implements `domain.ports.Reminders` for tools, and rings when it is time."""

    def __init__(self, diary: Diary, clock: Clock, *, most_pending: Callable[[], int] = lambda: 10_000) -> None:
        self._diary = diary
        self._clock = clock
        self._most_pending = most_pending
        self._changed = asyncio.Event()

    async def add(self, text: str, *, due_at: datetime, session: SessionKey, idempotency_key: str) -> Reminder:
        """Write a reminder down and look at the clock anew.

        Raises:
            ToolFailedError: when as many wait as the owner allows.
        """
        most = self._most_pending()
        if len(await self._diary.upcoming(most)) >= most:
            raise ToolFailedError(
                _("{count} reminders wait already, and more are not allowed.").format(count=most),
                hint=_("Tell the owner that reminders.maxPending sets the limit."),
                label=HOUSE,
            )
        reminder = await self._diary.add(text, due_at=due_at, session=session, idempotency_key=idempotency_key)
        self._changed.set()
        return reminder

    async def upcoming(self, limit: int = 50) -> tuple[Reminder, ...]:
        """Return what was not said yet, the next one first."""
        return await self._diary.upcoming(limit)

    async def cancel(self, reminder_id: str) -> Reminder:
        """Take back what was not said yet, and look at the clock anew.

        Raises:
            NotFoundError: when no such reminder waits.
        """
        reminder = await self._diary.cancel(reminder_id)
        self._changed.set()
        return reminder

    def look_again(self) -> None:
        """Look at the clock anew: another gateway has written or cancelled a reminder."""
        self._changed.set()

    async def next(self) -> Reminder | None:
        """Return the reminder that comes next."""
        coming = await self._diary.upcoming(1)
        return coming[0] if coming else None

    async def unseen(self, face: str) -> tuple[Notice, ...]:
        """Return what a face has not shown yet, oldest first."""
        return tuple(
            Notice(
                reminder_id=fired.reminder.reminder_id,
                session=fired.reminder.session,
                text=fired.reminder.text,
                when=in_words(fired.reminder.due_at),
                late_s=fired.late_s,
            )
            for fired in await self._diary.unseen(face)
        )

    async def take(self, face: str) -> tuple[Notice, ...]:
        """Return what a face has not shown yet and write down that it shows it now."""
        notices = await self.unseen(face)
        for notice in notices:
            await self._diary.mark_seen(notice.reminder_id, by=face)
        return notices

    async def run(self) -> None:
        """Ring for what is due, until cancelled."""
        while True:
            self._changed.clear()
            now = self._clock.now()
            for reminder in await self._diary.due(now):
                await self._diary.mark_fired(reminder, now=now)
            coming = await self.next()
            nap_s = LONGEST_NAP_S if coming is None else (coming.due_at - self._clock.now()).total_seconds()
            try:
                async with asyncio.timeout(min(max(nap_s, 0.0), LONGEST_NAP_S)):
                    await self._changed.wait()
            except TimeoutError:
                continue
