"""homarus config: check, read and change the configuration. The owner's own file is never rewritten."""

import sys
from argparse import ArgumentParser
from json import dumps, loads
from pathlib import Path
from typing import cast

from homarus.cli import actions, show
from homarus.cli.actions import Action
from homarus.cli.configuration import settings_of
from homarus.cli.line import Line
from homarus.cli.named_models import unknown_model
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED, UsageError
from homarus.domain.i18n import _, ngettext, noted

_NAMED = 8
"""So many names of settings fit into a line."""


def _declare_check(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help=_("any file; without one, what the house reads"))
    parser.add_argument("--all", action="store_true", help=_("also each setting of OpenClaw that has no use here"))


def _check(_line: Line, options: Options) -> int:
    path = Path(options.own.file).expanduser().absolute() if options.own.file else None
    answer = settings_of(options).check(path)
    if options.as_json:
        show.as_json(answer)
    else:
        problems = cast("list[JsonObject]", answer["problems"])
        notes = [problem for problem in problems if problem["severity"] == "note"]
        is_short = len(notes) > 1 and not options.own.all
        for problem in problems:
            if not is_short or problem["severity"] != "note":
                _print_problem(problem)
        if is_short:
            _print_notes(notes)
        if not problems:
            print(_("Nothing to complain about."))
    return 0 if answer["is_good"] else EXIT_FAILED


def _print_notes(notes: list[JsonObject]) -> None:
    """Say in one line what has no use here: files of OpenClaw have dozens of such settings."""
    keys = [show.clean(str(note["key"])) for note in notes]
    names = ", ".join(keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")
    told = _("{count} settings of OpenClaw are not used by homarus: {names}.")
    print(_("Note: {sentence}").format(sentence=told.format(count=len(keys), names=names)))
    show.hint(_("They can stay. `homarus config check --all` has each one with its line."))


def _print_problem(problem: JsonObject) -> None:
    words = {"error": _("Error"), "warning": _("Warning"), "note": _("Note")}
    severity = str(problem["severity"])
    print(f"{words.get(severity, severity)}: {show.clean(str(problem['sentence']))}")
    if problem.get("excerpt"):
        print(f"    {show.clean(str(problem['excerpt']))}")
    if problem.get("hint"):
        show.hint(str(problem["hint"]))


def _get(_line: Line, options: Options) -> int:
    return _print_settings(settings_of(options).show(options.own.key), options)


def _list(_line: Line, options: Options) -> int:
    answer = settings_of(options).listing()
    if not options.as_json:
        for problem in cast("list[JsonObject]", answer["problems"]):
            _print_problem(problem)
    return _print_settings(answer, options)


def _print_settings(answer: JsonObject, options: Options) -> int:
    if options.as_json:
        show.as_json(answer)
        return 0
    for row in cast("list[JsonObject]", answer["settings"]):
        value = dumps(row["value"], ensure_ascii=False)
        print(f"{show.clean(str(row['key']))} = {show.clean(value)}  {show.dim(_place(row))}")
    return 0


def _place(row: JsonObject) -> str:
    where = cast("dict[str, Json] | None", row.get("where"))
    if where:
        return f"{where['file']}:{where['line']}"
    return _("default") if not row["is_set"] else ""


def _declare_set(parser: ArgumentParser) -> None:
    parser.add_argument("key", help=_("for example agents.defaults.model.primary"))
    parser.add_argument("value", help=_("a word, or JSON; - reads it from standard input, for secrets"))


def _set(_line: Line, options: Options) -> int:
    told = sys.stdin.readline().strip() if options.own.value == "-" else options.own.value
    try:
        value = cast("Json", loads(told))
    except ValueError:
        value = told
    key = options.own.key.strip()
    if not key:
        raise UsageError(
            _("A setting has a name, and this is none: {key!r}.").format(key=options.own.key),
            hint=_("`homarus config list` shows every setting."),
        )
    settings = settings_of(options)
    warning = unknown_model(key, value, settings.models)  # before the change: what is configured is listed
    changed = settings.change(key, value)
    code = _print_settings(changed, options)
    _tell_restart(changed, options)
    if warning is not None:
        show.warn(warning.sentence)
        show.next_step(warning.hint)
    return code


def _tell_restart(answer: JsonObject, options: Options) -> None:
    """Say what the gateway that runs does not look at any more."""
    rows = cast("list[JsonObject]", answer["settings"])
    waiting = [str(row["key"]) for row in rows if row["needs_restart"]]
    if waiting and Line(options.home).is_up():
        show.warn(_("{keys} counts from the next start of the gateway.").format(keys=", ".join(waiting)))
        show.warn(show.dim(_("Next: {hint}").format(hint="homarus stop && homarus up")))


def _undo(_line: Line, options: Options) -> int:
    answer = settings_of(options).undo()
    if options.as_json:
        show.as_json(answer)
        return 0
    _print_settings(answer, options)
    _tell_restart(answer, options)
    left = cast("int", answer["left"])
    print(
        ngettext(
            "The last change is taken back; {left} more can be.",
            "The last change is taken back; {left} more can be.",
            left,
        ).format(left=left)
    )
    return 0


ACTIONS = (
    Action(name="list", about=noted("every setting, and where its value comes from"), run=_list),
    Action(name="check", about=noted("find what is wrong with a file"), run=_check, declare=_declare_check),
    Action(
        name="get", about=noted("one setting or a section"), run=_get, declare=actions.named("key", noted("which one"))
    ),
    Action(name="set", about=noted("change a setting, checked first"), run=_set, declare=_declare_set),
    Action(name="undo", about=noted("take the last change back"), run=_undo),
)


def declare(parser: ArgumentParser) -> None:
    """Name the actions."""
    actions.declare(parser, ACTIONS)


def run(options: Options) -> int:
    """Do what was named; no gateway is needed."""
    return actions.chosen(options, ACTIONS).run(Line(options.home), options)
