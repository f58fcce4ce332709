"""homarus chat: a conversation in the terminal. Slash commands work; Ctrl-C stops an answer, Ctrl-D leaves."""

import sys
from argparse import ArgumentParser

from homarus.cli import ask, asking, launch, notices, show
from homarus.cli.line import AnsweredError, Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED
from homarus.domain.i18n import _
from homarus.domain.ids import fresh

_LEAVING = ("/quit", "/exit", "/q")
"""What people type who know other chats."""


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("session", nargs="?", help=_("which conversation (default: main)"))
    parser.add_argument("-m", "--model", metavar="PROVIDER/ID", help=_("this model and no other"))


def run(options: Options) -> int:
    """Talk until the end of input."""
    line = launch.ensure(options).line
    if sys.stdin.isatty():
        from importlib import import_module

        import_module("readline")  # gives input() a history and arrow keys
        print(show.dim(_("Talk to your agent. /help lists commands, Ctrl-C stops an answer, Ctrl-D leaves.")))
    waiting: tuple[JsonObject, ...] = ()
    while True:
        notices.show(line, options)
        text = _read()
        if text is None or text.strip() in _LEAVING:
            return 0
        if not text.strip():
            continue
        try:
            waiting = _said(line, options, text, waiting).waiting
        except KeyboardInterrupt:
            continue
        except AnsweredError as error:
            show.warn(show.clean(error.message))
            show.next_step(error.hint)


def _said(line: Line, options: Options, text: str, waiting: tuple[JsonObject, ...]) -> ask.Answered:
    """Take a line as the answer to the question that waits, where it is one, else as a message."""
    decision = asking.read_as(text) if waiting else ""
    if decision:
        approval = waiting[-1]
        if not asking.settle(line, approval, decision):
            return ask.Answered(code=EXIT_FAILED)
        decided = str(approval["approval_id"])
        return ask.follow(line, options, str(approval["turn_id"]), decided=decided, is_chat=True)
    body: dict[str, Json] = {"text": text, "channel": "cli", "external_id": fresh("cli")}
    body |= {key: value for key in ("session", "model") if (value := getattr(options.own, key))}
    return ask.answer(line, options, body, is_chat=True)


def _read() -> str | None:
    try:
        return input(_("you> ") if sys.stdin.isatty() else "")
    except EOFError:
        print()
        return None
    except KeyboardInterrupt:
        print()
        return ""
