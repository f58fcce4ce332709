"""Windows that models turned out to have: learned when a prompt did not fit or was cut without a word, and forgotten.

What was learned holds for one build of a model and for a week: servers are started anew with another context, and
nobody would ever notice that a small one has grown.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from homarus.domain.inference import ModelRef
from homarus.models.knowledge import Knowledge

KEPT_FOR = timedelta(days=7)
LEAST_TOKENS = 512
"""No server gives less; a smaller figure is a mistake of ours or of its own."""


class Windows:
    """What was learned of windows, over the knowledge of the house."""

    def __init__(
        self,
        knowledge: Knowledge,
        *,
        digest_of: Callable[[ModelRef], str] = lambda _ref: "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take where it is kept, who knows which weights a model is served from now, and the time."""
        self._knowledge = knowledge
        self._digest_of = digest_of
        self._now = now

    def of(self, ref: ModelRef) -> int | None:
        """Return the window that a model turned out to have, while that is still worth something."""
        found = self._knowledge.window(ref, self._digest_of(ref))
        if found is None or self._now() - found.at > KEPT_FOR:
            return None
        return found.tokens

    async def learn(self, ref: ModelRef, tokens: int, *, because: str) -> None:
        """Keep a window, unless a smaller one is known already."""
        known = self.of(ref)
        if tokens >= LEAST_TOKENS and (known is None or tokens < known):
            await self._knowledge.keep_window(ref, tokens, because=because, digest=self._digest_of(ref))

    async def has_read(self, ref: ModelRef, prompt_tokens: int) -> None:
        """Forget a window when its model has read a longer prompt than that."""
        known = self.of(ref)
        if known is not None and prompt_tokens > known:
            await self._knowledge.keep_window(ref, None)
