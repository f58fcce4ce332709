"""homarus replay: ask a model again what was asked in a turn, and show what is different; nothing is done twice."""

from argparse import ArgumentParser
from typing import cast
from urllib.parse import quote

from homarus.cli import launch, notices, show
from homarus.cli.line import GatewayDownError, Line
from homarus.cli.models_trial import failed
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED, NotFoundError
from homarus.domain.i18n import _

_LAST = "last"


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("turn", help=_("the turn's id, as `homarus events` shows it; `last` is the newest one"))
    parser.add_argument(
        "-m", "--model", metavar="PROVIDER/ID", help=_("ask this model (default: the one that answered)")
    )
    parser.add_argument("-s", "--session", metavar="NAME", default="main", help=_("of this conversation, for `last`"))


def run(options: Options) -> int:
    """Play a turn again and print the difference; 1 when there is one."""
    line = launch.ensure(options).line
    notices.show(line, options)
    turn = _last(line, str(options.own.session)) if options.own.turn == _LAST else str(options.own.turn)
    body: dict[str, Json] = {"model": options.own.model} if options.own.model else {}
    if not options.as_json:
        show.status(_("asking again ..."))
    replayed = _replayed(line, turn, body)
    show.clear_status()
    if options.as_json:
        show.as_json(replayed)
    else:
        _print(replayed)
    return 0 if replayed["same"] else EXIT_FAILED


def _replayed(line: Line, turn: str, body: JsonObject) -> JsonObject:
    for frame in line.stream("POST", f"/api/v1/turns/{quote(turn, safe='')}/replay", body):
        if frame.name == "failed":
            show.clear_status()
            raise failed(frame.data)
        return frame.data
    raise GatewayDownError(_("The gateway was stopped in the middle of the replay."), hint="homarus up --background")


def _last(line: Line, session: str) -> str:
    answer = line.get(f"/api/v1/sessions/{quote(session, safe='')}")
    for message in reversed(cast("list[JsonObject]", answer["messages"])):
        if message["turn_id"] and message["role"] == "assistant":
            return str(message["turn_id"])
    raise NotFoundError(
        _("Nothing was answered in {session!r} yet.").format(session=session), hint="homarus sessions list"
    )


def _print(replayed: JsonObject) -> None:
    for notice in cast("list[str]", replayed["notices"]):
        show.warn(show.dim(notice))
    if replayed["same"]:
        print(_("The same, to the byte:"))
        print(show.clean(str(cast("JsonObject", replayed["after"])["text"])))
        return
    for text in str(replayed["difference"]).splitlines():
        print(_coloured(text))


def _coloured(text: str) -> str:
    if text.startswith(("---", "+++", "@@")):
        return show.dim(text)
    if text.startswith("-"):
        return show.red(text)
    return show.green(text) if text.startswith("+") else show.clean(text)
