"""What every command understands, and how its own arguments are read."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_WITH_VALUE = ("--home", "--config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A command line, read."""

    home: Path
    """HOMARUS_HOME: the state folder."""
    config: Path | None
    """Another configuration file than the one in the state folder."""
    as_json: bool
    own: Namespace
    """The command's own arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A command line, split at its word."""

    word: str | None
    rest: list[str]
    wants_help: bool


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        near = _meant(message)
        hint = _("Did you mean {near!r}? See {command}").format(near=near, command=f"{self.prog} --help")
        raise UsageError(message[:1].upper() + message[1:] + ".", hint=hint if near else f"{self.prog} --help")


def _meant(message: str) -> str:
    """Return the nearest of the words that argparse would have taken, nothing when none is near."""
    import re
    from difflib import get_close_matches

    told = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
    near = get_close_matches(told[1], re.findall(r"[\w-]+", told[2]), n=1) if told else []
    return near[0] if near else ""


def positive(text: str) -> int:
    """Return a whole number above zero, for arguments that count something.

    Raises:
        UsageError: when it is none.
    """
    if text.isascii() and text.isdigit() and 0 < len(text) <= 9 and int(text):  # noqa: PLR2004 - more is no count
        return int(text)
    raise UsageError(_("{text!r} is not a number above zero.").format(text=text), hint=_("Write 50, for example."))


def tokens(text: str) -> int:
    """Return a number of tokens, also as people write it: `32k` is 32,768.

    Raises:
        UsageError: when it is none.
    """
    figure, step = (text[:-1], 1024) if text[-1:] in ("k", "K") else (text, 1)
    if figure.isascii() and figure.isdigit() and 0 < len(figure) <= 9 and int(figure):  # noqa: PLR2004 - see `positive`
        return int(figure) * step
    raise UsageError(
        _("{text!r} is not a number of tokens.").format(text=text), hint=_("Write 16384, for example, or 16k.")
    )


def split_word(arguments: Sequence[str]) -> Split:
    """Find the first argument that is neither an option of all commands nor its value."""
    skip = False
    for place, argument in enumerate(arguments):
        if skip or argument.startswith("-"):
            skip = not skip and argument in _WITH_VALUE
            continue
        rest = [*arguments[:place], *arguments[place + 1 :]]
        return Split(word=argument, rest=rest, wants_help=False)
    return Split(word=None, rest=list(arguments), wants_help=any(a in ("-h", "--help") for a in arguments))


def parse(word: str, summary: str, rest: Sequence[str], declare: Callable[[ArgumentParser], None]) -> Options:
    """Read a command's arguments.

    Raises:
        UsageError: when they are off.
    """
    common = _Parser(prog=f"homarus {word}", add_help=False, allow_abbrev=False)
    common.add_argument("--json", action="store_true", help=_("print one JSON object, for scripts"))
    common.add_argument("--home", metavar="FOLDER", help=_("the state folder (default: HOMARUS_HOME or ~/.homarus)"))
    common.add_argument("--config", metavar="FILE", help=_("use this configuration file"))
    parser = _Parser(prog=f"homarus {word}", description=_(summary), parents=[common], allow_abbrev=False)
    declare(parser)
    # What all commands share may stand anywhere, also after an action; what follows `--` is the command's alone.
    end = rest.index("--") if "--" in rest else len(rest)
    shared, own_rest = common.parse_known_args(list(rest[:end]))
    arguments = [*own_rest, *rest[end:]]
    own = parser.parse_args(arguments) if _has_actions(parser) else parser.parse_intermixed_args(arguments)
    home = shared.home or os.environ.get("HOMARUS_HOME") or "~/.homarus"
    return Options(
        home=Path(home).expanduser().absolute(),
        config=Path(shared.config).expanduser().absolute() if shared.config else None,
        as_json=shared.json,
        own=own,
    )


def _has_actions(parser: ArgumentParser) -> bool:
    """Whether a command has actions; argparse cannot mix options and words there."""
    return parser.get_default("action") is not None
