"""Any hardware is described as it is, out of the files and libraries of its system."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain import codec
from homarus.domain.content import Json
from homarus.domain.errors import UsageError
from homarus.models.fit.machine import Machine, Sources, look

GIB = 1 << 30


class Nvml:
    """NVIDIA's library with cards of these sizes in MiB; 0 is one whose memory the driver does not tell."""

    def __init__(self, *cards: int, name: bytes = b"NVIDIA GeForce RTX 3090") -> None:
        self.cards, self.name = cards, name

    def __getattr__(self, called: str) -> Callable[..., int]:
        return {
            "nvmlInit_v2": lambda: 0,
            "nvmlShutdown": lambda: 0,
            "nvmlDeviceGetCount_v2": self._count,
            "nvmlDeviceGetHandleByIndex_v2": self._handle,
            "nvmlDeviceGetName": self._name,
            "nvmlDeviceGetMemoryInfo": self._memory,
        }[called]

    def _count(self, count: Any) -> int:
        referred(count).value = len(self.cards)
        return 0

    def _handle(self, index: ctypes.c_uint, handle: Any) -> int:
        referred(handle).value = index.value + 1
        return 0

    def _name(self, _handle: object, name: Any, _length: object) -> int:
        name.value = self.name
        return 0

    def _memory(self, handle: ctypes.c_void_p, memory: Any) -> int:
        size = self.cards[(handle.value or 1) - 1] << 20
        referred(memory).total, referred(memory).free = size, size // 2
        return 0 if size else 3


def referred(pointer: Any) -> Any:
    """Return what was passed by reference."""
    return getattr(pointer, "_obj")  # noqa: B009 - ctypes has no public name for it


def kernel_without(_name: str) -> None:
    return None


def no_library() -> Any:
    raise OSError


def described(root: Path, files: dict[str, str | bytes], **more: Any) -> Sources:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    usual: dict[str, Any] = {"load_nvml": no_library, "sysctl": kernel_without, "cores": 8}
    return Sources(
        proc=root / "proc",
        sysfs=root / "sys",
        device_tree=root / "proc/device-tree",
        system="Linux x86_64",
        **{**usual, **more},
    )


def meminfo(total_gib: float, free_gib: float) -> str:
    return f"MemTotal: {int(total_gib * 2**20)} kB\nMemFree: 1 kB\nMemAvailable: {int(free_gib * 2**20)} kB\n"


def test_this_machine_is_seen() -> None:
    here = look()

    assert here.cores >= 1
    assert 0 < here.memory_free_bytes <= here.memory_total_bytes
    assert here.name


def test_a_small_board_has_its_name(tmp_path: Path) -> None:
    at = described(
        tmp_path, {"proc/meminfo": meminfo(3.7, 3.2), "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0"}
    )

    here = look(at)

    assert here.name == "Raspberry Pi 4 Model B Rev 1.4"
    assert here.memory_total_bytes == pytest.approx(3.7 * GIB, rel=1e-3)
    assert here.gpus == ()


@pytest.mark.parametrize(
    ("group", "folder", "files"),
    [
        ("0::/\n", "sys/fs/cgroup", {"memory.max": 2 * GIB, "memory.current": GIB}),
        ("0::/a/b\n", "sys/fs/cgroup/a", {"memory.max": 2 * GIB, "memory.current": GIB}),
        (
            "4:memory:/docker/1\n",
            "sys/fs/cgroup/memory/docker/1",
            {"memory.limit_in_bytes": 2 * GIB, "memory.usage_in_bytes": GIB},
        ),
    ],
)
def test_a_container_has_what_its_group_allows(tmp_path: Path, group: str, folder: str, files: dict[str, int]) -> None:
    told = {f"{folder}/{name}": str(value) for name, value in files.items()}
    at = described(tmp_path, {"proc/meminfo": meminfo(64, 60), "proc/self/cgroup": group, **told})

    here = look(at)

    assert (here.memory_total_bytes, here.memory_free_bytes) == (2 * GIB, GIB)
    assert "2.0 GiB" in here.limits[0]


def test_pages_of_files_in_a_container_can_be_had(tmp_path: Path) -> None:
    files = {
        "proc/meminfo": meminfo(64, 60),
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": str(4 * GIB),
        "sys/fs/cgroup/memory.current": str(4 * GIB),
        "sys/fs/cgroup/memory.stat": f"anon 1\ninactive_file {3 * GIB}\n",
    }

    assert look(described(tmp_path, dict(files))).memory_free_bytes == 3 * GIB


def test_an_unlimited_group_limits_nothing(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "proc/meminfo": meminfo(8, 7),
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": "max\n",
        "sys/fs/cgroup/cpu.max": "max 100000\n",
    }

    here = look(described(tmp_path, files))

    assert here.limits == ()
    assert here.cores == 8


def test_a_share_of_the_processor_counts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "proc/meminfo": meminfo(8, 7),
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/cpu.max": "150000 100000\n",
    }

    here = look(described(tmp_path, files))

    assert here.cores == 1
    assert "1.5 cores" in here.limits[0]


def test_second_threads_are_no_cores(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"proc/meminfo": meminfo(8, 7)}
    for cpu in range(8):
        files[f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"] = f"{cpu % 4},{cpu % 4 + 4}\n"

    assert look(described(tmp_path, files)).physical_cores == 4


def test_two_cards_of_nvidia(tmp_path: Path) -> None:
    here = look(described(tmp_path, {"proc/meminfo": meminfo(64, 60)}, load_nvml=lambda: Nvml(24576, 24576)))

    assert [(gpu.kind, gpu.memory_total_bytes // GIB, gpu.is_unified) for gpu in here.gpus] == [("cuda", 24, False)] * 2
    assert not here.is_unified


def test_a_card_without_memory_of_its_own_shares_the_machines(tmp_path: Path) -> None:
    nvml = Nvml(0, name=b"NVIDIA GB10")

    here = look(described(tmp_path, {"proc/meminfo": meminfo(120, 100)}, load_nvml=lambda: nvml))

    assert here.is_unified
    assert here.gpus[0].memory_total_bytes == 120 * GIB


@pytest.mark.parametrize(("metrics", "is_unified"), [(b"\0\0\1\0", False), (b"\0\0\3\0", True)])
def test_amd_cards_and_processors_with_graphics_differ(tmp_path: Path, metrics: bytes, is_unified: bool) -> None:  # noqa: FBT001
    device = "sys/class/drm/card0/device"
    files: dict[str, str | bytes] = {
        "proc/meminfo": meminfo(64, 60),
        f"{device}/vendor": "0x1002\n",
        f"{device}/gpu_metrics": metrics,
        f"{device}/mem_info_vram_total": str(4 * GIB),
        f"{device}/mem_info_vram_used": str(GIB),
        f"{device}/mem_info_gtt_total": str(32 * GIB),
    }

    gpu = look(described(tmp_path, files)).gpus[0]

    assert gpu.is_unified is is_unified
    assert gpu.memory_total_bytes == (36 if is_unified else 4) * GIB
    assert gpu.memory_free_bytes == (35 if is_unified else 3) * GIB


@pytest.mark.parametrize(("wired", "gib"), [(0, 96), (120_000, 117)])
def test_apple_shares_what_the_system_lets_it(tmp_path: Path, wired: int, gib: int) -> None:
    kernel: dict[str, int | str] = {
        "hw.optional.arm64": 1,
        "iogpu.wired_limit_mb": wired,
        "machdep.cpu.brand_string": "Apple M4 Max",
    }

    here = look(described(tmp_path, {"proc/meminfo": meminfo(128, 100)}, sysctl=kernel.get))

    assert (here.gpus[0].name, here.gpus[0].memory_total_bytes // GIB) == ("Apple M4 Max", gib)
    assert here.is_unified


def test_windows_is_named_as_the_one_that_holds_back(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"proc/meminfo": meminfo(8, 7), "proc/version": "Linux microsoft-standard-WSL2"}

    assert ".wslconfig" in look(described(tmp_path, files)).limits[0]


def test_memory_of_loaded_models_is_given_back() -> None:
    machine = Machine.parse(
        {
            "memory": "64 GB",
            "memory_free": "40 GB",
            "gpus": [
                {"name": "a", "memory": "24 GB", "free": "2 GB"},
                {"name": "b", "memory": "24 GB", "free": "24 GB"},
            ],
        }
    )

    freed = machine.with_back(4 * GIB, 20 * GIB)

    assert freed.memory_free_bytes == 44 * GIB
    assert [gpu.memory_free_bytes // GIB for gpu in freed.gpus] == [22, 24]


def test_a_person_describes_a_machine_in_a_line() -> None:
    machine = Machine.parse({"memory": "16 GiB", "cores": 8, "gpus": [{"name": "RTX 3060", "memory": "12GB"}]})

    assert machine.memory_total_bytes == 16 * GIB
    assert 14 * GIB < machine.memory_free_bytes < 16 * GIB
    assert machine.gpus[0].memory_total_bytes == 12 * GIB


def test_a_machine_is_read_back_as_it_was_printed() -> None:
    here = look()

    again = Machine.parse(codec.dump(here))

    assert again == here


@pytest.mark.parametrize(
    ("value", "kind", "gib", "is_unified"),
    [
        ({"memory": "16 GB", "gpus": [{"name": "GeForce RTX 3060", "memory": "12 GB"}]}, "cuda", 12, False),
        ({"ram_gb": 32, "gpus": [{"name": "Radeon RX 7900 XTX", "vram_gb": 24}]}, "rocm", 24, False),
        ({"memory": "16 GB", "gpu": "Arc B580", "vram": "12288 MB"}, "intel", 12, False),
        ({"memory": "128 GB", "gpus": ["Apple M4 Max"]}, "metal", 96, True),
        ({"memory": "24 GB", "name": "Apple M4", "is_unified": True}, "metal", 16, True),
        ({"memory": "128 GB", "name": "Ryzen AI Max+ 395", "is_unified": True}, "rocm", 96, True),
        ({"memory": "64 GB", "gpus": [{"name": "card", "kind": "nvidia", "memory": "48 GB"}]}, "cuda", 48, False),
    ],
)
def test_a_description_needs_few_words(value: Json, kind: str, gib: int, is_unified: bool) -> None:  # noqa: FBT001
    gpu = Machine.parse(value).gpus[0]

    assert (gpu.kind, gpu.memory_total_bytes // GIB, gpu.is_unified) == (kind, gib, is_unified)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"memory": "much"},
        {"memory": -1},
        {"memory": True},
        {"memory": "8 GB", "cores": 0},
        {"memory": "8 GB", "gpus": 7},
        {"memory": "8 GB", "gpus": [{"name": "x"}]},
        {"memory": "8 GB", "bandwidth_gb_s": -3},
    ],
)
def test_a_machine_that_cannot_be_is_refused_with_an_example(value: Json) -> None:
    with pytest.raises(UsageError) as caught:
        Machine.parse(value)

    assert "12 GB" in caught.value.hint


@given(
    st.dictionaries(
        st.sampled_from(
            ["memory", "free", "cores", "gpus", "gpu", "vram", "name", "is_unified", "limits", "bandwidth_gb_s"]
        ),
        st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=8), st.booleans(), st.just([]), st.just({})),
    )
)
def test_no_description_breaks_the_reader(value: dict[str, Json]) -> None:
    try:
        machine = Machine.parse(value)
    except UsageError:
        return
    assert 0 <= machine.memory_free_bytes <= machine.memory_total_bytes
