"""Take a report along: as Markdown, as a page, or as PDF through the browser that is here."""

from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from homarus.cli import launch
from homarus.cli import show as shown
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_NOTHING_RUNS = b"<!doctype html><meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
FORMS = ("md", "html", "pdf")


def declare_export(parser: ArgumentParser) -> None:
    """Name the run, the form and the file."""
    parser.add_argument("run", help=_("a run, by its id"))
    parser.add_argument("--form", choices=FORMS, default="md", help=_("md, html or pdf (default: md)"))
    parser.add_argument("--file", metavar="NAME", default="", help=_("a file that the run made: mails.csv"))
    parser.add_argument("--output", "-o", metavar="FILE", help=_("where to; without it, Markdown is printed"))


def export(line: Line, options: Options) -> int:
    """Write a report into a file, or print it."""
    own = options.own
    if own.file:
        return _one_file(line, options)
    form = str(own.form)
    content = line.content(f"/api/v1/runs/{quote(own.run, safe='')}/export?form={'md' if form == 'md' else 'html'}")
    if form == "md" and not own.output:
        print(shown.clean(content.decode()), end="")
        return 0
    file = Path(own.output or f"{own.run}.{form}").expanduser()
    if form == "pdf":
        _print_pdf(content, file)
    else:
        _write(file, content)
    return shown.result(options, {"file": str(file), "form": form}, _("Written: {file}").format(file=file))


def _one_file(line: Line, options: Options) -> int:
    """Write a file of a run into the folder where the person is."""
    own = options.own
    content = line.content(f"/api/v1/runs/{quote(own.run, safe='')}/artifacts/{quote(own.file, safe='')}")
    file = Path(own.output or Path(own.file).name).expanduser()
    _write(file, content)
    return shown.result(options, {"file": str(file)}, _("Written: {file}").format(file=file))


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(
            _("{file!r} cannot be written: {error}.").format(file=str(file), error=error.strerror),
            hint=_("Name another file with --output."),
        ) from error


def _print_pdf(page: bytes, file: Path) -> None:
    """Print a page into a file with the browser that is installed.

    Raises:
        UsageError: when there is none, or it could not.
    """
    with TemporaryDirectory(prefix="homarus-pdf-") as folder:
        source, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_bytes(_NOTHING_RUNS + page)
        launch.print_pdf(source, target)
        _write(file, target.read_bytes())
