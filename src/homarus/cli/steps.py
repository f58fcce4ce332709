"""The steps of a run in a terminal: how long each took, who answered and what it used; many of a kind in one line."""

from collections.abc import Sequence
from textwrap import shorten
from typing import cast

from homarus.domain.content import JsonObject
from homarus.domain.i18n import _
from homarus.domain.step_folds import folds_of

_LONGEST = 120
"""What a step said, in a row; the whole stands in its turn."""


def step_rows(steps: Sequence[JsonObject]) -> list[dict[str, str]]:
    """Return the rows of a table of steps; many of a kind are one."""
    folds = folds_of([str(step["key"]) for step in steps])
    return [
        _fold_row(fold.word, [steps[place] for place in fold.places])
        if fold.is_folded
        else step_row(steps[fold.places[0]])
        for fold in folds
    ]


def step_row(step: JsonObject) -> dict[str, str]:
    """Return the row of one step."""
    spent = cast("JsonObject", step["spent"])
    return _row(
        name=str(step["key"]),
        state=str(step["state"]),
        seconds=_seconds(step),
        model=str(step["model"]),
        said=used(spent) if spent["tokens"] else "",
        about=shorten(str(step["said"]), _LONGEST, placeholder=" …"),
    )


def _fold_row(word: str, steps: Sequence[JsonObject]) -> dict[str, str]:
    counts: dict[str, int] = {}
    for step in steps:
        counts[str(step["state"])] = counts.get(str(step["state"]), 0) + 1
    times = [seconds for step in steps if (seconds := _seconds(step)) is not None]
    tokens = sum(int(cast("int", cast("JsonObject", step["spent"])["tokens"])) for step in steps)
    return _row(
        name=_("{word} ({count} steps)").format(word=word, count=len(steps)),
        state=", ".join(state if len(counts) == 1 else f"{count} {state}" for state, count in counts.items()),
        seconds=sum(times) if times else None,
        model=", ".join(dict.fromkeys(str(step["model"]) for step in steps if step["model"])),
        said=_("{count} tokens").format(count=tokens) if tokens else "",
    )


def _row(
    *, name: str, state: str, seconds: float | None, model: str = "", said: str = "", about: str = ""
) -> dict[str, str]:
    return {
        _("step"): name,
        _("state"): state,
        _("took"): "" if seconds is None else f"{seconds:.1f} s",
        _("model"): model,
        _("used"): said,
        _("said"): about,
    }


def _seconds(step: JsonObject) -> float | None:
    from datetime import datetime

    began, ended = step["began_at"], step["ended_at"]
    if not isinstance(began, str) or not isinstance(ended, str):
        return None
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def used(spent: JsonObject) -> str:
    """Return what was used, in words."""
    parts = [_("{count} tokens").format(count=spent["tokens"])]
    cost = spent["cost_usd"]
    if isinstance(cost, (int, float)) and cost:
        parts.append(f"{cost:.4f} USD")
    seconds, joules = spent["seconds"], spent["joules"]
    if isinstance(seconds, (int, float)) and seconds:
        parts.append(f"{seconds:.1f} s")
    if isinstance(joules, (int, float)) and joules:
        parts.append(_("about {joules} J").format(joules=round(joules)))
    return ", ".join(parts)
