"""Follow an answer as it streams: say how far the prompt is read, learn from what the server says, doubt it, too."""

from collections.abc import AsyncGenerator, AsyncIterator

from homarus.domain.errors import Failure, ModelCallError
from homarus.domain.i18n import _
from homarus.domain.inference import Finished, ModelRequest, StreamEvent
from homarus.models.closing import closing
from homarus.models.pace import Pace
from homarus.models.progress import with_progress
from homarus.models.readings import Readings
from homarus.models.windows import Windows

_SLOW_S = 2.0
"""What is read sooner than this needs no progress."""
_LONG_TOKENS = 1_500
"""From here on it is worth a line while nobody knows yet how fast the model reads."""


class Listening:
    """What the desk learns from answers."""

    def __init__(self, pace: Pace, windows: Windows) -> None:
        """Take where speeds and windows are kept."""
        self.readings = Readings()
        self._pace = pace
        self._windows = windows

    async def follow(
        self, answer: AsyncIterator[StreamEvent], request: ModelRequest, *, is_turn: bool, is_local: bool
    ) -> AsyncGenerator[StreamEvent]:
        """Yield an answer.

        Raises:
            ModelCallError: a context overflow also when the server cut the prompt without a word: what it says of a
                prompt that it did not read is not trusted. Only in turns; others count for themselves.
        """
        async with closing(self._progressing(answer, request, is_local=is_local)) as events:
            try:
                async for event in events:
                    if isinstance(event, Finished):
                        await self._finished(request, event, is_turn=is_turn)
                    yield event
            except ModelCallError as error:
                if error.failure is Failure.CONTEXT_OVERFLOW and error.window_tokens:
                    because = "its server refused a longer prompt"
                    await self._windows.learn(request.model, error.window_tokens, because=because)
                raise

    def _progressing(
        self, answer: AsyncIterator[StreamEvent], request: ModelRequest, *, is_local: bool
    ) -> AsyncIterator[StreamEvent]:
        if not is_local:
            return answer
        rate = self._pace.of(request.model)
        new = self.readings.new_tokens(request.model, request)
        is_slow = new / rate > _SLOW_S if rate else new > _LONG_TOKENS
        return with_progress(answer, total_tokens=new, tokens_s=rate) if is_slow else answer

    async def _finished(self, request: ModelRequest, end: Finished, *, is_turn: bool) -> None:
        ref, read = request.model, end.usage.prompt_tokens
        await self._pace.saw(ref, end)
        window = self.readings.window_of_cut(ref, request, end.usage)
        if window is None:
            self.readings.note(ref, request, end.usage)
            await self._windows.has_read(ref, read)
            return
        known = self._windows.of(ref)
        window = read if known is not None and window >= known else window
        await self._windows.learn(ref, window, because="its server cut a longer prompt without a word")
        if is_turn:
            raise ModelCallError(
                Failure.CONTEXT_OVERFLOW,
                _("{model} read only {read} tokens of a longer prompt and did not say so.").format(
                    model=ref, read=read
                ),
                hint=_("Give it a larger context on its server; homarus keeps to {window} tokens now.").format(
                    window=window
                ),
                window_tokens=window,
            )
