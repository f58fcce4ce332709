"""Start one command behind its fence and end it with all its children: a program of its own, standard library only.

Run as `python -I -S confine.py REPORT_FD` with an empty environment. The plan comes as one line of JSON on standard
input; when that closes, because the caller wants an end or has died, everything that was started is killed. A fence
that cannot be put up is written to REPORT_FD and nothing runs; nothing written there means that the command started.
Source: Linux Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h, ABI 1 to 7.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
from typing import TypedDict

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_DEVICE_OR_SOCKET = 1 << 6 | 1 << 11 | 1 << 9
_TRUNCATE, _DEVICE_CALLS = 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CALLS
_RIGHTS_BY_ABI = (0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF)
_NETWORK_ABI, _SCOPE_ABI = 4, 6


class Paths(TypedDict):
    """What Landlock lets through; everything else is closed."""

    read: list[str]
    write: list[str]
    devices: list[str]


class Plan(TypedDict):
    """What to run and behind which fence; made by `plans`, sent as JSON."""

    argv: list[str]
    environment: dict[str, str]
    folder: str
    scratch: str
    """Temporary files of the command; put away here when the caller is gone and cannot."""
    limits: dict[str, int]
    user: int | None
    paths: Paths | None
    filter: str | None
    """The seccomp program in hex, put up by this file; bubblewrap gets its own through `handed`."""
    handed: dict[str, str]
    """Bytes in hex that the program reads from a descriptor; `{NAME}` in an argument becomes its number."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def landlock_abi() -> int:
    """Return the version of Landlock that the kernel speaks, zero when it has none."""
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        is_folder = os.path.isdir(path)  # noqa: PTH112 - pathlib costs 10 ms of this program's start
        rule = struct.pack("<Qi", rights if is_folder else rights & _FILE_RIGHTS, place)
        _checked(
            _libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.c_char_p(rule), ctypes.c_uint32(0)),
            f"landlock rule for {path}",
        )
    finally:
        os.close(place)


def _landlock_ruleset(paths: Paths) -> int:
    abi = landlock_abi()
    rights = _RIGHTS_BY_ABI[min(abi, len(_RIGHTS_BY_ABI) - 1)]
    attributes = struct.pack("<QQQ", rights, 3 if abi >= _NETWORK_ABI else 0, 3 if abi >= _SCOPE_ABI else 0)
    size = 24 if abi >= _SCOPE_ABI else 16 if abi >= _NETWORK_ABI else 8
    ruleset = _checked(
        _libc().syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0)),
        "landlock",
    )
    for path in paths["read"]:
        _allow(ruleset, path, _EXECUTE | _READ_FILE | _READ_DIR)
    for path in paths["write"]:
        _allow(ruleset, path, rights & ~_MAKE_DEVICE_OR_SOCKET)
    for path in paths["devices"]:
        _allow(ruleset, path, (_WRITE_FILE | _READ_FILE | _TRUNCATE) & rights)
    return ruleset


def _limit(limits: dict[str, int]) -> None:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123 - as above
        score.write("1000")  # when memory runs out, this goes first
    for name, wanted in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _filter(program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _checked(_libc().prctl(_SECCOMP, _FILTER, ctypes.c_char_p(header), 0, 0), "seccomp")


def _handed(handed: dict[str, str]) -> dict[str, str]:
    """Put the bytes into pipes that the next program inherits, and return their numbers by name."""
    numbers: dict[str, str] = {}
    for name, content in handed.items():
        reading, writing = os.pipe()
        os.write(writing, bytes.fromhex(content))
        os.close(writing)
        os.set_inheritable(reading, True)
        numbers[f"{{{name}}}"] = str(reading)
    return numbers


def _run(plan: Plan) -> None:
    """Put up the fence around this process and become the command."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.umask(0o022)
    os.chdir(plan["folder"])
    _limit(plan["limits"])
    numbers = _handed(plan["handed"])
    paths = plan["paths"]
    ruleset = None if paths is None else _landlock_ruleset(paths)
    if plan["user"] is not None:
        _become(plan["user"])
    if sys.platform == "linux":
        _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no_new_privs")
    if ruleset is not None:
        _checked(_libc().syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)), "landlock")
        os.close(ruleset)
    if plan["filter"] is not None:
        _filter(bytes.fromhex(plan["filter"]))
    argv = [numbers.get(argument, argument) for argument in plan["argv"]]
    os.execvpe(argv[0], argv, plan["environment"])  # noqa: S606 - the point of this program


def _child(plan: Plan, report: int) -> None:
    try:
        _run(plan)
    except OSError as error:
        os.write(report, str(error).encode()[:500])
    except (ValueError, KeyError, AttributeError) as error:
        os.write(report, f"{type(error).__name__}: {error}".encode()[:500])
    os._exit(127)


def _put_away(scratch: str) -> None:
    import shutil

    shutil.rmtree(scratch, ignore_errors=True)


def _wait(child: int, woken: int, scratch: str) -> int:
    """Return the exit code of the command when it ended, or when the caller closed our standard input."""
    ended, status = os.waitpid(child, os.WNOHANG)
    while not ended and 0 not in select.select([0, woken], [], [])[0]:
        os.read(woken, 512)
        ended, status = os.waitpid(child, os.WNOHANG)
    try:
        os.killpg(child, signal.SIGKILL)  # also what the command left behind
    except (ProcessLookupError, PermissionError):
        if not ended:  # it had no time yet to become the head of its group
            os.kill(child, signal.SIGKILL)
    if not ended:
        status = os.waitpid(child, 0)[1]
        _put_away(scratch)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def _plan_line() -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            sys.exit(2)
        line += piece
    return bytes(line)


def main() -> int:
    """Read the plan, run it, and return the command's exit code."""
    report = int(sys.argv[1])
    os.set_inheritable(report, False)
    plan: Plan = json.loads(_plan_line())
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _child(plan, report)
    os.close(report)
    for stream in (1, 2):
        os.close(stream)  # ours would keep the caller reading after the command has ended
    return _wait(child, woken, plan["scratch"])


if __name__ == "__main__":
    os._exit(main())
