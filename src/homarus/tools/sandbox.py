"""Run commands where they cannot hurt: the one file of this room that starts processes.

`find_sandbox` tries what the machine has, strictest first, by running a command and looking whether it can reach what
it must not. What works is used for the life of the gateway; where nothing works there is no shell, never the host's.
"""

import asyncio
import contextlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from homarus.domain.errors import ToolFailedError
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE
from homarus.domain.ports import Ran, Sandbox
from homarus.domain.workspaces import refuse
from homarus.tools import confine, steering
from homarus.tools.plans import SANDBOX_USER, Ground, bubblewrap_plan, landlock_plan, seatbelt_plan
from homarus.tools.seccomp import machine

_SHOWN_BYTES = 12_000
_MOST_BYTES = 8 << 20
"""A command that says more than this is ended."""
_FREE_FLOOR_BYTES = 512 << 20
"""Below this much free disk a command that is filling it is ended."""
_FILLED_BYTES = 64 << 20
_PROBE_SOCKETS = """
command -v python3 > /dev/null && python3 -I -S - 2> /dev/null <<END
import socket
socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
print("a datagram socket")
END
true
"""
_LOOK_S = 0.2
_END_S = 5.0

Planner = Callable[[Sequence[str], Ground], confine.Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A sandbox that was tried on this machine."""

    level: str
    because: str
    """Empty when it works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSandbox:
    """The sandbox to use, and how it was found."""

    sandbox: Sandbox
    tried: tuple[Tried, ...]


class NoSandbox:
    """Stands where no sandbox works: refuses every command."""

    level = "off"

    async def run(self, argv: Sequence[str], *, workspace: Path, timeout_s: float) -> Ran:  # noqa: ARG002 - the contract's words
        """Refuse.

        Raises:
            ToolFailedError: always.
        """
        raise ToolFailedError(
            "Commands cannot be run: no sandbox works on this machine.", hint="Say so and go on without a command."
        )


@dataclass(slots=True)
class _Output:
    """The beginning and the end of a stream, with the middle left out."""

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    seen_bytes: int = 0

    def add(self, piece: bytes) -> None:
        self.seen_bytes += len(piece)
        room = _SHOWN_BYTES // 2 - len(self.head)
        if room > 0:
            self.head += piece[:room]
            piece = piece[room:]
        self.tail += piece
        del self.tail[: -_SHOWN_BYTES // 2]

    @property
    def is_cut(self) -> bool:
        return self.seen_bytes > len(self.head) + len(self.tail)

    def text(self) -> str:
        left_out = self.seen_bytes - len(self.head) - len(self.tail)
        middle = f"\n[... {left_out} bytes left out ...]\n" if left_out else ""
        return self.head.decode(errors="replace") + middle + self.tail.decode(errors="replace")


def _hand_over(folder: Path) -> None:
    """Give root's own files of the workspace to the sandbox's user.

    Links are not followed, files with a second name are left alone, and so is everything that is somebody else's.

    Raises:
        ToolFailedError: when the folder is no workspace but a part of the system.
    """
    because = refuse(folder, None)
    if because is not None:
        raise ToolFailedError(because, hint=_("Set agents.defaults.workspace to a folder of its own."), label=HOUSE)
    for _path, _folders, files, place in os.fwalk(folder, follow_symlinks=False):
        if os.fstat(place).st_uid == 0:
            os.fchown(place, SANDBOX_USER, SANDBOX_USER)
        for name in files:
            with contextlib.suppress(FileNotFoundError):  # gone since it was listed
                found = os.stat(name, dir_fd=place, follow_symlinks=False)
                if found.st_uid == 0 and found.st_nlink == 1:
                    os.chown(name, SANDBOX_USER, SANDBOX_USER, dir_fd=place, follow_symlinks=False)


def _tasks_of(user: int) -> int:
    """Count the threads of a user, which the kernel's limit of processes counts too."""
    count = 0
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir("/proc"):
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and entry.stat().st_uid == user:
                    count += Path(entry.path, "task").stat().st_nlink - 2
    return count


@contextlib.asynccontextmanager
async def _ground(workspace: Path, timeout_s: float) -> AsyncGenerator[Ground, None]:
    is_root = os.geteuid() == 0

    def prepare() -> Ground:
        scratch = Path(tempfile.mkdtemp(prefix="homarus-"))
        if is_root:
            _hand_over(workspace)
            os.chown(scratch, SANDBOX_USER, SANDBOX_USER)
        return Ground(
            workspace=workspace.resolve(),
            scratch=scratch.resolve(),
            is_root=is_root,
            user_tasks=_tasks_of(SANDBOX_USER if is_root else os.geteuid()),
            cpu_s=int(timeout_s) + 2,
            fixed=steering.fixed(workspace),
        )

    ground = await asyncio.to_thread(prepare)
    try:
        yield ground
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, ground.scratch, ignore_errors=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class FencedSandbox:
    """Runs each command behind the fence that a planner describes."""

    level: str
    planner: Planner
    binds: bool = False
    """Whether it keeps the ground's `fixed` files from changing at all."""

    async def run(self, argv: Sequence[str], *, workspace: Path, timeout_s: float) -> Ran:
        """Run a command with the workspace as its only writable folder and no network.

        Raises:
            ToolFailedError: when the fence cannot be put up; nothing was run.
        """
        async with _ground(workspace, timeout_s) as ground:
            but = ground.fixed if self.binds else ()
            before = await asyncio.to_thread(steering.seen, ground.workspace, but=but)
            try:
                ran = await _run(self.planner(argv, ground), ground, timeout_s)
            finally:
                back = asyncio.to_thread(steering.put_back, ground.workspace, before, but=but)
                concerned = await asyncio.shield(asyncio.ensure_future(back))
            return replace(ran, put_back=concerned)


async def _run(plan: confine.Plan, ground: Ground, limit_s: float) -> Ran:
    started = time.monotonic()
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", confine.__file__, str(writing)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
            pass_fds=(writing,),
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    try:
        return await _followed(process, plan, ground, reading, started + limit_s)
    finally:
        os.close(reading)
        await asyncio.shield(_ended(process))


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End the command and everything it started, and wait for it."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _followed(
    process: asyncio.subprocess.Process, plan: confine.Plan, ground: Ground, report: int, deadline: float
) -> Ran:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = _Output(), _Output()
    started, why = time.monotonic(), ""
    process.stdin.write(json.dumps(plan).encode() + b"\n")
    readers = asyncio.gather(_drain(process.stdout, out), _drain(process.stderr, err))
    free_before = shutil.disk_usage(ground.workspace).free
    try:
        while not readers.done() and not why:
            await asyncio.wait({readers}, timeout=min(_LOOK_S, max(0.0, deadline - time.monotonic())))
            why = "" if readers.done() else _why_end(out, err, ground, free_before, deadline)
        await _ended(process) if why else await process.wait()
        await readers
    finally:
        readers.cancel()
    _raise_if_not_started(await asyncio.to_thread(os.read, report, 600))
    note = f"\n[ended: {why}]" if why and why != "time" else ""
    return Ran(
        exit_code=process.returncode if process.returncode is not None else -1,
        stdout=out.text(),
        stderr=err.text() + note,
        is_cut=out.is_cut or err.is_cut,
        is_timed_out=why == "time",
        elapsed_ms=(time.monotonic() - started) * 1000,
    )


def _why_end(out: _Output, err: _Output, ground: Ground, free_before: int, deadline: float) -> str:
    """Return why the command must end now, or nothing."""
    if time.monotonic() >= deadline:
        return "time"
    if out.seen_bytes + err.seen_bytes > _MOST_BYTES:
        return "it printed too much"
    free = shutil.disk_usage(ground.workspace).free
    if free < _FREE_FLOOR_BYTES and free_before - free > _FILLED_BYTES:
        return "the disk is nearly full"
    return ""


def _raise_if_not_started(report: bytes) -> None:
    if not report:
        return
    because = report.decode(errors="replace")
    raise ToolFailedError(
        f"The command could not be started: {because}.", hint="Check the program's name; only installed programs run."
    )


async def _drain(stream: asyncio.StreamReader, output: _Output) -> None:
    while piece := await stream.read(65536):
        output.add(piece)
        if output.seen_bytes > _MOST_BYTES:
            await asyncio.sleep(_LOOK_S)  # it is about to be ended; do not keep up with it


# --- which one ----------------------------------------------------------------------------------------------------


def bubblewrap() -> FencedSandbox | str:
    """Return the sandbox of namespaces, or why this machine has none."""
    program, setpriv, here = shutil.which("bwrap"), shutil.which("setpriv"), machine(platform.machine())
    if program is None:
        return _("bubblewrap is not installed")
    if here is None:
        return _("no system call table for {machine!r}").format(machine=platform.machine())
    if os.geteuid() == 0 and setpriv is None:
        return _("setpriv is not installed, which a gateway run as root needs")

    def planner(argv: Sequence[str], ground: Ground, *, can_close_userns: bool = True) -> confine.Plan:
        return bubblewrap_plan(
            argv, ground, program=program, machine=here, setpriv=setpriv, can_close_userns=can_close_userns
        )

    return FencedSandbox(level="bubblewrap", planner=planner, binds=True)


def landlock() -> FencedSandbox | str:
    """Return the sandbox of Landlock and seccomp, or why this machine has none."""
    here = machine(platform.machine())
    if here is None:
        return _("no system call table for {machine!r}").format(machine=platform.machine())
    abi = confine.landlock_abi()
    if abi == 0:
        return _("this kernel has no Landlock")

    def planner(argv: Sequence[str], ground: Ground) -> confine.Plan:
        return landlock_plan(argv, ground, machine=here, abi=abi)

    return FencedSandbox(level="landlock", planner=planner)


def seatbelt() -> FencedSandbox | str:
    """Return the sandbox of macOS, or why this machine has none."""
    program = "/usr/bin/sandbox-exec"
    if not Path(program).exists():
        return _("sandbox-exec is missing")
    if os.geteuid() == 0:
        return _("sandbox-exec is not used by a gateway that runs as root")

    def planner(argv: Sequence[str], ground: Ground) -> confine.Plan:
        return seatbelt_plan(argv, ground, program=program)

    return FencedSandbox(level="seatbelt", planner=planner, binds=True)


async def why_not(candidate: Sandbox) -> str:
    """Try to read a file beside the workspace from inside; return why the sandbox is not usable, or nothing."""
    with tempfile.TemporaryDirectory(prefix="homarus-probe-") as folder:
        secret, workspace = Path(folder) / "secret", Path(folder) / "workspace"
        secret.write_text("open", encoding="utf-8")
        workspace.mkdir()
        script = 'echo ok > made && cat made; cat "$1" 2>/dev/null; true'
        script += _PROBE_SOCKETS if sys.platform == "linux" else ""
        try:
            ran = await candidate.run(["/bin/sh", "-c", script, "sh", str(secret)], workspace=workspace, timeout_s=10)
        except (ToolFailedError, OSError) as error:
            return str(error)
    if ran.stdout.strip() == "ok":
        return ""
    return ran.stderr.strip() or _("a command in it could not be held to its folder")


async def find_sandbox() -> FoundSandbox:
    """Return the strictest sandbox that works here, or one that refuses everything, and what was tried."""
    candidates = (
        {"seatbelt": seatbelt} if sys.platform == "darwin" else {"bubblewrap": bubblewrap, "landlock": landlock}
    )
    tried: list[Tried] = []
    for level, build in candidates.items():
        candidate = build()
        because = candidate if isinstance(candidate, str) else await why_not(candidate)
        tried.append(Tried(level=level, because=because))
        if not because and not isinstance(candidate, str):
            return FoundSandbox(sandbox=candidate, tried=tuple(tried))
    return FoundSandbox(sandbox=NoSandbox(), tried=tuple(tried))
