"""Start processes for the model room, and be sure that they end: the only file here that does.

A child has a process group of its own, an environment that is written out in full, stdin as its lifeline (it ends when
stdin closes; on Linux the kernel kills it with us as well), and the end of its stderr is kept, because that is where
a native engine says why it died. Built on a protocol, not on streams: no task needs to be kept alive for it.
"""

import asyncio
import os
import signal
from asyncio import SubprocessProtocol, SubprocessTransport
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

STDERR_LINES = 60
KILL_AFTER_S = 3.0
MAX_OUTPUT_BYTES = 1 << 20


class _Pipes(SubprocessProtocol):
    """Collects what a child says, and notes when it ends."""

    def __init__(self, on_stderr: Callable[[str], None] | None) -> None:
        self.stdout = bytearray()
        self.stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self.said = asyncio.Event()
        self.ended = asyncio.Event()
        self._on_stderr = on_stderr
        self._rest = b""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 1:
            self.stdout += data[: MAX_OUTPUT_BYTES - len(self.stdout)]
            self.said.set()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-4096:]
        for line in lines:
            self._note(line.decode("utf-8", "replace").rstrip())

    def _note(self, line: str) -> None:
        self.stderr.append(line)
        if self._on_stderr:
            self._on_stderr(line)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the name is the protocol's
        """All pipes are closed and the process was waited for."""
        if self._rest:
            self._note(self._rest.decode("utf-8", "replace"))
        self.said.set()
        self.ended.set()


class Child:
    """A process that lives until `stop`, or until this process ends."""

    def __init__(self, transport: SubprocessTransport, pipes: _Pipes) -> None:
        """Hold a started process; use `start`."""
        self._transport = transport
        self._pipes = pipes

    @property
    def pid(self) -> int:
        """Its process id, which is also its group."""
        return self._transport.get_pid()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._transport.get_returncode() is None

    @property
    def exit_code(self) -> int | None:
        """As the system gives it: negative is the signal that killed it."""
        return self._transport.get_returncode()

    @property
    def stderr_tail(self) -> str:
        """The last lines that it wrote to stderr."""
        return "\n".join(self._pipes.stderr)

    def write(self, data: bytes) -> None:
        """Put bytes into its stdin."""
        stdin = cast("asyncio.WriteTransport | None", self._transport.get_pipe_transport(0))
        if stdin is not None and not stdin.is_closing():
            stdin.write(data)

    async def first_line(self, timeout_s: float) -> str:
        """Return the first line of its stdout; an empty string when it ended without one.

        Raises:
            TimeoutError: when it said nothing in time; it still runs then.
        """
        async with asyncio.timeout(timeout_s):
            while b"\n" not in self._pipes.stdout and not self._pipes.ended.is_set():
                self._pipes.said.clear()
                await self._pipes.said.wait()
        return self._pipes.stdout.split(b"\n", 1)[0].decode("utf-8", "replace")

    async def finished(self, timeout_s: float) -> str:
        """Wait for its end and return its stdout.

        Raises:
            TimeoutError: when it still runs.
        """
        async with asyncio.timeout(timeout_s):
            await self._pipes.ended.wait()
        return self._pipes.stdout.decode("utf-8", "replace")

    async def stop(self) -> None:
        """Let go of the lifeline; kill the whole group when that does not end it. Does nothing when it has ended."""
        stdin = self._transport.get_pipe_transport(0)
        if stdin is not None:
            stdin.close()
        try:
            if not await self._ends_within(KILL_AFTER_S):
                self.kill()
                await self._ends_within(KILL_AFTER_S)
        finally:
            self.kill()
            self._transport.close()

    async def _ends_within(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._pipes.ended.wait()
        except TimeoutError:
            return False
        return True

    def kill(self) -> None:
        """Kill its process group now."""
        if self.is_running:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


async def start(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    on_stderr: Callable[[str], None] | None = None,
) -> Child:
    """Start a program with exactly this environment.

    Raises:
        OSError: when it cannot be started.
    """
    loop = asyncio.get_running_loop()
    transport, pipes = await loop.subprocess_exec(
        lambda: _Pipes(on_stderr), *argv, env=dict(environment), cwd=folder, start_new_session=True
    )
    return Child(transport, pipes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that has run to its end."""

    exit_code: int
    stdout: str
    stderr: str


async def run(argv: Sequence[str], *, environment: Mapping[str, str], timeout_s: float) -> Completed:
    """Run a program to its end; it is killed when it takes too long, or when the caller is cancelled.

    Raises:
        OSError: when it cannot be started.
        TimeoutError: when it was killed for taking too long.
    """
    child = await start(argv, environment=environment)
    try:
        child.write(b"")
        stdout = await child.finished(timeout_s)
    finally:
        child.kill()
        await child.stop()
    return Completed(exit_code=child.exit_code or 0, stdout=stdout, stderr=child.stderr_tail)
