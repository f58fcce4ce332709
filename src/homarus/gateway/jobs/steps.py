"""The steps of a run as faces show them, read from its log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from homarus.domain.content import Json, JsonObject
from homarus.domain.events import Event, Kind
from homarus.domain.jobs import JobRun, RunState, Spent, StepView

NOT_STEPS = ("emit:", "parked:", "spent:", "sleep:", "ended:", "taken:")
"""How the keys begin of what a run's log has beside outcomes."""
INTENT = ":intent"
TAKEN_OVER = "taken over"
"""The state of a step that an earlier run did: it took no time in this one."""


def key_of(run_id: str, event: Event) -> str:
    """Return the step that an event belongs to, nothing when it is no part of one."""
    head = f"{run_id}:"
    if event.dedupe is None or not event.dedupe.startswith(head):
        return ""
    key = event.dedupe.removeprefix(head)
    return "" if key.startswith(NOT_STEPS) else key


def steps_in(run: JobRun, events: Sequence[Event], *, under_way: Mapping[str, datetime]) -> tuple[StepView, ...]:
    """Return the steps of a run: what ended in the order of its end, then what goes on or was cut off."""
    spent, begun, ended = dict[str, JsonObject](), dict[str, Event](), dict[str, StepView]()
    for event in events:
        key = key_of(run.run_id, event)
        if event.kind is Kind.RUN_SPENT and isinstance(step := event.body.get("step"), str):
            spent[step] = event.body
        elif event.kind is Kind.EFFECT_CHANGED:
            continue  # where an effect is on its way; the step that saves or sends it is one itself
        elif key.endswith(INTENT):
            begun[key.removesuffix(INTENT)] = event
        elif key:
            ended[key] = _ended(key, event, begun.get(key))
    open_keys = dict.fromkeys([*(key for key in begun if key not in ended), *under_way])
    is_running = run.state is RunState.RUNNING
    views = [*ended.values()]
    for key in open_keys:
        since = under_way.get(key) or begun[key].at
        state = "running" if key in under_way or is_running else "unknown"
        views.append(StepView(key=key, state=state, began_at=since))
    return tuple(_with_cost(view, spent.get(view.key)) for view in views)


def _ended(key: str, event: Event, intent: Event | None) -> StepView:
    began = event.body.get("began_at")
    began_at = datetime.fromisoformat(began) if isinstance(began, str) else intent.at if intent is not None else None
    outcome = event.body.get("outcome") if event.kind is Kind.STEP_FINISHED else event.body
    words = cast("JsonObject", outcome) if isinstance(outcome, Mapping) else dict[str, Json]()
    said, turn = words.get("said"), words.get("turn")
    state = _state(event, words)
    return StepView(
        key=key,
        state=state,
        began_at=None if state == TAKEN_OVER else began_at,
        ended_at=event.at,
        said=said if isinstance(said, str) else "",
        turn=turn if isinstance(turn, str) else "",
    )


def _state(event: Event, outcome: JsonObject) -> str:
    if "taken_over_from" in event.body:
        return TAKEN_OVER
    return "failed" if outcome.get("error") else "done"


def _with_cost(view: StepView, spent: JsonObject | None) -> StepView:
    if spent is None:
        return view

    def number(name: str) -> float:
        value = spent.get(name)
        return float(value) if isinstance(value, (int, float)) else 0.0

    return StepView(
        key=view.key,
        state=view.state,
        began_at=view.began_at,
        ended_at=view.ended_at,
        model=str(spent.get("model") or ""),
        spent=Spent(
            tokens=int(number("tokens")),
            seconds=number("seconds"),
            cost_usd=number("cost_usd"),
            joules=number("joules"),
            is_joules_estimated=bool(spent.get("is_joules_estimated", True)),
        ),
        said=view.said,
        turn=view.turn,
    )
