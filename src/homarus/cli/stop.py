"""homarus stop: end the gateway; what is under way goes on at the next start."""

import time
from argparse import ArgumentParser

from homarus.cli import show
from homarus.cli.line import GatewayDownError, Line
from homarus.cli.options import Options
from homarus.domain.errors import EXIT_FAILED
from homarus.domain.i18n import _

_LIMIT_S = 30.0


def declare(_parser: ArgumentParser) -> None:
    """Name the arguments: there are none."""


def run(options: Options) -> int:
    """Stop the gateway and wait until it is gone."""
    line = Line(options.home)
    try:
        line.post("/api/v1/stop")
    except GatewayDownError:
        return show.result(options, {"stopped": False}, _("No gateway runs for {home}.").format(home=options.home))
    started = time.monotonic()
    while line.is_up():
        if time.monotonic() - started > _LIMIT_S:
            show.warn(_("The gateway is still running after {limit:.0f} seconds.").format(limit=_LIMIT_S))
            return EXIT_FAILED
        time.sleep(0.02)
    return show.result(options, {"stopped": True}, _("Stopped."))
