"""The command line: one word picks one file, so that a command imports only what it needs.

Exit codes: 0 ok, 1 failed, 2 usage, 3 needs you, 4 gateway down. Every error prints its next step.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from homarus import __version__
from homarus.domain.errors import EXIT_FAILED, EXIT_USAGE, HomarusError
from homarus.domain.i18n import _, noted

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from homarus.cli.options import Options


class Command(Protocol):
    """A file of this room that carries out one word."""

    def declare(self, parser: "ArgumentParser") -> None:
        """Name the arguments."""
        ...

    def run(self, options: "Options") -> int:
        """Do it and return the exit code."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of the command line and the file that carries it out."""

    name: str
    module: str
    summary: str


WORDS = (
    Word(name="up", module="up", summary=noted("start the gateway and open the web chat")),
    Word(name="setup", module="setup", summary=noted("find machine, servers and models; choose in three questions")),
    Word(name="stop", module="stop", summary=noted("stop the gateway")),
    Word(name="status", module="status", summary=noted("what runs, what waits, what needs you")),
    Word(name="doctor", module="doctor", summary=noted("find what is wrong here, with the next step")),
    Word(name="ask", module="ask", summary=noted("one message, one answer; pipes and files work")),
    Word(name="chat", module="chat", summary=noted("talk in the terminal")),
    Word(name="sessions", module="sessions", summary=noted("list, show or export conversations")),
    Word(name="jobs", module="jobs", summary=noted("work that starts without you: plan, list, run, watch")),
    Word(name="worker", module="worker", summary=noted("work runs of a house that several processes share")),
    Word(name="playbooks", module="playbooks", summary=noted("jobs somebody already wrote: list, show, run, export")),
    Word(name="models", module="models", summary=noted("list, fit, download, load, test models; pick who answers")),
    Word(name="approvals", module="approvals", summary=noted("what waits for your yes or no")),
    Word(name="devices", module="devices", summary=noted("browsers that are paired")),
    Word(name="channels", module="channels", summary=noted("Telegram, mail: set up, try, let people in")),
    Word(name="keys", module="keys", summary=noted("keys for programs that use /v1")),
    Word(name="config", module="config", summary=noted("check, read and change the configuration")),
    Word(name="plugin", module="plugin", summary=noted("files that add a tool, a provider or a channel")),
    Word(name="replay", module="replay", summary=noted("ask again what was asked, and show the difference")),
    Word(name="logs", module="logs", summary=noted("the gateway's log")),
    Word(name="events", module="events", summary=noted("what happened, as it is written down")),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]):
        print(f"homarus {__version__}")
        return 0
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except HomarusError as error:
        return _complain(error, as_json="--json" in arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`): that is no failure. What is left to say goes nowhere, or Python
        # would complain at its end. Source: docs.python.org, signal, "Note on SIGPIPE".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _complain(_cannot(error), as_json="--json" in arguments)
    return code


def _dispatch(arguments: list[str]) -> int:
    from homarus.cli import language, options

    language.install()
    place = options.split_word(arguments)
    if place.word is None:
        if place.wants_help:
            print(_help())
            return 0
        place = options.split_word(["status", *arguments])
    if place.word == "help":
        place = options.split_word([*place.rest, "--help"])
        if place.word is None:
            print(_help())
            return 0
    word = next((word for word in WORDS if word.name == place.word), None)
    if word is None:
        return _unknown(place.word or "")
    command = _load(word)
    return command.run(options.parse(word.name, word.summary, place.rest, command.declare))


def _load(word: Word) -> Command:
    from importlib import import_module

    return cast("Command", import_module(f"homarus.cli.{word.module}"))


def _help() -> str:
    lines = [
        _("homarus: a personal agent on your own machine, made for local models."),
        "",
        _("Usage: homarus WORD [options]      homarus help WORD"),
        "",
        *(f"  {word.name:<10} {_(word.summary)}" for word in WORDS),
        "",
        _("Everywhere: --json (for scripts), --home FOLDER (default ~/.homarus), --config FILE"),
        _("Exit codes: 0 ok, 1 failed, 2 usage, 3 needs you, 4 gateway down"),
    ]
    return "\n".join(lines)


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(name, [word.name for word in WORDS], n=1)
    print(_("{word!r} is not a command.").format(word=name), file=sys.stderr)
    if near:
        print(_("Did you mean: homarus {word}").format(word=near[0]), file=sys.stderr)
    else:
        print(_("See: homarus --help"), file=sys.stderr)
    return EXIT_USAGE


def _cannot(error: OSError) -> HomarusError:
    """Return an error of the system, a folder that nobody may write to for example, in a sentence."""
    from homarus.domain.errors import OperatorError

    what = error.filename or type(error).__name__
    return OperatorError(
        _("The system says no: {what}: {reason}.").format(what=what, reason=error.strerror or error),
        hint=_("Check that this account may use it, or set HOMARUS_HOME to a folder of your own."),
    )


def _complain(error: HomarusError, *, as_json: bool) -> int:
    if as_json:
        from json import dumps

        print(dumps({"error": {"message": error.message, "hint": error.hint, "kind": type(error).__name__}}))
    else:
        from homarus.cli import show

        show.warn(show.hanging("", error.message, is_aside=True))
        show.warn(show.hanging("", _("Next: {hint}").format(hint=error.hint), is_aside=True))
    return error.exit_code or EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
