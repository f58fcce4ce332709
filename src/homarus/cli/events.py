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
    parser.add_argument("--after", type=int, metavar="N", help=_("only what is newer than event N, oldest first"))
    parser.add_argument("--before", type=int, metavar="N", help=_("the newest ones that are older than event N"))
    parser.add_argument("--turn", metavar="ID", help=_("only one turn"))


def run(options: Options) -> int:
    """Print the newest events, one a line; with `--follow` until interrupted."""
    line = launch.ensure(options).line
    if options.own.follow:
        return _follow(line, options)
    page = line.get(f"/api/v1/events?{_query(options)}")
    events = cast("list[JsonObject]", page["events"])
    if not events and options.own.turn and not options.own.after:
        raise UsageError(
            _("There is no turn {turn!r}.").format(turn=options.own.turn),
            hint=_("`homarus events --json` has the ids; so has `homarus ask --json`."),
        )
    for event in events:
        _print(event, options)
    if events and page["has_more"]:
        show.warn(show.dim(_more(events, options)))
    return 0


def _is_forwards(options: Options) -> bool:
    """Whether the first events are shown: of a turn, or after a point; else the newest ones are."""
    return options.own.before is None and bool(options.own.turn or options.own.after is not None)


def _query(options: Options) -> str:
    words = [f"{name}={value}" for name in ("after", "before") if (value := getattr(options.own, name)) is not None]
    words += [] if _is_forwards(options) else ["newest=1"]
    words += [f"turn={quote(options.own.turn)}"] if options.own.turn else []
    return "&".join(words)


def _more(events: list[JsonObject], options: Options) -> str:
    turn = f" --turn {options.own.turn}" if options.own.turn else ""
    if _is_forwards(options):
        return _("There are newer ones: homarus events{turn} --after {seq}").format(turn=turn, seq=events[-1]["seq"])
    return _("There are older ones: homarus events{turn} --before {seq}").format(turn=turn, seq=events[0]["seq"])


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
