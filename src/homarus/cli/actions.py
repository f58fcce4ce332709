"""Commands of several actions (`keys add`, `keys list`): one small table per file, one function per action."""

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass

from homarus.cli import launch, notices
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a command can do."""

    name: str
    about: str
    run: Callable[[Line, Options], int]
    declare: Callable[[ArgumentParser], None] = lambda _parser: None


def declare(parser: ArgumentParser, actions: tuple[Action, ...]) -> None:
    """Name the actions; the first one is meant when none is named."""
    parser.set_defaults(action=actions[0].name)
    choices = parser.add_subparsers(dest="action", metavar="ACTION", required=False)
    for action in actions:
        child = choices.add_parser(action.name, help=_(action.about), description=_(action.about), allow_abbrev=False)
        action.declare(child)


def run(options: Options, actions: tuple[Action, ...]) -> int:
    """Do what was named, against a gateway that is started when there is none."""
    line = launch.ensure(options).line
    notices.show(line, options)
    return chosen(options, actions).run(line, options)


def chosen(options: Options, actions: tuple[Action, ...]) -> Action:
    """Return the action that was named, the first one when none was."""
    return next(action for action in actions if action.name == (options.own.action or actions[0].name))


def named(name: str, about: str) -> Callable[[ArgumentParser], None]:
    """Return a declaration of one argument."""

    def declare_one(parser: ArgumentParser) -> None:
        parser.add_argument(name, help=_(about))

    return declare_one
