import pytest

from homarus.models.cpu import missing_flags

OLD = "processor\t: 0\nmodel name\t: Nehalem\nflags\t\t: fpu vme sse4_2 popcnt\n"
NEW = "processor\t: 0\nflags\t\t: fpu sse4_2 fma avx f16c bmi1 avx2 bmi2\n"


def test_an_old_processor_lacks_what_the_engine_needs() -> None:
    assert missing_flags(OLD, "x86_64") == ("avx2", "fma", "f16c", "bmi2")


@pytest.mark.parametrize(("text", "machine"), [(NEW, "x86_64"), (OLD, "aarch64"), ("", "x86_64")])
def test_other_processors_lack_nothing(text: str, machine: str) -> None:
    assert missing_flags(text, machine) == ()
