"""homarus doctor: every check, what is not well first, each with its next step."""

from argparse import ArgumentParser
from typing import cast

from homarus.cli import launch, notices, show
from homarus.cli.options import Options
from homarus.domain.content import JsonObject
from homarus.domain.errors import EXIT_FAILED
from homarus.domain.i18n import _


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("topic", nargs="?", help=_("only this: models, sandbox, configuration ..."))


def run(options: Options) -> int:
    """Print the findings; 1 when something is not well."""
    line = launch.ensure(options).line
    notices.show(line, options)
    answer = line.get("/api/v1/doctor")
    findings = [
        finding
        for finding in cast("list[JsonObject]", answer["findings"])
        if options.own.topic in (None, finding["topic"])
    ]
    if options.as_json:
        show.as_json({**answer, "findings": findings})
    else:
        for finding in findings:
            mark = _("ok  ") if finding["is_well"] else _("LOOK")
            print(f"{mark}  {show.bold(str(finding['topic']))}  {show.clean(str(finding['sentence']))}")
            if finding["hint"]:
                print(f"      {show.dim(_('Next: {hint}').format(hint=finding['hint']))}")
    return 0 if all(finding["is_well"] for finding in findings) else EXIT_FAILED
