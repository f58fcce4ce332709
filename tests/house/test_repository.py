"""What lies in the repository: locks without addresses, no copies of others' code, a changelog that can be read."""

import re
import subprocess
import sys

from house.source import ROOT

KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_locks_and_licences_are_as_they_should_be() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/check_locks.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_nothing_that_others_wrote_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0")
    copies = [
        name for name in names if re.search(r"vendor/|node_modules|\.min\.(js|css)$|\.whl$|\.gguf$|uv\.lock", name)
    ]

    assert copies == []


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)

    assert text.startswith("# Changelog\n")
    assert versions[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", version) for version in versions[1:])
    assert set(kinds) <= KINDS


def test_every_entry_for_people_explains_itself() -> None:
    """Each target of the Makefile has its line of help, and `make` alone shows it."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
    explained = set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE))

    assert targets == explained
    assert {"up", "down", "setup", "test", "bench"} <= targets


def test_ci_runs_the_command_that_the_readme_names() -> None:
    assert 'command="make test"' in (ROOT / ".ci" / "stages.py").read_text(encoding="utf-8")
    assert "\nmake test\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_refuses_a_stage_that_it_does_not_have() -> None:
    done = subprocess.run([".ci/run", "nothing"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "there are: environment, form, types" in done.stdout
