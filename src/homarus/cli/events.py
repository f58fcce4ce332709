"""homarus events: what happened, as it is written down."""

from argparse import ArgumentParser
from collections.abc import Mapping
from json import dumps
from typing import cast
from urllib.parse import quote

from homarus.cli import launch, show
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("--follow", action="store_true", help=_("go on as things happen"))
    parser.add_argument("--after", type=int, metavar="N", help=_("only what is newer than event N"))
    parser.add_argument("--turn", metavar="ID", help=_("only one turn"))


def run(options: Options) -> int:
    """Print events, one a line; with `--follow` until interrupted."""
    line = launch.ensure(options).line
    if options.own.follow:
        return _follow(line, options)
    query = f"?after={options.own.after or 0}" + (f"&turn={quote(options.own.turn)}" if options.own.turn else "")
    events = cast("list[JsonObject]", line.get(f"/api/v1/events{query}")["events"])
    if not events and options.own.turn and not options.own.after:
        raise UsageError(
            _("There is no turn {turn!r}.").format(turn=options.own.turn),
            hint=_("`homarus events --json` has the ids; so has `homarus ask --json`."),
        )
    for event in events:
        _print(event, options)
    return 0


def _follow(line: Line, options: Options) -> int:
    after = f"&after={options.own.after}" if options.own.after is not None else ""
    for frame in line.stream("GET", f"/api/v1/events?follow=1{after}"):
        if frame.name == "event":
            _print(frame.data, options)
    return 0


def _print(event: JsonObject, options: Options) -> None:
    if options.as_json:
        print(dumps(event), flush=True)
        return
    body = cast("Mapping[str, Json]", event["body"])
    told = show.clean(dumps(body, ensure_ascii=False))
    print(f"{event['seq']}  {show.day(event['at'])}  {event['kind']}  {show.dim(told[:160])}", flush=True)
