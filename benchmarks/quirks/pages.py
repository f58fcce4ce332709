"""The page of the documentation that says what a person sees of a server that misbehaves, from a run of the board."""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from benchmarks.figures import ROOT
from benchmarks.quirks.board import Result, Verdict
from benchmarks.quirks.pains import PAINS, SCENARIOS
from benchmarks.quirks.scenario import Scenario

PAGE = ROOT / "docs" / "reference" / "misbehaving-servers.md"
LAST = ROOT / "benchmarks" / "quirks" / "last.json"
"""The last run of the whole board on homarus, with date and commit."""
_HEAD = """# Misbehaving model servers

What you see of homarus when a model server, or the model in it, does not do what it should. Each row is a scenario of
the scoreboard: a real gateway, a real command line, and a server that misbehaves in one way, taken from a public
thread in which people complain of it in some agent. Written by `python -m benchmarks.quirks --write-docs`.

{passed} of {played} end well for the person: the right outcome, and a word about what happened where something
happened. Run on {date}, {commit}; {cpu}, {cores} cores.

```
python -m benchmarks.quirks                       # all of them, about three minutes on two cores
python -m benchmarks.quirks --only C3 --quick     # a group, without those that take long
python -m benchmarks.quirks --agent examples/quirk-agents/llm.toml
```

The same scenarios can be put to any other agent that has a command line: a file says how it is configured and asked,
and what it calls its tools. `examples/quirk-agents/` has such files, with what was tried of them; homarus is played
through one as well. A judge looks only at what is shown, at the exit code, at files that were really written, and at
what the model servers received.
"""


def write(results: Sequence[Result], told: Mapping[str, Any]) -> None:
    """Write the page and the figures of a run."""
    LAST.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(results, told), encoding="utf-8")


def last() -> dict[str, Any]:
    """Return the last run."""
    return json.loads(LAST.read_text(encoding="utf-8"))


def page(results: Sequence[Result], told: Mapping[str, Any]) -> str:
    """Return the page of a run."""
    found = {result.name: result for result in results}
    played = sum(result.verdict is not Verdict.SKIPPED for result in results)
    head = _HEAD.format(passed=told["counts"]["pass"], played=played, **told["machine"])
    parts = [head]
    for pain, title in PAINS.items():
        rows = [_row(one, found[one.name]) for one in SCENARIOS if one.pain == pain and one.name in found]
        name = f"{pain}: {title}" if pain != "-" else "No misbehaviour"
        table = [
            "| scenario | what the server does | what you should see | what was seen | thread |",
            "|---|---|---|---|---|",
        ]
        parts.append("\n".join([f"## {name}", "", *table, *rows]) + "\n")
    return "\n".join(parts)


def _row(scenario: Scenario, result: Result) -> str:
    seen = _cell(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", result.saw), 200)
    mark = "" if result.verdict is Verdict.PASS else f"**{result.verdict}**: "
    cells = (f"`{scenario.name}`", _cell(scenario.about), _cell(scenario.expect), mark + seen, _link(scenario.thread))
    return f"| {' | '.join(cells)} |"


def _cell(text: str, limit: int = 400) -> str:
    """Return text as it can stand in a table, without anything that Markdown or HTML would read."""
    short = text if len(text) <= limit else f"{text[:limit]}..."
    plain = escape(short, quote=False).replace("|", "&#124;").replace("`", "&#96;")
    return re.sub(r"([*_\[\]~\\])", r"\\\1", plain)


def _link(thread: str) -> str:
    project, _sign, number = thread.partition("#")
    return f"[{project.rpartition('/')[2]}#{number}](https://github.com/{project}/issues/{number})" if number else ""


def path_of() -> str:
    """Return where the page is, for messages."""
    return str(PAGE.relative_to(ROOT))
