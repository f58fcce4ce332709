"""Start runs from the command line and follow them live."""

from argparse import ArgumentParser
from typing import cast
from urllib.parse import quote

from homarus.cli import show
from homarus.cli.jobs_show import path_of, print_run
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.content import JsonObject
from homarus.domain.errors import EXIT_FAILED, EXIT_NEEDS_YOU
from homarus.domain.i18n import _

_WELL = frozenset({"done", "partial", "no-data"})


def declare_run(parser: ArgumentParser) -> None:
    """Name the job."""
    parser.add_argument("id", help=_("which job"))
    parser.add_argument("--detach", action="store_true", help=_("do not wait for its end"))


def start(line: Line, options: Options) -> int:
    """Start a job now."""
    answer = line.post(f"{path_of(options.own.id)}/run")
    return followed(line, options, answer, is_detached=options.own.detach)


def declare_replay(parser: ArgumentParser) -> None:
    """Name the run."""
    parser.add_argument("id", help=_("which run"))
    parser.add_argument("--from", dest="from_step", metavar="STEP", help=_("keep what came before this step"))
    parser.add_argument("--dry", action="store_true", help=_("do it without any effect, and show what differs"))
    parser.add_argument("--detach", action="store_true", help=_("do not wait for its end"))


def replay(line: Line, options: Options) -> int:
    """Do a run again."""
    own = options.own
    if not own.dry:
        answer = line.post(f"{_run_path(own.id)}/retry", {"from_step": own.from_step or ""})
        return followed(line, options, answer, is_detached=own.detach)
    answer = line.post(f"{_run_path(own.id)}/replay")
    code = followed(line, options, answer, is_detached=own.detach, is_quiet=True)
    if own.detach:
        return code
    again = str(cast("JsonObject", answer["run"])["run_id"])
    found = line.get(f"{path_of(own.id)}/compare/{again}")
    if options.as_json:
        show.as_json(found)
        return code
    _print_difference(found)
    return code


def _print_difference(found: JsonObject) -> None:
    for one in cast("list[JsonObject]", found["facts"]):
        print(show.clean(f"{one['name']}: {one['before'] or '-'} -> {one['after'] or '-'}"))
    for text in cast("list[str]", found["report"]):
        print(show.green(text) if text.startswith("+") else show.red(text) if text.startswith("-") else show.dim(text))
    if not found["facts"] and not found["report"]:
        print(_("Both runs say the same."))


def cancel(line: Line, options: Options) -> int:
    """End a run."""
    return show.result(options, line.post(f"{_run_path(options.own.id)}/cancel"), _("Cancelled."))


def _run_path(name: str) -> str:
    """Return the address of a run, whatever its id looks like."""
    return f"/api/v1/runs/{quote(name, safe='')}"


def followed(line: Line, options: Options, answer: JsonObject, *, is_detached: bool, is_quiet: bool = False) -> int:
    """Watch a run to its end, or until it waits for somebody; the exit code says how it went."""
    run = cast("JsonObject", answer["run"])
    run_id = str(run["run_id"])
    if is_detached:
        show.result(options, answer, _("Started: {id}").format(id=run_id))
        return 0
    ended = _watch(line, run_id)
    if is_quiet:
        return _code(ended)
    whole = line.get(path_of(run_id))
    if options.as_json:
        show.as_json(whole)
    else:
        print_run(whole)
    return _code(cast("JsonObject", whole["run"]))


def _watch(line: Line, run_id: str) -> JsonObject:
    """Follow what a run says until it is over or parked; return it as it is then."""
    for frame in line.stream("GET", f"{path_of(run_id)}/events"):
        body = cast("JsonObject", frame.data.get("body") or {})
        if frame.name == "run.said":
            show.status(_said(body))
        elif frame.name == "run.changed" and body.get("state") == "parked":
            show.clear_status()
            show.aside(_("It waits for you: {what}").format(what=show.clean(str(body.get("waits_for") or ""))))
            show.next_step("homarus approvals list")
            return {"state": "parked"}
        elif frame.name == "run.changed" and body.get("state") in ("waiting", "paused"):
            show.clear_status()
            show.aside(_("It waits: {why}").format(why=show.clean(str(body.get("because") or body["state"]))))
            return {"state": str(body["state"])}
        elif frame.name == "ended":
            show.clear_status()
            return cast("JsonObject", frame.data["run"])
    return {"state": "failed"}


def _said(body: JsonObject) -> str:
    done, total = body.get("done"), body.get("total")
    return f"{body.get('text')} {done}/{total}" if total else str(body.get("text"))


def _code(run: JsonObject) -> int:
    state = str(run["state"])
    if state == "parked":
        return EXIT_NEEDS_YOU
    return 0 if state in _WELL or state in ("waiting", "paused", "queued", "running") else EXIT_FAILED
