"""How runs, steps and effects look on pages: their states in words, their tones, their places in time."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import cast

from homarus.domain.findings import EffectState
from homarus.domain.i18n import _
from homarus.domain.jobs import RunState, StepView, Trigger

_LEAST_WIDTH = 0.4
"""Percent: what took no time is seen all the same."""
_TONES: Mapping[RunState, str] = {
    RunState.DONE: "fine",
    RunState.RUNNING: "waiting",
    RunState.PARTIAL: "attention",
    RunState.NO_DATA: "attention",
    RunState.PARKED: "attention",
    RunState.INTERRUPTED: "attention",
    RunState.FAILED: "failed",
}
_EFFECT_TONES: Mapping[EffectState, str] = {
    EffectState.SENT: "fine",
    EffectState.APPROVED: "waiting",
    EffectState.SENDING: "waiting",
    EffectState.UNKNOWN: "attention",
    EffectState.FAILED: "failed",
    EffectState.REFUSED: "failed",
}


def run_state(state: RunState) -> str:
    """Return where a run is, in a word."""
    words = {
        RunState.QUEUED: _("queued"),
        RunState.WAITING: _("waits"),
        RunState.RUNNING: _("running"),
        RunState.PARKED: _("needs you"),
        RunState.PAUSED: _("paused"),
        RunState.DONE: _("done"),
        RunState.PARTIAL: _("partly done"),
        RunState.NO_DATA: _("no data"),
        RunState.FAILED: _("failed"),
        RunState.CANCELLED: _("cancelled"),
        RunState.SKIPPED: _("skipped"),
        RunState.INTERRUPTED: _("interrupted"),
    }
    return words[state]


def run_tone(state: RunState) -> str:
    """Return by which colour a state is shown, besides its word."""
    return _TONES.get(state, "muted")


def effect_state(state: EffectState) -> str:
    """Return where an effect is on its way, in a word."""
    words = {
        EffectState.DRAFT: _("draft"),
        EffectState.APPROVED: _("approved"),
        EffectState.SENDING: _("on its way"),
        EffectState.SENT: _("sent"),
        EffectState.FAILED: _("not sent"),
        EffectState.UNKNOWN: _("nobody knows"),
        EffectState.REFUSED: _("refused"),
    }
    return words[state]


def effect_tone(state: EffectState) -> str:
    """Return by which colour the state of an effect is shown."""
    return _EFFECT_TONES.get(state, "muted")


def step_state(state: str) -> str:
    """Return where a step is, in a word."""
    words = {
        "running": _("running"),
        "done": _("done"),
        "failed": _("failed"),
        "unknown": _("nobody knows"),
        "taken over": _("taken over"),
    }
    return words.get(state, state)


def trigger(why: Trigger) -> str:
    """Return why a run started."""
    words = {
        Trigger.CLOCK: _("by the clock"),
        Trigger.HAND: _("by hand"),
        Trigger.HOOK: _("by a hook"),
        Trigger.RETRY: _("as a retry"),
        Trigger.AGENT: _("by an agent"),
        Trigger.EVENT: _("by an event"),
    }
    return words[why]


def due(text: str) -> str:
    """Return when something is due, as a person says it; what is no date is shown as it is."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    days = (when.date() - datetime.now(when.tzinfo).date()).days
    clock = f" {when:%H:%M}" if "T" in text else ""
    if days in (0, 1):
        return (_("today") if days == 0 else _("tomorrow")) + clock
    return f"{when:%a %d %b}{clock}"


def bar_at(step: StepView, first: datetime, span_s: float) -> float:
    """Return where the bar of a step begins, percent of the run's time."""
    began = step.began_at or first
    return round(min(max((began - first).total_seconds() / span_s * 100, 0.0), 100.0 - _LEAST_WIDTH), 2)


def bar_width(step: StepView, first: datetime, span_s: float) -> float:
    """Return how wide the bar of a step is, percent of the run's time."""
    ended = step.ended_at or datetime.now(UTC)
    width = (ended - (step.began_at or first)).total_seconds() / span_s * 100
    return round(min(max(width, _LEAST_WIDTH), 100.0 - bar_at(step, first, span_s)), 2)


FILTERS: Mapping[str, Callable[..., object]] = cast(
    "Mapping[str, Callable[..., object]]",
    {
        "run_state": run_state,
        "run_tone": run_tone,
        "effect_state": effect_state,
        "effect_tone": effect_tone,
        "step_state": step_state,
        "trigger": trigger,
        "due": due,
        "bar_at": bar_at,
        "bar_width": bar_width,
    },
)
