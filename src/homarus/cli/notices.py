"""What came due while nobody looked: shown with the next command, once."""

from typing import cast

from homarus.cli import show as face
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.i18n import _


def show(line: Line, options: Options) -> None:
    """Print reminders that came due and were not shown in a terminal yet."""
    if options.as_json:
        return  # a script's output is not read by a person, so nothing counts as seen
    for notice in cast("list[dict[str, str]]", line.post("/api/v1/notices/take", {"face": "cli"})["notices"]):
        face.warn(
            face.bold(_("Reminder ({when}): {text}").format(when=notice["when"], text=face.clean(notice["text"])))
        )
