"""The steps of a run as its page shows them: many of a kind as one line that opens."""

from collections.abc import Sequence
from dataclasses import dataclass

from homarus.domain.i18n import _, ngettext
from homarus.domain.jobs import StepView
from homarus.domain.step_folds import folds_of
from homarus.gateway.pages_run_words import step_state

_FINE = frozenset({"done", "taken over"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRows:
    """A line of the list: one step, or many of a kind."""

    word: str
    steps: tuple[StepView, ...]

    @property
    def is_folded(self) -> bool:
        """Whether it stands for many."""
        return len(self.steps) > 1

    @property
    def is_open(self) -> bool:
        """Whether there is something to look at in it."""
        return any(step.state not in _FINE for step in self.steps)

    @property
    def states(self) -> str:
        """Its states in words, with how many are in each."""
        counts: dict[str, int] = {}
        for step in self.steps:
            counts[step.state] = counts.get(step.state, 0) + 1
        if len(counts) == 1:
            return step_state(self.steps[0].state)
        return ", ".join(
            _("{count} {state}").format(count=count, state=step_state(state)) for state, count in counts.items()
        )

    @property
    def count(self) -> str:
        """How many it stands for, in words."""
        return ngettext("{count} step", "{count} steps", len(self.steps)).format(count=len(self.steps))

    @property
    def models(self) -> str:
        """Who answered."""
        return ", ".join(dict.fromkeys(step.model for step in self.steps if step.model))

    @property
    def tokens(self) -> int:
        """What all of them used."""
        return sum(step.spent.tokens for step in self.steps)

    @property
    def took_ms(self) -> float:
        """How long all of them worked together."""
        return sum(
            (step.ended_at - step.began_at).total_seconds() * 1000
            for step in self.steps
            if step.began_at is not None and step.ended_at is not None
        )


def rows_of(steps: Sequence[StepView]) -> list[StepRows]:
    """Return the lines of the list, in the order in which the first step of each ended."""
    return [
        StepRows(word=fold.word, steps=tuple(steps[place] for place in fold.places))
        for fold in folds_of([step.key for step in steps])
    ]
