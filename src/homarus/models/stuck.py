"""Notice a model that says the same thing over and over, as small ones do until their output limit ends it."""

from collections.abc import AsyncGenerator, AsyncIterator

from homarus.domain.inference import Finish, Finished, StreamEvent, TextDelta
from homarus.models.closing import closing

_TAIL_CHARS = 1_500
"""This much of nothing but one repeated piece is no answer any more; a long table line or a drawing is shorter."""
_LONGEST_PIECE_CHARS = 200
_LOOK_EVERY_CHARS = 100
_KEPT_TIMES = 3


class Stuck:
    """Listens to a stream of text."""

    def __init__(self) -> None:
        self._tail = ""
        self._new = 0

    def hears(self, text: str) -> bool:
        """Take some more text in; tell whether the model only repeats itself."""
        self._tail = (self._tail + text)[-_TAIL_CHARS:]
        self._new += len(text)
        if len(self._tail) < _TAIL_CHARS or self._new < _LOOK_EVERY_CHARS:
            return False
        self._new = 0
        return _period(self._tail) is not None


def _period(tail: str) -> int | None:
    """Return the length of the piece that a text consists of, `None` when there is none."""
    return next((size for size in range(1, _LONGEST_PIECE_CHARS + 1) if tail.startswith(tail[size:])), None)


def unstuck(text: str) -> str:
    """Return a text whose end was repeated, with the repeated piece a few times and no more."""
    size = _period(text[-_TAIL_CHARS:])
    if size is None:
        return text
    end = len(text)
    while end - size >= size and text[end - size : end] == text[end - 2 * size : end - size]:
        end -= size
    return text[: end + size * (_KEPT_TIMES - 1)].rstrip()


async def unrepeated(answer: AsyncIterator[StreamEvent]) -> AsyncGenerator[StreamEvent]:
    """Yield an answer, and end it where its model only repeats itself."""
    stuck = Stuck()
    async with closing(answer) as events:
        async for event in events:
            yield event
            if isinstance(event, TextDelta) and stuck.hears(event.text):
                yield Finished(reason=Finish.LENGTH)
                return
