"""What steers the agent is after a command what it was before, whatever the command did."""

import os
import sys
from pathlib import Path

import pytest

from homarus.domain.ports import Sandbox
from homarus.tools import sandbox, steering
from homarus.tools.sandbox import why_not

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes tested here are of Linux"),
]
ATTACKS = [
    "echo PWNED > AGENTS.md",
    "echo PWNED >> SOUL.md",
    "rm AGENTS.md; ln -s /etc/passwd AGENTS.md",
    "mv AGENTS.md old.md; mkdir AGENTS.md",
    "ln AGENTS.md b; echo PWNED >> b; rm b",
    "echo PWNED > TOOLS.md; echo PWNED > heartbeat.md",
    "mkdir -p skills/evil; echo PWNED > skills/evil/SKILL.md; rm -r skills/mail",
    "mv skills s; ln -s s skills",
    "mv skills s; echo PWNED > skills",
    "echo PWNED >> .git/config",
    "echo PWNED > .git/hooks/pre-commit",
    "mv .git g; mkdir -p .git/hooks; echo PWNED > .git/config; echo PWNED > .git/hooks/a",
    "echo ../evil > .git/commondir; echo PWNED > .git/config.worktree",
    "touch AGENTS.md; chmod 777 AGENTS.md",
    "ln -s /etc .undo; echo PWNED > AGENTS.md",
]


@pytest.fixture(params=["bubblewrap", "landlock"])
async def fence(request: pytest.FixtureRequest) -> Sandbox:
    build = {"bubblewrap": sandbox.bubblewrap, "landlock": sandbox.landlock}[str(request.param)]
    found = build()
    because = found if isinstance(found, str) else await why_not(found)
    if because or isinstance(found, str):
        pytest.skip(f"{request.param} does not work here: {because}")
    return found


@pytest.fixture
def lived_in(workspace: Path) -> Path:
    """A workspace with all the kinds of files that steer."""
    for name in (
        "AGENTS.md",
        "SOUL.md",
        "MEMORY.md",
        "skills/mail/SKILL.md",
        ".git/config",
        ".git/hooks/a",
        "memory/d",
    ):
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(f"{name}\n", encoding="utf-8")
    (workspace / "USER.md").symlink_to("SOUL.md")
    return workspace


def steering_words(workspace: Path) -> dict[str, str]:
    """Return what somebody who reads the workspace would find in the files that steer."""
    found: dict[str, str] = {}
    for path in sorted(workspace.rglob("*")):
        name = path.relative_to(workspace).as_posix()
        top = name.split("/")[0]
        is_git = name in {".git/config", ".git/commondir", ".git/config.worktree"} or name.startswith(".git/hooks/")
        is_read = top.casefold().endswith(".md") or top in {"skills", "memory"} or is_git
        if is_read and not path.is_dir() and top not in {"old.md", ".undo"}:
            found[name] = f"{path.is_symlink()} {path.stat().st_mode:o} {path.read_text(encoding='utf-8')}"
    return found


@pytest.mark.parametrize("script", ATTACKS)
async def test_a_command_leaves_what_steers_as_it_was(fence: Sandbox, lived_in: Path, script: str) -> None:
    before = steering_words(lived_in)
    await fence.run(["/bin/sh", "-c", script], workspace=lived_in, timeout_s=20)
    assert steering_words(lived_in) == before


async def test_what_was_put_back_is_said_and_what_stood_there_is_kept(lived_in: Path) -> None:
    fence = sandbox.landlock()
    if isinstance(fence, str):
        pytest.skip(fence)
    script = "echo PWNED > AGENTS.md; echo PWNED > TOOLS.md; echo fine > notes.txt"
    ran = await fence.run(["/bin/sh", "-c", script], workspace=lived_in, timeout_s=20)
    assert ran.put_back == ("AGENTS.md", "TOOLS.md")
    kept = [path.read_text(encoding="utf-8") for path in (lived_in / ".undo").iterdir()]
    assert kept == ["PWNED\n", "PWNED\n"]
    assert (lived_in / "notes.txt").read_text(encoding="utf-8") == "fine\n"


async def test_what_bubblewrap_binds_may_be_written_by_the_house_meanwhile(lived_in: Path) -> None:
    before = steering.seen(lived_in, but=steering.fixed(lived_in))
    (lived_in / "memory" / "d").write_text("a new note\n", encoding="utf-8")
    assert steering.put_back(lived_in, before, but=steering.fixed(lived_in)) == ()
    assert (lived_in / "memory" / "d").read_text(encoding="utf-8") == "a new note\n"


async def test_a_command_that_is_cut_off_changed_nothing_either(fence: Sandbox, lived_in: Path) -> None:
    script = "rm -f AGENTS.md; echo PWNED > TOOLS.md; sleep 60"
    ran = await fence.run(["/bin/sh", "-c", script], workspace=lived_in, timeout_s=1)
    assert ran.is_timed_out
    assert (lived_in / "AGENTS.md").read_text(encoding="utf-8") == "AGENTS.md\n"
    assert not (lived_in / "TOOLS.md").exists()


def test_what_cannot_be_kept_is_named(lived_in: Path) -> None:
    with (lived_in / "skills" / "big").open("wb") as file:
        file.truncate(9 << 20)
    before = steering.seen(lived_in)
    os.truncate(lived_in / "skills" / "big", 1)
    assert steering.put_back(lived_in, before) == ("skills/big (not undone)",)


def test_a_file_that_was_only_touched_is_the_same(lived_in: Path) -> None:
    before = steering.seen(lived_in)
    os.utime(lived_in / "AGENTS.md")
    assert steering.put_back(lived_in, before) == ()
