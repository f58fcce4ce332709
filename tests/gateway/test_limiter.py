import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.settings import RateLimit
from homarus.gateway.limiter import Limiter, Source, normalised

LIMIT = RateLimit(max_attempts=3, window_ms=60_000, lockout_ms=300_000)
HERE = Source(address="loopback", origin_class="none", credential="key")


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_some_wrong_ones_are_answered_at_once_and_then_there_is_a_pause() -> None:
    limiter = Limiter(Time())

    assert [limiter.failed(HERE, LIMIT) > 0 for _ in range(5)] == [False, False, False, True, True]


def test_a_pause_ends() -> None:
    time = Time()
    limiter = Limiter(time)
    for _ in range(4):
        limiter.failed(HERE, LIMIT)

    time.now += 301

    assert limiter.failed(HERE, LIMIT) == 0.0


def test_old_failures_are_forgotten() -> None:
    time = Time()
    limiter = Limiter(time)
    for _ in range(20):
        assert limiter.failed(HERE, LIMIT) == 0.0
        time.now += 30


def test_a_page_does_not_use_up_what_programs_may_try() -> None:
    limiter = Limiter(Time())
    page = Source(address="loopback", origin_class="page", credential="code")
    for _ in range(10):
        limiter.failed(page, LIMIT)

    assert limiter.failed(HERE, LIMIT) == 0.0


def test_many_addresses_together_are_limited_too() -> None:
    limiter = Limiter(Time())
    sources = [Source(address=f"10.0.{n // 250}.{n % 250}", origin_class="none", credential="key") for n in range(500)]

    assert any(limiter.failed(source, LIMIT) > 0 for source in sources)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::1%lo"])
def test_loopback_has_one_name(address: str) -> None:
    assert normalised(address) == "loopback"


def test_a_v4_address_in_v6_clothes_is_the_same_address() -> None:
    assert normalised("::ffff:192.0.2.7") == normalised("192.0.2.7")


def test_a_v6_neighbourhood_counts_as_one() -> None:
    assert normalised("2001:db8::1") == normalised("2001:db8::ffff:2")


@given(st.text(max_size=80))
def test_whatever_an_address_looks_like_it_gets_a_name(address: str) -> None:
    assert normalised(address)
