"""Check the lock files and what they bring: hashes, no addresses, permissive licences, few distributions in the core.

    python scripts/check_locks.py

One line when all is well, else one line for each thing that is not.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = Path(__file__).resolve().parent.parent / "requirements"
CORE_LIMIT = 40
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.*?))?(?: \\)?$")
_ADDRESS = re.compile(r"https?://|git\+|--(?:index-url|extra-index-url|find-links|trusted-host)")
PERMISSIVE = ("mit", "bsd", "apache", "psf", "python software foundation", "isc", "0bsd", "zero-clause", "unlicense")
WEAK_COPYLEFT = {"psycopg": "lgpl-3.0-only", "psycopg-binary": "lgpl-3.0-only"}
"""The driver that dbos brings: installed beside homarus, unchanged, replaceable, loaded only with a Postgres server."""


def main() -> int:
    """Print what is wrong; 1 when something is."""
    problems = [problem for lock in sorted(LOCKS.glob("*.lock")) for problem in lock_problems(lock)]
    core = needed(tomllib.loads((LOCKS.parent / "pyproject.toml").read_text())["project"]["dependencies"])
    if len(core) > CORE_LIMIT:
        problems.append(f"homarus needs {len(core)} distributions, more than {CORE_LIMIT}")
    problems += [problem for name in sorted(core) if (problem := licence_problem(name))]
    problems += [f"run.lock: {name} is needed and not pinned" for name in sorted(core - pinned(LOCKS / "run.lock"))]
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(core)} distributions in the core, every lock hashed, every licence permissive")
    return 1 if problems else 0


def needed(texts: Iterable[str], extras: frozenset[str] = frozenset()) -> set[str]:
    """Return the names of requirements that hold on this platform, and of everything that those need."""
    found: set[str] = set()
    for text in texts:
        wanted = Requirement(text)
        asked = [{"extra": extra} for extra in (extras or {""})]
        if wanted.marker and not any(wanted.marker.evaluate(extra) for extra in asked):
            continue
        theirs = distribution(wanted.name).requires or []
        found |= {canonicalize_name(wanted.name)} | needed(theirs, frozenset(wanted.extras))
    return found


def pinned(lock: Path) -> set[str]:
    """Return the names that a lock file pins."""
    return {canonicalize_name(found[1]) for line in lock.read_text().splitlines() if (found := _PIN.match(line))}


def lock_problems(lock: Path) -> Iterator[str]:
    """Yield what is wrong with a lock file: an address, a line without a version, a pin without a hash."""
    name, has_hash = "", True
    for number, line in enumerate([*lock.read_text().splitlines(), "end==0"], start=1):
        if _ADDRESS.search(line):
            yield f"{lock.name}:{number}: names an address"
        if line.startswith((" ", "#")) or not line.strip():
            has_hash = has_hash or "--hash=sha256:" in line
            continue
        if name and not has_hash:
            yield f"{lock.name}: {name} has no hash"
        found = _PIN.match(line)
        if found is None:
            yield f"{lock.name}:{number}: {line.split()[0]!r} is not pinned to one version"
        name, has_hash = (found[1] if found else ""), False


def licence_problem(name: str) -> str | None:
    """Return what is wrong with the licence of an installed distribution, if anything."""
    told = licence_of(distribution(name)).lower()
    if any(word in told for word in PERMISSIVE) or WEAK_COPYLEFT.get(name) == told:
        return None
    return f"{name}: the licence {told or 'is not named and'!r} is not known to be permissive"


def licence_of(found: Distribution) -> str:
    """Return the licence as the metadata tells it: expression, classifiers, or the free field."""
    metadata = found.metadata
    classifiers: list[str] = metadata.get_all("Classifier") or []
    told = [text.rpartition("::")[2].strip() for text in classifiers if text.startswith("License ::")]
    fields = {name: metadata[name] for name in ("License-Expression", "License") if name in metadata}
    return fields.get("License-Expression") or ", ".join(told) or fields.get("License", "").split("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
