"""homarus up: start the gateway, say what was found, and hand over a link to the web chat."""

import os
import sys
from argparse import ArgumentParser
from time import sleep
from typing import cast

from homarus.cli import launch, notices, show, stop
from homarus.cli.launch import Launched
from homarus.cli.line import GatewayDownError, Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.errors import EXIT_FAILED
from homarus.domain.i18n import _

_BUILT_IN = "embedded"


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("--background", action="store_true", help=_("come back at once and leave it running"))
    parser.add_argument("--as-root", action="store_true", help=_("yes, run as root on this machine"))
    parser.add_argument(
        "--database",
        metavar="ADDRESS",
        help=_("postgresql://user@host/name, without a password; else HOMARUS_DATABASE or jobs.database"),
    )
    parser.add_argument("--no-browser", action="store_true", help=_("print the link and open nothing"))


def run(options: Options) -> int:
    """Start what is not running and say in plain words how it is."""
    if os.geteuid() == 0 and options.own.as_root:
        show.warn(
            _(
                "Warning: running as root. That is fine for a try; for every day, use an ordinary account. "
                "Commands of the agent run as an unprivileged user in the sandbox."
            )
        )
    if options.own.database:
        from homarus.cli.worker import VARIABLE, without_password

        os.environ[VARIABLE] = without_password(options.own.database)  # the gateway inherits it, and no list shows it
    launched = launch.ensure(options, as_root=options.own.as_root)
    notices.show(launched.line, options)
    status = launched.line.get("/api/v1/status")
    link = launched.line.post("/api/v1/pairing")
    if options.as_json:
        show.as_json({"was_running": launched.was_running, "status": status, "pairing": link})
    else:
        _tell(launched, status, str(link["url"]))
        if not options.own.no_browser and _has_desktop():
            launch.open_browser(str(link["url"]))
    return 0 if options.own.background or options.as_json else _stay(launched, options, status)


def _tell(launched: Launched, status: JsonObject, url: str) -> None:
    problems = cast("list[dict[str, str]]", status["problems"])
    _tell_problems([problem for problem in problems if problem["topic"] == "configuration"])
    if launched.was_running:
        print(_("A gateway runs already (pid {pid}).").format(pid=status["pid"]))
    else:
        print(_("The gateway is up ({seconds:.1f} s).").format(seconds=launched.elapsed_s))
    model = cast("dict[str, Json] | None", status["model"])
    if model:
        print(show.clean(_("Model: {ref} on {place} - {because}").format(**model)))
    if model and str(model["ref"]).startswith(f"{_BUILT_IN}/"):
        _tell_found(launched.line)
        _tell_setup(launched.line)
    _tell_problems([problem for problem in problems if problem["topic"] != "configuration"])
    print()
    print(_("Open the web chat with this link; it works once, within ten minutes:"))
    print(f"  {show.bold(url)}")
    print(_('Or stay here:  {command} ask "Remind me to call Lena at noon"').format(command=_command()))


def _tell_problems(problems: list[dict[str, str]]) -> None:
    for problem in problems:
        print(show.hanging("", _("Look: {sentence}").format(sentence=problem["sentence"])))
        show.hint(problem["hint"])


def _tell_found(line: Line) -> None:
    """Name a better model that was found here, and the one command that uses it."""
    found: dict[str, str] = {}
    for model in cast("list[JsonObject]", line.get("/api/v1/models")["models"]):
        provider = str(model["ref"]).partition("/")[0]
        if provider != _BUILT_IN and not model.get("because"):
            found.setdefault(provider, str(model["ref"]))
    for provider, ref in found.items():
        print(show.clean(_("Found: {provider} can answer with {ref}.").format(provider=provider, ref=ref)))
        show.hint(f"homarus models use {ref}")


def _tell_setup(line: Line) -> None:
    """Point a house without a chosen model to the set-up."""
    rows = cast("list[JsonObject]", line.get("/api/v1/config/agents.defaults.model.primary")["settings"])
    if not rows[0]["value"]:
        print(_("For real answers, set it up: it finds machine, servers and models, and asks three questions."))
        show.hint("homarus setup")


def _command() -> str:
    """Return how this command is called from where the person is: by its name, or by the path that was typed."""
    from shutil import which

    typed = sys.argv[0]
    is_on_path = which("homarus") is not None
    return "homarus" if is_on_path or not os.path.exists(typed) else os.path.relpath(typed)  # noqa: PTH110


def _has_desktop() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _stay(launched: Launched, options: Options, status: JsonObject) -> int:
    print(show.dim(_("Ctrl-C stops the gateway; `homarus up --background` leaves it running.")))
    try:
        while launched.line.is_up():
            sleep(0.5)
    except KeyboardInterrupt:
        try:
            launched.line.post("/api/v1/stop")
        except GatewayDownError:
            return 0
        if not stop.is_gone(options, cast("int", status["pid"])):
            return EXIT_FAILED
        print(_("\nStopped."))
    return 0
