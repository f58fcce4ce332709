"""How long models take here: an answer, its first word, a load. Moving averages of what was measured, per model."""

_NEW_SHARE = 0.3


class LeaseTimes:
    """What the leases of one engine took."""

    def __init__(self) -> None:
        """Begin without any measurement."""
        self._answers: dict[str, float] = {}
        self._swapped_answers: dict[str, float] = {}
        """Of leases that began with a load: what of them was loading is a guess, so others count for more."""
        self._first_words: dict[str, float] = {}
        self._swaps: dict[str, float] = {}
        """From asking for a model that was not loaded to its first word."""
        self._loads: dict[str, float] = {}
        """Of models that were loaded on our word."""

    def answer_s(self, model: str) -> float | None:
        """Return how long a lease lasts, loading apart; for a model that was never asked, as the others here."""
        known = {**self._swapped_answers, **self._answers}
        return known.get(model, _mean(known))

    def load_s(self, model: str) -> float | None:
        """Return how long a load takes; for a model that was never loaded, as the others here."""
        known = self.loads
        return known.get(model, _mean(known))

    @property
    def loads(self) -> dict[str, float]:
        """How long each load takes: as measured, else the first word after a swap without what is usual."""
        swaps = {model: max(0.0, took_s - self._first_words.get(model, 0.0)) for model, took_s in self._swaps.items()}
        return {**swaps, **self._loads}

    def saw_answer(self, model: str, lasted_s: float, *, has_swapped: bool) -> None:
        """Learn from a lease that has ended well, and lasted so long after any load."""
        _learn(self._swapped_answers if has_swapped else self._answers, model, lasted_s)

    def saw_first_word(self, model: str, waited_s: float) -> None:
        """Learn how long a model that is loaded takes to its first word."""
        _learn(self._first_words, model, waited_s)

    def saw_load(self, model: str, took_s: float) -> None:
        """Learn from a load on our word."""
        _learn(self._loads, model, took_s)

    def saw_swap(self, model: str, waited_s: float) -> float:
        """Learn from the first word after a swap, and return what of it was loading: all but what is usual."""
        _learn(self._swaps, model, waited_s)
        return max(0.0, waited_s - self._first_words.get(model, 0.0))


def _mean(known: dict[str, float]) -> float | None:
    return sum(known.values()) / len(known) if known else None


def _learn(known: dict[str, float], model: str, seconds: float) -> None:
    had = known.get(model)
    known[model] = seconds if had is None else (1 - _NEW_SHARE) * had + _NEW_SHARE * seconds
