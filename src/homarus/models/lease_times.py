"""How long models take here: an answer, its first word, a load. Moving averages of what was measured, per model."""

_NEW_SHARE = 0.3


class LeaseTimes:
    """What the leases of one engine took."""

    def __init__(self) -> None:
        """Begin without any measurement."""
        self._answers: dict[str, float] = {}
        self._first_words: dict[str, float] = {}
        self._loads: dict[str, float] = {}

    def answer_s(self, model: str) -> float | None:
        """Return how long a lease lasts, loading apart; for a model that was never asked, as the others here."""
        known = self._answers
        return known.get(model, sum(known.values()) / len(known) if known else None)

    def load_s(self, model: str) -> float | None:
        """Return how long a load takes; for a model that was never loaded, as the others here."""
        known = self._loads
        return known.get(model, sum(known.values()) / len(known) if known else None)

    @property
    def loads(self) -> dict[str, float]:
        """What was measured of loads."""
        return dict(self._loads)

    def saw_answer(self, model: str, lasted_s: float) -> None:
        """Learn from a lease that has ended well."""
        _learn(self._answers, model, lasted_s)

    def saw_first_word(self, model: str, waited_s: float) -> None:
        """Learn how long a model that is loaded takes to its first word."""
        _learn(self._first_words, model, waited_s)

    def saw_load(self, model: str, took_s: float) -> None:
        """Learn from a load that was waited for."""
        _learn(self._loads, model, took_s)

    def saw_swap(self, model: str, waited_s: float) -> float:
        """Learn from the first word after a swap, and return what of it was loading: all but what is usual."""
        load_s = max(0.0, waited_s - self._first_words.get(model, 0.0))
        _learn(self._loads, model, load_s)
        return load_s


def _learn(known: dict[str, float], model: str, seconds: float) -> None:
    had = known.get(model)
    known[model] = seconds if had is None else (1 - _NEW_SHARE) * had + _NEW_SHARE * seconds
