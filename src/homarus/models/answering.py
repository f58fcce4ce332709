"""The frame of every wire's answer: read until its end mark, wait a moment for counts, and never end in silence."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TypeVar

from homarus.domain.inference import StreamEvent
from homarus.models.answer_reader import AnswerReader, Habits
from homarus.models.closing import closing, until_done
from homarus.models.exchange import Exchange
from homarus.models.tool_names import ToolNames

F = TypeVar("F")


class Answering:
    """Makes answers out of what a server sends, and learns the habits of its models."""

    def __init__(self) -> None:
        self._habits = Habits()

    def reader(self, names: ToolNames, exchange: Exchange) -> AnswerReader:
        """Return a reader for the next answer, which knows how this model writes its thoughts."""
        return AnswerReader(names, exchange.who, is_thinking=self._habits.begins_thinking(_key(exchange)))

    async def answer(
        self, frames: AsyncIterator[F], exchange: Exchange, reader: AnswerReader, read: Callable[[F], list[StreamEvent]]
    ) -> AsyncGenerator[StreamEvent]:
        """Yield an answer; `read` takes each frame into the reader and sets `is_over` at the last one.

        Raises:
            ModelCallError: when the stream ends before its end mark, or held nothing.
        """
        async with closing(frames) as coming:
            async for frame in until_done(coming, lambda: reader.is_done):
                for piece in read(frame):
                    yield piece
                if reader.is_over:
                    break
        if not reader.is_done:
            exchange.raise_cut_off()
        for piece in reader.end():
            yield piece
        self._habits.learn(_key(exchange), reader)


def _key(exchange: Exchange) -> str:
    return f"{exchange.at.base_url} {exchange.who.model}"
