"""A program that runs others is never safe, whoever named it."""

import pytest

from homarus.domain.programs import RUNS_FILES, RUNS_WORDS, runs_anything
from homarus.policy.commands import is_safe


@pytest.mark.parametrize("program", [*sorted(RUNS_WORDS | RUNS_FILES), "python3.12", "/usr/bin/make", "Bash", "gcc-12"])
def test_what_runs_other_programs_or_what_it_finds_is_not_safe(program: str) -> None:
    assert not is_safe([program, "x"], frozenset({program}))


@pytest.mark.parametrize("program", ["ls", "cat", "wc", "head", "tail", "date", "cal", "diff", "grep", "jq", "md5sum"])
def test_what_only_reads_can_be_named_safe(program: str) -> None:
    assert is_safe(f"{program} notes.txt", frozenset({program}))
    assert not runs_anything(program)
