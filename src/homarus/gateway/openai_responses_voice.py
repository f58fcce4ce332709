"""Say an answer as /v1/responses does: in events, or in one piece.

Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

import time
from dataclasses import dataclass, field
from typing import cast

from homarus.domain.content import Json
from homarus.domain.ids import fresh
from homarus.domain.inference import Finish, Finished, ReasoningDelta, StreamEvent, TextDelta, ToolCallReady, Unsaid
from homarus.gateway.answers import encoded
from homarus.gateway.openai_parts import arguments_text

_INCOMPLETE = {Finish.LENGTH: "max_output_tokens", Finish.REFUSED: "content_filter"}


@dataclass(slots=True)
class _Item:
    """One item of the output that is being said."""

    kind: str
    item_id: str
    index: int
    said: list[str] = field(default_factory=list[str])

    @property
    def part(self) -> str:
        return "output_text" if self.kind == "message" else "reasoning_text"

    def content(self, text: str) -> dict[str, Json]:
        more: dict[str, Json] = {"annotations": [], "logprobs": []} if self.kind == "message" else {}
        return {"type": self.part, "text": text, **more}

    def whole(self, *, status: str = "completed") -> dict[str, Json]:
        text = "".join(self.said)
        content: list[Json] = [self.content(text)] if text or status == "completed" else []
        own: dict[str, Json] = {"role": "assistant"} if self.kind == "message" else {"summary": []}
        return {"id": self.item_id, "type": self.kind, "status": status, **own, "content": content}


class ResponsesVoice:
    """One answer of this protocol."""

    def __init__(self, answer_id: str, model: str, echo: dict[str, Json]) -> None:
        self._id = answer_id
        self._model = model
        self._echo = echo
        self._created = int(time.time())
        self._output: list[Json] = []
        self._open: _Item | None = None
        self._finished = Finished(reason=Finish.STOP)
        self._more: dict[str, Json] = {}
        self._sequence = 0

    def say_more(self, more: dict[str, Json]) -> None:
        """Add what is ours and in no protocol: the route of a turn, its receipts."""
        self._more = more

    def begin(self) -> bytes:
        """Return what a stream starts with."""
        response = self._response("in_progress")
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    def say(self, event: StreamEvent) -> bytes:
        """Return the bytes of a part of the answer, and keep it for `whole`."""
        match event:
            case TextDelta():
                return self._delta("message", event.text)
            case ReasoningDelta():
                return self._delta("reasoning", event.text)
            case ToolCallReady():
                return self._close() + self._call(event)
            case Finished():
                self._finished = event
                return b""
            case Unsaid():
                # What was streamed stays streamed; the whole answer has it where it belongs.
                if self._open is not None:
                    self._open.kind = "reasoning"
                return b""
            case _:
                return b""

    def end(self) -> bytes:
        """Return what a stream ends with."""
        last = self._close()
        response = self.whole()
        return last + self._event(f"response.{response['status']}", response=response)

    def whole(self) -> dict[str, Json]:
        """Return the answer in one piece."""
        self._close()
        because = _INCOMPLETE.get(self._finished.reason)
        response = self._response("incomplete" if because else "completed")
        usage = self._finished.usage
        return {
            **response,
            "incomplete_details": {"reason": because} if because else None,
            "output": list(self._output),
            "usage": {
                "input_tokens": usage.prompt_tokens,
                "input_tokens_details": {"cached_tokens": usage.cached_tokens},
                "output_tokens": usage.completion_tokens,
                "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
                "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            },
            **self._more,
        }

    def failed(self, error: dict[str, object]) -> bytes:
        """Return what a stream that broke ends with."""
        about = cast("dict[str, Json]", error["error"])
        code = about.get("code") or "server_error"
        response = {**self._response("failed"), "error": {"code": code, "message": about["message"]}}
        return self._event("response.failed", response=response)

    def _delta(self, kind: str, text: str) -> bytes:
        before = b""
        if self._open is None or self._open.kind != kind:
            before = self._close() + self._start(kind)
        item = self._open
        assert item is not None
        item.said.append(text)
        more: dict[str, Json] = {"logprobs": []} if kind == "message" else {}
        place = self._place(item)
        return before + self._event(f"response.{item.part}.delta", **place, content_index=0, delta=text, **more)

    def _start(self, kind: str) -> bytes:
        item = _Item(kind=kind, item_id=fresh("msg" if kind == "message" else "rs"), index=len(self._output))
        self._open = item
        added = self._event(
            "response.output_item.added", output_index=item.index, item=item.whole(status="in_progress")
        )
        if kind == "reasoning":
            return added
        part = item.content("")
        return added + self._event("response.content_part.added", **self._place(item), content_index=0, part=part)

    def _close(self) -> bytes:
        item, self._open = self._open, None
        if item is None:
            return b""
        text = "".join(item.said)
        self._output.append(item.whole())
        place = self._place(item)
        more: dict[str, Json] = {"logprobs": []} if item.kind == "message" else {}
        done = self._event(f"response.{item.part}.done", **place, content_index=0, text=text, **more)
        if item.kind == "message":
            part = item.content(text)
            done += self._event("response.content_part.done", **place, content_index=0, part=part)
        return done + self._event("response.output_item.done", output_index=item.index, item=item.whole())

    def _call(self, ready: ToolCallReady) -> bytes:
        item_id, index, arguments = fresh("fc"), len(self._output), arguments_text(ready.call)
        item: dict[str, Json] = {
            "id": item_id,
            "type": "function_call",
            "status": "completed",
            "call_id": ready.call.call_id,
            "name": ready.call.name,
            "arguments": arguments,
        }
        begun = {**item, "status": "in_progress", "arguments": ""}
        self._output.append(item)
        place: dict[str, Json] = {"item_id": item_id, "output_index": index}
        said = "response.function_call_arguments"
        return (
            self._event("response.output_item.added", output_index=index, item=begun)
            + self._event(f"{said}.delta", **place, delta=arguments)
            + self._event(f"{said}.done", **place, arguments=arguments, name=ready.call.name)
            + self._event("response.output_item.done", output_index=index, item=item)
        )

    def _place(self, item: _Item) -> dict[str, Json]:
        return {"item_id": item.item_id, "output_index": item.index}

    def _response(self, status: str) -> dict[str, Json]:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self._model,
            "output": [],
            "usage": None,
            "user": None,
            **self._echo,
        }

    def _event(self, kind: str, **fields: Json) -> bytes:
        event = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return f"event: {kind}\n".encode() + b"data: " + encoded(event) + b"\n\n"
