"""Run the scoreboard: `python -m benchmarks.quirks`, some with `--only NAME`, another agent with `--agent FILE`.

Every scenario is a model server that misbehaves, a person who asks for something, and a judge who looks at what that
person finally saw and at what really happened. `pass` means: the right outcome, and the person knows what happened
where something happened; `part`: one without the other; `fail`: neither.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from benchmarks.figures import machine
from benchmarks.quirks import agent as agents
from benchmarks.quirks import pages
from benchmarks.quirks.agent import Agent
from benchmarks.quirks.board import AT_ONCE, Result, Verdict, board
from benchmarks.quirks.pains import SCENARIOS
from benchmarks.quirks.scenario import Scenario
from homarus.domain.errors import UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; 0 when everything ended well, 1 when something did not, 2 when it could not be run."""
    options = _parser().parse_args(argv)
    if options.write_docs and (options.only or options.quick or options.agent != agents.OURS):
        print("--write-docs is about all scenarios and homarus; leave the other options out.", file=sys.stderr)
        return 2
    chosen = _chosen(options.only, is_quick=options.quick)
    if not chosen:
        print(f"There is no scenario {', '.join(options.only)}; see --list.", file=sys.stderr)
        return 2
    if options.list:
        _list(chosen)
        return 0
    try:
        agent = agents.read(options.agent)
    except UsageError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return error.exit_code
    results = asyncio.run(board(chosen, agent, note=_note, at_once=options.at_once))
    told = as_told(results, agent)
    print(json.dumps(told, indent=2) if options.json else summary(results, agent))
    if options.write_docs:
        pages.write(results, told)
    return 0 if all(result.verdict in (Verdict.PASS, Verdict.SKIPPED) for result in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quirks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    parser.add_argument("--quick", action="store_true", help="leave out those that take long")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a name, a pattern, or a group: C3")
    parser.add_argument("--agent", type=Path, default=agents.OURS, metavar="FILE", help="another agent's command line")
    parser.add_argument(
        "--write-docs", action="store_true", help=f"run homarus on everything and write {pages.path_of()}"
    )
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help="how many are played side by side")
    return parser


def _chosen(names: Sequence[str], *, is_quick: bool) -> list[Scenario]:
    return [
        scenario
        for scenario in SCENARIOS
        if not (is_quick and scenario.is_slow)
        and (not names or any(fnmatch(scenario.name, name) or scenario.pain == name for name in names))
    ]


def _list(scenarios: Sequence[Scenario]) -> None:
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        print(f"{scenario.pain:<4} {scenario.name:<{width}}  {scenario.about}  {scenario.thread}".rstrip())


def _note(result: Result) -> None:
    print(line_of(result), file=sys.stderr, flush=True)


def line_of(result: Result) -> str:
    """Return a result as text."""
    head = f"{result.verdict:<5} {result.pain:<4} {result.name:<34} {result.seconds:6.1f} s  {result.thread}"
    if result.verdict is Verdict.PASS:
        return head.rstrip()
    return f"{head}\n        {result.because}\n        saw: {result.saw}"


def summary(results: Sequence[Result], agent: Agent) -> str:
    """Return how many ended well."""
    count = Counter(result.verdict for result in results)
    played = len(results) - count[Verdict.SKIPPED]
    rest = "".join(f", {count[kind]} {kind}" for kind in (Verdict.PART, Verdict.FAIL, Verdict.SKIPPED) if count[kind])
    said = f"{agent.name}: {count[Verdict.PASS]} of {played} end well for the person{rest}"
    bad = [one.name for one in results if one.pain == "-" and one.verdict in (Verdict.PART, Verdict.FAIL)]
    is_off = f"\n{', '.join(bad)} did not end well: it may not be set up rightly, and the rest says little."
    return said + is_off if bad else said


def as_told(results: Sequence[Result], agent: Agent) -> dict[str, Any]:
    """Return the results as JSON, with the machine they were seen on."""
    count = Counter(result.verdict for result in results)
    return {
        "agent": agent.name,
        "machine": asdict(machine()),
        "counts": {kind.value: count[kind] for kind in Verdict},
        "scenarios": [asdict(result) for result in results],
    }


if __name__ == "__main__":
    sys.exit(main())
