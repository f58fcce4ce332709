"""homarus ask: one message, one answer, streamed; what comes through a pipe or `--file` is data, not an order."""

import signal
from argparse import ArgumentParser
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from homarus.cli import asking, attach, launch, notices, show
from homarus.cli.line import Frame, Line
from homarus.cli.options import Options
from homarus.cli.watched import Watched
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
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
    files = [attach.from_file(name) for name in options.own.file]
    attachments = [*attach.from_pipe(), *(file for file in files if file is not None)]
    if not text and not attachments:
        raise UsageError(_("There is nothing to ask."), hint=_('homarus ask "Remind me to call Lena at noon"'))
    line = launch.ensure(options).line
    notices.show(line, options)
    body: dict[str, Json] = {"text": text, "attachments": attachments, "channel": "cli", "external_id": fresh("cli")}
    body |= {key: value for key in ("model", "session", "agent") if (value := getattr(options.own, key))}
    return answer(line, options, body).code


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a message."""

    code: int
    """The exit code."""
    waiting: tuple[JsonObject, ...] = ()
    """Questions that were left for later."""


def answer(line: Line, options: Options, body: JsonObject, *, is_chat: bool = False) -> Answered:
    """Send a message and show what comes back until the reply is there or a person must decide."""
    with _killed_as_interrupted():
        return _watch(line, Watched(options=options, is_chat=is_chat), line.stream("POST", "/api/v1/turns", body))


def follow(line: Line, options: Options, turn: str, *, decided: str, is_chat: bool = False) -> Answered:
    """Show how a turn goes on after an answer to one of its questions, as `answer` does."""
    watched = Watched(options=options, is_chat=is_chat, decided={decided}, turn=turn)
    with _killed_as_interrupted():
        return _watch(line, watched, _told(line, turn))


@contextmanager
def _killed_as_interrupted() -> Generator[None]:
    """Have a SIGTERM stop the turn as Ctrl-C does, before it ends this process; one that is ignored stays so."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    was_killed = False

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal was_killed
        was_killed = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if was_killed:
            signal.raise_signal(signal.SIGTERM)


def _told(line: Line, turn: str) -> Iterator[Frame]:
    return line.stream("GET", f"/api/v1/turns/{turn}/events")


def _watch(line: Line, watched: Watched, frames: Iterator[Frame]) -> Answered:
    try:
        while True:
            for frame in frames:
                if watched.note(frame):
                    break
            if not watched.asked or watched.options.as_json or not asking.can_ask():
                break
            approval = watched.asked[-1]
            watched.pause()
            decision = asking.asked(approval)
            if not decision or not asking.settle(line, approval, decision):
                break
            watched.go_on(str(approval["approval_id"]))
            frames = _told(line, watched.turn)
    except KeyboardInterrupt:
        if watched.turn:
            line.post(f"/api/v1/turns/{watched.turn}/stop")
            show.warn(_("\nStopped."))
        raise
    return Answered(code=watched.finish(), waiting=tuple(watched.asked))
