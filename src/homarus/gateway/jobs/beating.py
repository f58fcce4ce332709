"""Notice when there is something to look at. It costs nothing while there is nothing to do.

A look reads one file and asks the log whether anything happened; only when there is something to do, a run is made of
it, and only then is a model asked. This much of jobs is there in every house, so it knows nothing of the rest.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from homarus.domain import agents
from homarus.domain.events import Event, Kind
from homarus.domain.ids import AgentId
from homarus.domain.job_settings import ActiveHours, HeartbeatSettings
from homarus.domain.jobs import Delivery, DeliveryMode, Work, WorkKind
from homarus.domain.ports import Clock, Records, Store
from homarus.domain.settings import Settings
from homarus.gateway.jobs.notes import Notes

FILE = "HEARTBEAT.md"
NAME = "heartbeat"
JOB_CHANNEL = "job"
"""Messages of runs come through it."""
_KIND = "heartbeat"
_NAP_S = 30.0
_MOST_CHARS = 20_000
_PAGE = 500
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_EVERY = re.compile(r"(\d+)(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_LEAST_S = 60.0
_NEWS = (Kind.INBOUND_ACCEPTED, Kind.RUN_ENDED, Kind.REMINDER_FIRED, Kind.MEMORY_SAVED)


def every_s(settings: HeartbeatSettings) -> float:
    """Return how often it looks, in seconds; zero when it does not."""
    found = _EVERY.fullmatch(settings.every)
    if found is None:
        return 0.0
    seconds = int(found[1]) * _SECONDS[found[2] or "m"]
    return max(seconds, _LEAST_S) if seconds else 0.0


def orders_in(text: str) -> str:
    """Return what a HEARTBEAT.md asks for, empty when it has nothing but headings, comments and empty list items."""
    plain = _COMMENT.sub("", text)
    says = [line for line in plain.splitlines() if line.strip(" -*+[]x\t") and not line.lstrip().startswith("#")]
    return plain.strip()[:_MOST_CHARS] if says else ""


def is_awake(hours: ActiveHours | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether it looks at this time of day."""
    if hours is None:
        return True
    place = zone if hours.timezone in ("user", "local") else ZoneInfo(hours.timezone)
    here = now.astimezone(place).time()
    begin, end = _clock(hours.start), _clock(hours.end)
    if begin == end or (begin == time.min and end == time.max):
        return True
    return begin <= here < end if begin < end else here >= begin or here < end


def _clock(text: str) -> time:
    hour, _colon, minute = text.partition(":")
    return time.max if hour == "24" else time(int(hour), int(minute))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeats:
    """Looks at the clock, the file and the log; starts a run when there is something to do."""

    settings: Callable[[], Settings]
    workspace: Callable[[AgentId], Path]
    store: Store
    records: Records
    notes: Notes
    clock: Clock
    start: Callable[[Work, Delivery], Awaitable[bool]]
    """Start a run unless one is under way; tell whether it did. It loads the engine, so it is asked last."""

    async def run(self) -> None:
        """Look for ever."""
        while True:
            left_s = await self.look()
            await asyncio.sleep(min(left_s, _NAP_S))

    async def look(self) -> float:
        """Do what is due; return how many seconds there are until the next look."""
        settings = self.settings()
        heartbeat = settings.agents.defaults.heartbeat
        interval_s = every_s(heartbeat)
        if not interval_s or not settings.jobs.enabled:
            return _NAP_S
        agent = agents.default_agent(settings)
        known = await self.records.get(_KIND, agent) or {}
        now = self.clock.now()
        last = datetime.fromisoformat(str(known["at"])) if known else None
        if last is None or last > now:
            await self._mark(agent, str(known.get("sha", "")), int(str(known.get("seq", 0))))
            return interval_s
        left_s = (last + timedelta(seconds=interval_s) - now).total_seconds()
        if left_s > 0:
            return left_s
        await self._beat(agent, heartbeat, sha=str(known.get("sha", "")), seq=int(str(known.get("seq", 0))))
        return interval_s

    async def _beat(self, agent: AgentId, heartbeat: HeartbeatSettings, *, sha: str, seq: int) -> None:
        orders = await asyncio.to_thread(read_orders, self.workspace(agent) / FILE)
        new_sha = hashlib.sha256(orders.encode()).hexdigest() if orders else ""
        is_called_for = is_awake(heartbeat.active_hours, self.clock.now(), self.clock.zone) and (
            bool(await self.notes.waiting(agent))
            or (bool(orders) and (not heartbeat.only_news or new_sha != sha or await self._has_news(seq)))
        )
        if not is_called_for:
            await self._mark(agent, sha, seq)
            return
        delivery = Delivery(mode=DeliveryMode.ANNOUNCE, channel=heartbeat.target, to=heartbeat.to)
        work = Work(kind=WorkKind.HEARTBEAT, agent=agent, model=heartbeat.model)
        await self.start(work, delivery)
        await self._mark(agent, new_sha, await self.store.last_seq())

    async def _has_news(self, seq: int) -> bool:
        while True:
            events = await self.store.since(seq, limit=_PAGE, kinds=_NEWS)
            if any(_is_news(event) for event in events):
                return True
            if len(events) < _PAGE:
                return False
            seq = events[-1].seq

    async def _mark(self, agent: AgentId, sha: str, seq: int) -> None:
        await self.records.put(_KIND, agent, {"at": self.clock.now().isoformat(), "sha": sha, "seq": seq})


def _is_news(event: Event) -> bool:
    """Whether something happened that no heartbeat did itself."""
    if event.kind is Kind.RUN_ENDED:
        return event.body.get("name") != NAME
    inbound = event.body.get("inbound")
    return not isinstance(inbound, dict) or inbound.get("channel") != JOB_CHANNEL


def read_orders(path: Path) -> str:
    """Return what a HEARTBEAT.md asks for, nothing when there is none."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_CHARS * 4)
    except OSError:
        return ""
    return orders_in(raw.decode("utf-8", "replace"))
