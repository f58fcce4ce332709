"""The policy of a queue, played with every kind of engine and crowd that hypothesis can think of."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from homarus.models.queueing import Grant, Limits, Line, Load, Priority, Request, Step, Takes, Wait

SIZES = {"small": 6, "coder": 20, "general": 20, "large": 42, "vision": 9}
LOADS = {"small": 3.0, "coder": 10.0, "general": 10.0, "large": 25.0, "vision": 5.0}
ANSWER_S = 45.0
"""The longest answer of these tests."""

rooms = st.builds(
    Limits,
    slots=st.integers(1, 4),
    max_loaded=st.none() | st.integers(1, 3),
    memory_bytes=st.none() | st.sampled_from([24, 48, 64]),
    sizes=st.just(SIZES),
    load_s=st.just(LOADS),
    pinned=st.sampled_from([frozenset[str](), frozenset({"small"})]),
    loads_itself=st.booleans(),
)


class Clocked:
    """A line with a clock: answers and loads end by themselves as time goes on."""

    def __init__(self, limits: Limits) -> None:
        self.line = Line(replace(limits, can_be_told=not limits.loads_itself))
        self.now, self.count = 0.0, 0
        self.ends: dict[int, float] = {}
        self.loads: dict[str, float] = {}
        self.waited: dict[int, float] = {}

    def ask(self, model: str, priority: Priority) -> int:
        self.count += 1
        self.line.join(Request(number=self.count, model=model, priority=priority, since=self.now))
        return self.count

    def settle(self, answer_s: float = ANSWER_S) -> list[Step]:
        steps: list[Step] = []
        while True:
            in_use = {held.model for held in self.line.held.values()}
            step = self.line.next(self.now)
            if isinstance(step, Wait):
                return steps
            steps.append(step)
            if isinstance(step, Load):
                assert not in_use & set(step.evict), "evicted in flight"
                assert not self.line.limits.pinned & set(step.evict), "evicted a pinned model"
                self.loads[step.model] = self.now + LOADS[step.model]
            number = step.number
            if number is not None:
                load_s = LOADS[step.model] if isinstance(step, Load) else 0.0
                self.ends[number] = self.now + load_s + answer_s

    def go_on(self, until: float, answer_s: float = ANSWER_S) -> list[Step]:
        """Let time pass; return what was done meanwhile."""
        steps = self.settle(answer_s)
        while self.now < until:
            self.now = min([until, *self.ends.values(), *self.loads.values(), *self._again()])
            for model in [model for model, at in self.loads.items() if at <= self.now]:
                del self.loads[model]
                self.line.ready(model, self.now)
            for number in [number for number, at in self.ends.items() if at <= self.now]:
                del self.ends[number]
                self.line.leave(number, self.now)
            steps += self.settle(answer_s)
        return steps

    def _again(self) -> list[float]:
        step = self.line.next(self.now)
        assert isinstance(step, Wait)
        return [step.until] if step.until is not None and step.until > self.now else []

    def cancel(self, number: int) -> None:
        model = next((held.model for held in self.line.held.values() if held.number == number), None)
        if model is not None and self.line.carriers.get(model) == number:
            self.loads.pop(model, None)
        self.ends.pop(number, None)
        self.line.leave(number, self.now, has_loaded=False)


class Crowd(RuleBasedStateMachine):
    """People, jobs and swarms come, wait, are answered and hang up, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clocked: Clocked | None = None

    @precondition(lambda self: self.clocked is None)
    @rule(limits=rooms)
    def begin(self, limits: Limits) -> None:
        self.clocked = Clocked(limits)

    @precondition(lambda self: self.clocked is not None)
    @rule(model=st.sampled_from(sorted(SIZES)), priority=st.sampled_from(Priority))
    def ask(self, model: str, priority: Priority) -> None:
        assert self.clocked is not None
        self.clocked.ask(model, priority)
        self.clocked.settle()

    @precondition(lambda self: self.clocked is not None)
    @rule(passed_s=st.sampled_from([0.5, 7.0, 60.0, 400.0]), answer_s=st.sampled_from([1.0, ANSWER_S]))
    def pass_time(self, passed_s: float, answer_s: float) -> None:
        assert self.clocked is not None
        self.clocked.go_on(self.clocked.now + passed_s, answer_s)

    @precondition(lambda self: self.clocked is not None and (self.clocked.line.waiting or self.clocked.line.held))
    @rule(pick=st.integers(0, 100))
    def hang_up(self, pick: int) -> None:
        assert self.clocked is not None
        line = self.clocked.line
        numbers = sorted([*line.waiting, *line.held])
        gone = numbers[pick % len(numbers)]
        self.clocked.cancel(gone)
        assert gone not in line.held
        assert gone not in line.carriers.values()
        self.clocked.settle()

    @precondition(lambda self: self.clocked is not None)
    @rule(model=st.sampled_from(sorted(SIZES)))
    def announce(self, model: str) -> None:
        assert self.clocked is not None
        self.clocked.line.announced[model] = self.clocked.now + 120
        self.clocked.settle()

    @invariant()
    def never_more_than_slots(self) -> None:
        if self.clocked is not None:
            assert len(self.clocked.line.held) <= self.clocked.line.limits.slots

    @invariant()
    def what_is_loaded_fits(self) -> None:
        if self.clocked is None:
            return
        line = self.clocked.line
        others = [model for model in line.residents if model not in line.limits.pinned]
        if len(others) > 1 and line.limits.memory_bytes is not None:
            assert sum(SIZES[model] for model in line.residents) <= line.limits.memory_bytes
        if len(others) > 1 and line.limits.max_loaded is not None:
            assert len(line.residents) <= line.limits.max_loaded

    @invariant()
    def who_holds_a_slot_has_a_model(self) -> None:
        if self.clocked is not None and not self.clocked.line.limits.has_room_for_all:
            line = self.clocked.line
            assert {held.model for held in line.held.values()} <= set(line.residents)

    @invariant()
    def no_slot_is_idle_while_somebody_could_have_it(self) -> None:
        """Idle are only slots for people whose model loads, and those of a model that makes room when it is done."""
        if self.clocked is None or len(self.clocked.line.held) >= self.clocked.line.limits.slots:
            return
        line = self.clocked.line
        ready = {kept.model for kept in line.residents.values() if not kept.is_loading}
        waiting = list(line.waiting.values())
        is_kept = any(request.priority.is_person and line.is_loading(request.model) for request in waiting)
        can_begin = line.limits.has_room_for_all or any(request.model in ready for request in waiting)
        if waiting and can_begin and not is_kept:
            assert line.held, "nothing is under way"
            assert any(request.model not in line.residents for request in waiting), "nobody needs room"

    @invariant()
    def somebody_is_answered_or_something_is_loaded(self) -> None:
        if self.clocked is None or not self.clocked.line.waiting or self.clocked.line.held or self.clocked.loads:
            return
        step = self.clocked.line.next(self.clocked.now)
        assert isinstance(step, Wait)
        assert step.until is not None, "waits for nothing"


CrowdTest = Crowd.TestCase
CrowdTest.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


arrivals = st.lists(
    st.tuples(st.sampled_from(sorted(SIZES)), st.sampled_from(Priority), st.sampled_from([0.0, 1.0, 20.0])),
    min_size=1,
    max_size=40,
)


@given(rooms, arrivals, st.sampled_from(sorted(SIZES)))
@settings(max_examples=60, deadline=None)
def test_nobody_waits_beyond_the_bound_while_others_keep_coming(
    limits: Limits, crowd: list[tuple[str, Priority, float]], model: str
) -> None:
    # `ageing_s`, then a turn of each other model (a quarter of it, a load, the answers under way), and what people take
    # meanwhile: three answers, with a load each, for every overdue request that is older.
    clocked = Clocked(replace(limits, ageing_s=60.0))
    others = len(SIZES) - 1
    for name, priority, pause_s in crowd:
        clocked.ask(name, priority)
        clocked.go_on(clocked.now + pause_s, answer_s=5.0)
    heartbeat, asked_at, older = clocked.ask(model, Priority.HEARTBEAT), clocked.now, len(clocked.line.waiting)
    for name, priority, pause_s in crowd:
        clocked.ask(name, priority)
        clocked.ask(name, Priority.PERSON)
        clocked.go_on(clocked.now + pause_s, answer_s=5.0)
    turn_s = 60.0 / 4 + 25.0 + 5.0
    bound_s = 60.0 + (others + 1) * turn_s + 4 * (older + others + 1) * (5.0 + 2 * 25.0)
    while heartbeat in clocked.line.waiting and clocked.now < asked_at + bound_s:
        clocked.ask(crowd[0][0], Priority.PERSON)
        clocked.go_on(clocked.now + 5.0, answer_s=5.0)
    assert heartbeat not in clocked.line.waiting


@given(rooms, st.lists(st.tuples(st.sampled_from(sorted(SIZES)), st.sampled_from(Priority)), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_when_nobody_else_comes_everybody_is_served(limits: Limits, crowd: list[tuple[str, Priority]]) -> None:
    clocked = Clocked(limits)
    for model, priority in crowd:
        clocked.ask(model, priority)
    clocked.go_on(clocked.now + len(crowd) * (ANSWER_S + 60.0))
    assert not clocked.line.waiting
    assert not clocked.line.held


@given(st.lists(st.sampled_from(Priority), min_size=2, max_size=20))
def test_of_one_model_the_more_urgent_comes_first(crowd: list[Priority]) -> None:
    clocked = Clocked(Limits(slots=1, ageing_s=1e9))
    clocked.ask("small", Priority.SWARM)
    clocked.settle()
    for priority in crowd:
        clocked.ask("small", priority)
    asked = {number: request.priority for number, request in clocked.line.waiting.items()}
    steps = clocked.go_on(1e5)
    granted = [asked[step.number] for step in steps if isinstance(step, Grant)]
    assert granted == sorted(crowd)


def served(clocked: Clocked, *, until: float = 1e4) -> list[str]:
    """Return the models in the order in which they were asked."""
    waiting = dict(clocked.line.waiting)
    steps = clocked.go_on(until, answer_s=5.0)
    return [waiting[step.number].model for step in steps if not isinstance(step, Wait) and step.number in waiting]


ONE = Limits(slots=1, max_loaded=1, load_s=LOADS)


def test_the_same_model_comes_before_a_swap() -> None:
    clocked = Clocked(ONE)
    for model in ("coder", "general", "coder", "general", "coder"):
        clocked.ask(model, Priority.JOB)
    assert served(clocked) == ["coder", "coder", "coder", "general", "general"]


def test_a_person_makes_a_model_go_at_the_next_step_and_not_before() -> None:
    clocked = Clocked(ONE)
    for _again in range(3):
        clocked.ask("coder", Priority.SWARM)
    clocked.settle()
    clocked.now += 12.0
    person = clocked.ask("small", Priority.PERSON)
    assert clocked.settle() == []
    steps = clocked.go_on(ANSWER_S + 60.0)
    assert steps[0] == Load(model="small", evict=("coder",), number=person)


def test_a_model_is_not_taken_from_a_job_that_runs_a_tool() -> None:
    clocked = Clocked(ONE)
    clocked.ask("coder", Priority.JOB)
    clocked.go_on(20.0, answer_s=5.0)
    clocked.ask("general", Priority.SWARM)
    assert clocked.settle() == []
    clocked.ask("coder", Priority.JOB)
    assert served(clocked) == ["coder", "general"]


def test_nobody_less_urgent_makes_a_model_go_that_somebody_waits_for() -> None:
    clocked = Clocked(replace(ONE, loads_itself=False))
    clocked.line.ready("coder", 0.0)
    clocked.ask("coder", Priority.JOB)
    clocked.settle()
    clocked.ask("general", Priority.SWARM)
    job = clocked.ask("coder", Priority.JOB)
    steps = clocked.go_on(400.0)
    assert steps[:2] == [Grant(number=job), Load(model="general", evict=("coder",))]


def test_a_model_that_has_to_go_begins_nothing_new() -> None:
    clocked = Clocked(replace(ONE, slots=2))
    clocked.line.ready("coder", 0.0)
    clocked.ask("coder", Priority.SWARM)
    clocked.settle()
    swarm, person = clocked.ask("coder", Priority.SWARM), clocked.ask("small", Priority.PERSON)
    assert clocked.settle() == []
    steps = clocked.go_on(200.0)
    assert steps[:2] == [
        Load(model="small", evict=("coder",), number=person),
        Load(model="coder", evict=("small",), number=swarm),
    ]


def test_the_turn_of_a_model_ends_after_a_quarter_of_the_bound_when_somebody_is_overdue() -> None:
    clocked = Clocked(replace(ONE, ageing_s=60.0))
    clocked.ask("general", Priority.SWARM)
    clocked.now = 50.0
    clocked.line.ready("coder", 50.0)
    for _again in range(8):
        clocked.ask("coder", Priority.JOB)
    assert served(clocked)[:4] == ["coder", "coder", "coder", "general"]


def test_a_slot_is_kept_for_a_person_whose_model_loads() -> None:
    clocked = Clocked(replace(ONE, max_loaded=2, loads_itself=False))
    clocked.line.ready("coder", 0.0)
    person = clocked.ask("small", Priority.PERSON)
    clocked.ask("coder", Priority.SWARM)
    assert clocked.settle() == [Load(model="small")]
    steps = clocked.go_on(LOADS["small"])
    assert steps == [Grant(number=person)]


def test_what_was_announced_is_loaded_while_others_compute() -> None:
    clocked = Clocked(Limits(slots=1, memory_bytes=48, sizes=SIZES, load_s=LOADS, loads_itself=False))
    clocked.line.ready("coder", 0.0)
    clocked.ask("coder", Priority.JOB)
    clocked.settle()
    clocked.line.announced["general"] = 100.0
    assert clocked.settle() == [Load(model="general")]


def test_what_was_announced_takes_no_room_from_anybody() -> None:
    clocked = Clocked(Limits(slots=1, memory_bytes=48, sizes=SIZES, load_s=LOADS, loads_itself=False))
    for model in ("coder", "general"):
        clocked.line.ready(model, 0.0)
        clocked.ask(model, Priority.JOB)
    clocked.settle()
    clocked.line.announced["large"] = 100.0
    assert clocked.settle() == []


def chosen(clocked: Clocked, model: str, takes: Takes) -> None:
    clocked.line.limits = replace(clocked.line.limits, can_be_told=True)
    clocked.line.announced[model], clocked.line.takes[model] = clocked.now + 100, takes


def test_what_a_person_chose_takes_the_room_of_what_is_idle_once_nothing_is_under_way() -> None:
    clocked = Clocked(ONE)
    number = clocked.ask("coder", Priority.JOB)
    clocked.settle()
    chosen(clocked, "general", Takes.IDLE)
    assert clocked.settle() == []
    clocked.line.leave(number, clocked.now)
    assert clocked.settle() == [Load(model="general", evict=("coder",))]


@pytest.mark.parametrize("pinned", [frozenset({"coder"}), frozenset[str]()])
def test_what_a_person_chose_leaves_what_is_pinned(pinned: frozenset[str]) -> None:
    clocked = Clocked(replace(ONE, max_loaded=2, pinned=pinned))
    for model in ("coder", "small"):
        clocked.line.ready(model, 0.0)
    chosen(clocked, "general", Takes.IDLE)
    assert bool(clocked.settle()) is not bool(pinned)


@pytest.mark.parametrize("limits", [ONE, replace(ONE, loads_itself=False)])
def test_what_may_take_nothing_is_loaded_only_where_there_is_room(limits: Limits) -> None:
    clocked = Clocked(replace(limits, max_loaded=2))
    clocked.line.ready("coder", 0.0)
    chosen(clocked, "general", Takes.ROOM)
    assert clocked.settle() == [Load(model="general")]
    clocked.go_on(LOADS["general"])
    chosen(clocked, "small", Takes.ROOM)
    assert clocked.settle() == []


def test_a_model_larger_than_memory_is_tried_alone() -> None:
    clocked = Clocked(Limits(slots=1, memory_bytes=24, sizes=SIZES, load_s=LOADS, pinned=frozenset({"small"})))
    clocked.line.ready("small", 0.0)
    clocked.line.ready("vision", 0.0)
    number = clocked.ask("large", Priority.JOB)
    assert clocked.settle() == [Load(model="large", evict=("vision",), number=number)]


def test_what_the_server_says_is_loaded_wins_over_what_was_thought() -> None:
    clocked = Clocked(ONE)
    clocked.line.ready("coder", 0.0)
    clocked.line.look(["general"], 1.0)
    assert set(clocked.line.residents) == {"general"}


def test_a_look_does_not_take_away_what_is_in_use() -> None:
    clocked = Clocked(ONE)
    clocked.ask("coder", Priority.JOB)
    clocked.settle()
    clocked.line.look([], 1.0)
    assert clocked.line.is_loading("coder")


@pytest.mark.parametrize("word", ["person", "follow-up", "job", "heartbeat", "swarm"])
def test_priorities_have_words(word: str) -> None:
    assert Priority.of(word).word == word
