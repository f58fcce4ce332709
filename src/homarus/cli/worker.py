"""homarus worker: work runs of a house that several processes share; in the foreground, until it is stopped."""

import asyncio
import logging
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from homarus.cli import launch
from homarus.cli.options import Options
from homarus.domain.errors import HomarusError, UsageError
from homarus.domain.i18n import _
from homarus.gateway.root import is_container, is_root

VARIABLE = "HOMARUS_DATABASE"
_PASSWORD = "PGPASSWORD"  # noqa: S105 - the name of a variable


def declare(parser: ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument(
        "--database",
        metavar="ADDRESS",
        help=_("postgresql://user@host/name, without a password; else HOMARUS_DATABASE"),
    )
    parser.add_argument("--state", type=Path, metavar="FOLDER", help=_("its own state folder (default: --home)"))
    parser.add_argument("--as-root", action="store_true", help=_("yes, run as root on this machine"))


def run(options: Options) -> int:
    """Work until Ctrl-C."""
    environment = dict(os.environ)
    if options.own.database:
        environment[VARIABLE] = without_password(options.own.database)
        _ask_for_password(environment)
    home: Path = (options.own.state or options.home).expanduser().absolute()
    if is_root() and not is_container():
        launch.consent(home, as_root=options.own.as_root)
    level = logging.INFO
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    _work(home, environment, options.config)
    return 0


def without_password(address: str) -> str:
    """Return an address of Postgres that everybody on this machine may read.

    Raises:
        UsageError: when it holds a password: other users of a machine see the arguments of every process.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise UsageError(
            _("The address of the database begins with {scheme!r}.").format(scheme=parts.scheme),
            hint=_("Write it as postgresql://user@host:5432/database."),
        )
    if parts.password or "password" in parse_qs(parts.query):
        raise UsageError(
            _("The address holds a password, which everybody on this machine could read."),
            hint=_("Leave it out and set PGPASSWORD, use ~/.pgpass, or put the whole address into {variable}.").format(
                variable=VARIABLE
            ),
        )
    return address


def _ask_for_password(environment: dict[str, str]) -> None:
    """Ask for the password where nothing holds one and a person can answer."""
    passfile = Path(environment.get("PGPASSFILE", "~/.pgpass")).expanduser()
    if environment.get(_PASSWORD) or passfile.exists() or not sys.stdin.isatty():
        return
    from getpass import getpass

    password = getpass(_("Password of the database (empty for none): "))
    if password:
        os.environ[_PASSWORD] = password  # where the client library of Postgres looks for it


def _work(home: Path, environment: dict[str, str], config: Path | None) -> None:
    from homarus.gateway.loops import new_loop
    from homarus.gateway.worker import run as work

    def ready() -> None:
        print(_("Working runs. Ctrl-C stops; what is under way goes on in another process."), flush=True)

    found: HomarusError | None = None
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(work(home, environment=environment, file=config, ready=ready))
    except* HomarusError as group:
        found = _first(group)
    if found is not None:
        raise found


def _first(group: BaseExceptionGroup[HomarusError]) -> HomarusError:
    """Return the first error of a group, which is the one that ended the others."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
