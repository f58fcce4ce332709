"""homarus stop: end the gateway; what is under way goes on at the next start."""

import os
import time
from argparse import ArgumentParser
from pathlib import Path

from homarus.cli import show
from homarus.cli.line import GatewayDownError, Line
from homarus.cli.options import Options
from homarus.domain.errors import EXIT_FAILED, OperatorError
from homarus.domain.i18n import _

_LIMIT_S = 30.0
_PROC = Path("/proc/self")


def declare(_parser: ArgumentParser) -> None:
    """Name the arguments: there are none."""


def run(options: Options) -> int:
    """Stop the gateway and wait until it is gone."""
    from homarus.state.lock import owner_of

    line = Line(options.home)
    pid = owner_of(options.home)
    try:
        line.post("/api/v1/stop")
    except GatewayDownError as error:
        if pid:
            raise OperatorError(
                _("Process {pid} holds {home} and does not answer.").format(pid=pid, home=options.home),
                hint=_("It may just be starting: try again in a moment, else: kill {pid}").format(pid=pid),
            ) from error
        return show.result(options, {"stopped": False}, _("No gateway runs for {home}.").format(home=options.home))
    if not is_gone(options, pid):
        return EXIT_FAILED
    return show.result(options, {"stopped": True}, _("Stopped."))


def is_gone(options: Options, pid: int | None) -> bool:
    """Wait until a gateway that was asked to stop has ended and let go of its folder; say so when it does not."""
    from homarus.state.lock import owner_of

    line = Line(options.home)
    started = time.monotonic()
    while line.is_up() or owner_of(options.home) is not None or (pid and _is_alive(pid)):
        if time.monotonic() - started > _LIMIT_S:
            show.warn(_("The gateway is still running after {limit:.0f} seconds.").format(limit=_LIMIT_S))
            return False
        time.sleep(0.02)
    return True


def _is_alive(pid: int) -> bool:
    """Whether a process is still at work; one that has ended and that nobody has asked about yet is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return not _PROC.is_dir() and _can_be_asked(pid)
    return state.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _can_be_asked(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
