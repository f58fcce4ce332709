"""Say an answer as /v1/chat/completions does: in chunks, or in one piece.

Source: https://platform.openai.com/docs/api-reference/chat/streaming; `reasoning_content` is what llama.cpp, vLLM and
others add to it for reasoning.
"""

import time

from homarus.domain.content import Json, JsonObject
from homarus.domain.inference import (
    Finish,
    Finished,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolCallReady,
    Unsaid,
    Usage,
)
from homarus.gateway.answers import encoded
from homarus.gateway.openai_parts import arguments_text

_REASONS = {
    Finish.STOP: "stop",
    Finish.TOOL_CALLS: "tool_calls",
    Finish.LENGTH: "length",
    Finish.REFUSED: "content_filter",
}
DONE = b"data: [DONE]\n\n"


class ChatVoice:
    """One answer of this protocol."""

    def __init__(self, answer_id: str, model: str, *, includes_usage: bool) -> None:
        self._id = answer_id
        self._model = model
        self._includes_usage = includes_usage
        self._created = int(time.time())
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[dict[str, Json]] = []
        self._finished = Finished(reason=Finish.STOP)
        self._more: dict[str, Json] = {}

    def say_more(self, more: dict[str, Json]) -> None:
        """Add what is ours and in no protocol: the route of a turn, its receipts."""
        self._more = more

    def begin(self) -> bytes:
        """Return what a stream starts with."""
        return self._chunk({"role": "assistant", "content": ""})

    def say(self, event: StreamEvent) -> bytes:
        """Return the bytes of a part of the answer, and keep it for `whole`."""
        match event:
            case TextDelta():
                self._text.append(event.text)
                return self._chunk({"content": event.text})
            case ReasoningDelta():
                self._reasoning.append(event.text)
                return self._chunk({"reasoning_content": event.text})
            case ToolCallReady():
                call: dict[str, Json] = {
                    "id": event.call.call_id,
                    "type": "function",
                    "function": {"name": event.call.name, "arguments": arguments_text(event.call)},
                }
                self._calls.append(call)
                return self._chunk({"tool_calls": [{"index": len(self._calls) - 1, **call}]})
            case Finished():
                self._finished = event
                return b""
            case Unsaid():
                # What was streamed stays streamed; the whole answer has it where it belongs.
                self._reasoning += self._text
                self._text.clear()
                return b""
            case _:
                return b""

    def end(self) -> bytes:
        """Return what a stream ends with."""
        last = self._chunk({}, finish=_REASONS[self._finished.reason], more=self._more)
        if self._includes_usage:
            last += self._data({**self._head("chat.completion.chunk"), "choices": [], "usage": self._usage()})
        return last + DONE

    def whole(self) -> dict[str, Json]:
        """Return the answer in one piece."""
        message: dict[str, Json] = {"role": "assistant", "content": "".join(self._text), "refusal": None}
        if self._calls:
            message |= {"content": "".join(self._text) or None, "tool_calls": self._calls}
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        choice: dict[str, Json] = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": _REASONS[self._finished.reason],
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage(), **self._more}

    def failed(self, error: dict[str, object]) -> bytes:
        """Return what a stream that broke ends with."""
        return b"data: " + encoded(error) + b"\n\n"

    def _chunk(self, delta: dict[str, Json], *, finish: str | None = None, more: JsonObject | None = None) -> bytes:
        choice: dict[str, Json] = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk: dict[str, Json] = {**self._head("chat.completion.chunk"), "choices": [choice], **(more or {})}
        if self._includes_usage:
            chunk["usage"] = None
        return self._data(chunk)

    def _head(self, kind: str) -> dict[str, Json]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}

    def _usage(self) -> dict[str, Json]:
        return usage_of(self._finished.usage)

    @staticmethod
    def _data(value: dict[str, Json]) -> bytes:
        return b"data: " + encoded(value) + b"\n\n"


def usage_of(usage: Usage) -> dict[str, Json]:
    """Return usage in the words of this protocol."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
