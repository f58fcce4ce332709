import asyncio
import os
import sys
from pathlib import Path

import pytest

from homarus.models import processes

pytestmark = pytest.mark.anyio


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


async def test_a_child_sees_only_the_environment_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_MINE", "x")
    done = await processes.run(
        python("import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"), environment={"ONLY": "this"}, timeout_s=20
    )
    assert done.stdout.strip() == "['ONLY']"
    assert done.exit_code == 0


async def test_the_end_of_stderr_is_kept() -> None:
    code = "import sys\nfor n in range(500): print('line', n, file=sys.stderr)\nsys.exit(3)"
    done = await processes.run(python(code), environment={}, timeout_s=20)
    assert done.exit_code == 3
    assert done.stderr.endswith("line 499")
    assert "line 0\n" not in done.stderr


async def test_a_program_that_takes_too_long_is_killed() -> None:
    with pytest.raises(TimeoutError):
        await processes.run(python("import time; time.sleep(600)"), environment={}, timeout_s=0.3)


async def test_stopping_ends_the_whole_group() -> None:
    code = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(p.pid, flush=True)\ntime.sleep(600)"
    )
    child = await processes.start(python(code), environment={})
    grandchild = int(await child.first_line(20))
    child.kill()
    await child.stop()
    assert not child.is_running
    for _ in range(200):
        if not _is_alive(grandchild):
            return
        await asyncio.sleep(0.02)
    pytest.fail("the grandchild still runs")


async def test_a_child_that_ends_without_a_word_gives_an_empty_line() -> None:
    child = await processes.start(python("pass"), environment={})
    assert await child.first_line(20) == ""
    await child.stop()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
