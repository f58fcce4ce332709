"""Write the seccomp filter of the sandbox as BPF, without libseccomp: what no shell command of an agent needs.

The `COMMON` list goes with every Linux sandbox. The `ALONE` list goes on top where Landlock stands alone, because
Landlock guards opening and naming files only: changing modes and times, signals and sessions are closed here.
Numbers: Linux 6.12, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import struct
from dataclasses import dataclass

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_EPERM = 0x00050001
_ENOSYS = 0x00050026
_LOAD, _AND, _JUMP_EQUAL, _JUMP_FROM, _JUMP_ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _MACHINE, _FIRST, _SECOND, _THIRD, _FOURTH = 0, 4, 16, 24, 32, 40
"""Offsets in `struct seccomp_data`; both machines are little endian, so the low half of an argument comes first."""
_NEW_NAMESPACES = 0x7E020080
_X32 = 0x40000000
_TERMINAL_TRICKS = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX type into the terminal that started the gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A processor: its number for the kernel, and which column of the tables is its own."""

    audit: int
    column: int


_MACHINES = {"x86_64": Machine(audit=0xC000003E, column=0), "aarch64": Machine(audit=0xC00000B7, column=1)}

_COMMON: dict[str, tuple[int | None, int | None]] = {
    # looking into and steering other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "fsconfig": (431, 431),
    "fspick": (433, 433),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    # corners of the kernel with a history
    "add_key": (248, 217),
    "keyctl": (250, 219),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "nfsservctl": (180, 42),
    # the machine itself
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    # talking to anybody: pairs of sockets between own children stay possible
    "socket": (41, 198),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # files that are none: pipes and devices with a name
    "mknod": (133, None),
    "mknodat": (259, 33),
}
_ALONE: dict[str, tuple[int | None, int | None]] = {
    # modes, owners, times and attributes by path, which Landlock lets through
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    # leaving the group that is killed at the end, slowing others down
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
}
_SIGNALS: dict[str, tuple[int | None, int | None]] = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}
_OWN_PROCESS_ONLY: dict[str, tuple[int | None, int | None]] = {
    "prlimit64": (302, 261),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
}
_MODE_SECOND: dict[str, tuple[int | None, int | None]] = {"chmod": (90, None), "fchmod": (91, 52), "creat": (85, None)}
_MODE_THIRD: dict[str, tuple[int | None, int | None]] = {"fchmodat": (268, 53), "fchmodat2": (452, 452)}
_SOCKETPAIR, _OPEN, _OPENAT, _OPENAT2 = (53, 199), (2, None), (257, 56), (437, 437)
_STREAM, _PACKETS, _SOCKET_KIND = 1, 5, 0xF
_MAKES_A_FILE = 0o20000100
"""O_CREAT and what is special about O_TMPFILE; only with these `open` has a mode."""
_RIGHTS_OF_OTHERS = 0o6000
"""S_ISUID and S_ISGID: whoever runs such a file outside would have the rights of its owner."""
_CLONE, _CLONE3, _IOCTL = (56, 220), (435, 435), (16, 29)
_UTIMENSAT, _TRUNCATE = (280, 88), (76, 45)
_SCOPED_SIGNALS_ABI = 6
_TRUNCATE_ABI = 3


def machine(name: str) -> Machine | None:
    """Return what `platform.machine()` calls so, or `None` where there is no table for it."""
    return _MACHINES.get({"amd64": "x86_64", "arm64": "aarch64"}.get(name.lower(), name.lower()))


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)


def _numbers(column: int, *tables: dict[str, tuple[int | None, int | None]]) -> list[int]:
    return [pair[column] for table in tables for pair in table.values() if pair[column] is not None]  # pyright: ignore[reportReturnType] - the filter just before rules None out


def _refuse(number: int, answer: int = _EPERM) -> bytes:
    return _step(_JUMP_EQUAL, number, no=1) + _step(_RETURN, answer)


def _when(number: int, rest: bytes) -> bytes:
    """Run `rest`, which always returns, for one call."""
    return _step(_JUMP_EQUAL, number, no=len(rest) // 8) + rest


def _first_is_zero() -> bytes:
    return _step(_LOAD, _FIRST) + _step(_JUMP_EQUAL, 0, no=1) + _step(_RETURN, _ALLOW) + _step(_RETURN, _EPERM)


def _second_is_null() -> bytes:
    return (
        _step(_LOAD, _SECOND)
        + _step(_JUMP_EQUAL, 0, no=3)
        + _step(_LOAD, _SECOND + 4)
        + _step(_JUMP_EQUAL, 0, no=1)
        + _step(_RETURN, _ALLOW)
        + _step(_RETURN, _EPERM)
    )


def _no_terminal_tricks() -> bytes:
    first, second = _TERMINAL_TRICKS
    return (
        _step(_LOAD, _SECOND)
        + _step(_JUMP_EQUAL, first, yes=2)
        + _step(_JUMP_EQUAL, second, yes=1)
        + _step(_RETURN, _ALLOW)
        + _step(_RETURN, _EPERM)
    )


def _no_new_namespaces() -> bytes:
    return (
        _step(_LOAD, _FIRST)
        + _step(_JUMP_ANY_BIT, _NEW_NAMESPACES, no=1)
        + _step(_RETURN, _EPERM)
        + _step(_RETURN, _ALLOW)
    )


def _only_connected_pairs() -> bytes:
    """A datagram socket of a pair can still send to any address, which is a door to the sockets of the machine."""
    return (
        _step(_LOAD, _SECOND)
        + _step(_AND, _SOCKET_KIND)
        + _step(_JUMP_EQUAL, _STREAM, yes=2)
        + _step(_JUMP_EQUAL, _PACKETS, yes=1)
        + _step(_RETURN, _EPERM)
        + _step(_RETURN, _ALLOW)
    )


def _no_rights_of_others(mode: int) -> bytes:
    return (
        _step(_LOAD, mode)
        + _step(_JUMP_ANY_BIT, _RIGHTS_OF_OTHERS, no=1)
        + _step(_RETURN, _EPERM)
        + _step(_RETURN, _ALLOW)
    )


def _made_without_rights_of_others(flags: int, mode: int) -> bytes:
    rest = _no_rights_of_others(mode)
    return _step(_LOAD, flags) + _step(_JUMP_ANY_BIT, _MAKES_A_FILE, yes=1) + _step(_RETURN, _ALLOW) + rest


def _modes(at: Machine) -> bytes:
    rules = b"".join(_when(number, _no_rights_of_others(_SECOND)) for number in _numbers(at.column, _MODE_SECOND))
    rules += b"".join(_when(number, _no_rights_of_others(_THIRD)) for number in _numbers(at.column, _MODE_THIRD))
    rules += _when(_OPENAT[at.column], _made_without_rights_of_others(_THIRD, _FOURTH))
    opening = _OPEN[at.column]
    if opening is not None:
        rules += _when(opening, _made_without_rights_of_others(_SECOND, _THIRD))
    return rules + _refuse(_OPENAT2[at.column], _ENOSYS)  # its mode lies in memory; programs then use openat


def common_filter(at: Machine) -> bytes:
    """Return the filter for a sandbox that has its own namespaces."""
    return _program(at, _numbers(at.column, _COMMON), b"")


def alone_filter(at: Machine, *, landlock_abi: int) -> bytes:
    """Return the filter for a sandbox of Landlock alone, closing what this kernel's Landlock does not."""
    refused = _numbers(at.column, _COMMON, _ALONE)
    if landlock_abi < _SCOPED_SIGNALS_ABI:
        refused += _numbers(at.column, _SIGNALS)
    if landlock_abi < _TRUNCATE_ABI:
        refused.append(_TRUNCATE[at.column])
    more = b"".join(_when(number, _first_is_zero()) for number in _numbers(at.column, _OWN_PROCESS_ONLY))
    more += _when(_UTIMENSAT[at.column], _second_is_null())
    return _program(at, refused, more)


def _program(at: Machine, refused: list[int], more: bytes) -> bytes:
    start = (
        _step(_LOAD, _MACHINE)
        + _step(_JUMP_EQUAL, at.audit, yes=1)
        + _step(_RETURN, _KILL)
        + _step(_LOAD, _NUMBER)
        + _step(_JUMP_FROM, _X32, no=1)
        + _step(_RETURN, _EPERM)
    )
    return (
        start
        + b"".join(_refuse(number) for number in refused)
        + _refuse(_CLONE3[at.column], _ENOSYS)  # its flags lie in memory; libraries then use clone
        + _when(_CLONE[at.column], _no_new_namespaces())
        + _when(_IOCTL[at.column], _no_terminal_tricks())
        + _when(_SOCKETPAIR[at.column], _only_connected_pairs())
        + _modes(at)
        + more
        + _step(_RETURN, _ALLOW)
    )
