"""Let a conversation begin anew by itself, every day or after a time without messages, where the owner wants that."""

from collections.abc import Callable
from datetime import datetime, timedelta

from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.ports import Clock, Store
from homarus.domain.settings import SessionReset, Settings


class Freshening:
    """Looks at each message before its past is read; resets the session when it is time."""

    def __init__(self, store: Store, clock: Clock, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    async def __call__(self, accepted: Event) -> None:
        """Reset the session of a message when it is the first one after the time was up."""
        wanted = self._settings().session.reset
        if wanted.mode == "none" or accepted.session is None:
            return
        kinds = (Kind.INBOUND_ACCEPTED, Kind.SESSION_RESET)
        earlier = [
            event for event in await self._store.of_session(accepted.session, kinds=kinds) if event.seq < accepted.seq
        ]
        zone = self._clock.zone
        if earlier and is_due(wanted, earlier[-1].at.astimezone(zone), accepted.at.astimezone(zone)):
            new = NewEvent(
                kind=Kind.SESSION_RESET,
                body={"by": wanted.mode},
                session=accepted.session,
                dedupe=f"reset:{accepted.turn}",
            )
            await self._store.append(new, synced=False)


def is_due(wanted: SessionReset, before: datetime, now: datetime) -> bool:
    """Whether a session that was last used at one time begins anew at another; both in the owner's zone."""
    if wanted.mode == "idle":
        return now - before >= timedelta(minutes=wanted.idle_minutes)
    turn_of_day = now.replace(hour=wanted.at_hour, minute=0, second=0, microsecond=0)
    if turn_of_day > now:
        turn_of_day -= timedelta(days=1)
    return before < turn_of_day
