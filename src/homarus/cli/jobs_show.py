"""Show jobs and runs in a terminal."""

from argparse import ArgumentParser
from typing import cast
from urllib.parse import quote

from homarus.cli import show as shown
from homarus.cli.jobs_plan import show_times
from homarus.cli.line import Line
from homarus.cli.options import Options, positive
from homarus.cli.reports import print_report
from homarus.cli.steps import step_row, step_rows, used
from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _

RUN = "run_"


def path_of(name: str) -> str:
    """Return the address of a job or a run, by what its id looks like."""
    kind = "runs" if name.startswith(RUN) else "jobs"
    return f"/api/v1/{kind}/{quote(name, safe='')}"


def listing(line: Line, options: Options) -> int:
    """Print all jobs."""
    answer = line.get("/api/v1/jobs")
    if options.as_json:
        shown.as_json(answer)
        return 0
    rows = [_job_row(view) for view in cast("list[JsonObject]", answer["jobs"])]
    if len({str(row[_("job")]) for row in rows}) == len(rows):
        rows = [{name: cell for name, cell in row.items() if name != _("id")} for row in rows]
    empty = _('No jobs yet. Next: homarus jobs add "every weekday 07:30" briefing')
    shown.table(rows, empty=empty, wraps=True)
    return 0


def _job_row(view: JsonObject) -> dict[str, str]:
    job = cast("JsonObject", view["job"])
    coming, last = cast("list[str]", view["next"]), cast("JsonObject | None", view["last_run"])
    return {
        _("job"): str(job["name"]),
        _("when"): str(view["in_words"]),
        _("next"): shown.day(coming[0]) if coming else (_("paused") if not job["is_enabled"] else "-"),
        _("last run"): f"{last['state']} {shown.day(last['queued_at'])}" if last else "-",
        _("id"): str(job["job_id"]),
    }


def declare_runs(parser: ArgumentParser) -> None:
    """Name what narrows the list."""
    parser.add_argument("job", nargs="?", default="", help=_("only of this job"))
    parser.add_argument("--state", default="", metavar="STATES", help=_("done,failed,parked ..."))
    parser.add_argument("--limit", type=positive, default=20, metavar="N", help=_("how many (default: 20)"))


def runs(line: Line, options: Options) -> int:
    """Print runs."""
    own = options.own
    query = f"?limit={own.limit}&job={quote(own.job)}&state={quote(own.state)}"
    answer = line.get(f"/api/v1/runs{query}")
    if options.as_json:
        shown.as_json(answer)
        return 0
    _print_runs(cast("list[JsonObject]", answer["runs"]))
    return 0


def _print_runs(found: list[JsonObject]) -> None:
    rows = [
        {
            _("run"): str(run["run_id"]),
            _("what"): str(run["name"]),
            _("state"): str(run["state"]),
            _("time"): shown.day(run["slot"] or run["queued_at"]),
            _("said"): str(run["summary"] or run["error"]),
        }
        for run in found
    ]
    shown.table(rows, empty=_("Nothing ran yet."), below=_("said"))


def declare_show(parser: ArgumentParser) -> None:
    """Name the job or the run."""
    parser.add_argument("id", help=_("a job by its name or id, or a run by its id"))
    parser.add_argument("--steps", action="store_true", help=_("of a run every step, also where many are alike"))


def show(line: Line, options: Options) -> int:
    """Print a job with its runs, or a run step by step."""
    name = str(options.own.id)
    answer = line.get(path_of(name))
    if options.as_json:
        shown.as_json(answer)
        return 0
    if name.startswith(RUN):
        print_run(answer, has_every_step=bool(options.own.steps))
        return 0
    job = cast("JsonObject", answer["job"])
    print(shown.bold(shown.clean(str(job["name"]))) + f"  {answer['in_words']}  {shown.dim(str(job['job_id']))}")
    for sentence in _about(job):
        print(shown.hanging("  ", sentence))
    show_times(cast("list[str]", answer["next"]))
    print()
    found = line.get(f"/api/v1/runs?limit=5&job={quote(str(job['job_id']))}")
    _print_runs(cast("list[JsonObject]", found["runs"]))
    return 0


def _about(job: JsonObject) -> list[str]:
    work, delivery = cast("JsonObject", job["work"]), cast("JsonObject", job["delivery"])
    what = str(work["playbook"] or work["text"] or work["kind"])
    lines = [_("{kind}: {what}").format(kind=str(work["kind"]), what=what)]
    if work["settings"]:
        settings = cast("JsonObject", work["settings"])
        lines.append(", ".join(f"{key}={_setting(value)}" for key, value in settings.items()))
    lines.append(_("Told: {where}").format(where=_where(delivery)))
    if job["deadline"]:
        lines.append(_("Hands over by {deadline}").format(deadline=str(job["deadline"])))
    if not job["is_enabled"]:
        lines.append(_("Paused. {because}").format(because=str(job["paused_because"])).strip())
    return lines


def _setting(value: Json) -> str:
    from json import dumps

    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


def _where(delivery: JsonObject) -> str:
    """Return where an outcome is told, in words."""
    channel, to = str(delivery["channel"]), str(delivery["to"])
    if delivery["mode"] == "none":
        return _("nowhere; the pages have it")
    if delivery["mode"] == "webhook":
        return to
    if channel == "last":
        return _("where you wrote last")
    return f"{channel} {to}".strip()


def print_run(answer: JsonObject, *, has_every_step: bool = False) -> None:
    """Print a run: its state, its steps with models and cost, and what it handed over."""
    run = cast("JsonObject", answer["run"])
    print(shown.bold(shown.clean(str(run["name"]))) + f"  {run['state']}  {shown.day(run['slot'] or run['queued_at'])}")
    if said := str(run["summary"] or run["error"]):
        print(shown.hanging("  ", said))
    if run["hint"]:
        shown.hint(str(run["hint"]))
    steps = cast("list[JsonObject]", answer["steps"])
    rows = [step_row(step) for step in steps] if has_every_step else step_rows(steps)
    shown.table(rows, empty=_("No steps yet."), wraps=True)
    spent = cast("JsonObject", run["spent"])
    print(shown.dim(_("Used: {used}").format(used=used(spent))))
    for effect in cast("list[JsonObject]", answer["effects"]):
        print(shown.clean(f"  {effect['kind']} {effect['target']}: {effect_state(effect)}"))
    for artifact in cast("list[JsonObject]", answer["artifacts"]):
        print(shown.clean(f"  {artifact['name']}  {artifact['media_type']}, {artifact['size_bytes']} B"))
    report = cast("JsonObject | None", answer["report"])
    if report is not None:
        print()
        print_report(str(report["text"]))


def effect_state(effect: JsonObject) -> str:
    """Return where an effect is; what was only saved with the owner, as a draft, was not sent to anybody."""
    is_saved = effect["level"] == "self" and effect["state"] == "sent"
    return _("saved") if is_saved else str(effect["state"])


def pause(line: Line, options: Options) -> int:
    """Switch a job off, or hold a run."""
    return _changed(line.post(f"{path_of(options.own.id)}/pause"), options, _("Paused."))


def resume(line: Line, options: Options) -> int:
    """Switch a job on again, or let a run go on."""
    return _changed(line.post(f"{path_of(options.own.id)}/resume"), options, _("It goes on."))


def _changed(answer: dict[str, Json], options: Options, sentence: str) -> int:
    shown.result(options, answer, sentence)
    if not options.as_json and "next" in answer:
        show_times(cast("list[str]", answer["next"]))
    return 0


def remove(line: Line, options: Options) -> int:
    """Remove a job."""
    answer = line.delete(path_of(options.own.id))
    return shown.result(options, answer, _("Removed: {name}").format(name=str(answer["name"])))
