"""What a run may still use. It is written down with the run, so that after a crash it is as empty as before."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace

from homarus.domain import codec
from homarus.domain.content import Json, JsonObject
from homarus.domain.events import Event, Kind, NewEvent
from homarus.domain.i18n import _
from homarus.domain.ids import TurnId
from homarus.domain.jobs import Budget, JobRun, Spent
from homarus.domain.playbooks import LimitReachedError
from homarus.domain.ports import Clock
from homarus.state.jobs.runs import StoredRuns, session_of

_NOTE_AGAIN_S = 15.0


class KeptPurse:
    """Implements `domain.running.Purse`; make a new one for each leg, from the run's events.

    Seconds are those in which a leg works, each second once, however many steps go on at a time; what steps say about
    their own seconds is kept with them and not added up.
    """

    def __init__(self, run: JobRun, leg: int, stored: StoredRuns, clock: Clock, *, known: Iterable[Event]) -> None:
        """Count what earlier legs used, and begin to count this one's seconds."""
        self._run = run
        self._leg = leg
        self._stored = stored
        self._clock = clock
        self._began = self._noted_at = time.monotonic()
        self._keys: set[str] = set()
        self._sum = Spent(is_joules_estimated=False)
        self._earlier_s: dict[int, float] = {}
        self._models = dict.fromkeys(run.models)
        self._writing = asyncio.Lock()  # holds: sums are written in the order in which they grow
        for event in known:
            if event.kind is Kind.RUN_SPENT:
                self._count(event.body)

    @property
    def spent(self) -> Spent:
        """All that was used, in every process that had the run."""
        return replace(self._sum, seconds=sum(self._earlier_s.values()) + self._worked_s())

    def left(self) -> Budget:
        """What is left of each limit; `None` where there is none."""
        budget, spent = self._run.budget, self.spent
        seconds = _least(_rest(budget.seconds, spent.seconds), self._until_deadline_s())
        return Budget(
            tokens=None if budget.tokens is None else max(budget.tokens - spent.tokens, 0),
            seconds=seconds,
            cost_usd=_rest(budget.cost_usd, spent.cost_usd),
            joules=_rest(budget.joules, spent.joules),
        )

    def check(self) -> None:
        """Pass while there is something left and time until the deadline.

        Raises:
            LimitReachedError: when a limit or the deadline is reached, naming which.
        """
        deadline = self._run.deadline_at
        if deadline is not None and self._clock.now() >= deadline:
            raise LimitReachedError(
                _("The deadline {when} has come.").format(when=deadline.astimezone(self._clock.zone).strftime("%H:%M")),
                hint=_("Give the job an earlier start or a later deadline."),
            )
        left = self.left()
        for amount, sentence in (
            (left.tokens, _("The budget of {limit} tokens is used up.").format(limit=self._run.budget.tokens)),
            (left.seconds, _("The budget of {limit} seconds is used up.").format(limit=self._run.budget.seconds)),
            (left.cost_usd, _("The budget of {limit} USD is used up.").format(limit=self._run.budget.cost_usd)),
            (left.joules, _("The budget of {limit} joules is used up.").format(limit=self._run.budget.joules)),
        ):
            if amount is not None and amount <= 0:
                raise LimitReachedError(sentence, hint=_("Give the job a larger budget, or less to do."))

    async def spend(self, key: str, spent: Spent, *, model: str = "") -> None:
        """Note what a step used; the same key counts once."""
        async with self._writing:
            if key in self._keys:
                return
            amounts = {name: value for name, value in codec.dump(spent).items() if value}
            await self._write(key, {**amounts, "step": key, "model": model})

    async def note_time(self, *, is_over: bool = False) -> None:
        """Note how long this leg has worked, now and then, so that a crash does not give the time back."""
        if is_over or time.monotonic() - self._noted_at >= _NOTE_AGAIN_S:
            async with self._writing:
                await self._write(f"leg {self._leg} at {self._worked_s():.3f}", {})

    async def _write(self, key: str, amounts: JsonObject) -> None:
        self._noted_at = time.monotonic()
        body: JsonObject = {**amounts, "leg": self._leg, "worked_s": round(self._worked_s(), 3)}
        self._count(body)
        fact = NewEvent(
            kind=Kind.RUN_SPENT,
            body=body,
            session=session_of(self._run),
            turn=TurnId(self._run.run_id),
            dedupe=f"{self._run.run_id}:spent:{key}",
        )
        await self._stored.spend(self._run.run_id, fact, spent=self.spent, models=tuple(self._models))

    def _count(self, body: JsonObject) -> None:
        step, model, leg = body.get("step"), body.get("model"), body.get("leg")
        if isinstance(step, str):
            self._keys.add(step)
        if isinstance(model, str) and model:
            self._models[model] = None
        if isinstance(leg, int) and leg != self._leg:
            self._earlier_s[leg] = max(self._earlier_s.get(leg, 0.0), _number(body.get("worked_s")))
        is_measured = body.get("joules") and not body.get("is_joules_estimated")
        self._sum = Spent(
            tokens=self._sum.tokens + int(_number(body.get("tokens"))),
            cost_usd=self._sum.cost_usd + _number(body.get("cost_usd")),
            joules=self._sum.joules + _number(body.get("joules")),
            is_joules_estimated=self._sum.is_joules_estimated or not is_measured,
        )

    def _worked_s(self) -> float:
        return time.monotonic() - self._began

    def _until_deadline_s(self) -> float | None:
        deadline = self._run.deadline_at
        return None if deadline is None else max((deadline - self._clock.now()).total_seconds(), 0.0)


def _rest(limit: float | None, used: float) -> float | None:
    return None if limit is None else max(limit - used, 0.0)


def _least(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return min(known) if known else None


def _number(value: Json) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
