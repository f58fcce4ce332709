"""homarus approvals: what waits for your yes or no, shown whole."""

from argparse import ArgumentParser
from json import dumps
from typing import cast

from homarus.cli import actions, ask, asking, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import JsonObject
from homarus.domain.errors import NotFoundError
from homarus.domain.i18n import _, noted


def _pending(line: Line) -> list[JsonObject]:
    return cast("list[JsonObject]", line.get("/api/v1/approvals")["approvals"])


def _list(line: Line, options: Options) -> int:
    pending = _pending(line)
    if options.as_json:
        show.as_json({"approvals": pending})
        return 0
    if not pending:
        print(_("Nothing waits for you."))
    for approval in pending:
        print(show.bold(f"{approval['approval_id']}  {approval['tool']}"))
        print(show.clean(dumps(approval["arguments"], ensure_ascii=False, indent=2)))
        print(_("Why it asks: {because}").format(because=show.clean(str(approval["because"]))))
        for source in cast("list[str]", approval["sources"]):
            print(_("It has read: {source}").format(source=show.clean(source)))
        show.hint(f"homarus approvals allow {approval['approval_id']}")
    return 0


def _declare_answer(parser: ArgumentParser) -> None:
    parser.add_argument("id", help=_("which question"))
    parser.add_argument("--reason", default="", help=_("what the agent is told"))


def _declare_allow(parser: ArgumentParser) -> None:
    _declare_answer(parser)
    parser.add_argument("--session", action="store_true", help=_("also the same call again in this conversation"))


def _allow(line: Line, options: Options) -> int:
    return _decide(line, options, "session" if options.own.session else "once")


def _deny(line: Line, options: Options) -> int:
    return _decide(line, options, "deny")


def _decide(line: Line, options: Options, decision: str) -> int:
    approval = next((a for a in _pending(line) if a["approval_id"] == options.own.id), None)
    if approval is None:
        raise NotFoundError(_("Nothing waits under {id!r}.").format(id=options.own.id), hint="homarus approvals list")
    answer = asking.decide(line, approval, decision, reason=options.own.reason)
    if options.as_json:
        show.as_json(answer)
        return 0
    show.warn(show.dim(asking.words_of(decision, str(approval["tool"]))))
    return ask.follow(line, options, str(approval["turn_id"]), decided=options.own.id).code


ACTIONS = (
    Action(name="list", about=noted("what waits, with exactly what would run"), run=_list),
    Action(name="allow", about=noted("let it run, once or for this conversation"), run=_allow, declare=_declare_allow),
    Action(name="deny", about=noted("do not let it run"), run=_deny, declare=_declare_answer),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named."""
    return actions.run(options, ACTIONS)
