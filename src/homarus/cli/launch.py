"""Start a gateway in the background and wait until it answers; the only file of this room that starts a process."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from homarus.cli import configuration
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.errors import OperatorError, RefusedError, StateError
from homarus.domain.i18n import _
from homarus.gateway.root import CONSENT, is_container, is_root

START_LIMIT_S = 30.0
PRINT_LIMIT_S = 120.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "brave-browser")
LOG_NAME = "gateway.log"
_LOG_LIMIT_BYTES = 10 * 1024 * 1024
"""Past this, a start begins a new log and keeps the last one beside it."""
_TAIL_LINES = 12
NEXT = "Next: "
"""How the gateway begins its last line when it cannot start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A gateway that answers."""

    line: Line
    was_running: bool
    elapsed_s: float


def ensure(options: Options, *, as_root: bool = False) -> Launched:
    """Return a line to the gateway of this state folder, started when there is none.

    Raises:
        UsageError: when one runs that reads another configuration file than the one that was named.
        RefusedError: when this is root, who has not said that it is fine.
        OperatorError: when the gateway does not come up; says what its log says.
    """
    line = Line(options.home)
    if line.is_up():
        configuration.refuse_another(line, options)
        return Launched(line=line, was_running=True, elapsed_s=0.0)
    try:
        if is_root() and not is_container():
            consent(options.home, as_root=as_root)
        started = time.monotonic()
        said_before = _size(log_file(options.home))
        process = _spawn(options)
    except OSError as error:
        raise unusable(options.home, error) from error
    while time.monotonic() - started < START_LIMIT_S:
        if line.is_up():
            return Launched(line=line, was_running=False, elapsed_s=time.monotonic() - started)
        if process.poll() is not None:
            if line.is_up():  # another command started one at the same moment
                return Launched(line=line, was_running=True, elapsed_s=time.monotonic() - started)
            raise _did_not_start(options, said_before)
        time.sleep(0.01)
    process.terminate()
    raise _did_not_start(options, said_before)


def open_browser(url: str) -> None:
    """Show a page in the person's browser, where there is one."""
    import webbrowser

    webbrowser.open(url)


def print_pdf(page: Path, file: Path) -> None:
    """Print a page into a PDF with the browser that is installed, without a window.

    Raises:
        OperatorError: when there is none, or it could not; the page can be printed by hand.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    by_hand = _("Take the page (--form html), open it in a browser and print it into a file.")
    if browser is None:
        raise OperatorError(_("There is no browser here that could print a PDF."), hint=by_hand)
    flags = ["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
    flags += [f"--user-data-dir={page.parent / 'browser'}", f"--print-to-pdf={file}"]
    if is_root():
        flags.append("--no-sandbox")  # Chromium's own does not work for root; the page forbids itself all scripts
    try:
        subprocess.run(  # noqa: S603 - a browser by its full path, no shell
            [browser, *flags, page.as_uri()], capture_output=True, timeout=PRINT_LIMIT_S, check=False, cwd=page.parent
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OperatorError(_("{browser} did not print the page.").format(browser=browser), hint=by_hand) from error
    if not file.is_file():
        raise OperatorError(_("{browser} did not print the page.").format(browser=browser), hint=by_hand)


def log_file(home: Path) -> Path:
    """Return where the gateway writes its log."""
    return home / "logs" / LOG_NAME


def _spawn(options: Options) -> "subprocess.Popen[bytes]":
    log = log_file(options.home)
    options.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.parent.mkdir(mode=0o700, exist_ok=True)
    # -P and another working folder: nothing that stands in the state folder is ever imported.
    command = [sys.executable, "-P", "-m", "homarus.gateway", "--home", str(options.home)]
    if options.config is not None:
        command += ["--config", str(options.config)]
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
        )


def consent(home: Path, *, as_root: bool) -> None:
    """Let root go on who says that it is fine, or has said so in this state folder before.

    Raises:
        RefusedError: when nothing of the kind was said.
    """
    said = home / CONSENT
    if as_root:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        said.touch(mode=0o600)
    elif not said.exists():
        raise RefusedError(
            _("You are root, and an agent that runs as root can do anything to this machine."),
            hint=_("Use an ordinary account, or say that it is fine, once: homarus up --as-root"),
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def unusable(home: Path, error: OSError) -> StateError:
    """Return what is said when the state folder cannot be made or written."""
    return StateError(
        _("The state folder {home!r} cannot be used: {path}: {reason}.").format(
            home=str(home), path=error.filename or home, reason=error.strerror or error
        ),
        hint=_("Set HOMARUS_HOME to a folder that you can write to."),
    )


def _did_not_start(options: Options, said_before: int) -> OperatorError:
    """Return why, with what is wrong with the configuration first: the rest often follows from it."""
    told = _last_words(options.home, said_before)
    fault = configuration.first_error(options)
    if fault is None or fault.sentence in told.message:
        return told
    return OperatorError(f"{fault.sentence}\n{told.message}", hint=fault.hint)


def _last_words(home: Path, said_before: int) -> OperatorError:
    """Return what the gateway said before it ended: its own sentence and next step, else the end of its log."""
    log = log_file(home)
    lines = log.read_bytes()[said_before:].decode(errors="replace").splitlines() if log.exists() else []
    if len(lines) > 1 and lines[-1].startswith(NEXT):
        return OperatorError(lines[-2], hint=lines[-1].removeprefix(NEXT))
    told = "\n".join(lines[-_TAIL_LINES:]) or _("Its log is empty.")
    return OperatorError(
        _("The gateway did not start. Its last words:\n{told}").format(told=told),
        hint=_("Read the whole log: {log}").format(log=log),
    )
