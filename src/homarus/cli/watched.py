"""A turn as the terminal shows it.

A terminal sees the answer as it comes, and a line where text does not count after all. A pipe or a file gets the
written answer at its end, once: what was printed there could not be taken back.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from homarus.cli import receipts, show
from homarus.cli.line import Frame
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED, EXIT_NEEDS_YOU
from homarus.domain.i18n import _


@dataclass(slots=True)
class Watched:
    """What was shown of a turn, and what came of it."""

    options: Options
    is_chat: bool = False
    """Whether hints name what can be typed in a chat instead of commands."""
    decided: set[str] = field(default_factory=set[str])
    """Questions that have their answer, and are not asked again."""
    turn: str = ""
    asked: list[JsonObject] = field(default_factory=list[JsonObject])
    """What a person must decide now."""
    ended: JsonObject | None = None
    _shown: str = ""
    _had: str = ""
    """What a terminal has already, when the turn is told again from its beginning."""
    _is_mid_line: bool = False
    _status: str = ""
    _told: set[str] = field(default_factory=set[str])
    """Notices and receipts that were shown already."""
    _summaries: set[str] = field(default_factory=set[str])

    def note(self, frame: Frame) -> bool:
        """Show a moment; tell whether there is nothing more to wait for."""
        if frame.name == "accepted":
            self.turn = str(frame.data["turn_id"])
            if not self.options.as_json:
                self._wait({"phase": "asked"})
        elif frame.name == "asked":
            approval = cast("JsonObject", frame.data["approval"])
            if approval["approval_id"] in self.decided:
                return False
            self.asked.append(approval)
            return True
        elif frame.name == "ended":
            self.ended = cast("JsonObject", frame.data["reply"])
            return True
        elif not self.options.as_json:
            self._show(frame)
        return False

    def go_on(self, approval_id: str) -> None:
        """Get ready for the turn to be told again, after a question got its answer."""
        self.decided.add(approval_id)
        self.asked.clear()
        self._had, self._shown = self._shown, ""

    def pause(self) -> None:
        """Leave the screen so that something else can be printed."""
        self._line_end()

    def _show(self, frame: Frame) -> None:
        match frame.name:
            case "said":
                self._say(str(frame.data["text"]))
            case "retracted":
                self._retract(str(frame.data["because"]))
            case "waiting":
                self._wait(frame.data)
            case "noticed":
                self._notice(str(frame.data["text"]))
            case "acted":
                self._receipt(cast("JsonObject", frame.data["receipt"]))
            case _:
                pass

    def _say(self, text: str) -> None:
        if not sys.stdout.isatty():
            return  # the end prints it, whole
        had, self._had = self._had, ""
        self._shown += text
        self._print(text.removeprefix(had) if text.startswith(had) else text)

    def _print(self, text: str) -> None:
        self._clear_status()
        self._is_mid_line = not text.endswith("\n") if text else self._is_mid_line
        sys.stdout.write(show.clean(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()

    def _retract(self, because: str) -> None:
        if self._shown:
            self._line_end()
            sentence = _("(what is above does not count: {because})") if because else _("(that was not the answer yet)")
            show.warn(show.dim(sentence.format(because=show.clean(because))))
            if because:
                self._told.add(because)  # the notice says the same
        self._shown = self._had = ""

    def _wait(self, data: JsonObject) -> None:
        if not sys.stderr.isatty():
            return
        self._clear_status()
        words = {
            "asked": _("waiting for the first word"),
            "queued": _("waiting for the model"),
            "loading": _("the model is loading"),
            "reading": _("reading"),
            "tool": _("working"),
            "approval": _("waiting for your yes"),
        }
        self._status = words.get(str(data["phase"]), str(data["phase"]))
        total, done = data.get("total"), data.get("done")
        if data["phase"] == "queued" and total:
            self._status += _(", {total} before you").format(total=total)
            self._status += f", {data['detail']}" if data.get("detail") else ""
        elif isinstance(total, int) and isinstance(done, int) and total:
            self._status += _share(total, done, is_estimated=bool(data.get("is_estimated")))
        elif data.get("detail"):
            self._status += f": {data['detail']}"
        sys.stderr.write(show.dim(self._status + " ..."))
        sys.stderr.flush()

    def _notice(self, text: str) -> None:
        # `shell.run was not done: ...` says what the line about that call has said already.
        if text not in self._told and not any(text.endswith(said) for said in self._summaries):
            self._told.add(text)
            self._line_end()
            show.aside(text)

    def _receipt(self, receipt: JsonObject) -> None:
        summary = str(receipt["summary"])
        is_news = str(receipt["call_id"]) not in self._told and summary not in self._told
        if is_news and receipts.matters(receipt):
            self._told |= {str(receipt["call_id"]), summary}
            self._summaries.add(summary)
            self._line_end()
            show.warn(show.dim(receipts.line_of(receipt)))

    def _clear_status(self) -> None:
        if self._status:
            sys.stderr.write("\r\x1b[2K")
            self._status = ""

    def _line_end(self) -> None:
        self._clear_status()
        if self._is_mid_line:
            self._is_mid_line = False
            sys.stdout.write("\n")
            sys.stdout.flush()

    def finish(self) -> int:
        """Print what is left to say and return the exit code."""
        if self.ended is not None:
            return self._finish_reply(self.ended)
        self._line_end()
        if self.options.as_json:
            show.as_json({"turn_id": self.turn, "needs_you": list(self.asked)})
            return EXIT_NEEDS_YOU
        for approval in self.asked:
            for line in receipts.question(approval):
                show.warn(line)
            show.warn(self._how(str(approval["approval_id"])))
        return EXIT_NEEDS_YOU if self.asked else EXIT_FAILED

    def _how(self, approval_id: str) -> str:
        if self.is_chat:
            return _("Next: /approve {id} once   or   /approve {id} deny").format(id=approval_id)
        return _("Next: homarus approvals allow {id}   or   homarus approvals deny {id}").format(id=approval_id)

    def _finish_reply(self, reply: JsonObject) -> int:
        failed = bool(reply["is_error"])
        if self.options.as_json:
            show.as_json(_for_scripts(reply))
            return EXIT_FAILED if failed else 0
        text = str(reply["text"])
        if text != self._shown:
            # What streamed is not what was written down (a fallback, a repair): the written reply counts.
            if text.startswith(self._shown):
                self._finally(text.removeprefix(self._shown), is_error=failed)
            else:
                self._retract("")
                self._finally(text, is_error=failed)
        self._line_end()
        self._told.add(text.strip())
        for receipt in cast("list[JsonObject]", reply["receipts"]):
            self._receipt(receipt)
        if reply.get("hint"):
            show.next_step(str(reply["hint"]))
        for notice in cast("list[str]", reply["notices"]):
            self._notice(notice)
        if sys.stdout.isatty() and reply.get("route"):
            show.warn(show.dim(" · ".join(_footer(reply))))
        return EXIT_FAILED if failed else 0

    def _finally(self, text: str, *, is_error: bool) -> None:
        """Print what did not stream; a failure is no answer, so what reads our output through a pipe gets none."""
        if is_error and not sys.stdout.isatty():
            show.warn(show.clean(text))
        else:
            self._print(text)


def _for_scripts(reply: JsonObject) -> JsonObject:
    """Return the reply with its models as `provider/id`, the way that every option takes them."""
    route = cast("JsonObject | None", reply.get("route"))
    if route is None:
        return reply
    fallbacks = [_name(ref) for ref in cast("list[JsonObject]", route["fallbacks"])]
    return {**reply, "route": {**route, "model": _name(cast("JsonObject", route["model"])), "fallbacks": fallbacks}}


def _name(ref: JsonObject) -> str:
    return f"{ref['provider']}/{ref['model_id']}"


def _footer(reply: JsonObject) -> Iterator[str]:
    route = cast("dict[str, Json]", reply["route"])
    yield _name(cast("JsonObject", route["model"]))
    yield str(route["place"])
    timings = cast("dict[str, float]", reply["timings"])
    usage = cast("dict[str, int]", reply["usage"])
    spoken_s = (timings["total_ms"] - timings["first_token_ms"]) / 1000
    if spoken_s > 0 and usage["completion_tokens"] > 1:
        yield f"{usage['completion_tokens'] / spoken_s:.0f} tok/s"
    yield f"{timings['total_ms'] / 1000:.1f} s"
    yield str(route["because"])


def _share(total: int, done: int, *, is_estimated: bool) -> str:
    """Say how much of a prompt is read; `about` where nobody but the clock says so."""
    count = f"{total / 1000:.0f}k" if total >= 10_000 else str(total)  # noqa: PLR2004 - five digits are hard to read
    if is_estimated and not done:
        return _(" about {total} tokens").format(total=count)
    percent = round(100 * done / total)
    if is_estimated:
        return _(" {total} tokens, about {share} %").format(total=count, share=percent)
    return _(" {total} tokens, {share} %").format(total=count, share=percent)
