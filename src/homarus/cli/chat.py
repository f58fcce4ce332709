"""homarus chat: a conversation in the terminal. Slash commands work; Ctrl-C stops an answer, Ctrl-D leaves."""

import sys
from argparse import ArgumentParser

from homarus.cli import ask, launch, notices, show
from homarus.cli.line import AnsweredError
from homarus.cli.options import Options
from homarus.domain.content import Json
from homarus.domain.i18n import _
from homarus.domain.ids import fresh


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
    while True:
        notices.show(line, options)
        text = _read()
        if text is None:
            return 0
        if not text.strip():
            continue
        body: dict[str, Json] = {"text": text, "channel": "cli", "external_id": fresh("cli")}
        body |= {key: value for key in ("session", "model") if (value := getattr(options.own, key))}
        try:
            ask.answer(line, options, body)
        except KeyboardInterrupt:
            continue
        except AnsweredError as error:
            show.warn(error.message)
            show.warn(show.dim(_("Next: {hint}").format(hint=error.hint)))


def _read() -> str | None:
    try:
        return input(_("you> ") if sys.stdin.isatty() else "")
    except EOFError:
        print()
        return None
    except KeyboardInterrupt:
        print()
        return ""
