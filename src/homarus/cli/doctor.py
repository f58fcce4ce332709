"""homarus doctor: every check, what is not well first, each with its next step."""

from argparse import ArgumentParser
from typing import cast

from homarus.cli import launch, notices, show
from homarus.cli.options import Options
from homarus.domain.content import JsonObject
from homarus.domain.errors import EXIT_FAILED, UsageError
from homarus.domain.i18n import _

_QUIET_TOPICS = ("account", "channels", "plugins")
"""Nothing is said about these when there is nothing wrong."""


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("topic", nargs="?", help=_("only this: models, sandbox, configuration ..."))


def run(options: Options) -> int:
    """Print the findings; 1 when something is not well."""
    line = launch.ensure(options).line
    notices.show(line, options)
    answer = line.get("/api/v1/doctor")
    findings = _about(options.own.topic, cast("list[JsonObject]", answer["findings"]))
    if options.as_json:
        show.as_json({**answer, "findings": findings})
    elif not findings:
        print(_("Nothing to complain about."))
    else:
        for finding in findings:
            mark = _("ok  ") if finding["is_well"] else _("LOOK")
            print(show.hanging(f"{mark}  ", f"{finding['topic']}  {finding['sentence']}"))
            if finding["hint"]:
                print(show.dim(show.hanging("      ", _("Next: {hint}").format(hint=finding["hint"]))))
    return 0 if all(finding["is_well"] for finding in findings) else EXIT_FAILED


def _about(topic: str | None, findings: list[JsonObject]) -> list[JsonObject]:
    known = sorted({*_QUIET_TOPICS, *(str(finding["topic"]) for finding in findings)})
    if topic is not None and topic not in known:
        raise UsageError(
            _("{topic!r} is nothing that doctor looks at.").format(topic=topic),
            hint=_("It looks at: {topics}.").format(topics=", ".join(known)),
        )
    return [finding for finding in findings if topic in (None, finding["topic"])]
