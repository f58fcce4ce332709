"""homarus logs: the end of the gateway's log, also when the gateway is down."""

from argparse import ArgumentParser
from collections import deque

from homarus.cli import launch, show
from homarus.cli.options import Options, positive
from homarus.domain.content import Json
from homarus.domain.i18n import _


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("-n", "--lines", type=positive, default=50, help=_("how many (default 50)"))


def run(options: Options) -> int:
    """Print the last lines; what strangers wrote into them cannot drive the terminal."""
    path = launch.log_file(options.home)
    lines: list[str] = []
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = [show.clean(line.rstrip("\n")) for line in deque(file, maxlen=options.own.lines)]
    if options.as_json:
        told: list[Json] = list(lines)
        show.as_json({"file": str(path), "lines": told})
    else:
        print("\n".join(lines) or _("The log is empty: {path}").format(path=path))
    return 0
