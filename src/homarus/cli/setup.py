"""homarus setup: find this machine, its servers and models, choose in at most three questions, and get one real answer.

Nothing is changed before the last question is answered; it can be run again at any time and says what would change.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from homarus.cli import asking, launch, setup_choices, setup_shown, show
from homarus.cli.line import Line
from homarus.cli.models_pull import follow
from homarus.cli.options import Options
from homarus.cli.setup_choices import Chosen
from homarus.cli.setup_key import read_key
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import NeedsYouError
from homarus.domain.i18n import _

PRESETS = ("talk", "ask", "more")


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument(
        "--yes", action="store_true", help=_("take what is recommended, downloads included; ask nothing")
    )
    parser.add_argument("--model", metavar="MODEL", help=_("this model: provider/id, or a name to download"))
    parser.add_argument("--preset", choices=PRESETS, help=_("what it may do: talk only, ask first, or more"))
    parser.add_argument("--server", metavar="URL", help=_("a model server elsewhere: http://box:11434, any /v1"))
    parser.add_argument("--scan", action="store_true", help=_("look for servers in your network, a few seconds"))
    parser.add_argument(
        "--hosted", metavar="NAME", help=_("a hosted service; its key comes from --key-from or is asked")
    )
    parser.add_argument("--key-from", metavar="FILE", help=_("read the key from a file; - is standard input"))
    parser.add_argument("--no-pull", action="store_true", help=_("download nothing"))
    parser.add_argument("--dry-run", action="store_true", help=_("only say what would change"))


@dataclass(slots=True, kw_only=True)
class _Done:
    """What came of it, for scripts."""

    proposal: JsonObject
    changes: list[JsonObject] = field(default_factory=list["JsonObject"])
    is_written: bool = False
    model: str = ""
    download: str = ""
    """What would be downloaded first, and chosen only then."""
    answer: JsonObject | None = None

    def body(self) -> JsonObject:
        return {
            "proposal": self.proposal,
            "model": self.model,
            "changes": list(self.changes),
            "is_written": self.is_written,
            "download": self.download,
            "answer": self.answer,
        }


def run(options: Options) -> int:
    """Set up and show one real answer; 3 when somebody must answer questions and nobody can."""
    own = options.own
    asks = not (own.yes or own.dry_run or options.as_json)
    if asks and not asking.can_ask():
        raise NeedsYouError(
            _("Setting up asks you three questions, and this is no terminal."),
            hint=_("Take what is recommended: homarus setup --yes   or look first: homarus setup --dry-run"),
        )
    line = launch.ensure(options).line
    key = read_key(str(own.key_from)) if own.server and own.key_from and not own.hosted else ""
    proposal = _proposal(line, options, key)
    if not options.as_json:
        setup_shown.machine(proposal)
    try:
        chosen = setup_choices.ask(line, proposal, options) if asks else setup_choices.take(proposal, options)
        if not (asks or options.as_json):
            setup_shown.taken(setup_choices.options_of(proposal), chosen.model)
        chosen.server_key = key if chosen.server in _named(proposal) else ""
        return _carry_out(line, options, chosen, _Done(proposal=proposal))
    except KeyboardInterrupt:
        show.warn(_("\nNothing was changed. `homarus setup` begins again whenever you like."))
        raise


def _named(proposal: JsonObject) -> list[str]:
    """Return the addresses that were named on the command line: a key goes to no other one."""
    return [str(one["base_url"]) for one in cast("list[JsonObject]", proposal["servers"])]


def _proposal(line: Line, options: Options, key: str) -> JsonObject:
    body: dict[str, Json] = {"server": options.own.server, "is_scan": bool(options.own.scan), "key": key}
    _measure(line)
    return line.post("/api/v1/setup/look", {name: value for name, value in body.items() if value})


def _measure(line: Line) -> None:
    """Measure this machine once, so that the figures that are shown mean something."""
    if line.get("/api/v1/machine")["calibrated_at"] is None:
        show.status(_("measuring this machine, about a second ..."))
        line.post("/api/v1/machine/calibrate")
        show.clear_status()


def _carry_out(line: Line, options: Options, chosen: Chosen, done: _Done) -> int:
    done.model = chosen.model
    body = chosen.body()
    if options.own.dry_run or (options.as_json and not options.own.yes):
        done.download = chosen.model if chosen.needs_download else ""
        asked = {name: value for name, value in body.items() if name != "model" or not done.download}
        done.changes = _changes(line.post("/api/v1/setup", {**asked, "is_dry_run": True}))
        return _finish(options, done, chosen)
    if chosen.needs_download and not options.own.no_pull:
        pulled = follow(line, {"model": chosen.model}, is_silent=options.as_json)
        chosen.model = done.model = str(pulled["model"])
        body = chosen.body()
    written = line.post("/api/v1/setup", body)
    done.changes, done.is_written = _changes(written), True
    if not options.as_json:
        setup_shown.changes(done.changes, is_written=True)
        show.warn("")
    done.answer = setup_shown.first_answer(line, options, chosen.model)
    return _finish(options, done, chosen)


def _changes(answer: Mapping[str, Json]) -> list[JsonObject]:
    return cast("list[JsonObject]", answer["changes"])


def _finish(options: Options, done: _Done, chosen: Chosen) -> int:
    if options.as_json:
        show.as_json(done.body())
        return 0
    if not done.is_written:
        setup_shown.planned(done.changes, download=done.download)
        return 0
    print()
    setup_shown.where(Line(options.home), chosen.place)
    return 0
