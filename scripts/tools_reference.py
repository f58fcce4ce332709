"""Write docs/reference/tools.md from the marks and docstrings of the tools: `python scripts/tools_reference.py`."""

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from homarus.domain.acts import Risk
from homarus.tools.marked import tool_of
from homarus.tools.offer import ToolFunction, account_tools, own_tools

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "tools.md"
HEAD = """# Tools

What an agent can do. A model is told the name, the sentence and the arguments; everything else here is for you.
Which of them may run without a question is a matter of the policy; `homarus doctor` says which are left out and why.
Written by `scripts/tools_reference.py`.
"""
RISKS = {
    Risk.READ: "reads what you hold here, changes nothing",
    Risk.REACH: "asks a machine elsewhere",
    Risk.WRITE: "changes your files, memory or reminders; can be undone",
    Risk.ACT: "has an effect elsewhere that cannot be taken back",
    Risk.RUN: "runs a program in the sandbox",
}
NOTES = {
    "time.now": "The zone is `agents.defaults.userTimezone`, else the machine's.",
    "remind.set": (
        "`when` is ISO 8601 or English, German or Spanish words: `noon`, `tomorrow 3pm`, `in half an hour`, "
        "`on the 3rd at 14:30`, `morgen um 9`, `mañana a las 8`. Every word must be understood; what is unclear or "
        "has passed is asked back. The confirmation names weekday, date, time and zone. A time that a change of "
        "clocks leaves out moves on; of one that comes twice, the first counts."
    ),
    "memory.save": "Written to `memory/` in the workspace, labelled as the model's words.",
    "files.read": "Text files up to 4 MB, 400 lines or 16,000 characters at a time.",
    "files.write": (
        "The file is replaced whole or not at all; what was there is kept in `.undo/` (the last 100). AGENTS.md, "
        "SOUL.md, USER.md, MEMORY.md and their like, `skills/` and `memory/` steer the agent: writing them is asked."
    ),
    "files.edit": "As files.write. Text that is not found is answered with the nearest lines.",
    "files.search": "Skips repositories, environments and files over 2 MB; stops after 60 lines or 5 seconds.",
    "web.search": "Off until `tools.web.search.baseUrl` names a SearXNG, or `provider` is `brave` with an `apiKey`.",
    "web.fetch": (
        "Public addresses only. HTML becomes readable text without anything hidden; text, Markdown and JSON stay as "
        "they are; other formats are refused in words. At most `tools.web.fetch.maxChars` characters."
    ),
    "shell.run": (
        "`/bin/sh -c` in bubblewrap, else behind Landlock and seccomp (Linux), or sandbox-exec (macOS); without one "
        "of them there is no shell. The workspace is the only writable folder, there is no network, and the "
        "gateway's environment, other files and other processes are out of reach. Limits: `tools.exec.timeoutSeconds`,"
        " 128 processes, 4 GB of addresses and 256 MB per file. `tools.exec.mode: deny` takes it away."
    ),
}


def page() -> str:
    """Return the page as it should be."""
    return "\n".join([HEAD, *(_section(function) for function in (*own_tools(), *account_tools()))])


def _section(function: ToolFunction) -> str:
    made = tool_of(function)
    name = made.spec.name
    parameters = cast("Mapping[str, Mapping[str, object]]", made.spec.parameters.get("properties", {}))
    lines = [f"## {name}", "", made.spec.description, ""]
    lines += [f"- Risk: {made.traits.risk.value} ({RISKS[made.traits.risk]})"]
    if made.traits.key_arguments:
        keys = ", ".join(f"`{key}`" for key in sorted(made.traits.key_arguments))
        lines.append(f"- Decides where it goes: {keys}")
    defaults = inspect.signature(function).parameters
    for argument, about in parameters.items():
        default = defaults[argument].default
        rest = "" if default is inspect.Parameter.empty else f", default `{default}`"
        lines.append(f"- `{argument}`: {about.get('type', 'value')}{rest}")
    if name in NOTES:
        lines += ["", NOTES[name]]
    return "\n".join([*lines, ""])


def main() -> int:
    """Write the page, or tell whether it is old."""
    written = page()
    if "--check" in sys.argv:
        is_current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == written
        print("up to date" if is_current else f"{TARGET.name} is old: run python scripts/tools_reference.py")
        return 0 if is_current else 1
    TARGET.write_text(written, encoding="utf-8")
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
