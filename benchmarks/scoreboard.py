"""How many misbehaviours of model servers end well for the person, as the last run of the whole scoreboard found.

The scoreboard takes minutes, so this reads what `python -m benchmarks.quirks --write-docs` left, with its date and
commit; the tests of the repository play the quick part of it again every time.
"""

import sys

from benchmarks.figures import Figure, main
from benchmarks.quirks.pages import last


def measure(*, is_quick: bool) -> list[Figure]:
    """Return the last figure; quick or not makes no difference."""
    del is_quick
    told = last()
    counts, machine = told["counts"], told["machine"]
    played = counts["pass"] + counts["part"] + counts["fail"]
    return [
        Figure(
            name=f"misbehaving servers that end well, of {played} ({machine['date'][:10]}, {machine['commit']})",
            value=100 * counts["pass"] / played,
            unit="%",
            goal=100,
            better="higher",
            note=f"{counts['part']} part, {counts['fail']} fail",
        )
    ]


if __name__ == "__main__":
    sys.exit(main(measure))
