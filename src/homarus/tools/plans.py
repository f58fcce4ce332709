"""Plan how a command is fenced in: what it may read, write and use, in the words of each sandbox. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from homarus.tools.confine import Paths, Plan
from homarus.tools.seccomp import Machine, alone_filter, common_filter

SANDBOX_USER = 64467
"""Whose rights a command has when the gateway runs as root: a number that belongs to nobody."""
_MIB = 1 << 20
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/fonts",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a command runs and how much it may use."""

    workspace: Path
    scratch: Path
    """An empty folder of its own for temporary files."""
    is_root: bool
    user_tasks: int
    """Threads that the sandbox's user already has; the kernel counts them in."""
    cpu_s: int
    fixed: tuple[str, ...] = ()
    """Paths below the workspace that stay as they are, whatever the command does."""


def _limits(ground: Ground) -> dict[str, int]:
    return {
        "CORE": 0,
        "AS": 4096 * _MIB,
        "FSIZE": 256 * _MIB,
        "CPU": ground.cpu_s,
        "NOFILE": 256,
        "NPROC": ground.user_tasks + 128,
    }


def _environment(temporary: str) -> dict[str, str]:
    return {"PATH": _PATH, "HOME": temporary, "TMPDIR": temporary, "LANG": "C.UTF-8", "TERM": "dumb"}


def _mounts(ground: Ground) -> list[str]:
    mounts = ["--perms", "0755", "--dir", "/etc"]
    for path in _SYSTEM:
        place = Path(path)
        if place.is_symlink():
            mounts += ["--symlink", str(place.readlink()), path]
        elif place.is_dir():
            mounts += ["--ro-bind", path, path]
    for path in _SETTINGS:
        mounts += ["--ro-bind-try", path, path]
    workspace = str(ground.workspace)
    above = [str(place) for place in reversed(ground.workspace.parents)][1:]
    doors = [word for place in above for word in ("--perms", "0755", "--dir", place)]
    return [
        *mounts,
        *("--proc", "/proc", "--dev", "/dev"),
        *("--bind", str(ground.scratch), "/tmp"),  # noqa: S108 - a folder of its own, mounted there
        *doors,
        *("--bind", workspace, workspace, "--chdir", "/" if ground.is_root else workspace),
        *_fixed(ground),
        *("--remount-ro", "/"),
    ]


def _fixed(ground: Ground) -> list[str]:
    """Bind what must not change once more, read-only; a mount point can neither be renamed nor replaced."""
    repository = str(ground.workspace / ".git")
    held = any(path.startswith(".git/") for path in ground.fixed)
    mounts = ["--bind", repository, repository] if held else []
    for path in ground.fixed:
        place = str(ground.workspace / path)
        mounts += ["--ro-bind", place, place]
    return mounts


def bubblewrap_plan(
    argv: Sequence[str], ground: Ground, *, program: str, machine: Machine, setpriv: str | None, can_close_userns: bool
) -> Plan:
    """Plan with namespaces of its own: no network, no other processes, no other files.

    The arguments travel through a pipe: on a command line the sandbox could read them as the cmdline of its process 1.
    As root, bubblewrap mounts as root and the command runs as a user that owns nothing but the workspace.
    """
    arguments = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    command = list(argv)
    if ground.is_root:
        arguments += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        user = str(SANDBOX_USER)
        become = [str(setpriv), "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--"]
        # root without its capabilities may not enter the folder that it gave away, so that user does
        command = [*become, "env", "-C", str(ground.workspace), *command]
    else:
        arguments += ["--unshare-user", "--cap-drop", "ALL"]
        arguments += ["--disable-userns"] if can_close_userns else []
    arguments += ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    for name, value in _environment("/tmp").items():  # noqa: S108 - as above
        arguments += ["--setenv", name, value]
    arguments += _mounts(ground)
    return Plan(
        argv=[program, "--args", "{ARGUMENTS}", "--seccomp", "{FILTER}", "--", *command],
        environment={},
        folder="/",
        scratch=str(ground.scratch),
        limits=_limits(ground),
        user=None,
        paths=None,
        filter=None,
        handed={
            "ARGUMENTS": b"".join(argument.encode() + b"\0" for argument in arguments).hex(),
            "FILTER": common_filter(machine).hex(),
        },
    )


def landlock_plan(argv: Sequence[str], ground: Ground, *, machine: Machine, abi: int) -> Plan:
    """Plan without namespaces: the kernel closes files, network and signals for this process and its children."""
    return Plan(
        argv=list(argv),
        environment=_environment(str(ground.scratch)),
        folder=str(ground.workspace),
        scratch=str(ground.scratch),
        limits=_limits(ground),
        user=SANDBOX_USER if ground.is_root else None,
        paths=Paths(
            read=[*_SYSTEM, *_SETTINGS],
            write=[str(ground.workspace), str(ground.scratch)],
            devices=list(_DEVICES),
        ),
        filter=alone_filter(machine, landlock_abi=abi).hex(),
        handed={},
    )


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def seatbelt_plan(argv: Sequence[str], ground: Ground, *, program: str) -> Plan:
    """Plan for macOS: a profile that denies everything but the system's programs, the workspace and scratch space."""
    readable = (
        "/usr",
        "/bin",
        "/sbin",
        "/System",
        "/Library",
        "/opt/homebrew",
        "/private/etc/ssl",
        "/private/var/db/timezone",
    )
    own = " ".join(f"(subpath {_quoted(place.resolve())})" for place in (ground.workspace, ground.scratch))
    profile = "\n".join(
        [
            "(version 1)",
            "(deny default)",
            "(allow process-fork process-exec)",
            "(allow signal (target same-sandbox))",
            "(allow process-info* (target same-sandbox))",
            "(allow sysctl-read)",
            "(allow file-read-metadata)",
            '(allow file-read* (literal "/") ' + " ".join(f'(subpath "{path}")' for path in readable) + ")",
            f"(allow file-read* file-write* {own})",
            *(f"(deny file-write* (subpath {_quoted(ground.workspace / path)}))" for path in ground.fixed),
            '(allow file-read* file-write-data (literal "/dev/null") (literal "/dev/zero"))',
            '(allow file-read* (literal "/dev/random") (literal "/dev/urandom"))',
        ]
    )
    return Plan(
        argv=[program, "-p", profile, *argv],
        environment=_environment(str(ground.scratch)),
        folder=str(ground.workspace),
        scratch=str(ground.scratch),
        limits={name: value for name, value in _limits(ground).items() if name not in {"AS", "NPROC"}},
        user=None,
        paths=None,
        filter=None,
        handed={},
    )
