"""Begin a playbook of one's own: one file that runs, to be changed."""

import re
from argparse import ArgumentParser
from pathlib import Path

from homarus.cli import show as shown
from homarus.cli.line import Line
from homarus.cli.options import Options
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _

_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
_FILE = '''"""{name}: what is new in a folder, in one report."""

from pydantic import BaseModel, ConfigDict

from homarus.domain.findings import Grounds, Report
from homarus.domain.marks import playbook
from homarus.domain.playbooks import House


class Settings(BaseModel):
    """What it is told."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    file: str = "notes.txt"
    """Which file of the workspace it counts the lines of."""


@playbook("{name}", settings=Settings, title="{title}", does="Counts the lines of a file.", risk="It only reads.")
async def run(house: House[Settings]) -> Report:
    """Count, state, and write what stands on that."""
    kept = await house.read("file", house.settings.file)
    lines = (await house.blob(kept.sha256)).decode(errors="replace").splitlines()
    grounds = Grounds(how="lines of the file", source=kept.url, snapshot=kept.sha256, rows=len(lines))
    fact = await house.fact("lines in the file", len(lines), unit="lines", grounds=grounds)
    prose = await house.checked("text", f"The file has {{fact.value}} lines [{{fact.fact_id}}].")
    return Report(title="{title}", summary=prose.text, text=prose.text, facts_used=1, rejected=len(prose.rejected))
'''


def declare_new(parser: ArgumentParser) -> None:
    """Name it."""
    parser.add_argument("name", help=_("what it is called: lower case, no spaces"))


def new(line: Line, options: Options) -> int:
    """Write the file into the plugins folder; it runs once its owner has approved it."""
    del line
    name = str(options.own.name)
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            _("{name!r} cannot be the name of a playbook.").format(name=name[:60]),
            hint=_("Use lower case letters, digits and `_`, as `price_watch`."),
        )
    file = Path(options.home) / "plugins" / f"{name}.py"
    if file.exists():
        raise UsageError(
            _("There is {file} already.").format(file=file), hint=_("Take another name, or change that file.")
        )
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(_FILE.format(name=name, title=name.replace("_", " ").capitalize()), encoding="utf-8")
    shown.result(options, {"file": str(file), "name": name}, _("Written: {file}").format(file=file))
    if not options.as_json:
        shown.next_step(f"homarus plugin approve {name}")
    return 0
