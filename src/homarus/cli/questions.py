"""Ask a person at the terminal to pick one of a few things; leaving is always possible and changes nothing."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from homarus.cli import show
from homarus.domain.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that can be picked."""

    key: str
    """What is typed: a number or a letter."""
    title: str
    about: str = ""
    names: tuple[str, ...] = ()
    """What else may be typed for it."""


def choose(question: str, choices: Sequence[Choice], *, default: str) -> Choice:
    """Return what the person picked; Enter takes the default.

    Raises:
        KeyboardInterrupt: when the person leaves instead.
    """
    show.warn(show.bold(question))
    for choice in choices:
        mark = ">" if choice.key == default else " "
        show.warn(f" {mark} {choice.key}  {show.clean(choice.title)}")
        for line in _wrapped(choice.about):
            show.warn(f"      {show.dim(line)}")
    while True:
        said = asked(_("Your choice [{default}]: ").format(default=default)) or default
        found = [choice for choice in choices if _is(choice, said)]
        if len(found) == 1:
            return found[0]
        keys = ", ".join(choice.key for choice in choices)
        show.warn(_("{said!r} is none of them. Type one of: {keys}.").format(said=show.clean(said), keys=keys))


def asked(prompt: str) -> str:
    """Return what the person types.

    Raises:
        KeyboardInterrupt: when the person leaves instead, also by ending the input.
    """
    sys.stderr.write(show.clean(prompt))
    sys.stderr.flush()
    try:
        return input().strip()
    except EOFError:
        raise KeyboardInterrupt from None


def secret(prompt: str) -> str:
    """Return what the person types without showing it.

    Raises:
        KeyboardInterrupt: when the person leaves instead, also by ending the input.
    """
    from getpass import getpass

    try:
        return getpass(show.clean(prompt), stream=sys.stderr).strip()
    except EOFError:
        raise KeyboardInterrupt from None


def _is(choice: Choice, said: str) -> bool:
    word = said.casefold().rstrip(".)")
    return word in {name.casefold() for name in (choice.key, choice.title, *choice.names)}


def _wrapped(text: str) -> list[str]:
    from shutil import get_terminal_size
    from textwrap import wrap

    width = min(get_terminal_size().columns, 120) - 7
    return wrap(show.clean(text), width=max(width, 30))
