"""The filters, run step by step as the kernel would, for both machines."""

import socket
import struct
import sys
from dataclasses import dataclass

import pytest

from homarus.tools.seccomp import Machine, alone_filter, common_filter, machine

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
X86, ARM = machine("x86_64"), machine("aarch64")
O_CREAT, O_CLOEXEC, SUID = 0o100, 0o2000000, 0o4755


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    number: int
    arguments: tuple[int, ...] = ()


def answer(program: bytes, at: Machine, call: Call) -> int:
    """Return what the kernel would do: BPF over `struct seccomp_data`."""
    arguments = [*call.arguments, *[0] * 6][:6]
    seen = struct.pack("<IIQ6Q", call.number, at.audit, 0, *arguments)
    steps = list(struct.iter_unpack("<HBBI", program))
    held, at_step = 0, 0
    while True:
        code, yes, no, value = steps[at_step]
        at_step += 1
        match code:
            case 0x20:
                held = struct.unpack_from("<I", seen, value)[0]
            case 0x54:
                held &= value
            case 0x06:
                return value
            case _:
                is_so = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
                at_step += yes if is_so else no


def told(machine_name: str, number: int, *arguments: int) -> set[int]:
    at = machine(machine_name)
    assert at is not None
    filters = [common_filter(at), alone_filter(at, landlock_abi=6)]
    return {answer(program, at, Call(number=number, arguments=arguments)) for program in filters}


PAIR = {"x86_64": 53, "aarch64": 199}
OPENAT = {"x86_64": 257, "aarch64": 56}
FCHMOD = {"x86_64": 91, "aarch64": 52}
MKNODAT = {"x86_64": 259, "aarch64": 33}


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
@pytest.mark.parametrize("more", [0, 0o2000000, 0o4000])
def test_a_pair_of_sockets_is_connected_or_none(name: str, more: int) -> None:
    kinds = {kind: told(name, PAIR[name], 1, kind | more) for kind in range(16)}
    assert {kind for kind, answers in kinds.items() if answers == {ALLOW}} == {1, 5}
    assert all(answers == {EPERM} for kind, answers in kinds.items() if kind not in {1, 5})


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_nothing_is_made_that_lends_the_rights_of_its_owner(name: str) -> None:
    assert told(name, OPENAT[name], 0, 0, O_CREAT, SUID) == {EPERM}
    assert told(name, OPENAT[name], 0, 0, O_CREAT, 0o644) == {ALLOW}
    assert told(name, OPENAT[name], 0, 0, O_CLOEXEC, SUID) == {ALLOW}
    assert told(name, FCHMOD[name], 3, SUID) == {EPERM}
    assert told(name, FCHMOD[name], 3, 0o755) == {ALLOW}
    assert told(name, MKNODAT[name], 0, 0, 0o010644) == {EPERM}
    assert told(name, 437) == {ENOSYS}


def test_the_old_calls_of_x86_are_closed_as_well() -> None:
    for number, arguments in {90: (0, SUID), 85: (0, SUID), 2: (0, O_CREAT, SUID), 133: (0, 0o010644)}.items():
        assert told("x86_64", number, *arguments) == {EPERM}
    assert told("x86_64", 2, 0, O_CREAT, 0o644) == {ALLOW}


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_another_machines_calls_end_the_program(name: str) -> None:
    here, other = machine(name), machine({"x86_64": "aarch64", "aarch64": "x86_64"}[name])
    assert here is not None
    assert other is not None
    assert answer(common_filter(here), other, Call(number=1)) == KILL


def test_the_kinds_of_sockets_are_those_of_this_system() -> None:
    if sys.platform != "linux":
        pytest.skip("numbers of Linux")
    assert (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET) == (1, 2, 5)
