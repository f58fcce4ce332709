"""homarus status: what runs, what waits, what needs you, and the next sensible command."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import cast

from homarus.cli import notices, show
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_GATEWAY_DOWN
from homarus.domain.i18n import _, ngettext

_MANY_PLACES = 2


def declare(_parser: ArgumentParser) -> None:
    """Name the arguments: there are none."""


def run(options: Options) -> int:
    """Print how the gateway is; 4 when none runs."""
    line = Line(options.home)
    if not line.is_up():
        if options.as_json:
            show.as_json({"is_up": False, "home": str(options.home)})
        else:
            print(_("No gateway runs for {home}.").format(home=options.home))
            show.hint("homarus up")
        return EXIT_GATEWAY_DOWN
    if options.config is not None:
        from homarus.cli.configuration import refuse_another

        refuse_another(line, options)
    notices.show(line, options)
    status = line.get("/api/v1/status")
    if options.as_json:
        show.as_json({"is_up": True, **status})
        return 0
    for row in _rows(status):
        print(show.clean(row))
    show.hint(_next(status))
    return 0


def _rows(status: JsonObject) -> Iterator[str]:
    yield _("homarus {version} on http://127.0.0.1:{port} (pid {pid}, {home})").format(**status)
    model = cast("dict[str, Json] | None", status["model"])
    if model:
        yield _("model      {ref} on {place} - {because}").format(**model)
    else:
        yield _("model      none can be used")
    database = cast("dict[str, Json] | None", status["database"])
    if database:
        count = len(cast("list[Json]", database["processes"]))
        shared = ngettext("{place}, used by {count} process", "{place}, shared by {count} processes", count)
        yield _("database   ") + shared.format(place=database["place"], count=count)
    turns = cast("dict[str, int]", status["turns"])
    yield _("turns      {running} running, {queued} waiting").format(**turns)
    waits = cast("int", status["needs_you"])
    yield _("needs you  ") + ngettext("{n} question", "{n} questions", waits).format(n=waits)
    reminder = cast("dict[str, str] | None", status["next_reminder"])
    if reminder:
        yield _("reminder   {text} - {when}").format(text=show.clean(reminder["text"]), when=reminder["when"])
    yield _("privacy    ") + _left(cast("dict[str, Json]", status["left_machine_today"]))
    for problem in cast("list[dict[str, str]]", status["problems"]):
        yield _("look       {sentence}").format(sentence=problem["sentence"])


def _left(left: dict[str, Json]) -> str:
    calls, places = cast("int", left["calls"]), cast("list[str]", left["places"])
    if not calls:
        return _("nothing has left this machine today")
    more = len(places) - _MANY_PLACES
    words = ngettext(
        "{calls} call left this machine today, to {places}", "{calls} calls left this machine today, to {places}", calls
    )
    told = words.format(calls=calls, places=show.clean(", ".join(places[:_MANY_PLACES])))
    return told + (_(" and {count} more").format(count=more) if more > 0 else "")


def _next(status: JsonObject) -> str:
    if status["needs_you"]:
        return "homarus approvals list"
    if status["problems"]:
        return "homarus doctor"
    return 'homarus ask "What can you do?"'
