import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from homarus.domain.errors import ToolFailedError
from homarus.domain.ports import Ran, Sandbox
from homarus.tools import confine, sandbox
from homarus.tools.plans import SANDBOX_USER
from homarus.tools.sandbox import NoSandbox, find_sandbox, why_not

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes tested here are of Linux"),
]
SOURCE = Path(sandbox.__file__).parents[2]
HAS_PYTHON = Path("/usr/bin/python3").exists()
FORKING = """
import os, time
count = 0
try:
    while count < 2000:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
"""


def left_behind() -> list[Path]:
    return [*Path("/tmp").glob("homarus-left-behind"), *Path("/tmp").glob("homarus-*/homarus-left-behind")]


def odd_ones(folder: Path) -> list[Path]:
    """Return what is no plain file, or would lend the rights of its owner."""
    return [path for path in folder.iterdir() if path.stat().st_mode & 0o6000 or not path.is_file()]


@pytest.fixture(params=["bubblewrap", "landlock"])
async def fence(request: pytest.FixtureRequest) -> Sandbox:
    build = {"bubblewrap": sandbox.bubblewrap, "landlock": sandbox.landlock}[str(request.param)]
    found = build()
    because = found if isinstance(found, str) else await why_not(found)
    if because or isinstance(found, str):
        pytest.skip(f"{request.param} does not work here: {because}")
    return found


async def begun(workspace: Path) -> None:
    """Wait until a command has made its first file."""
    for _look in range(200):
        if (workspace / "begun").exists():
            return
        await asyncio.sleep(0.05)
    pytest.fail("the command did not begin")


async def shell(fence: Sandbox, workspace: Path, script: str, *, limit_s: float = 20) -> Ran:
    return await fence.run(["/bin/sh", "-c", script], workspace=workspace, timeout_s=limit_s)


async def python(fence: Sandbox, workspace: Path, code: str) -> Ran:
    if not HAS_PYTHON:
        pytest.skip("no Python of the system to try this with")
    return await fence.run(["/usr/bin/python3", "-c", code], workspace=workspace, timeout_s=20)


async def test_a_command_works_in_its_workspace(fence: Sandbox, workspace: Path) -> None:
    (workspace / "notes.txt").write_text("call Lena\n", encoding="utf-8")
    ran = await shell(fence, workspace, "wc -l < notes.txt && echo done > made.txt && mkdir -p a/b && pwd")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == f"1\n{workspace}\n"
    assert (workspace / "made.txt").read_text(encoding="utf-8") == "done\n"


async def test_the_exit_code_and_both_streams_come_back(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "echo out; echo err >&2; exit 7")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (7, "out\n", "err\n")


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "/etc/shadow", "/root", "/proc/self/../1/root/etc/passwd"]
)
async def test_files_elsewhere_cannot_be_read(fence: Sandbox, workspace: Path, path: str) -> None:
    ran = await shell(fence, workspace, f"cat {path} || ls {path}/")
    assert ran.exit_code != 0
    assert ran.stdout == ""


async def test_a_symlink_does_not_lead_out(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "ln -s ../secret a && cat a; ln -s .. up && cat up/secret; echo x > up/made")
    assert "hunter2" not in ran.stdout
    assert not (workspace.parent / "made").exists()


@pytest.mark.parametrize("path", ["../made", "/usr/made", "/etc/made", "/var/tmp/made-by-sandbox", "/dev/shm/made"])
async def test_nothing_is_written_elsewhere(fence: Sandbox, workspace: Path, path: str) -> None:
    await shell(fence, workspace, f"echo x > {path}")
    assert not (workspace / path).exists()


async def test_the_temporary_folder_is_its_own_and_gone_afterwards(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, 'echo x > "$TMPDIR/homarus-left-behind" && ls "$TMPDIR" && echo $HOME')
    assert ran.stdout.splitlines()[0] == "homarus-left-behind"
    assert not left_behind()


async def test_the_environment_of_the_gateway_is_invisible(
    fence: Sandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2-in-environment")
    ran = await shell(fence, workspace, "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'")
    assert "hunter2-in-environment" not in ran.stdout


async def test_other_processes_are_invisible(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "cat /proc/[0-9]*/comm 2>/dev/null | wc -l")
    assert int(ran.stdout) <= 6


async def test_the_gateway_cannot_be_signalled(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(
        fence, workspace, f"kill -0 {os.getpid()} && echo reached; kill -0 {os.getppid()} && echo reached"
    )
    assert "reached" not in ran.stdout


@pytest.mark.parametrize(
    "family",
    [
        "AF_INET, socket.SOCK_STREAM",
        "AF_INET, socket.SOCK_DGRAM",
        "AF_INET6, socket.SOCK_STREAM",
        "AF_UNIX",
        "AF_NETLINK, socket.SOCK_RAW",
    ],
)
async def test_there_is_no_network(fence: Sandbox, workspace: Path, family: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        code = f"import socket; s = socket.socket(socket.{family}); s.connect(('127.0.0.1', {port})); print('out')"
        ran = await python(fence, workspace, code)
    assert ran.exit_code != 0
    assert ran.stdout == ""


async def test_an_abstract_socket_of_the_machine_is_out_of_reach(fence: Sandbox, workspace: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0homarus-test-{os.getpid()}")
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0homarus-test-{os.getpid()}'); print('out')"
        ran = await python(fence, workspace, code)
    assert ran.stdout == ""


async def test_children_may_talk_to_each_other(fence: Sandbox, workspace: Path) -> None:
    ran = await python(fence, workspace, "import socket; a, b = socket.socketpair(); a.send(b'hi'); print(b.recv(2))")
    assert ran.stdout == "b'hi'\n"


async def test_a_datagram_socket_of_the_machine_is_out_of_reach(fence: Sandbox, workspace: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(workspace / "host.sock"))
        server.setblocking(False)
        code = "import socket; a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a.sendto(b'x', 'host.sock')"
        ran = await python(fence, workspace, code)
        assert ran.exit_code != 0
        with pytest.raises(BlockingIOError):
            server.recv(1)


@pytest.mark.parametrize("script", ["cp /bin/true a && chmod 4755 a", "cp /bin/true a && chmod g+s a", "mkfifo a"])
async def test_nothing_is_left_that_lends_rights_or_is_no_file(fence: Sandbox, workspace: Path, script: str) -> None:
    assert (await shell(fence, workspace, script)).exit_code != 0
    assert not odd_ones(workspace)


@pytest.mark.parametrize("call", ["unshare -r true", "unshare -n true", "mount -t tmpfs none .", "chroot . true"])
async def test_no_namespace_and_no_mount_can_be_made(fence: Sandbox, workspace: Path, call: str) -> None:
    ran = await shell(fence, workspace, f"PATH=$PATH:/usr/sbin {call} && echo made")
    assert ran.stdout == ""


async def test_a_command_has_no_rights_of_root(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "id -u; test -w /usr && echo writable")
    assert ran.stdout.strip() == (str(SANDBOX_USER) if os.geteuid() == 0 else str(os.geteuid()))


async def test_a_command_that_takes_too_long_is_ended_with_its_children(fence: Sandbox, workspace: Path) -> None:
    script = "(sleep 1.5 && echo late > late.txt) & setsid sh -c 'sleep 1.5; echo late > late2.txt' & sleep 60"
    ran = await shell(fence, workspace, script, limit_s=0.5)
    assert ran.is_timed_out
    await asyncio.sleep(2)
    assert not (workspace / "late.txt").exists()
    assert not (workspace / "late2.txt").exists()


async def test_what_a_command_leaves_behind_is_ended_with_it(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "(sleep 1; echo late > late.txt) & echo done")
    assert (ran.stdout, ran.is_timed_out) == ("done\n", False)
    await asyncio.sleep(1.5)
    assert not (workspace / "late.txt").exists()


async def test_a_cancelled_call_ends_its_command(fence: Sandbox, workspace: Path) -> None:
    task = asyncio.create_task(shell(fence, workspace, "touch begun; sleep 2; touch late"))
    await begun(workspace)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(2.5)
    assert not (workspace / "late").exists()


async def test_long_output_keeps_its_beginning_and_its_end(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "seq 1 100000")
    assert ran.is_cut
    assert ran.stdout.startswith("1\n2\n")
    assert ran.stdout.endswith("99999\n100000\n")
    assert len(ran.stdout) < 13_000


async def test_endless_output_is_ended(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "yes", limit_s=30)
    assert "printed too much" in ran.stderr
    assert not ran.is_timed_out


async def test_a_file_cannot_grow_without_bound(fence: Sandbox, workspace: Path) -> None:
    ran = await shell(fence, workspace, "truncate -s 300M big; ls -s big")
    assert "File too large" in ran.stderr or ran.exit_code != 0


async def test_memory_is_bounded(fence: Sandbox, workspace: Path) -> None:
    ran = await python(fence, workspace, "bytearray(5 << 30); print('got it')")
    assert ran.exit_code != 0
    assert ran.stdout == ""


async def test_a_fork_bomb_stops_at_the_limit(fence: Sandbox, workspace: Path) -> None:
    ran = await python(fence, workspace, FORKING)
    assert 0 < int(ran.stdout) <= 140


async def test_a_missing_program_is_named(fence: Sandbox, workspace: Path) -> None:
    try:
        ran = await fence.run(["no-such-program"], workspace=workspace, timeout_s=5)
    except ToolFailedError as error:
        assert "could not be started" in error.message  # noqa: PT017 - the two layers find out at different places
    else:
        assert ran.exit_code != 0
        assert "no-such-program" in ran.stderr


async def test_files_shared_with_another_place_are_not_handed_over(fence: Sandbox, workspace: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only a gateway that runs as root hands files over")
    os.link(workspace.parent / "secret", workspace / "hard")
    await shell(fence, workspace, "true")
    assert (workspace.parent / "secret").stat().st_uid == 0


async def test_files_of_other_people_are_not_handed_over(fence: Sandbox, workspace: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only a gateway that runs as root hands files over")
    (workspace / "theirs").mkdir()
    (workspace / "theirs" / "a").write_text("a", encoding="utf-8")
    for path in ("theirs", "theirs/a"):
        os.chown(workspace / path, 1234, 1234)
    await shell(fence, workspace, "true")
    assert [(workspace / path).stat().st_uid for path in ("theirs", "theirs/a")] == [1234, 1234]


async def test_root_never_hands_the_system_over(fence: Sandbox) -> None:
    if os.geteuid() != 0:
        pytest.skip("only a gateway that runs as root hands files over")
    with pytest.raises(ToolFailedError, match="system"):
        await shell(fence, Path("/usr/share/doc"), "true")


async def test_landlock_alone_leaves_modes_elsewhere_alone(workspace: Path) -> None:
    found = sandbox.landlock()
    if isinstance(found, str):
        pytest.skip(found)
    outside = workspace.parent / "secret"
    before = outside.stat()
    await shell(found, workspace, "chmod 777 ../secret; touch -d 2001-01-01 ../secret; truncate -s 0 ../secret")
    assert outside.stat() == before


async def test_the_strictest_sandbox_that_works_is_chosen_and_says_why() -> None:
    found = await find_sandbox()
    assert [tried.because for tried in found.tried if tried.level == found.sandbox.level] in ([""], [])
    if shutil.which("bwrap") is None:
        assert "not installed" in found.tried[0].because


async def test_without_a_sandbox_nothing_runs(workspace: Path) -> None:
    with pytest.raises(ToolFailedError, match="no sandbox works"):
        await NoSandbox().run(["touch", "made"], workspace=workspace, timeout_s=5)
    assert not (workspace / "made").exists()


async def test_a_sandbox_that_leaks_is_not_used() -> None:
    class Open(NoSandbox):
        async def run(self, argv: object, *, workspace: Path, timeout_s: float) -> Ran:  # noqa: ARG002 - a fake
            return Ran(exit_code=0, stdout="ok\nopen", stderr="", is_cut=False, is_timed_out=False, elapsed_ms=1)

    assert "held to its folder" in await why_not(Open())


GATEWAY = """
import asyncio, pathlib, sys
from homarus.tools import sandbox
fence = {"bubblewrap": sandbox.bubblewrap, "landlock": sandbox.landlock}[sys.argv[1]]()
script = ["/bin/sh", "-c", "touch begun; sleep 2; touch late"]
asyncio.run(fence.run(script, workspace=pathlib.Path(sys.argv[2]), timeout_s=30))
"""


async def test_when_the_gateway_is_killed_its_command_ends(fence: Sandbox, workspace: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir(mode=0o755)
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GATEWAY, fence.level, str(workspace), env={**os.environ, "TMPDIR": str(scratch)}
    )
    await begun(workspace)
    gateway.kill()
    await gateway.wait()
    await asyncio.sleep(2.5)
    assert not (workspace / "late").exists()
    assert not os.listdir(scratch)  # noqa: PTH208 - pathlib's twin blocks no less


AS_A_PERSON = """
import asyncio, json, pathlib, tempfile
from homarus.tools import sandbox
async def main():
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "secret").write_text("hunter2")
        place = pathlib.Path(folder, "workspace"); place.mkdir()
        for build in (sandbox.bubblewrap, sandbox.landlock):
            fence = build()
            because = fence if isinstance(fence, str) else await sandbox.why_not(fence)
            if because:
                seen[build.__name__] = because; continue
            script = "id -u; echo made > made; cat made; cat ../secret /etc/shadow; "
            script += "cat /proc/*/environ | tr '\\\\0' '\\\\n'; unshare -r true && echo unshared"
            ran = await fence.run(["/bin/sh", "-c", script], workspace=place, timeout_s=20)
            seen[fence.level] = ran.stdout
    print(json.dumps(seen))
asyncio.run(main())
"""


def test_both_layers_hold_for_a_normal_user() -> None:
    program = Path("/usr/bin/python3")
    if os.geteuid() != 0 or shutil.which("setpriv") is None or not program.exists():
        pytest.skip("needs root, setpriv and a system Python to become another user")
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", str(program), "-c", AS_A_PERSON]
    environment = {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "SECRET": "hunter2", "HOME": "/tmp"}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0 and "homarus" in done.stderr and "No module" in done.stderr:
        pytest.skip("another user cannot read this checkout")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    for level in {"bubblewrap", "landlock"} & set(seen):
        assert seen[level].splitlines()[:2] == ["65534", "made"]
        assert "hunter2" not in seen[level]
        assert "unshared" not in seen[level]


def test_the_launcher_needs_only_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", confine.__file__, "1"], stdin=subprocess.DEVNULL, env={}, check=False, timeout=10
    )
    assert done.returncode == 2
