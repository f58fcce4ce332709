"""Measure everything that we publish: `python -m benchmarks`, some of it with `--only NAME`, roughly with `--quick`.

Each benchmark runs in a process of its own with a limit in time; one that fails is named and the others go on.
`--readme` writes the table into README.md, between `<!-- figures -->` and `<!-- /figures -->`.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks.figures import ROOT, Figure, as_json, markdown, table

NAMES = (
    "start",
    "memory",
    "install",
    "prompts",
    "turns",
    "passthrough",
    "streaming",
    "nextturn",
    "warmstart",
    "store",
    "postgres",
    "jobs",
    "briefing",
    "research",
    "swarm",
    "board",
    "embedded",
    "fit",
    "dispatch",
    "dispatch_real",
    "scoreboard",
)
LIMIT_S = 90.0
_BEGIN, _END = "<!-- figures -->", "<!-- /figures -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one benchmark."""

    name: str
    figures: tuple[Figure, ...] = ()
    failed: str = ""


def run(name: str, *, is_quick: bool) -> Ran:
    """Run one benchmark."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *(["--quick"] if is_quick else [])]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        try:
            said, complained = started.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)  # it and everything that it started
            return Ran(name=name, failed=f"took longer than {LIMIT_S:.0f} s")
        except KeyboardInterrupt:
            os.killpg(started.pid, signal.SIGKILL)
            raise
    if started.returncode:
        return Ran(name=name, failed=(complained.strip().splitlines() or ["no word"])[-1][:300])
    names = {field.name for field in fields(Figure)}
    rows = json.loads(said)["figures"]
    return Ran(name=name, figures=tuple(Figure(**{key: row[key] for key in names}) for row in rows))


def write_readme(figures: Sequence[Figure], readme: Path) -> bool:
    """Replace the table in the README; tell whether there was one."""
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    before, begun, rest = text.partition(_BEGIN)
    _old, ended, after = rest.partition(_END)
    if not (begun and ended):
        return False
    readme.write_text(f"{before}{_BEGIN}\n{markdown(figures)}\n{_END}{after}", encoding="utf-8")
    return True


def main() -> int:
    """Run what is asked for and print it; 1 when a benchmark could not be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher figures")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    runs: list[Ran] = []
    for name in options.only or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        runs.append(run(name, is_quick=options.quick))
    figures = [figure for ran in runs for figure in ran.figures]
    print(as_json(figures) if options.json else table(figures))
    if options.readme and not write_readme(figures, ROOT / "README.md"):
        print(f"README.md has no place for the table: {_BEGIN} ... {_END}", file=sys.stderr)
    return _complain(runs)


def _complain(runs: Iterable[Ran]) -> int:
    failed = [ran for ran in runs if ran.failed]
    for ran in failed:
        print(f"{ran.name} was not measured: {ran.failed}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
