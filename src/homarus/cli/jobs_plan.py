"""Plan, change and take over jobs from the command line; the next three times are shown, and nothing is asked."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from urllib.parse import quote

from homarus.cli import show
from homarus.cli.line import Line
from homarus.cli.options import Options, positive, tokens
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_THEIRS = "~/.openclaw/cron/jobs.json"


def declare_add(parser: ArgumentParser) -> None:
    """Name what a job can have."""
    parser.add_argument("when", nargs="?", default="", help=_('"every weekday 07:30", "tomorrow at 9", cron text'))
    parser.add_argument("what", nargs="?", default="", help=_("the playbook to run"))
    parser.add_argument("--file", metavar="FILE", help=_("a cron job of OpenClaw, or a whole jobs.json; - for a pipe"))
    _declare_fields(parser)


def declare_edit(parser: ArgumentParser) -> None:
    """Name what can be changed."""
    parser.add_argument("id", help=_("which job"))
    parser.add_argument("--schedule", dest="when", metavar="WORDS", help=_("when it runs from now on"))
    parser.add_argument("--playbook", dest="what", metavar="NAME", help=_("what it runs from now on"))
    _declare_fields(parser)


def _declare_fields(parser: ArgumentParser) -> None:
    parser.add_argument("--say", metavar="WORDS", help=_("what the agent is told, in place of a playbook"))
    parser.add_argument("--note", action="store_true", help=_("with --say: it waits for the next heartbeat"))
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help=_("a setting of the playbook"))
    parser.add_argument("--name", help=_("what the job is called"))
    parser.add_argument("--zone", metavar="ZONE", help=_("on whose clocks: Europe/Berlin"))
    parser.add_argument("--missed", choices=("skip", "once", "all"), help=_("what becomes of times that were missed"))
    parser.add_argument("--window", metavar="HOURS", help=_('when it may work: 22:00-07:00, "22:00-07:00 idle"'))
    parser.add_argument("--deadline", metavar="TIME", help=_("when it hands over what it has: 06:30, or PT2H"))
    parser.add_argument("--budget-tokens", metavar="N", type=tokens, help=_("how many tokens a run may use: 200k"))
    parser.add_argument("--budget-minutes", metavar="N", type=positive, help=_("how long a run may work"))
    parser.add_argument("--budget-usd", metavar="USD", type=float, help=_("what a run may cost"))
    parser.add_argument("--budget-joules", metavar="J", type=float, help=_("what energy a run may use"))
    parser.add_argument("--deliver", metavar="WHERE", help=_("last, telegram:123, web, none, webhook:https://..."))
    parser.add_argument("--agent", metavar="NAME", help=_("which agent"))
    parser.add_argument("--session", metavar="NAME", help=_("in which conversation it is said"))
    parser.add_argument("--model", metavar="NAME", help=_("who is asked first"))
    parser.add_argument("--once", action="store_true", help=_("remove the job after it went well"))


def add(line: Line, options: Options) -> int:
    """Plan a job and show when it comes."""
    own = options.own
    if own.file:
        return _imported(line, options, _read(own.file), is_dry=False)
    if not own.when and not own.say:
        raise UsageError(
            _("Say when, and what."), hint=_('For example: homarus jobs add "every weekday 07:30" briefing')
        )
    answer = line.post("/api/v1/jobs", _body(options))
    if options.as_json:
        show.as_json(answer)
        return 0
    job = cast("JsonObject", answer["job"])
    print(_("Planned: {name}, {when}").format(name=show.clean(str(job["name"])), when=str(answer["in_words"])))
    show_times(cast("list[str]", answer["next"]))
    show.hint(f"homarus jobs run {job['job_id']}")
    return 0


def edit(line: Line, options: Options) -> int:
    """Change what was named of a job."""
    body = _body(options)
    if not body:
        raise UsageError(_("Say what is to be changed."), hint="homarus jobs edit --help")
    answer = line.put(f"/api/v1/jobs/{quote(options.own.id, safe='')}", body)
    if options.as_json:
        show.as_json(answer)
        return 0
    print(_("Changed: {when}").format(when=str(answer["in_words"])))
    show_times(cast("list[str]", answer["next"]))
    return 0


def show_times(times: Sequence[str]) -> None:
    """Print when a job comes next."""
    from datetime import datetime

    for text in times:
        at = datetime.fromisoformat(text)
        seconds = f":{at:%S}" if at.second else ""
        print(f"  {at:%a %Y-%m-%d %H:%M}{seconds} {at.isoformat()[-6:]}")


def _body(options: Options) -> dict[str, Json]:
    own = options.own
    fields: dict[str, Json] = {
        "schedule": own.when,
        "what": own.what,
        "say": own.say,
        "name": own.name,
        "zone": own.zone,
        "missed": own.missed,
        "window": own.window,
        "deadline": own.deadline,
        "deliver": own.deliver,
        "agent": own.agent,
        "session": own.session,
        "model": own.model,
        "note": own.note,
        "deletes_itself": own.once,
    }
    body: dict[str, Json] = {name: value for name, value in fields.items() if value}
    if settings := settings_in(own.set):
        body["settings"] = settings
    seconds = own.budget_minutes * 60 if own.budget_minutes else None
    budget: dict[str, Json] = {
        "tokens": own.budget_tokens,
        "seconds": seconds,
        "cost_usd": own.budget_usd,
        "joules": own.budget_joules,
    }
    if given := {name: value for name, value in budget.items() if value is not None}:
        body["budget"] = given
    return body


def settings_in(pairs: Sequence[str]) -> dict[str, Json]:
    """Return `--set` arguments as settings; a value that is JSON is read as such.

    Raises:
        UsageError: when one has no `=`.
    """
    from json import loads

    found: dict[str, Json] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(_("{pair!r} is no setting.").format(pair=pair), hint=_("Write --set key=value"))
        try:
            found[key.strip()] = loads(text)
        except ValueError:
            found[key.strip()] = text
    return found


# --- from OpenClaw ------------------------------------------------------------------------------------------------


def declare_import(parser: ArgumentParser) -> None:
    """Name the file."""
    parser.add_argument("file", nargs="?", default=_THEIRS, help=_("default: {file}").format(file=_THEIRS))
    parser.add_argument("--dry-run", action="store_true", help=_("only say what would be taken over"))


def take_over(line: Line, options: Options) -> int:
    """Take over the jobs of a file."""
    return _imported(line, options, _read(options.own.file), is_dry=options.own.dry_run)


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    path = Path(name).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            _("There is no {file}.").format(file=path), hint=_("Name the file: homarus jobs import FILE")
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            _("{file} cannot be read: {error}.").format(file=path, error=error), hint=_("Name the file.")
        ) from None


def _imported(line: Line, options: Options, text: str, *, is_dry: bool) -> int:
    answer = line.post("/api/v1/jobs/import", {"text": text, "is_dry": is_dry})
    refused = cast("list[JsonObject]", answer["refused"])
    if options.as_json:
        show.as_json(answer)
        return 1 if refused else 0
    for one in cast("list[JsonObject]", answer["jobs"]):
        job = cast("JsonObject", one["job"])
        is_off = "" if job["is_enabled"] else " " + _("(switched off)")
        print(show.bold(show.clean(str(job["name"]))) + f"  {one['in_words']}{is_off}")
        show_times(cast("list[str]", one["next"]))
        for sentence in cast("list[str]", one["unfollowed"]):
            print(show.dim(f"  {sentence}"))
    for one in refused:
        show.warn(
            _("Not taken over: {name}: {because}").format(name=show.clean(str(one["name"])), because=one["because"])
        )
        show.next_step(str(one["hint"]))
    if is_dry:
        print(_("Nothing was written."))
    return 1 if refused else 0
