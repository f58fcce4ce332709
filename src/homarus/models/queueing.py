"""What an engine does next: a pure policy without a clock of its own, used by dispatch and by its simulation alike.

An engine has slots, and room for some of its models at a time. Whoever is more urgent comes first; among equals, those
whose model is loaded come first, because a swap costs more than most answers, and then the model whose load is cheapest
for each of those who want it. Three limits keep that fair:

- A request that waited `ageing_s` is overdue: it comes before everybody but people, oldest first, and may have its
  model loaded although others still wait for the one that has to go. People wait a twentieth of that for a swap.
- A model that was turned to keeps those who waited for it then, but at most for a quarter of `ageing_s`.
- After three people in a row, the oldest overdue request comes first.

So a request waits at most `ageing_s`, and then for one turn of each other model: at most a quarter of `ageing_s`, the
answers under way, and a load. People who come meanwhile add three answers for each overdue request before it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TypeAlias

PEOPLE_IN_A_ROW = 3
"""After so many, somebody who waits too long comes first."""
_SHARE_OF_PEOPLE = 1 / 20
"""A person waits this share of the bound while others use the loaded model."""
_SHARE_OF_A_TURN = 1 / 4
"""A model keeps those who waited when it was turned to for this share of the bound, when somebody else is overdue."""
_LONGEST_LINGER_S = 30.0
_USUAL_LOAD_S = 5.0


class Priority(IntEnum):
    """Who asks; the smaller the number, the sooner."""

    PERSON = 0
    FOLLOW_UP = 1
    """The rest of a turn that waited for an approval."""
    JOB = 2
    HEARTBEAT = 3
    SWARM = 4

    @classmethod
    def of(cls, word: str) -> "Priority":
        """Read a priority by its name (`person`, `follow-up`, `job` ...); an unknown one is a job."""
        return cls.__members__.get(word.replace("-", "_").upper(), cls.JOB)

    @property
    def word(self) -> str:
        """Its name as settings, headers and pages have it."""
        return self.name.lower().replace("_", "-")

    @property
    def is_person(self) -> bool:
        """Whether a person waits for it."""
        return self <= Priority.FOLLOW_UP


class Takes(IntEnum):
    """What a model that was announced may take from others; never what answers, is waited for or is pinned."""

    ROOM = 0
    """Nothing: it is loaded where there is room."""
    CHOSEN = 1
    """The room of an idle model, where the server lets us choose which one."""
    IDLE = 2
    """That, and whatever a server chooses by itself while nobody asks it for anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody who wants a slot, or has one."""

    number: int
    """In the order of arrival."""
    model: str
    priority: Priority
    since: float
    """When it joined; once it has its slot, since when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A model that is loaded, or is being loaded."""

    model: str
    since: float
    """When it was turned to: those who waited for it then are its turn."""
    is_loading: bool = False
    used_at: float = 0.0
    used_by: Priority | None = None
    """Who had it last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an engine can do, and what its owner wants."""

    slots: int = 1
    """How many requests it takes at once."""
    model_slots: Mapping[str, int] = field(default_factory=dict[str, int])
    """Of that, how many for one model, where that is less."""
    max_loaded: int | None = None
    """How many models it keeps loaded."""
    memory_bytes: int | None = None
    """How much memory it has for models. Without this and `max_loaded`, every model counts as loaded."""
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    """How much memory each model takes, bytes."""
    load_s: Mapping[str, float] = field(default_factory=dict[str, float])
    """How long each model takes to load."""
    pinned: frozenset[str] = frozenset()
    """Never evicted."""
    ageing_s: float = 600.0
    """Who waited this long comes before everybody but people."""
    loads_itself: bool = True
    """Whether a request for a model makes the server load it; else it has to be told to."""
    can_be_told: bool = False
    """Whether the server can be told to load a model before there is a request for it."""

    @property
    def has_room_for_all(self) -> bool:
        """Whether no model has to make room for another."""
        return self.max_loaded is None and self.memory_bytes is None

    def size(self, model: str) -> int:
        """Return how much memory a model takes; one of unknown size takes all, unless models are counted anyway."""
        unknown = 0 if self.max_loaded is not None or self.memory_bytes is None else self.memory_bytes
        return self.sizes.get(model, unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A request has its slot now."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A model is loaded from now on, and others are not any more."""

    model: str
    evict: tuple[str, ...] = ()
    number: int | None = None
    """The request that makes the server load it, which has its slot now; `None` when the server has to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing can be done until something changes, or until a time."""

    until: float | None = None


Step: TypeAlias = Grant | Load | Wait


class Line:
    """The queue of one engine: who holds slots, who waits, what is loaded."""

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing loaded and nobody there."""
        self.limits = limits
        self.residents: dict[str, Resident] = {}
        self.held: dict[int, Request] = {}
        self.waiting: dict[int, Request] = {}
        self.carriers: dict[str, int] = {}
        """For a model that is being loaded by a request: which one."""
        self.announced: dict[str, float] = {}
        self.takes: dict[str, Takes] = {}
        """What they may take from others."""
        """Models that will be wanted soon, and until when that holds."""
        self.people_passed = 0
        """How many people got a slot since somebody is overdue."""

    def copy(self) -> "Line":
        """Return the same line, to see what would become of it."""
        line = Line(self.limits)
        line.residents, line.held, line.waiting = dict(self.residents), dict(self.held), dict(self.waiting)
        line.carriers, line.announced = dict(self.carriers), dict(self.announced)
        line.takes = dict(self.takes)
        line.people_passed = self.people_passed
        return line

    def join(self, request: Request) -> None:
        """Let somebody wait."""
        self.waiting[request.number] = request

    def take(self, request: Request) -> bool:
        """Give somebody a slot at once when nobody waits and the model is there; else nothing happens."""
        limits, model = self.limits, request.model
        if self.waiting or len(self.held) >= limits.slots:
            return False
        kept = self.residents.get(model)
        if not limits.has_room_for_all and (kept is None or kept.is_loading or not self._has_slot(model)):
            return False
        self.held[request.number] = request
        if kept is not None:
            self.residents[model] = replace(kept, used_at=request.since, used_by=request.priority)
        return True

    def next(self, now: float) -> Step:
        """Say what happens next, and let it happen; ask again until there is nothing to do."""
        if self.announced:
            self.announced = {model: until for model, until in self.announced.items() if until > now}
        if not self.waiting and not self.announced:
            return Wait()
        step = Look(self, now).step()
        match step:
            case Grant():
                self._grant(self.waiting[step.number], now)
            case Load():
                self._load(step, now)
            case Wait():
                pass
        return step

    def ready(self, model: str, now: float) -> None:
        """Note that a model can answer."""
        self.carriers.pop(model, None)
        kept = self.residents.get(model)
        if kept is None or kept.is_loading:
            used_by = kept.used_by if kept is not None else None
            self.residents[model] = Resident(model=model, since=now, used_at=now, used_by=used_by)

    def gone(self, model: str) -> None:
        """Note that a model is not loaded any more, or could not be."""
        self.carriers.pop(model, None)
        self.residents.pop(model, None)

    def leave(self, number: int, now: float, *, has_loaded: bool = True) -> None:
        """Take somebody out who waits, holds a slot, or loads a model; `has_loaded` says what became of that."""
        if self.waiting.pop(number, None) is not None:
            return
        held = self.held.pop(number, None)
        if held is None:
            return
        if self.carriers.get(held.model) == number:
            if not has_loaded:
                self.gone(held.model)
                return
            self.ready(held.model, now)
        kept = self.residents.get(held.model)
        if kept is not None:
            self.residents[held.model] = replace(kept, used_at=now, used_by=held.priority)

    def look(self, loaded: Iterable[str], now: float) -> None:
        """Take what the server says is loaded; what is in use or being loaded stays, whatever was said."""
        said = set(loaded)
        in_use = {request.model for request in self.held.values()}
        for model in [kept for kept in self.residents if kept not in said]:
            if model not in in_use and not self.residents[model].is_loading:
                del self.residents[model]
        for model in said:
            if model not in self.residents or model in self.carriers:
                self.ready(model, now)

    def is_loading(self, model: str) -> bool:
        """Whether a model is being loaded."""
        kept = self.residents.get(model)
        return kept is not None and kept.is_loading

    def _has_slot(self, model: str) -> bool:
        most = self.limits.model_slots.get(model)
        return most is None or sum(request.model == model for request in self.held.values()) < most

    def _grant(self, request: Request, now: float) -> None:
        overdue = oldest_overdue(self, now)
        if overdue is None or overdue.number == request.number:
            self.people_passed = 0
        elif request.priority.is_person:
            self.people_passed += 1
        del self.waiting[request.number]
        self.held[request.number] = replace(request, since=now)
        self.announced.pop(request.model, None)
        kept = self.residents.get(request.model)
        if kept is not None:
            self.residents[request.model] = replace(kept, used_at=now, used_by=request.priority)

    def _load(self, load: Load, now: float) -> None:
        for model in load.evict:
            del self.residents[model]
        self.residents[load.model] = Resident(model=load.model, since=now, is_loading=True, used_at=now)
        self.announced.pop(load.model, None)
        if load.number is not None:
            self.carriers[load.model] = load.number
            self._grant(self.waiting[load.number], now)


def oldest_overdue(line: Line, now: float) -> Request | None:
    """Return who has waited longest of those who wait too long, people apart."""
    overdue = (
        request
        for request in line.waiting.values()
        if not request.priority.is_person and now - request.since >= line.limits.ageing_s
    )
    return min(overdue, key=lambda request: (request.since, request.number), default=None)


class Look:
    """One look at a line: who comes first, and what can be done for them."""

    def __init__(self, line: Line, now: float) -> None:
        """Look at a line as it is now; it is not changed."""
        self._line, self._limits, self._now = line, line.limits, now
        self._in_use = Counter(request.model for request in line.held.values())
        self._free = line.limits.slots - len(line.held)
        self._wanted: set[str] = set()
        """Models of those who come first: they are not evicted for the others."""
        self._draining: set[str] = set()
        """Models that have to go as soon as their answers are done."""
        self._kept_free = 0
        """Slots for people whose model is loading."""
        self._again: float | None = None
        self._asked = Counter(request.model for request in line.waiting.values())

    def step(self) -> Step:
        """Return the next thing to do."""
        limits = self._limits
        can_prefetch = limits.can_be_told and bool(self._line.announced)
        if self._free <= 0 and (limits.loads_itself or limits.has_room_for_all) and not can_prefetch:
            return Wait()
        has_away = False
        for request in sorted(self._line.waiting.values(), key=self._rank):
            step = self._of(request)
            if step is not None:
                return step
            has_away = has_away or self._is_away(request.model)
        if can_prefetch and not has_away and (step := self._prefetch()) is not None:
            return step
        return Wait(until=self._again)

    def _is_away(self, model: str) -> bool:
        return not self._limits.has_room_for_all and model not in self._line.residents

    def _rank(self, request: Request) -> tuple[int, int, float, float, int]:
        """Return where somebody stands: the smaller, the sooner."""
        waited_s, since, number = self._now - request.since, request.since, request.number
        away = int(self._is_away(request.model))
        if request.priority.is_person:
            is_late = waited_s >= self._limits.ageing_s * _SHARE_OF_PEOPLE
            return (1, request.priority, 0 if is_late else 1 + away, since, number)
        if waited_s >= self._limits.ageing_s:
            return (0 if self._line.people_passed >= PEOPLE_IN_A_ROW else 2, 0, 0, since, number)
        if away:
            load_s = self._limits.load_s.get(request.model, _USUAL_LOAD_S)
            return (3, request.priority, 2 + load_s / self._asked[request.model], since, number)
        # Answers of one model side by side cost less than those of two.
        return (3, request.priority, 0 if self._in_use[request.model] else 1, since, number)

    def _of(self, request: Request) -> Step | None:
        """Return what can be done for somebody now."""
        model, limits = request.model, self._limits
        self._wanted.add(model)
        if self._is_away(model):
            return self._load(request)
        if self._line.is_loading(model):
            if request.priority.is_person and not limits.loads_itself:
                self._kept_free += 1
            return None
        most = limits.model_slots.get(model, limits.slots)
        if model in self._draining or self._in_use[model] >= most:
            return None
        kept_free = 0 if request.priority.is_person else self._kept_free
        return Grant(number=request.number) if self._free > kept_free else None

    def _load(self, request: Request) -> Load | None:
        is_one_under_way = any(kept.is_loading for kept in self._line.residents.values())
        if is_one_under_way and not request.priority.is_person:
            return None
        if self._limits.loads_itself and self._free <= 0:
            return None
        victims = self._victims(request)
        if victims is None:
            return None
        if any(self._in_use[victim] for victim in victims):
            self._draining.update(victims)
            return None
        number = request.number if self._limits.loads_itself else None
        return Load(model=request.model, evict=tuple(victims), number=number)

    def _victims(self, request: Request) -> list[str] | None:
        """Return what has to go so that somebody's model can be loaded, `None` when that must not be now."""
        gone: list[str] = []
        for kept in sorted(self._line.residents.values(), key=self._harm):
            if self._fits(request.model, gone):
                break
            if kept.model in self._limits.pinned or kept.is_loading:
                continue
            if self._may_go(kept, request):
                gone.append(kept.model)
            elif self._limits.loads_itself:
                return None  # the server takes the one that was used least recently, and does not ask us
        if not self._fits(request.model, gone):
            return None
        for model in tuple(gone):
            fewer = [other for other in gone if other != model]
            if not self._limits.loads_itself and self._fits(request.model, fewer):
                gone = fewer
        return gone

    def _harm(self, kept: Resident) -> tuple[int, int, float]:
        if self._limits.loads_itself:
            return (0, 0, kept.used_at)
        waits = any(request.model == kept.model for request in self._line.waiting.values())
        return (self._in_use[kept.model], int(waits), kept.used_at)

    def _may_go(self, kept: Resident, request: Request) -> bool:
        """Whether a model may be evicted for somebody."""
        if kept.model in self._wanted:
            return False
        is_overdue = not request.priority.is_person and self._now - request.since >= self._limits.ageing_s
        if is_overdue:
            is_its_turn = self._now - kept.since < self._limits.ageing_s * _SHARE_OF_A_TURN
            return not (is_its_turn and any(self._is_of_turn(other, kept) for other in self._line.waiting.values()))
        if kept.used_by is not None and kept.used_by < request.priority:
            # Its owner may be running a tool: coming back costs two loads, waiting at most one.
            lingers_s = min(self._limits.load_s.get(kept.model, _USUAL_LOAD_S), _LONGEST_LINGER_S)
            until = kept.used_at + lingers_s
            if self._now < until:
                self._again = min(until, self._again) if self._again is not None else until
                return False
        return True

    @staticmethod
    def _is_of_turn(request: Request, kept: Resident) -> bool:
        return request.model == kept.model and request.since <= kept.since

    def _fits(self, model: str, gone: Iterable[str]) -> bool:
        """Whether there is room for a model without others. One that is larger than all memory is tried alone."""
        limits = self._limits
        staying = [kept for kept in self._line.residents if kept not in gone]
        if all(kept in limits.pinned for kept in staying):
            return True
        if limits.max_loaded is not None and len(staying) >= limits.max_loaded:
            return False
        used = sum(limits.size(kept) for kept in staying)
        return limits.memory_bytes is None or used + limits.size(model) <= limits.memory_bytes

    def _prefetch(self) -> Load | None:
        """Return the load of a model that somebody will want soon, where that takes nothing from anybody."""
        if any(kept.is_loading for kept in self._line.residents.values()):
            return None
        for model in self._line.announced:
            if not self._is_away(model):
                continue
            gone: list[str] = []
            for kept in sorted(self._line.residents.values(), key=self._harm):
                if self._may_take(model) and not self._fits(model, gone) and self._is_idle(kept):
                    gone.append(kept.model)
            if self._fits(model, gone):
                return Load(model=model, evict=tuple(gone))
        return None

    def _may_take(self, model: str) -> bool:
        """Whether an announced model may have the room of idle ones."""
        takes = self._line.takes.get(model, Takes.CHOSEN)
        if not self._limits.loads_itself:
            return takes is not Takes.ROOM
        # Such a server takes what it likes, even what is in use: only while nothing is.
        is_quiet = not (self._line.held or self._line.waiting)
        return takes is Takes.IDLE and is_quiet and all(map(self._is_idle, self._line.residents.values()))

    def _is_idle(self, kept: Resident) -> bool:
        is_kept = kept.model in self._limits.pinned or kept.model in self._line.announced
        return not (is_kept or self._in_use[kept.model] or kept.model in self._wanted)
