"""homarus ask: one message, one answer, streamed; what comes through a pipe or `--file` is data, not an order."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from homarus.cli import attach, launch, notices, show
from homarus.cli.line import Frame, Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED, EXIT_NEEDS_YOU, UsageError
from homarus.domain.i18n import _
from homarus.domain.ids import fresh


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("text", nargs="*", help=_("what you want"))
    parser.add_argument("-m", "--model", metavar="PROVIDER/ID", help=_("this model and no other"))
    parser.add_argument("-s", "--session", metavar="NAME", help=_("in this conversation (default: main)"))
    parser.add_argument("-f", "--file", metavar="FILE", action="append", default=[], help=_("add a text or a picture"))
    parser.add_argument("-a", "--agent", metavar="ID", help=_("ask this agent"))


def run(options: Options) -> int:
    """Ask, show the answer as it comes, and return 0, or 3 when a person must decide first."""
    text = " ".join(options.own.text).strip()
    attachments = [*attach.from_pipe(), *(attach.from_file(name) for name in options.own.file)]
    if not text and not attachments:
        raise UsageError(_("There is nothing to ask."), hint=_('homarus ask "Remind me to call Lena at noon"'))
    line = launch.ensure(options).line
    notices.show(line, options)
    body: dict[str, Json] = {"text": text, "attachments": attachments, "channel": "cli", "external_id": fresh("cli")}
    body |= {key: value for key in ("model", "session", "agent") if (value := getattr(options.own, key))}
    return answer(line, options, body)


def answer(line: Line, options: Options, body: JsonObject) -> int:
    """Send a message and show what comes back until the reply is there or a person must decide."""
    return _watch(line, _Watched(options=options), line.stream("POST", "/api/v1/turns", body))


def follow(line: Line, options: Options, turn: str, *, decided: str) -> int:
    """Show how a turn goes on after an answer to one of its questions, as `answer` does."""
    watched = _Watched(options=options, decided=decided)
    return _watch(line, watched, line.stream("GET", f"/api/v1/turns/{turn}/events"))


def _watch(line: Line, watched: "_Watched", frames: Iterator[Frame]) -> int:
    try:
        for frame in frames:
            if watched.note(frame):
                break
    except KeyboardInterrupt:
        if watched.turn:
            line.post(f"/api/v1/turns/{watched.turn}/stop")
            show.warn(_("\nStopped."))
        raise
    return watched.finish()


@dataclass(slots=True)
class _Watched:
    """A turn as the terminal shows it."""

    options: Options
    decided: str = ""
    """A question that has its answer, and is not asked again."""
    turn: str = ""
    shown: str = ""
    is_mid_line: bool = False
    status: str = ""
    told: set[str] = field(default_factory=set[str])
    """Notices that were shown already."""
    asked: list[JsonObject] = field(default_factory=list[JsonObject])
    ended: JsonObject | None = None

    def note(self, frame: Frame) -> bool:
        """Show a moment; tell whether there is nothing more to wait for."""
        if frame.name == "accepted":
            self.turn = str(frame.data["turn_id"])
        elif frame.name == "asked":
            approval = cast("JsonObject", frame.data["approval"])
            if approval["approval_id"] == self.decided:
                return False
            self.asked.append(approval)
            return True
        elif frame.name == "ended":
            self.ended = cast("JsonObject", frame.data["reply"])
            return True
        elif not self.options.as_json:
            self._show(frame)
        return False

    def _show(self, frame: Frame) -> None:
        match frame.name:
            case "said":
                self._say(str(frame.data["text"]))
            case "retracted":
                self._line_end()
                show.warn(show.dim(_("(starting over: {because})").format(because=frame.data["because"])))
                self.shown = ""
            case "waiting":
                self._wait(frame.data)
            case "noticed":
                self._notice(str(frame.data["text"]))
            case _:
                pass

    def _say(self, text: str) -> None:
        self._clear_status()
        self.shown += text
        self.is_mid_line = not text.endswith("\n") if text else self.is_mid_line
        sys.stdout.write(show.clean(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()

    def _wait(self, data: JsonObject) -> None:
        if not sys.stderr.isatty():
            return
        self._clear_status()
        words = {
            "queued": _("waiting for the model"),
            "loading": _("the model is loading"),
            "reading": _("reading"),
            "tool": _("working"),
        }
        self.status = words.get(str(data["phase"]), str(data["phase"]))
        total, done = data.get("total"), data.get("done")
        if data["phase"] == "queued":
            self.status += _(", {total} before you").format(total=total) if total else ""
        elif isinstance(total, int) and isinstance(done, int) and total:
            self.status += _(" {total} tokens, {share} %").format(total=total, share=round(100 * done / total))
        elif data.get("detail"):
            self.status += f": {data['detail']}"
        sys.stderr.write(show.dim(self.status + " ..."))
        sys.stderr.flush()

    def _notice(self, text: str) -> None:
        if text not in self.told:
            self.told.add(text)
            if sys.stdout.isatty():  # a file or a pipe gets the answer and nothing else
                self._line_end()
            show.warn(show.dim(show.clean(text)))

    def _clear_status(self) -> None:
        if self.status:
            sys.stderr.write("\r\x1b[2K")
            self.status = ""

    def _line_end(self) -> None:
        self._clear_status()
        if self.is_mid_line:
            self.is_mid_line = False
            sys.stdout.write("\n")
            sys.stdout.flush()

    def finish(self) -> int:
        """Print what is left to say and return the exit code."""
        if self.ended is not None:
            return self._finish_reply(self.ended)
        self._line_end()
        if self.options.as_json:
            show.as_json({"turn_id": self.turn, "needs_you": self.asked})
            return EXIT_NEEDS_YOU
        for approval in self.asked:
            for line in _question(approval):
                show.warn(line)
        return EXIT_NEEDS_YOU if self.asked else EXIT_FAILED

    def _finish_reply(self, reply: JsonObject) -> int:
        failed = bool(reply["is_error"])
        if self.options.as_json:
            show.as_json(_for_scripts(reply))
            return EXIT_FAILED if failed else 0
        text = str(reply["text"])
        if text != self.shown:
            # What streamed is not what was written down (a fallback, a repair): the written reply counts.
            rest = text.removeprefix(self.shown)
            self._say(rest if text.startswith(self.shown) else f"\n{text}")
        self._line_end()
        if reply.get("hint"):
            show.warn(show.dim(_("Next: {hint}").format(hint=reply["hint"])))
        for notice in cast("list[str]", reply["notices"]):
            self._notice(notice)
        if sys.stdout.isatty():
            show.warn(show.dim(" · ".join(_footer(reply))))
        return EXIT_FAILED if failed else 0


def _for_scripts(reply: JsonObject) -> JsonObject:
    """Return the reply with its models as `provider/id`, the way that every option takes them."""
    route = cast("JsonObject | None", reply.get("route"))
    if route is None:
        return reply
    fallbacks = [_name(ref) for ref in cast("list[JsonObject]", route["fallbacks"])]
    return {**reply, "route": {**route, "model": _name(cast("JsonObject", route["model"])), "fallbacks": fallbacks}}


def _name(ref: JsonObject) -> str:
    return f"{ref['provider']}/{ref['model_id']}"


def _question(approval: JsonObject) -> Iterator[str]:
    from json import dumps

    yield show.bold(_("This needs your yes: {tool}").format(tool=approval["tool"]))
    yield show.clean(dumps(approval["arguments"], ensure_ascii=False, indent=2))
    yield _("Why it asks: {because}").format(because=approval["because"])
    yield _("Next: homarus approvals allow {id}   or   homarus approvals deny {id}").format(id=approval["approval_id"])


def _footer(reply: JsonObject) -> Iterator[str]:
    route = cast("dict[str, Json] | None", reply.get("route"))
    if route:
        yield _name(cast("JsonObject", route["model"]))
        yield str(route["place"])
    timings = cast("dict[str, float]", reply["timings"])
    usage = cast("dict[str, int]", reply["usage"])
    spoken_s = (timings["total_ms"] - timings["first_token_ms"]) / 1000
    if spoken_s > 0 and usage["completion_tokens"] > 1:
        yield f"{usage['completion_tokens'] / spoken_s:.0f} tok/s"
    yield f"{timings['total_ms'] / 1000:.1f} s"
    if route:
        yield str(route["because"])
