"""homarus sessions: conversations as they were written down."""

import sys
from argparse import ArgumentParser
from typing import cast
from urllib.parse import quote

from homarus.cli import actions, receipts, show
from homarus.cli.actions import Action
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import JsonObject
from homarus.domain.i18n import _, noted


def _declare_list(parser: ArgumentParser) -> None:
    parser.add_argument("--search", metavar="WORDS", help=_("only those in which this was said"))
    parser.add_argument("--among", choices=("chats", "automation", "all"), help=_("of people, of jobs, or both"))


def _list(line: Line, options: Options) -> int:
    words = getattr(options.own, "search", None)
    among = getattr(options.own, "among", None) or "chats"
    answer = line.get(f"/api/v1/sessions?among={among}" + (f"&search={quote(words)}" if words else ""))
    if options.as_json:
        show.as_json(answer)
        return 0
    if words:
        return _found(cast("list[JsonObject]", answer["found"]), cast("dict[str, str]", answer["titles"]))
    rows = [
        {
            _("session"): _short(str(card["session"])),
            _("title"): show.clean(str(card["title"])),
            _("last"): show.day(card["last_at"]),
            _("turns"): str(card["turns"]),
            _("state"): str(card["state"]),
        }
        for card in cast("list[JsonObject]", answer["sessions"])
    ]
    show.table(rows, empty=_('No conversations yet. Next: homarus ask "What can you do?"'))
    return 0


def _found(events: list[JsonObject], titles: dict[str, str]) -> int:
    for event in events:
        body = cast("dict[str, dict[str, str]]", event["body"])
        who = _("you") if "inbound" in body else _("agent")
        said = show.clean(" ".join((body.get("inbound") or body.get("reply") or {}).get("text", "").split()))
        session = str(event["session"])
        title = show.clean(titles.get(session, ""))
        print(f"{_short(session)}  {show.day(event['at'])}  {show.bold(title)}")
        print(f"    {who}: {said[:100]}")
    if not events:
        print(_("Nobody said that."))
    return 0


def _short(session: str) -> str:
    """Return a session's name as it can be typed."""
    return session.removeprefix("agent:main:")


def _show(line: Line, options: Options) -> int:
    answer = line.get(f"/api/v1/sessions/{quote(options.own.session, safe='')}")
    if options.as_json:
        show.as_json(answer)
        return 0
    for said in cast("list[JsonObject]", answer["messages"]):
        who = {"user": _("you"), "assistant": _("agent")}.get(str(said["role"]), _("house"))
        print(show.dim(f"{who}, {show.day(said['at'])}"))
        print(show.clean(str(said["text"])))
        reply = cast("JsonObject | None", said.get("reply"))
        for receipt in cast("list[JsonObject]", reply["receipts"] if reply else []):
            if receipts.matters(receipt):
                print(show.dim(receipts.line_of(receipt)))
        print()
    return 0


def _declare_export(parser: ArgumentParser) -> None:
    parser.add_argument("session", help=_("which conversation"))
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown", help=_("default: markdown"))


def _export(line: Line, options: Options) -> int:
    wanted = "json" if options.as_json else options.own.format
    answer = line.get(f"/api/v1/sessions/{quote(options.own.session, safe='')}/export?format={wanted}")
    if wanted == "json":
        show.as_json(answer)
    else:
        text = str(answer["markdown"])
        print(show.clean(text) if sys.stdout.isatty() else text, end="")
    return 0


ACTIONS = (
    Action(name="list", about=noted("conversations, the newest first"), run=_list, declare=_declare_list),
    Action(
        name="show",
        about=noted("what was said"),
        run=_show,
        declare=actions.named("session", noted("which conversation")),
    ),
    Action(
        name="export",
        about=noted("a conversation to take along, as Markdown or JSON"),
        run=_export,
        declare=_declare_export,
    ),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named."""
    return actions.run(options, ACTIONS)
