"""What every wire does with an answer: text apart from thinking, calls at the end, and never nothing at all."""

from homarus.domain.errors import ModelCallError
from homarus.domain.i18n import _
from homarus.domain.inference import (
    Finish,
    Finished,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolCallReady,
    Usage,
)
from homarus.models.failures import Who, bad_answer
from homarus.models.letters import halved, whole_letters
from homarus.models.thinking import Piece, ThinkSplitter
from homarus.models.tool_calls import CallCollector
from homarus.models.tool_names import ToolNames


class AnswerReader:
    """Collects one answer while it streams."""

    def __init__(self, names: ToolNames, who: Who, *, is_thinking: bool = False) -> None:
        """Take the tools that were offered, whom errors speak of, and whether the answer begins inside a thought."""
        self.calls = CallCollector(names)
        self.usage = Usage()
        self.model = ""
        self.finish: Finish | None = None
        self.prefill_ms: float | None = None
        self.generation_ms: float | None = None
        self.is_done = False
        """Whether the answer is complete; counts may still follow."""
        self.is_over = False
        """Whether nothing follows any more."""
        self._who = who
        self._splitter = ThinkSplitter(is_thinking=is_thinking)
        self._has_text = False
        self._has_reasoning = False
        self._half = ""
        """The first half of a letter, when a piece ended in it."""

    @property
    def found_unopened(self) -> bool:
        """Whether a thought was closed that never opened."""
        return self._splitter.found_unopened

    def text(self, text: str) -> list[StreamEvent]:
        """Take some of the answer; thinking in tags comes out as thinking."""
        text, self._half = halved(self._half + text)
        return self._seen(self._splitter.feed(text)) if text else []

    def reasoning(self, text: str) -> list[StreamEvent]:
        """Take some thinking that the server set apart."""
        if not text:
            return []
        if not self._has_reasoning and not self._has_text:
            self._splitter = ThinkSplitter()  # this server sets thinking apart, so the text is the answer
        self._has_reasoning = True
        return [ReasoningDelta(text=whole_letters(text))]

    def _seen(self, pieces: list[Piece]) -> list[StreamEvent]:
        self._has_text = self._has_text or any(isinstance(piece, TextDelta) for piece in pieces)
        self._has_reasoning = self._has_reasoning or any(isinstance(piece, ReasoningDelta) for piece in pieces)
        return list(pieces)

    def end(self) -> list[StreamEvent]:
        """Return what is left, and the end.

        Raises:
            ModelCallError: when the answer holds nothing.
        """
        events = self._seen(self._splitter.close())
        calls = self.calls.finish()
        if not (self._has_text or self._has_reasoning or calls or self.finish is Finish.REFUSED):
            raise self.nothing()
        events += [ToolCallReady(call=call) for call in calls]
        reason = self.finish or Finish.STOP
        if calls and not (reason is Finish.LENGTH and calls[-1].malformed is not None):
            reason = Finish.TOOL_CALLS
        elif not calls and reason is Finish.TOOL_CALLS:
            reason = Finish.STOP
        events.append(
            Finished(
                reason=reason,
                usage=self.usage,
                model=self.model,
                prefill_ms=self.prefill_ms,
                generation_ms=self.generation_ms,
            )
        )
        return events

    def nothing(self) -> ModelCallError:
        """Return the error of an answer without a word in it."""
        return bad_answer(self._who, _("the answer is empty"))


class Habits:
    """What a wire learns about models while it talks to them: which ones close a thought that they never open."""

    def __init__(self) -> None:
        self._unopened: set[str] = set()

    def begins_thinking(self, key: str) -> bool:
        """Say whether this model's answers begin inside a thought."""
        return key in self._unopened

    def learn(self, key: str, reader: AnswerReader) -> None:
        """Remember how an answer that is complete was written."""
        if reader.found_unopened:
            self._unopened.add(key)
        else:
            self._unopened.discard(key)
