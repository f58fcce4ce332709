"""Stand between the gateway and a server that it started; `models/processes.py` starts this file, nobody imports it.

It stands alone: the standard library, nothing of homarus. Its stdin is the lifeline: when that closes, the gateway has
ended, however it ended, and the whole process group is told to stop, then killed. The server gets no stdin, and on
Linux dies with this process as well. What its command leaves behind in the group is killed when the command ends.
"""

import ctypes
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
STOP_AFTER_S = 2.0


def main() -> None:
    """Run the command that the arguments say until it ends, or until nobody wants it any more."""
    ended, told = os.pipe()
    os.set_blocking(told, False)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is for the server; this process ends after it
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    child = os.fork()
    if child == 0:
        _become(sys.argv[1:])
    signal.set_wakeup_fd(told)
    while not _has_ended(child):
        ready, _w, _x = select.select([0, ended], [], [])
        if 0 in ready and not os.read(0, 4096):
            _end_group(child)
        if ended in ready:
            os.read(ended, 4096)


def _become(command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the owner's own command, word by word
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(127)


def _has_ended(child: int) -> bool:
    pid, status = os.waitpid(child, os.WNOHANG)
    if pid == 0:
        return False
    code = os.waitstatus_to_exitcode(status)
    sys.stderr.write(f"exit code {code}\n" if code >= 0 else f"killed by {signal.Signals(-code).name}\n")
    sys.stderr.flush()
    os.killpg(0, signal.SIGKILL)  # this process with it: nothing of the group is left
    return True


def _end_group(child: int) -> None:
    os.killpg(0, signal.SIGTERM)
    until = time.monotonic() + STOP_AFTER_S
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            break
        time.sleep(0.02)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
